// Whether every rule can be reached: chains that lead somewhere, and rules that an earlier one hides.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "router/config/snapshot_builder.hpp"
#include "router/rules/pattern_lint.hpp"
#include "router/rules/rule_attributes.hpp"
#include "router/rules/rule_compiler.hpp"

namespace weir {
namespace {

using Text = std::optional<std::string>;

// Of an expression that matches exactly the texts that begin with it (or contain it, without ^) the size, but
// for a .* at its end; npos of others.
std::size_t plain_size(std::string_view expression) {
  while (expression.ends_with(".*")) expression.remove_suffix(2);
  std::string_view text = expression;
  if (text.starts_with('^')) text.remove_prefix(1);
  const bool plain = !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == ' ' || c == '_' || c == '`' || c == ',' || c == '=';
  });
  return plain ? expression.size() : std::string::npos;
}

// Whether what `expression` matches is also matched by its first `size` bytes, which are plain.
bool narrows(std::string_view expression, std::size_t size) {
  if (expression.size() < size || expression.find('|') != std::string_view::npos) return false;
  return expression.size() == size ||
         std::string_view("*+?{").find(expression[size]) == std::string_view::npos;
}

RuleAttributes attributes_of(const QueryRuleRow& row) {
  std::vector<AttributeProblem> problems;  // told when the rule is compiled
  return parse_rule_attributes(row.attributes, problems);
}

std::string beginning(const std::string& expression, std::size_t size, bool caseless) {
  std::string text = expression.substr(0, size);
  if (caseless)
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Which conditions a rule has, and how much of its expressions.
struct Shape {
  unsigned conditions = 0;
  std::size_t digest_size = std::string::npos;   // of match_digest; npos = all of it, as it is
  std::size_t pattern_size = std::string::npos;  // of match_pattern
  auto operator<=>(const Shape&) const = default;
};

// The conditions of a rule as texts.
class Conditions {
 public:
  explicit Conditions(const QueryRuleRow& row) : row_(row) {
    const auto add = [&](const Text& value) { values_.push_back(value && !value->empty() ? value : Text{}); };
    add(row.username);
    add(row.schemaname);
    add(row.client_addr == "%" ? Text{} : row.client_addr);
    add(row.proxy_addr);
    add(row.proxy_port ? Text(std::to_string(*row.proxy_port)) : Text{});
    add(row.digest);
    const auto add_expression = [&](const Text& value) {
      const bool condition =
          value && !value->empty() && (row.negate_match_pattern || !matches_everything(*value));
      values_.push_back(condition ? value : Text{});
    };
    add_expression(row.match_digest);
    add_expression(row.match_pattern);
  }

  // As the one that hides others: expressions that are plain count by what they begin with.
  Shape shape() const {
    Shape shape{.conditions = conditions()};
    if (row_.negate_match_pattern) return shape;
    if (values_[kDigest]) shape.digest_size = plain_size(*values_[kDigest]);
    if (values_[kPattern]) shape.pattern_size = plain_size(*values_[kPattern]);
    return shape;
  }

  // The values of these conditions in one text, or nothing if they are not among ours.
  Text seen_as(const Shape& shape) const {
    if ((shape.conditions & ~conditions()) != 0) return std::nullopt;
    std::string text = fmt::format("{}|{}|", row_.flag_in, row_.re_modifiers.value_or(""));
    for (std::size_t i = 0; i < values_.size(); ++i) {
      text += '\0';
      if ((shape.conditions >> i & 1U) == 0) continue;
      const std::size_t size = i == kDigest    ? shape.digest_size
                               : i == kPattern ? shape.pattern_size
                                               : std::string::npos;
      if (size == std::string::npos) {
        text += (i >= kDigest && row_.negate_match_pattern ? "!" : "=") + *values_[i];
      } else {
        if (row_.negate_match_pattern || !narrows(*values_[i], size)) return std::nullopt;
        text += "=" + beginning(*values_[i], size, RuleCompiler::modifiers_of(row_).caseless);
      }
    }
    return text;
  }

 private:
  static constexpr std::size_t kDigest = 6, kPattern = 7;

  unsigned conditions() const {
    unsigned mask = 0;
    for (std::size_t i = 0; i < values_.size(); ++i) mask |= values_[i] ? 1U << i : 0U;
    return mask;
  }

  const QueryRuleRow& row_;
  std::vector<Text> values_;
};

}  // namespace

