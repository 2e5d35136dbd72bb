#include "router/rules/rule_compiler.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "router/query/digest.hpp"
#include "router/query/lexer.hpp"

namespace weir {
namespace {

std::optional<std::string> given(const std::optional<std::string>& text) {
  return text && !text->empty() ? text : std::nullopt;
}

std::optional<std::int64_t> not_negative(std::optional<std::int64_t> value) {
  return value && *value >= 0 ? value : std::nullopt;
}

// Calls visit(word) for every word of re_modifiers: "CASELESS,GLOBAL", in any order, blanks allowed.
template <class Visit>
void for_each_modifier(const QueryRuleRow& row, Visit visit) {
  std::string_view rest = row.re_modifiers ? std::string_view(*row.re_modifiers) : std::string_view();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(", "), rest.size());
    if (end > 0) visit(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

}  // namespace

KnownPatterns::KnownPatterns(std::span<const Rule> rules) {
  for (const Rule& rule : rules) {
    for (const std::optional<Pattern>* pattern : {&rule.match_digest, &rule.match_pattern}) {
      if (!*pattern) continue;
      const std::string_view expression = (*pattern)->expression();
      patterns_.emplace(std::pair(expression, (*pattern)->options()), &**pattern);
    }
  }
}

const Pattern* KnownPatterns::find(const std::string& expression, PatternOptions options) const {
  const auto found = patterns_.find({expression, options});
  return found == patterns_.end() ? nullptr : found->second;
}

std::optional<Rule> RuleCompiler::compile() {
  compile_conditions();
  compile_outputs();
  compile_attributes();
  if (failed_ || left_out_) return std::nullopt;
  return std::move(rule_);
}

void RuleCompiler::complain(std::string_view column, std::string text, Severity severity) {
  complaints_.push_back(Complaint{.table = "mysql_query_rules",
                                  .row = number_,
                                  .column = std::string(column),
                                  .text = std::move(text),
                                  .severity = severity});
  if (severity == Severity::error) failed_ = true;
}

// A condition that nothing can fulfil. ProxySQL accepts such rows, so that configurations in use may have
// them.
void RuleCompiler::leave_out(std::string_view column, std::string text) {
  complain(column, std::move(text) + "; the rule never matches", Severity::warning);
  left_out_ = true;
}

void RuleCompiler::compile_conditions() {
  rule_.rule_id = row_.rule_id;
  rule_.flag_in = row_.flag_in;
  rule_.username = given(row_.username);
  rule_.schemaname = given(row_.schemaname);
  rule_.proxy_addr = given(row_.proxy_addr);
  rule_.proxy_port = row_.proxy_port;
  rule_.negate_match_pattern = row_.negate_match_pattern;
  compile_client_addr();
  if (const Text digest = given(row_.digest)) {
    std::uint64_t hash = 0;
    if (!parse_digest(*digest, &hash))
      leave_out("digest", "'" + *digest + "' is not 0x and up to 16 hexadecimal digits");
    rule_.digest = hash;
  }
  check_modifiers();
  const Modifiers modifiers = modifiers_of(row_);
  const PatternOptions options{.caseless = modifiers.caseless, .like_re2 = options_.like_re2};
  compile_pattern("match_digest", row_.match_digest, options, rule_.match_digest);
  compile_pattern("match_pattern", row_.match_pattern, options, rule_.match_pattern);
  compile_replacement(modifiers.global ? Replacement::Extent::every_match : Replacement::Extent::first_match);
}

void RuleCompiler::compile_client_addr() {
  const Text written = given(row_.client_addr);
  if (!written) return;
  rule_.client_addr = ClientAddresses::parse(*written);
  if (!rule_.client_addr) {
    leave_out("client_addr", "'" + *written +
                                 "' is not an address, nor the beginning of one and %, nor a network as "
                                 "10.1.0.0/16");
  }
}

RuleCompiler::Modifiers RuleCompiler::modifiers_of(const QueryRuleRow& row) {
  Modifiers modifiers;
  for_each_modifier(row, [&](std::string_view modifier) {
    modifiers.caseless = modifiers.caseless || equals_caseless(modifier, "caseless");
    modifiers.global = modifiers.global || equals_caseless(modifier, "global");
  });
  return modifiers;
}

void RuleCompiler::check_modifiers() {
  for_each_modifier(row_, [&](std::string_view modifier) {
    if (equals_caseless(modifier, "caseless") || equals_caseless(modifier, "global")) return;
    complain("re_modifiers", "'" + std::string(modifier) + "' is unknown and has no effect: CASELESS, GLOBAL",
             Severity::warning);
  });
}

void RuleCompiler::compile_pattern(std::string_view column, const Text& expression, PatternOptions options,
                                   std::optional<Pattern>& pattern) {
  if (!given(expression)) return;
  if (const Pattern* known = known_.find(*expression, options)) {
    pattern = *known;
    return;
  }
  auto compiled = Pattern::compile(*expression, options);
  if (!compiled) {
    const PatternError& error = compiled.error();
    complain(column,
             error.text + " at position " + std::to_string(error.position) + " of '" + *expression + "'",
             Severity::error);
    return;
  }
  pattern = std::move(*compiled);
}

// With negate_match_pattern a rule that matches has found nothing that could be replaced.
void RuleCompiler::compile_replacement(Replacement::Extent extent) {
  if (!row_.replace_pattern || !rule_.match_pattern) return;
  auto replacement = Replacement::parse(*row_.replace_pattern, *rule_.match_pattern, extent);
  if (!replacement) return complain("replace_pattern", std::move(replacement.error()), Severity::error);
  if (row_.negate_match_pattern) {
    return complain("replace_pattern", "replaces nothing, because negate_match_pattern is 1",
                    Severity::warning);
  }
  rule_.replacement = std::move(*replacement);
}

void RuleCompiler::compile_outputs() {
  rule_.flag_out = not_negative(row_.flag_out);
  compile_hostgroup("destination_hostgroup", row_.destination_hostgroup, rule_.destination_hostgroup);
  compile_hostgroup("mirror_hostgroup", row_.mirror_hostgroup, rule_.mirror_hostgroup);
  compile_hostgroup("gtid_from_hostgroup", row_.gtid_from_hostgroup, rule_.gtid_from_hostgroup);
  if (not_negative(row_.cache_ttl).value_or(0) > 0) rule_.cache_ttl_ms = row_.cache_ttl;
  if (const auto empty = not_negative(row_.cache_empty_result)) rule_.cache_empty_result = *empty != 0;
  rule_.timeout_ms = not_negative(row_.timeout);
  if (const auto retries = not_negative(row_.retries))
    rule_.retries = static_cast<int>(std::min<std::int64_t>(*retries, 1000));
  rule_.delay_ms = not_negative(row_.delay);
  rule_.next_query_flag_in = not_negative(row_.next_query_flag_in);
  rule_.mirror_flag_out = not_negative(row_.mirror_flag_out);
  rule_.error_msg = row_.error_msg;
  rule_.ok_msg = row_.ok_msg;
  if (row_.error_msg && row_.ok_msg)
    complain("OK_msg", "has no effect beside an error_msg, which is the answer", Severity::warning);
  compile_multiplex();
  if (const auto log = not_negative(row_.log)) rule_.log = *log != 0;
  rule_.apply = row_.apply;
}

void RuleCompiler::compile_multiplex() {
  const auto multiplex = not_negative(row_.multiplex);
  if (!multiplex) return;
  if (*multiplex > 2)
    return complain("multiplex", std::to_string(*multiplex) + " is not one of 0, 1, 2", Severity::error);
  rule_.multiplex = static_cast<int>(*multiplex);
}

void RuleCompiler::compile_hostgroup(std::string_view column, std::optional<std::int64_t> value,
                                     std::optional<int>& hostgroup) {
  const auto given_value = not_negative(value);
  if (!given_value) return;
  if (*given_value > std::numeric_limits<int>::max()) {
    return complain(column, std::to_string(*given_value) + " is not in 0..2147483647", Severity::error);
  }
  hostgroup = static_cast<int>(*given_value);
}

void RuleCompiler::compile_attributes() {
  std::vector<AttributeProblem> problems;
  RuleAttributes attributes = parse_rule_attributes(row_.attributes, problems);
  for (AttributeProblem& problem : problems)
    complain("attributes", std::move(problem.text), problem.severity);
  for (const auto& chain : attributes.flag_outs) rule_.flag_outs_weight += chain.weight;
  rule_.flag_outs = std::move(attributes.flag_outs);
  rule_.max_in_flight = attributes.max_in_flight;
  rule_.max_in_flight_per = attributes.max_in_flight_per;
  rule_.dry_run = attributes.dry_run;
}

}  // namespace weir
