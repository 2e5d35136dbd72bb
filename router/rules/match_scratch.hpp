// What one worker needs to evaluate rules: memory for searches and rewritten statements, what it remembers of
// repeated ones, and its share of the counters.
//
// The worker calls adopt() whenever it takes over a new rule set, before the first route() with it; hits
// start from zero then. Not thread-safe; no allocation outside adopt() but for buffers that grow to what is
// usual. Whoever only wants to know where a statement would go brings a scratch of his own, and counts
// nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "router/rules/decision_cache.hpp"
#include "router/rules/pattern.hpp"
#include "router/rules/text_filter.hpp"

namespace weir {

class RuleSet;

class MatchScratch {
 public:
  void adopt(const RuleSet& rules);

  // One counter per rule, in the order of RuleSet::rules().
  std::span<std::uint64_t> hits() { return hits_; }
  std::span<const std::uint64_t> hits() const { return hits_; }

  // Searches that were given up because the expression was too expensive on that text, and rewritten
  // statements that became too long; the rule did not match, or left the text as it was. Since the start.
  std::uint64_t limits_reached = 0;
  // Statements whose decision was remembered.
  std::uint64_t remembered = 0;
  // Searches of expressions, given up or not.
  std::uint64_t searches = 0;

  // The statement that rules made of the last one routed, if Decision::rewritten.
  std::string_view rewritten() const { return rewritten_; }

  // For draws among weighted chains. The worker sets it to something of its own at its start.
  std::uint64_t random_state = 0;

  MatchContext context;

 private:
  friend class RuleEvaluation;
  std::uint64_t next_random();

  std::vector<std::uint64_t> hits_;
  DecisionCache cache_;
  TextFilter::Found possible_;  // by the filter over the statement
  TextFilter::Found possible_digests_;
  RouteMemory unremembered_;  // of a statement whose key is too long to be remembered
  std::string rewritten_;
  std::string spare_;  // the next rewritten text, while the last one is still read
};

}  // namespace weir
