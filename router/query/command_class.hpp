// Statements sorted as stats_mysql_commands_counters sorts them, which is finer than StatementKind for DDL
// and administration, and the same for what is frequent.
#pragma once

#include <cstdint>
#include <string_view>

#include "router/query/statement.hpp"

namespace weir {

// In the order of the table's rows.
enum class CommandClass : std::uint8_t {
  alter_table,
  alter_view,
  analyze_table,
  begin,
  call,
  change_master,
  commit,
  create_database,
  create_index,
  create_table,
  create_temporary,
  create_trigger,
  create_user,
  create_view,
  deallocate,
  delete_,
  describe,
  drop_database,
  drop_index,
  drop_table,
  drop_trigger,
  drop_user,
  drop_view,
  execute,
  explain,
  flush,
  grant,
  insert,
  kill,
  load,
  lock_table,
  optimize,
  prepare,
  purge,
  release_savepoint,
  rename_table,
  reset_master,
  reset_slave,
  replace,
  revoke,
  rollback,
  rollback_savepoint,
  savepoint,
  select,
  select_for_update,
  set,
  show_table_status,
  show,
  start_transaction,
  truncate_table,
  unlock_tables,
  update,
  use,
  unknown,
};
inline constexpr int kCommandClasses = static_cast<int>(CommandClass::unknown) + 1;

// `statement` is what classify() said of `sql`. One look at a table for frequent statements; the first words
// of the text are read again for others.
CommandClass command_class(const Statement& statement, std::string_view sql, LexMode mode);

// "ALTER_TABLE", as the table shows it.
std::string_view to_text(CommandClass command);

}  // namespace weir
