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
std::string check_ip(std::string_view text);
std::string check_not_empty(std::string_view text);
std::string check_credentials(std::string_view text);
std::string check_some_credentials(std::string_view text);

constexpr Variable accepted(std::string_view name, std::string_view initial, std::string_view doc) {
  return {name, AcceptedVariable{initial}, TakesEffect::at_once, doc};
}

}  // namespace weir::variable_rows
