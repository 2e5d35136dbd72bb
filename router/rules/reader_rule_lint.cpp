#include "router/rules/reader_rule_lint.hpp"

#include <fmt/format.h>

#include <utility>

#include "router/query/digest.hpp"

namespace weir {
namespace {

constexpr std::pair<std::string_view, std::string_view> kWrites[] = {
    {"INSERT", "INSERT INTO t VALUES (1)"},
    {"UPDATE", "UPDATE t SET a = 1"},
    {"DELETE", "DELETE FROM t WHERE a = 1"},
    {"REPLACE", "REPLACE INTO t VALUES (1)"},
};

}  // namespace

ReaderRuleLint::ReaderRuleLint() {
  const auto add = [this](std::string_view name, std::string_view sql, std::string_view beside,
                          std::string_view expression) {
    if (auto pattern = Pattern::compile(expression, {}))
      picked_.push_back({name, sql, beside, std::move(*pattern)});
  };
  for (const auto& [verb, sql] : kWrites)
    add(verb, sql, "CALL p()", fmt::format(R"((^|\|)\^?(\\s|[ *(?:])*{}\b)", verb));
  add("SELECT ... FOR UPDATE", "SELECT a FROM t WHERE b = 1 FOR UPDATE", "SELECT a FROM t WHERE b = 1",
      R"(^\^?\W*select\b.*\bfor(\\s|[ +*.])+update\b)");
}

std::string ReaderRuleLint::writes_picked_by(const Rule& rule) {
  context_.begin_statement();
  std::string all;
  if (rule.negate_match_pattern || (!rule.match_digest && !rule.match_pattern)) return all;
  for (const Picked& picked : picked_) {
    const bool takes = matches(rule, picked.sql) && !matches(rule, picked.beside);
    if (takes || names(rule.match_digest, picked) || names(rule.match_pattern, picked))
      all += fmt::format("{}{}", all.empty() ? "" : ", ", picked.name);
  }
  return all;
}

bool ReaderRuleLint::matches(const Rule& rule, std::string_view sql) {
  std::string digest;
  digest_text(sql, {}, digest);
  const auto holds = [this](const std::optional<Pattern>& pattern, std::string_view text) {
    return !pattern || pattern->search(text, context_) == MatchOutcome::match;
  };
  return holds(rule.match_digest, digest) && holds(rule.match_pattern, sql);
}

// What is looked for in order to leave it out, (?!UPDATE), is not what the rule is about.
bool ReaderRuleLint::names(const std::optional<Pattern>& pattern, const Picked& picked) {
  return pattern && !pattern->expression().contains("(?!") && !pattern->expression().contains("(?<!") &&
         picked.expression.search(pattern->expression(), context_) == MatchOutcome::match;
}

}  // namespace weir
