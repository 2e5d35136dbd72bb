// SQL of an admin session for SQLite: as much as its account may, with MySQL's error codes, and notes about
// what remains to be done. Admin thread.
#pragma once

#include <span>
#include <string_view>

#include "admin/commands.hpp"

namespace weir {

// One statement; `parameters` for its question marks. Appends to session.warnings.
Reply run_sql(CommandTools& tools, AdminSession& session, std::string_view sql,
              std::span<const Cell> parameters = {});
Result<PreparedShape, Refusal> prepare_sql(CommandTools& tools, AdminSession& session, std::string_view sql);

// The reply to a failure of SQLite.
Refusal refusal_of(const SqlError& error, const AdminSession& session);

// What a statement that writes names as its target: "mysql_users", schema "" or "disk". Views into `sql`;
// empty if it is no INSERT, REPLACE, UPDATE or DELETE.
struct WrittenTable {
  std::string_view schema{}, table{};
};
WrittenTable written_table(std::string_view sql);

}  // namespace weir
