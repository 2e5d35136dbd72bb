// One statement's way through the rules; only for route.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "router/rules/decision.hpp"
#include "router/rules/route.hpp"
#include "router/rules/rule_conditions.hpp"

namespace weir {

class RuleEvaluation {
 public:
  // `decision` is what holds if no rule says anything.
  RuleEvaluation(const RouteInput& input, const RuleSet& rules, MatchScratch& scratch, Decision& decision)
      : input_(input), rules_(rules), scratch_(scratch), decision_(decision), sql_(input.analyzer.sql()) {
    scratch.context.begin_statement();
  }

  // By what is remembered of the statement's digest, and what the filters tell of its text.
  void run();
  // The same result from trying every rule in its turn, and a step of the trace for each.
  void run_traced(RouteTrace& trace);

 private:
  enum class Next : std::uint8_t { rule_below, first_rule, nothing };

  RouteKey key() const;
  const RouteMemory& learn(const RouteKey& key);
  RouteMemory& work_out(const RouteKey& key);
  bool depends_on_text_or_luck(const Rule& rule) const;
  void recall(const RouteMemory& memory);
  void walk(std::span<const std::uint32_t> plan, std::span<const std::uint32_t> possible);
  Next fire(std::uint32_t number);
  void apply_outputs(const Rule& rule);
  void rewrite(const Rule& rule);
  std::int64_t draw(const Rule& rule);
  void consult_fast_routing();

  const RouteInput& input_;
  const RuleSet& rules_;
  MatchScratch& scratch_;
  Decision& decision_;
  std::string_view sql_;  // as rules have left it so far
  std::int64_t flag_in_ = 0;
  int restarts_ = 0;
  bool rewrote_ = false;                         // since walk() last looked
  std::vector<std::uint32_t>* fired_ = nullptr;  // where learn() wants to know them
};

}  // namespace weir
