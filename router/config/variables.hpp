// The variables an operator sets, as rows: name, field, default, bounds, when a change takes effect,
// documentation.
//
// Everything else follows from the rows: defaults(), set(), get(), describe(), the sample configuration and
// the tests. A new variable is a field in settings.hpp and a row in variables_mysql.cpp (or _monitor,
// _admin). Thread-safe: the rows are constants.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/base/result.hpp"
#include "router/config/settings.hpp"

namespace weir {

// The version of ProxySQL that admin-version tells, because tools parse it and choose what they send by it.
inline constexpr std::string_view kCompatibleVersion = "2.7.0";

enum class TakesEffect { at_once, on_new_sessions, at_restart };

struct IntVariable {
  std::int64_t Settings::* field;
  std::int64_t initial, min, max;
};
struct BoolVariable {
  bool Settings::* field;
  bool initial;
};
// `check` returns what is wrong with a value and what is allowed, or an empty text; null = any text will do.
struct TextVariable {
  std::string Settings::* field;
  std::string_view initial;
  std::string (*check)(std::string_view text) = nullptr;
};
// Known to ProxySQL, kept so that its files load unchanged, and of no effect in this version. Values obey
// ProxySQL's bounds all the same, so that none turns bad when a later version reads it.
struct AcceptedVariable {
  enum class Type { text, flag, number };
  Type type = Type::text;
  std::string_view initial_text = {};
  std::int64_t initial = 0, min = 0, max = 0;
};

// Told, and not changed by what anybody sets.
struct FixedVariable {
  std::string_view text;
};

struct Variable {
  std::string_view name;  // with its prefix: "mysql-wait_timeout"
  std::variant<IntVariable, BoolVariable, TextVariable, AcceptedVariable, FixedVariable> kind;
  TakesEffect effect;
  std::string_view doc;
  std::string_view unread = {};  // why nothing reads it, and what does its work instead; empty = it is read
};

// Those without effect are taken, and a value that is not the default is warned of.
inline bool has_effect(const Variable& variable) {
  return variable.unread.empty();
}
// What its values are: texts are quoted in files, and other values are true, false or decimal numbers.
bool is_text(const Variable& variable);
bool is_number(const Variable& variable);
// "has no effect: this version has no TLS".
std::string lack_of_effect(const Variable& variable);

// All rows, in the order of the sample configuration.
std::span<const Variable> all_variables();
// The row of a full name, without regard to case, or null.
const Variable* find_variable(std::string_view name);
// Names that older installations still carry: setting one warns and does nothing.
bool is_retired_variable(std::string_view name);

Settings defaults();
// Sets one variable from its text. Booleans are true/false/1/0 in any case. The error says what is allowed,
// and for an unknown name which known one is nearest. Retired names are unknown here: ask
// is_retired_variable() first.
Result<void, std::string> set_variable(Settings& settings, std::string_view name, std::string_view text);
// The value as set_variable() would take it.
std::string variable_text(const Settings& settings, const Variable& variable);
std::string default_text(const Variable& variable);
// Documentation, default, range, and when a change takes effect; several lines without the variable's name.
std::string describe(const Variable& variable);

}  // namespace weir
