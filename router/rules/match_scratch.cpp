#include "router/rules/match_scratch.hpp"

#include "router/rules/rule_set.hpp"

namespace weir {

void MatchScratch::adopt(const RuleSet& rules) {
  hits_.assign(rules.rules().size(), 0);
  cache_.clear();
  possible_.adopt(rules.pattern_filter());
  possible_digests_.adopt(rules.digest_filter());
}

std::uint64_t MatchScratch::next_random() {  // splitmix64
  random_state += 0x9e3779b97f4a7c15;
  std::uint64_t mixed = random_state;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  return mixed ^ mixed >> 31;
}

}  // namespace weir
