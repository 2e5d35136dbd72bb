#include "router/rules/rule_set.hpp"

#include <algorithm>
#include <utility>

#include "router/rules/required_text.hpp"
#include "router/rules/rule_compiler.hpp"

namespace weir {

std::optional<RuleSet> RuleSet::compile(std::span<const QueryRuleRow> rows,
                                        std::vector<Complaint>& complaints, RuleOptions options,
                                        const RuleSet* previous) {
  const KnownPatterns known(previous == nullptr ? std::span<const Rule>{} : previous->rules());
  struct Compiled {
    Rule rule;
    const QueryRuleRow* row;
  };
  std::vector<Compiled> compiled;
  bool failed = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].active) continue;
    RuleCompiler compiler(rows[i], i + 1, options, known, complaints);
    std::optional<Rule> rule = compiler.compile();
    if (rule) compiled.push_back({*std::move(rule), &rows[i]});
    failed = failed || compiler.failed();
  }
  if (failed) return std::nullopt;
  std::ranges::stable_sort(compiled, {}, [](const Compiled& c) { return c.rule.rule_id; });
  RuleSet set;
  set.rules_.reserve(compiled.size());
  for (Compiled& one : compiled) set.add(std::move(one.rule), *one.row, options);
  set.pattern_filter_.finish();
  set.digest_filter_.finish();
  return set;
}

void RuleSet::add(Rule rule, const QueryRuleRow& row, RuleOptions options) {
  interest_.username = interest_.username || rule.username || rule.max_in_flight_per == InFlightPer::user;
  interest_.schema = interest_.schema || rule.schemaname;
  interest_.client_addr = interest_.client_addr || rule.client_addr;
  interest_.proxy_addr = interest_.proxy_addr || rule.proxy_addr;
  interest_.proxy_port = interest_.proxy_port || rule.proxy_port;
  interest_.digest =
      interest_.digest || rule.digest || rule.match_digest || rule.max_in_flight_per == InFlightPer::digest;
  interest_.text = interest_.text || rule.match_pattern;
  // A text without what the expression requires makes a negated rule match, which is no case for a filter.
  const auto number = static_cast<std::uint32_t>(rules_.size());
  const bool caseless = RuleCompiler::modifiers_of(row).caseless;
  const PatternOptions pattern_options{.caseless = caseless, .like_re2 = options.like_re2};
  if (rule.match_pattern && !rule.negate_match_pattern)
    pattern_filter_.add(number, required_text(*row.match_pattern, pattern_options));
  if (rule.match_digest && !rule.negate_match_pattern)
    digest_filter_.add(number, required_text(*row.match_digest, pattern_options));
  rules_.push_back(std::move(rule));
}

void RuleSet::set_fast_routing(FastRouting fast_routing) {
  fast_routing_ = std::move(fast_routing);
  if (fast_routing_.empty()) return;
  interest_.username = interest_.schema = true;
}

}  // namespace weir
