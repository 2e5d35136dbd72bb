#include <bit>
#include <iterator>

#include "router/query/statement.hpp"

namespace weir {
namespace {

constexpr std::string_view kKindNames[] = {
    "empty",
    "select",
    "values",
    "table",
    "with",
    "insert",
    "update",
    "delete",
    "replace",
    "load_data",
    "call",
    "do",
    "handler",
    "set",
    "use",
    "begin",
    "start_transaction",
    "commit",
    "rollback",
    "savepoint",
    "xa",
    "lock_tables",
    "unlock_tables",
    "flush",
    "show",
    "explain",
    "describe",
    "prepare",
    "execute",
    "deallocate",
    "create_temporary_table",
    "drop_temporary_table",
    "ddl",
    "admin",
    "maintenance",
    "kill",
    "other",
};
static_assert(std::size(kKindNames) == kStatementKinds);

constexpr std::string_view kReasonNames[] = {
    "none",
    "not_a_read",
    "transaction_control",
    "session_statement",
    "locking_read",
    "into",
    "assigns_user_variable",
    "reads_user_variable",
    "reads_system_variable",
    "last_insert_id",
    "found_rows",
    "row_count",
    "get_lock",
    "connection_id",
    "sequence",
    "unknown_function",
    "stored_function",
    "acts_on_server",
    "writes_in_cte",
    "explain_analyze",
    "show_of_server",
    "procedure",
    "conditional_comment",
    "multi_statement",
    "unparsable",
};
static_assert(std::size(kReasonNames) == kReasons);

constexpr std::string_view kTraitNames[] = {
    "sets_user_variable",
    "reads_user_variable",
    "reads_system_variable",
    "calls_last_insert_id",
    "calls_found_rows",
    "sql_calc_found_rows",
    "calls_row_count",
    "named_lock_taken",
    "named_lock_released",
    "connection_id",
    "multi_statement",
    "temporary_table_created",
    "temporary_table_dropped",
    "starts_transaction",
    "ends_transaction",
    "transaction_read_only",
    "consistent_snapshot",
    "transaction_chain",
    "transaction_release",
    "implicit_commit",
    "locking",
    "tables_locked",
    "tables_unlocked",
    "local_infile",
    "uses_tables",
    "calls_unknown_function",
    "shows_diagnostics",
    "handler_opened",
    "handler_closed",
    "text_prepared",
    "text_deallocated",
    "calls_stored_function",
};
static_assert(std::size(kTraitNames) ==
              std::bit_width(static_cast<std::uint32_t>(Trait::calls_stored_function)));

}  // namespace

std::string_view to_text(StatementKind kind) {
  return kKindNames[static_cast<std::size_t>(kind)];
}

std::string_view to_text(Access access) {
  switch (access) {
    case Access::read:
      return "read";
    case Access::write:
      return "write";
    case Access::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view to_text(Reason reason) {
  return kReasonNames[static_cast<std::size_t>(reason)];
}

std::string_view to_text(Trait trait) {
  return kTraitNames[std::countr_zero(static_cast<std::uint32_t>(trait))];
}

}  // namespace weir
