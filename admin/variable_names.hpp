// Names of variables as operators write them, and what to say of one that does not exist.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir {

// It begins like the name of a variable: "mysql-" or "admin-", in any case.
bool looks_like_variable(std::string_view name);

// Nothing if there is a variable of exactly this name; else what is wrong, with the nearest one that exists.
std::optional<std::string> unknown_variable(std::string_view name);

}  // namespace weir
