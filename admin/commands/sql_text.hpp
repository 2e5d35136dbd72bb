// Texts of SQL that commands are made of.
#pragma once

#include <string>
#include <string_view>

#include "admin/commands.hpp"
#include "admin/quoting.hpp"
#include "admin/session_sql.hpp"

namespace weir::commands {

// " AND (column LIKE ...)" with MySQL's escapes, or " AND (condition)", for the placeholders <like> and
// <condition> of `call`; empty if neither was given.
std::string filter(const CommandCall& call, std::string_view column);

// Runs `sql` as the session may.
Reply query(CommandCall& call, std::string_view sql);

}  // namespace weir::commands
