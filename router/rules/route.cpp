#include "router/rules/route.hpp"

#include "protocol/base/check.hpp"

namespace weir {
namespace {

bool client_addr_matches(const Rule& rule, std::string_view client_addr) {
  return rule.client_addr_is_prefix ? client_addr.starts_with(*rule.client_addr)
                                    : client_addr == *rule.client_addr;
}

// A search that was given up decides nothing: the condition is false, negated or not.
bool pattern_holds(const Rule& rule, const Pattern& pattern, std::string_view subject,
                   MatchScratch& scratch) {
  const MatchOutcome outcome = pattern.search(subject, scratch.context);
  if (outcome == MatchOutcome::limit_reached) {
    ++scratch.limits_reached;
    return false;
  }
  return (outcome == MatchOutcome::match) != rule.negate_match_pattern;
}

// The conditions, cheap ones first; the digest is computed when the first rule asks for it.
bool matches(const Rule& rule, const RouteInput& input, std::int64_t flag_in, MatchScratch& scratch) {
  if (rule.flag_in != flag_in) return false;
  if (rule.username && *rule.username != input.username) return false;
  if (rule.schemaname && *rule.schemaname != input.schema) return false;
  if (rule.client_addr && !client_addr_matches(rule, input.client_addr)) return false;
  if (rule.proxy_addr && *rule.proxy_addr != input.proxy_addr) return false;
  if (rule.proxy_port && *rule.proxy_port != input.proxy_port) return false;
  Analyzer& analyzer = input.analyzer;
  if (rule.digest && *rule.digest != analyzer.digest_hash()) return false;
  if (rule.match_digest && !pattern_holds(rule, *rule.match_digest, analyzer.digest_text(), scratch))
    return false;
  return !rule.match_pattern || pattern_holds(rule, *rule.match_pattern, analyzer.sql(), scratch);
}

// What the rule defines overwrites what earlier rules said.
void apply_outputs(const Rule& rule, Decision& decision) {
  decision.rule_id = rule.rule_id;
  if (rule.destination_hostgroup) {
    decision.destination_hostgroup = *rule.destination_hostgroup;
    decision.destination_rule_id = rule.rule_id;
    decision.decided_by = DecidedBy::rule;
  }
  if (rule.error_msg) decision.error_msg = *rule.error_msg;
  if (rule.ok_msg) decision.ok_msg = *rule.ok_msg;
  if (rule.timeout_ms) decision.timeout_ms = *rule.timeout_ms;
  if (rule.next_query_flag_in) decision.next_query_flag_in = *rule.next_query_flag_in;
  if (rule.log) decision.log = *rule.log ? 1 : 0;
  if (rule.multiplex) {
    constexpr MultiplexOverride kMeanings[] = {MultiplexOverride::disable, MultiplexOverride::enable,
                                               MultiplexOverride::keep_on};
    decision.multiplex = kMeanings[*rule.multiplex];
  }
}

void evaluate_rules(const RouteInput& input, const RuleSet& rules, MatchScratch& scratch,
                    Decision& decision) {
  std::int64_t flag_in = input.flag_in;
  int restarts = input.restarts;
  const std::span<const Rule> all = rules.rules();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Rule& rule = all[i];
    if (!matches(rule, input, flag_in, scratch)) continue;
    ++scratch.hits()[i];
    apply_outputs(rule, decision);
    if (rule.apply) return;
    if (!rule.flag_out) continue;
    flag_in = *rule.flag_out;
    if (restarts > 0) {
      --restarts;
      i = static_cast<std::size_t>(-1);  // the loop's increment makes it the first rule again
    }
  }
}

SplitHold hold_of(const RouteInput& input) {
  if (input.in_transaction) return SplitHold::in_transaction;
  if (!input.autocommit) return SplitHold::autocommit_off;
  return input.has_temporary_tables ? SplitHold::temporary_tables : SplitHold::none;
}

// Reads outside transactions go to the reader of the pair, and everything else, or in doubt, to the writer.
void split(const RouteInput& input, Decision& decision) {
  if (!input.auto_rw_split || !input.pair || input.pair->writer != input.default_hostgroup) return;
  const Statement& statement = input.analyzer.statement();
  decision.reason = statement.access == Access::read ? Reason::none : statement.reason;
  decision.hold = hold_of(input);
  const bool read = statement.access == Access::read && decision.hold == SplitHold::none;
  decision.decided_by = read ? DecidedBy::split_read : DecidedBy::split_write;
  if (!read) return;
  decision.destination_hostgroup = input.pair->reader;
  decision.fallback_hostgroup = input.pair->writer;
}

}  // namespace

Decision route(const RouteInput& input, const RuleSet& rules, MatchScratch& scratch) {
  WEIR_ASSERT(scratch.hits().size() == rules.rules().size(),
              "the worker adopts a rule set before it routes by it");
  Decision decision;
  decision.destination_hostgroup = input.default_hostgroup;
  evaluate_rules(input, rules, scratch, decision);
  if (decision.decided_by == DecidedBy::default_hostgroup) split(input, decision);
  return decision;
}

std::string_view to_text(DecidedBy decided_by) {
  switch (decided_by) {
    case DecidedBy::default_hostgroup:
      return "default_hostgroup";
    case DecidedBy::rule:
      return "rule";
    case DecidedBy::split_read:
      return "split_read";
    case DecidedBy::split_write:
      return "split_write";
  }
  return "default_hostgroup";
}

std::string_view to_text(SplitHold hold) {
  switch (hold) {
    case SplitHold::none:
      return "none";
    case SplitHold::in_transaction:
      return "in_transaction";
    case SplitHold::autocommit_off:
      return "autocommit_off";
    case SplitHold::temporary_tables:
      return "temporary_tables";
  }
  return "none";
}

}  // namespace weir
