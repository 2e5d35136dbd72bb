// What a statement is and whether a replica may run it.
//
// classify() is careful, not clever: read means that every server of the supported versions runs the text
// without writing, without changing or reading state of its connection, and with the same answer on a replica
// (apart from lag). Whatever is not understood to that degree is write or unknown, and both belong to the
// writer.
#pragma once

#include <cstdint>
#include <string_view>

#include "router/query/lexer.hpp"

namespace weir {

struct RoutineScope;

enum class StatementKind : std::uint8_t {
  empty,  // nothing but blanks and comments
  select,
  values,
  table,
  with,  // a WITH whose body is none of select, insert, update, delete, replace
  insert,
  update,
  delete_,
  replace,
  load_data,  // LOAD DATA, LOAD XML
  call,
  do_,
  handler,
  set,
  use,
  begin,
  start_transaction,
  commit,
  rollback,
  savepoint,  // SAVEPOINT, RELEASE SAVEPOINT, ROLLBACK TO
  xa,
  lock_tables,  // also LOCK INSTANCE FOR BACKUP, MariaDB's BACKUP LOCK
  unlock_tables,
  flush,
  show,
  explain,
  describe,
  prepare,
  execute,
  deallocate,
  create_temporary_table,
  drop_temporary_table,
  ddl,          // CREATE, ALTER, DROP, RENAME, TRUNCATE of anything that is not an account
  admin,        // GRANT, REVOKE, accounts, plugins, replication, RESET, PURGE, SHUTDOWN ...
  maintenance,  // ANALYZE, CHECK, CHECKSUM, OPTIMIZE, REPAIR TABLE; CACHE INDEX, LOAD INDEX
  kill,
  other,
};
inline constexpr int kStatementKinds = static_cast<int>(StatementKind::other) + 1;

enum class Access : std::uint8_t {
  read,     // a replica may run it
  write,    // changes rows, objects or state
  unknown,  // not understood well enough: treat as write
};

// Why a statement is not a read. The first that was found, in the order of the text.
enum class Reason : std::uint8_t {
  none,                 // it is a read
  not_a_read,           // its kind writes
  transaction_control,  // BEGIN, COMMIT, SAVEPOINT, XA ...
  session_statement,    // SET, USE, LOCK TABLES, PREPARE ...: about the session, not rows
  locking_read,         // FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE
  into,                 // SELECT ... INTO
  assigns_user_variable,
  reads_user_variable,
  reads_system_variable,
  last_insert_id,
  found_rows,  // FOUND_ROWS(), SQL_CALC_FOUND_ROWS
  row_count,
  get_lock,  // any function of the named locks
  connection_id,
  sequence,  // NEXTVAL, NEXT VALUE FOR ...
  unknown_function,
  stored_function,  // one that may write, for all that is known; or a loadable one
  acts_on_server,   // waits for replication, or reads its server's files
  writes_in_cte,
  explain_analyze,      // EXPLAIN ANALYZE (or ANALYZE) of something that is not a read
  show_of_server,       // SHOW whose answer belongs to one server or connection
  procedure,            // SELECT ... PROCEDURE
  conditional_comment,  // the verb, or a call, depends on a conditional comment
  multi_statement,
  unparsable,
};
inline constexpr int kReasons = static_cast<int>(Reason::unparsable) + 1;

// What a statement does to, or wants from, its session and its connection. A set of bits.
enum class Trait : std::uint32_t {
  sets_user_variable = 1u << 0,  // := , SET @v, INTO @v
  reads_user_variable = 1u << 1,
  reads_system_variable = 1u << 2,  // @@x anywhere
  calls_last_insert_id = 1u << 3,   // also @@identity, @@last_insert_id
  calls_found_rows = 1u << 4,
  sql_calc_found_rows = 1u << 5,
  calls_row_count = 1u << 6,
  named_lock_taken = 1u << 7,
  named_lock_released = 1u << 8,
  connection_id = 1u << 9,
  multi_statement = 1u << 10,  // tokens after a `;`
  temporary_table_created = 1u << 11,
  temporary_table_dropped = 1u << 12,
  starts_transaction = 1u << 13,
  ends_transaction = 1u << 14,
  transaction_read_only = 1u << 15,  // START TRANSACTION READ ONLY
  consistent_snapshot = 1u << 16,
  transaction_chain = 1u << 17,    // COMMIT AND CHAIN
  transaction_release = 1u << 18,  // COMMIT RELEASE: the server closes the connection
  implicit_commit = 1u << 19,      // DDL and administration end an open transaction
  locking = 1u << 20,              // FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE
  tables_locked = 1u << 21,        // LOCK TABLES, FLUSH TABLES WITH READ LOCK
  tables_unlocked = 1u << 22,
  local_infile = 1u << 23,  // LOAD DATA LOCAL: the server asks the client for a file
  uses_tables = 1u << 24,   // has FROM, TABLE t, or is a kind that has tables: with autocommit off it
                            // opens a transaction
  calls_unknown_function = 1u << 25,
  shows_diagnostics = 1u << 26,  // SHOW WARNINGS, SHOW ERRORS, GET DIAGNOSTICS: of the previous statement
  handler_opened = 1u << 27,
  handler_closed = 1u << 28,
  text_prepared = 1u << 29,  // PREPARE
  text_deallocated = 1u << 30,
  calls_stored_function = 1u << 31,  // one that only reads, see RoutineCatalog
};

class Traits {
 public:
  constexpr bool has(Trait trait) const { return (bits_ & static_cast<std::uint32_t>(trait)) != 0; }
  constexpr void add(Trait trait) { bits_ |= static_cast<std::uint32_t>(trait); }
  constexpr std::uint32_t bits() const { return bits_; }
  constexpr bool operator==(const Traits&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

struct Statement {
  StatementKind kind = StatementKind::empty;
  Access access = Access::unknown;
  Reason reason = Reason::unparsable;
  Traits traits;
  // Of kind use: the schema's name as written, perhaps quoted (see without_quotes); a view of the text.
  std::string_view schema;
  // Between /* and */ of the first comment, hints and conditional ones apart; a view of the text.
  std::string_view first_comment;
  // Has conditional comments that some servers skip: after an OK, what it gives up may be there still.
  bool in_doubt = false;
  // Behind its first words stands an INSERT, or its like, whose id no OK tells: INSERT ... RETURNING as one
  // of several statements or in a SET STATEMENT, LOAD DATA as one of several, MariaDB's ANALYZE INSERT.
  bool hides_insert_id = false;

  bool has(Trait trait) const { return traits.has(trait); }
};

// Classifies the first statement of `sql`, and looks at the rest only for traits (multi_statement makes the
// whole a write). One pass, no allocation, any bytes. The result's views are of `sql`. `routines`: where
// stored functions are looked up; null = all are unknown.
Statement classify(std::string_view sql, LexMode mode, const RoutineScope* routines = nullptr);

// Whether somebody who reads the text would take it for a read: SELECT, WITH, VALUES, TABLE, SHOW, EXPLAIN
// and DESCRIBE, whatever they do besides.
bool looks_like_read(const Statement& statement);

// The first function that classify() does not know, without its schema, as written; empty if there is none. A
// view of `sql`.
std::string_view find_unknown_function(std::string_view sql, LexMode mode,
                                       const RoutineScope* routines = nullptr);

// Names as logs and the admin tables show them: the enumerators, without a trailing underscore.
std::string_view to_text(StatementKind kind);
std::string_view to_text(Access access);
std::string_view to_text(Reason reason);
std::string_view to_text(Trait trait);

}  // namespace weir
