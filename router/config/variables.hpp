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

// not_yet: typed and checked, but nothing reads it in this version; setting it warns.
enum class TakesEffect { at_once, on_new_sessions, at_restart, not_yet };

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
// Known to ProxySQL, kept so that its files load unchanged, and of no effect in this version.
struct AcceptedVariable {
  std::string_view initial;
};

struct Variable {
  std::string_view name;  // with its prefix: "mysql-wait_timeout"
  std::variant<IntVariable, BoolVariable, TextVariable, AcceptedVariable> kind;
  TakesEffect effect;
  std::string_view doc;
};

// False for accepted variables and those marked not_yet.
bool has_effect(const Variable& variable);

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
