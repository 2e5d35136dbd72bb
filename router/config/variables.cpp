#include "router/config/variables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/base/check.hpp"
#include "router/config/nearest.hpp"
#include "router/config/table_spec.hpp"
#include "router/config/variable_rows.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;

// Names that ProxySQL has dropped, or that only its older versions had.
constexpr std::array kRetired{
    "mysql-forward_autocommit"sv,
    "mysql-session_debug"sv,
    "admin-hash_passwords"sv,
    "admin-debug"sv,
    "mysql-client_found_rows"sv,
    "mysql-default_sql_mode"sv,
    "mysql-default_time_zone"sv,
    "mysql-default_isolation_level"sv,
    "mysql-default_tx_isolation"sv,
    "mysql-default_transaction_read"sv,
    "mysql-default_character_set_results"sv,
    "mysql-default_sql_auto_is_null"sv,
    "mysql-default_sql_safe_updates"sv,
    "mysql-default_sql_select_limit"sv,
    "mysql-default_max_join_size"sv,
    "mysql-default_net_write_timeout"sv,
    "mysql-monitor_query_variables"sv,
    "mysql-monitor_query_status"sv,
    "mysql-monitor_timer_cached"sv,
    "mysql-default_action"sv,
    "mysql-default_character_set_client"sv,
    "mysql-default_character_set_connection"sv,
    "mysql-default_character_set_database"sv,
};

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::vector<Variable> joined() {
  std::vector<Variable> rows;
  for (const auto part : {variable_rows::mysql_used(), variable_rows::monitor(),
                          variable_rows::mysql_accepted(), variable_rows::admin()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

std::string unknown_variable(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Variable& variable : all_variables()) names.push_back(variable.name);
  return fmt::format("there is no variable '{}'{}", name, hint(name, names));
}

Result<std::int64_t, std::string> number_of(std::string_view text, std::int64_t min, std::int64_t max) {
  auto value = table_spec::parse_int(text);
  if (!value) return std::unexpected(fmt::format("{}; allowed is {}..{}", value.error(), min, max));
  auto checked = table_spec::check_int(*value, {.min = min, .max = max});
  if (!checked) return std::unexpected(std::move(checked.error()));
  return value;
}

Result<bool, std::string> flag_of(std::string_view text) {
  if (text == "1" || same_name(text, "true")) return true;
  if (text == "0" || same_name(text, "false")) return false;
  return std::unexpected(fmt::format("'{}' is not true or false (or 1 or 0)", text));
}

Result<std::string, std::string> plain_text(std::string_view text) {
  auto checked = table_spec::check_text(text, {});
  if (!checked) return std::unexpected(std::move(checked.error()));
  return std::string(text);
}

std::string text_of_flag(bool value) {
  return value ? "true" : "false";
}

std::string initial_text(const AcceptedVariable& kind) {
  switch (kind.type) {
    case AcceptedVariable::Type::text:
      return std::string(kind.initial_text);
    case AcceptedVariable::Type::flag:
      return text_of_flag(kind.initial != 0);
    case AcceptedVariable::Type::number:
      return std::to_string(kind.initial);
  }
  unreachable();
}

std::string range_text(std::int64_t min, std::int64_t max) {
  return fmt::format("{}..{}", min, max);
}

Result<void, std::string> assign(Settings& settings, std::string_view, const IntVariable& kind,
                                 std::string_view text) {
  auto value = number_of(text, kind.min, kind.max);
  if (!value) return std::unexpected(std::move(value.error()));
  settings.*kind.field = *value;
  return {};
}

Result<void, std::string> assign(Settings& settings, std::string_view, const BoolVariable& kind,
                                 std::string_view text) {
  auto value = flag_of(text);
  if (!value) return std::unexpected(std::move(value.error()));
  settings.*kind.field = *value;
  return {};
}

Result<void, std::string> assign(Settings& settings, std::string_view, const TextVariable& kind,
                                 std::string_view text) {
  auto value = plain_text(text);
  if (!value) return std::unexpected(std::move(value.error()));
  std::string complaint = kind.check != nullptr ? kind.check(text) : std::string{};
  if (!complaint.empty()) return std::unexpected(std::move(complaint));
  settings.*kind.field = std::move(*value);
  return {};
}

// What a variable of that type would give back.
Result<std::string, std::string> normal_text(const AcceptedVariable& kind, std::string_view text) {
  switch (kind.type) {
    case AcceptedVariable::Type::text:
      return plain_text(text);
    case AcceptedVariable::Type::flag: {
      auto value = flag_of(text);
      if (!value) return std::unexpected(std::move(value.error()));
      return text_of_flag(*value);
    }
    case AcceptedVariable::Type::number: {
      auto value = number_of(text, kind.min, kind.max);
      if (!value) return std::unexpected(std::move(value.error()));
      return std::to_string(*value);
    }
  }
  unreachable();
}

Result<void, std::string> assign(Settings& settings, std::string_view name, const AcceptedVariable& kind,
                                 std::string_view text) {
  auto value = normal_text(kind, text);
  if (!value) return std::unexpected(std::move(value.error()));
  if (*value == initial_text(kind)) {
    settings.accepted.erase(std::string(name));
  } else {
    settings.accepted.insert_or_assign(std::string(name), std::move(*value));
  }
  return {};
}

// Files and disks of ProxySQL bring the version that wrote them.
Result<void, std::string> assign(Settings&, std::string_view, const FixedVariable&, std::string_view) {
  return {};
}

struct TextOf {
  const Settings& settings;
  std::string_view name;

  std::string operator()(const IntVariable& kind) const { return std::to_string(settings.*kind.field); }
  std::string operator()(const BoolVariable& kind) const { return text_of_flag(settings.*kind.field); }
  std::string operator()(const TextVariable& kind) const { return settings.*kind.field; }
  std::string operator()(const FixedVariable& kind) const { return std::string(kind.text); }
  std::string operator()(const AcceptedVariable& kind) const {
    const auto found = settings.accepted.find(name);
    return found == settings.accepted.end() ? initial_text(kind) : found->second;
  }
};

struct RangeOf {
  std::string operator()(const FixedVariable&) const { return "told, and never changed"; }
  std::string operator()(const IntVariable& kind) const { return range_text(kind.min, kind.max); }
  std::string operator()(const BoolVariable&) const { return "true or false"; }
  std::string operator()(const TextVariable&) const { return "text"; }
  std::string operator()(const AcceptedVariable& kind) const {
    switch (kind.type) {
      case AcceptedVariable::Type::text:
        return "text";
      case AcceptedVariable::Type::flag:
        return "true or false";
      case AcceptedVariable::Type::number:
        return range_text(kind.min, kind.max);
    }
    unreachable();
  }
};

std::string_view to_text(TakesEffect effect) {
  switch (effect) {
    case TakesEffect::at_once:
      return "at once";
    case TakesEffect::on_new_sessions:
      return "on new sessions";
    case TakesEffect::at_restart:
      return "after a restart";
  }
  unreachable();
}

}  // namespace

std::span<const Variable> all_variables() {
  static const std::vector<Variable> rows = joined();
  return rows;
}

const Variable* find_variable(std::string_view name) {
  for (const Variable& variable : all_variables()) {
    if (same_name(variable.name, name)) return &variable;
  }
  return nullptr;
}

bool is_retired_variable(std::string_view name) {
  return std::ranges::any_of(kRetired, [&](std::string_view retired) { return same_name(retired, name); });
}

bool is_text(const Variable& variable) {
  const auto* accepted = std::get_if<AcceptedVariable>(&variable.kind);
  if (accepted != nullptr) return accepted->type == AcceptedVariable::Type::text;
  return std::holds_alternative<TextVariable>(variable.kind) ||
         std::holds_alternative<FixedVariable>(variable.kind);
}

bool is_number(const Variable& variable) {
  const auto* accepted = std::get_if<AcceptedVariable>(&variable.kind);
  if (accepted != nullptr) return accepted->type == AcceptedVariable::Type::number;
  return std::holds_alternative<IntVariable>(variable.kind);
}

std::string lack_of_effect(const Variable& variable) {
  return fmt::format("has no effect: {}", variable.unread);
}

std::string default_text(const Variable& variable) {
  return std::visit(
      []<class Kind>(const Kind& kind) -> std::string {
        if constexpr (std::is_same_v<Kind, IntVariable>) return std::to_string(kind.initial);
        if constexpr (std::is_same_v<Kind, BoolVariable>) return text_of_flag(kind.initial);
        if constexpr (std::is_same_v<Kind, TextVariable>) return std::string(kind.initial);
        if constexpr (std::is_same_v<Kind, AcceptedVariable>) return initial_text(kind);
        if constexpr (std::is_same_v<Kind, FixedVariable>) return std::string(kind.text);
      },
      variable.kind);
}

Settings defaults() {
  Settings settings;
  for (const Variable& variable : all_variables()) {
    const auto set = set_variable(settings, variable.name, default_text(variable));
    WEIR_CHECK(set.has_value(), "defaults obey their own bounds");
  }
  return settings;
}

Result<void, std::string> set_variable(Settings& settings, std::string_view name, std::string_view text) {
  const Variable* variable = find_variable(name);
  if (variable == nullptr) return std::unexpected(unknown_variable(name));
  return std::visit([&](const auto& kind) { return assign(settings, variable->name, kind, text); },
                    variable->kind);
}

std::string variable_text(const Settings& settings, const Variable& variable) {
  return std::visit(TextOf{settings, variable.name}, variable.kind);
}

std::string describe(const Variable& variable) {
  std::string text = fmt::format("{}\n{}", variable.doc, std::visit(RangeOf{}, variable.kind));
  const std::string initial = default_text(variable);
  text += initial.empty() ? "; empty by default" : fmt::format("; default {}", initial);
  text += has_effect(variable) ? fmt::format("; takes effect {}", to_text(variable.effect))
                               : "; " + lack_of_effect(variable);
  return text;
}

}  // namespace weir
