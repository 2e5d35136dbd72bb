#include "router/rules/rule_conditions.hpp"

#include "router/rules/route.hpp"

namespace weir {
namespace {

bool holds(const Rule& rule, const Pattern& pattern, std::string_view subject, MatchScratch& scratch) {
  ++scratch.searches;
  const MatchOutcome outcome = pattern.search(subject, scratch.context);
  if (outcome == MatchOutcome::limit_reached) {
    ++scratch.limits_reached;
    return false;
  }
  return (outcome == MatchOutcome::match) != rule.negate_match_pattern;
}

}  // namespace

Condition failing_session_condition(const Rule& rule, const RouteInput& input) {
  if (rule.username && *rule.username != input.username) return Condition::username;
  if (rule.schemaname && *rule.schemaname != input.schema) return Condition::schemaname;
  if (rule.client_addr && !rule.client_addr->contains(input.client_addr)) return Condition::client_addr;
  if (rule.proxy_addr && *rule.proxy_addr != input.proxy_addr) return Condition::proxy_addr;
  if (rule.proxy_port && *rule.proxy_port != input.proxy_port) return Condition::proxy_port;
  return Condition::none;
}

// The digest is computed when the first rule asks for it.
Condition failing_digest_condition(const Rule& rule, const RouteInput& input, MatchScratch& scratch) {
  if (rule.digest && *rule.digest != input.analyzer.digest_hash()) return Condition::digest;
  if (rule.match_digest && !holds(rule, *rule.match_digest, input.analyzer.digest_text(), scratch))
    return Condition::match_digest;
  return Condition::none;
}

Condition failing_text_condition(const Rule& rule, std::string_view sql, MatchScratch& scratch) {
  const bool fails = rule.match_pattern && !holds(rule, *rule.match_pattern, sql, scratch);
  return fails ? Condition::match_pattern : Condition::none;
}

std::string_view to_text(Condition condition) {
  constexpr std::string_view kNames[] = {"none",         "flagIN",       "username",   "schemaname",
                                         "client_addr",  "proxy_addr",   "proxy_port", "digest",
                                         "match_digest", "match_pattern"};
  return kNames[static_cast<std::size_t>(condition)];
}

}  // namespace weir
