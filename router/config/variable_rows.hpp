// Where the rows of variables.hpp come from: one function per file of rows. Only variables.cpp joins them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "router/config/variables.hpp"

namespace weir::variable_rows {

std::span<const Variable> mysql_used();
std::span<const Variable> mysql_accepted();
std::span<const Variable> monitor();
std::span<const Variable> admin();

// Checks of texts, for TextVariable.
std::string check_interfaces(std::string_view text);
std::string check_auth_plugin(std::string_view text);
std::string check_charset(std::string_view text);
std::string check_collation(std::string_view text);
std::string check_log_name(std::string_view text);
std::string check_ip(std::string_view text);
std::string check_networks(std::string_view text);
std::string check_not_empty(std::string_view text);
std::string check_table_name(std::string_view text);
std::string check_credentials(std::string_view text);
std::string check_some_credentials(std::string_view text);

// Reasons that several files give.
inline constexpr std::string_view kLdap = "this version does not know LDAP";
inline constexpr std::string_view kDebug = "there is nothing like it";
inline constexpr std::string_view kUnused = "ProxySQL does not use it, either";

constexpr Variable accepted_text(std::string_view name, std::string_view initial, std::string_view unread,
                                 std::string_view doc) {
  return {name, AcceptedVariable{.initial_text = initial}, TakesEffect::at_once, doc, unread};
}
constexpr Variable accepted_flag(std::string_view name, bool initial, std::string_view unread,
                                 std::string_view doc) {
  return {name, AcceptedVariable{.type = AcceptedVariable::Type::flag, .initial = initial},
          TakesEffect::at_once, doc, unread};
}
constexpr Variable accepted_number(std::string_view name, std::int64_t initial, std::int64_t min,
                                   std::int64_t max, std::string_view unread, std::string_view doc) {
  return {
      name,
      AcceptedVariable{.type = AcceptedVariable::Type::number, .initial = initial, .min = min, .max = max},
      TakesEffect::at_once, doc, unread};
}

}  // namespace weir::variable_rows
