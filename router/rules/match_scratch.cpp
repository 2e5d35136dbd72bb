#include "router/rules/match_scratch.hpp"

#include "router/rules/rule_set.hpp"

namespace weir {

void MatchScratch::adopt(const RuleSet& rules) {
  hits_.assign(rules.rules().size(), 0);
}

}  // namespace weir
