#include "admin/variable_names.hpp"

#include <vector>

#include "router/config/nearest.hpp"
#include "router/config/variables.hpp"
#include "router/query/lexer.hpp"

namespace weir {

bool looks_like_variable(std::string_view name) {
  return name.size() > 6 &&
         (equals_caseless(name.substr(0, 6), "mysql-") || equals_caseless(name.substr(0, 6), "admin-"));
}

std::optional<std::string> unknown_variable(std::string_view name) {
  const Variable* variable = find_variable(name);
  if (variable != nullptr && variable->name == name) return std::nullopt;
  if (is_retired_variable(name))
    return "'" + std::string(name) + "' is a variable that ProxySQL no longer has";
  std::vector<std::string_view> known;
  for (const Variable& row : all_variables()) known.push_back(row.name);
  std::string guess = hint(name, known);
  if (guess.empty()) {  // as SHOW VARIABLES of a server would have it: without the prefix
    for (std::string_view prefix : {"mysql-", "admin-"}) {
      if (const Variable* found = find_variable(std::string(prefix) + std::string(name))) {
        guess = "; did you mean '" + std::string(found->name) + "'?";
      }
    }
  }
  return "Unknown global variable: '" + std::string(name) + "'" + guess;
}

}  // namespace weir
