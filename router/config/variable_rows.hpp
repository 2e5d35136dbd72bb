// Where the rows of variables.hpp come from: one function per file of rows. Only variables.cpp joins them.
#pragma once

#include <span>

#include "router/config/variables.hpp"

namespace weir::variable_rows {

std::span<const Variable> mysql_used();
std::span<const Variable> mysql_accepted();
std::span<const Variable> monitor();
std::span<const Variable> admin();

constexpr Variable accepted(std::string_view name, std::string_view initial, std::string_view doc) {
  return {name, AcceptedVariable{initial}, TakesEffect::at_once, doc};
}

}  // namespace weir::variable_rows