void SnapshotBuilder::check_chains() {
  std::set<std::int64_t> begun, led_to{0};
  for (const QueryRuleRow& row : tables_.query_rules) {
    if (!row.active) continue;
    begun.insert(row.flag_in);
    for (const auto& chain : {row.flag_out, row.next_query_flag_in, row.mirror_flag_out})
      if (chain) led_to.insert(*chain);
    for (const auto& weighted : attributes_of(row).flag_outs) led_to.insert(weighted.chain);
  }
  for (const FastRoutingRow& row : tables_.fast_routing) begun.insert(row.flag_in);
  for (std::size_t i = 0; i < tables_.query_rules.size(); ++i) {
    const QueryRuleRow& row = tables_.query_rules[i];
    if (!row.active) continue;
    const auto expect_chain = [&](std::string_view column, std::int64_t chain) {
      if (begun.contains(chain)) return;
      warn(kQueryRulesTable.name, i + 1, column, fmt::format("no active rule has flagIN {}", chain));
    };
    if (row.flag_out && !row.apply) expect_chain("flagOUT", *row.flag_out);
    if (row.mirror_flag_out) expect_chain("mirror_flagOUT", *row.mirror_flag_out);
    if (!led_to.contains(row.flag_in)) {
      warn(kQueryRulesTable.name, i + 1, "flagIN",
           fmt::format("no active rule leads to {} by flagOUT, mirror_flagOUT or next_query_flagIN",
                       row.flag_in));
    }
  }
}

// Without any user nobody can log in: the users are still to come.
void SnapshotBuilder::check_rule_users() {
  std::set<std::string_view> known;
  for (const UserRow& row : tables_.users) {
    if (row.frontend) known.insert(row.username);
  }
  if (known.empty()) return;
  const auto expect_user = [&](std::string_view table, std::size_t row, std::string_view username) {
    if (username.empty() || known.contains(username)) return;
    warn(table, row, "username", fmt::format("mysql_users has no user '{}'", username));
  };
  for (std::size_t i = 0; i < tables_.query_rules.size(); ++i) {
    const QueryRuleRow& row = tables_.query_rules[i];
    if (row.active && row.username) expect_user(kQueryRulesTable.name, i + 1, *row.username);
  }
  for (std::size_t i = 0; i < tables_.fast_routing.size(); ++i) {
    expect_user(kFastRoutingTable.name, i + 1, tables_.fast_routing[i].username);
    known.insert(tables_.fast_routing[i].username);  // of many rows the first is told
  }
}

// A rule is never reached if an earlier one with apply takes every statement that fulfils its conditions.
// What is told: an earlier rule that has a part of its conditions, with the same values, or with an
// expression that is the plain beginning of its own ("^SELECT" before "^SELECT .* FOR UPDATE").
void SnapshotBuilder::check_shadowed_rules() {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < tables_.query_rules.size(); ++i) {
    if (tables_.query_rules[i].active) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return tables_.query_rules[i].rule_id; });
  // By shape, the rules with apply so far: few shapes, so that this is nearly linear.
  std::map<Shape, std::unordered_map<std::string, std::int64_t>> ending;
  for (std::size_t i : order) {
    const QueryRuleRow& row = tables_.query_rules[i];
    const Conditions conditions(row);
    for (const auto& [shape, rules] : ending) {
      const Text text = conditions.seen_as(shape);
      const auto found = text ? rules.find(*text) : rules.end();
      if (found == rules.end()) continue;
      warn(kQueryRulesTable.name, i + 1, "rule_id",
           fmt::format("is never reached: rule_id {} has apply=1 and takes all that it would match",
                       found->second));
      break;
    }
    if (!row.apply || attributes_of(row).dry_run) continue;
    const Shape shape = conditions.shape();
    if (const Text text = conditions.seen_as(shape)) ending[shape].emplace(*text, row.rule_id);
  }
}

}  // namespace weir
