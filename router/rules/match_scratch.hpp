// What one worker needs to evaluate rules: memory for searches, and its share of the counters.
//
// The worker calls adopt() whenever it takes over a new rule set, before the first route() with it; hits
// start from zero then. Not thread-safe; no allocation outside adopt().
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "router/rules/pattern.hpp"

namespace weir {

class RuleSet;

class MatchScratch {
 public:
  void adopt(const RuleSet& rules);

  // One counter per rule, in the order of RuleSet::rules().
  std::span<std::uint64_t> hits() { return hits_; }
  std::span<const std::uint64_t> hits() const { return hits_; }

  // Searches that were given up because the expression was too expensive on that text; the rule did not
  // match.
  std::uint64_t limits_reached = 0;

  MatchContext context;

 private:
  std::vector<std::uint64_t> hits_;
};

}  // namespace weir
