#include "router/rules/rule_set.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "router/query/digest.hpp"
#include "router/query/lexer.hpp"

namespace weir {
namespace {

// Compiles one row; complains about it in the words of its table.
class RuleCompiler {
 public:
  RuleCompiler(const QueryRuleRow& row, std::size_t number, std::vector<Complaint>& complaints)
      : row_(row), number_(number), complaints_(complaints) {}

  std::optional<Rule> compile() {
    compile_conditions();
    compile_outputs();
    warn_of_columns_without_effect();
    if (failed_ || left_out_) return std::nullopt;
    return std::move(rule_);
  }
  bool failed() const { return failed_; }

 private:
  using Text = std::optional<std::string>;

  static Text given(const Text& text) { return text && !text->empty() ? text : std::nullopt; }

  void complain(std::string_view column, std::string text, Severity severity) {
    complaints_.push_back(
        Complaint{.table = "mysql_query_rules",
                  .row = number_,
                  .column = std::string(column),
                  .text = "rule_id " + std::to_string(row_.rule_id) + ": " + std::move(text),
                  .severity = severity});
    if (severity == Severity::error) failed_ = true;
  }

  // A condition that nothing can fulfil. ProxySQL accepts such rows, so that configurations in use may have
  // them.
  void leave_out(std::string_view column, std::string text) {
    complain(column, std::move(text) + "; the rule never matches", Severity::warning);
    left_out_ = true;
  }

  void compile_conditions() {
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
    const PatternOptions options{.caseless = compile_modifiers()};
    compile_pattern("match_digest", row_.match_digest, options, rule_.match_digest);
    compile_pattern("match_pattern", row_.match_pattern, options, rule_.match_pattern);
  }

  void compile_client_addr() {
    rule_.client_addr = given(row_.client_addr);
    if (!rule_.client_addr) return;
    const std::size_t percent = rule_.client_addr->find('%');
    if (percent == std::string::npos) return;
    if (percent + 1 != rule_.client_addr->size()) {
      leave_out("client_addr",
                "'" + *rule_.client_addr + "' is not an address, nor the beginning of one and %");
    }
    rule_.client_addr->pop_back();
    rule_.client_addr_is_prefix = true;
  }

  // "CASELESS,GLOBAL" in any order; says whether CASELESS was among them.
  bool compile_modifiers() {
    bool caseless = false;
    std::string_view rest = row_.re_modifiers ? std::string_view(*row_.re_modifiers) : std::string_view();
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find_first_of(", "), rest.size());
      const std::string_view modifier = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (equals_caseless(modifier, "caseless")) {
        caseless = true;
      } else if (!modifier.empty() && !equals_caseless(modifier, "global")) {
        complain("re_modifiers",
                 "'" + std::string(modifier) + "' is unknown and has no effect: CASELESS, GLOBAL",
                 Severity::warning);
      }
    }
    return caseless;
  }

  void compile_pattern(std::string_view column, const Text& expression, PatternOptions options,
                       std::optional<Pattern>& pattern) {
    if (!given(expression)) return;
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

  void compile_outputs() {
    rule_.flag_out = not_negative(row_.flag_out);
    if (const auto hostgroup = not_negative(row_.destination_hostgroup)) {
      if (*hostgroup > std::numeric_limits<int>::max()) {
        complain("destination_hostgroup", std::to_string(*hostgroup) + " is not in 0..2147483647",
                 Severity::error);
      } else {
        rule_.destination_hostgroup = static_cast<int>(*hostgroup);
      }
    }
    rule_.timeout_ms = not_negative(row_.timeout);
    rule_.next_query_flag_in = not_negative(row_.next_query_flag_in);
    rule_.error_msg = row_.error_msg;
    rule_.ok_msg = row_.ok_msg;
    if (const auto multiplex = not_negative(row_.multiplex)) {
      if (*multiplex > 2) {
        complain("multiplex", std::to_string(*multiplex) + " is not one of 0, 1, 2", Severity::error);
      } else {
        rule_.multiplex = static_cast<int>(*multiplex);
      }
    }
    if (const auto log = not_negative(row_.log)) rule_.log = *log != 0;
    rule_.apply = row_.apply;
  }

  static std::optional<std::int64_t> not_negative(std::optional<std::int64_t> value) {
    return value && *value >= 0 ? value : std::nullopt;
  }

  void warn_of_columns_without_effect() {
    const auto warn = [&](std::string_view column, bool given) {
      if (given) complain(column, "has no effect in this version", Severity::warning);
    };
    warn("replace_pattern", row_.replace_pattern.has_value());
    warn("cache_ttl", not_negative(row_.cache_ttl).value_or(0) > 0);
    warn("cache_empty_result", not_negative(row_.cache_empty_result).has_value());
    warn("cache_timeout", not_negative(row_.cache_timeout).value_or(0) > 0);
    warn("reconnect", not_negative(row_.reconnect).value_or(0) > 0);
    warn("retries", not_negative(row_.retries).has_value());
    warn("delay", not_negative(row_.delay).value_or(0) > 0);
    warn("mirror_flagOUT", not_negative(row_.mirror_flag_out).has_value());
    warn("mirror_hostgroup", not_negative(row_.mirror_hostgroup).has_value());
    warn("sticky_conn", not_negative(row_.sticky_conn).value_or(0) > 0);
    warn("gtid_from_hostgroup", not_negative(row_.gtid_from_hostgroup).has_value());
    warn("attributes", !row_.attributes.empty() && row_.attributes != "{}");
  }

  const QueryRuleRow& row_;
  std::size_t number_;
  std::vector<Complaint>& complaints_;
  Rule rule_;
  bool failed_ = false;
  bool left_out_ = false;
};

}  // namespace

std::optional<RuleSet> RuleSet::compile(std::span<const QueryRuleRow> rows,
                                        std::vector<Complaint>& complaints) {
  RuleSet set;
  bool failed = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].active) continue;
    RuleCompiler compiler(rows[i], i + 1, complaints);
    std::optional<Rule> rule = compiler.compile();
    if (rule) set.rules_.push_back(*std::move(rule));
    failed = failed || compiler.failed();
  }
  if (failed) return std::nullopt;
  std::ranges::stable_sort(set.rules_, {}, &Rule::rule_id);
  return set;
}

}  // namespace weir
