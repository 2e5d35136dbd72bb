// The names in statements that take, or give up, something that a connection holds: temporary tables, named
// locks, HANDLERs, prepared texts, table locks.
//
// Careful rather than clever: a name is told only where the text leaves no doubt what the server has done if
// it answered OK. Names are as they are written, without quotes; one beyond ASCII, or with a quote inside, is
// no plain name, for two spellings of it could look alike. Allocates; for the few statements whose traits
// give reason to look.
//
// MySQL: Reference Manual, "CREATE TEMPORARY TABLE", "Locking Functions", "HANDLER", "Prepared Statements".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/query/lexer.hpp"

namespace weir {

// Of CREATE TEMPORARY TABLE, or SEQUENCE: "schema.name", with `schema` if the text has none. Nothing: no
// plain name.
std::optional<std::string> created_table(std::string_view sql, LexMode mode, std::string_view schema);

// Of DROP [TEMPORARY] TABLE, or SEQUENCE, the same for each; without those that are not plain. Empty for
// any other statement.
std::vector<std::string> dropped_tables(std::string_view sql, LexMode mode, std::string_view schema);

// RENAME TABLE, or ALTER TABLE with a RENAME in it.
bool renames_tables(std::string_view sql, LexMode mode);

struct LockCall {
  enum class Does : std::uint8_t { take, release, release_all };
  Does does;
  std::string name;  // empty for release_all

  bool operator==(const LockCall&) const = default;
};
// Of SELECT or DO with nothing but such calls, with their names as literals. Nothing for any other form: it
// may run them never, or often.
std::optional<std::vector<LockCall>> lock_calls(std::string_view sql, LexMode mode);

struct HandlerStep {
  bool opens = false;  // otherwise it closes
  std::string name;    // the alias, if it has one
};
// Of HANDLER ... OPEN and CLOSE with a plain name.
std::optional<HandlerStep> handler_step(std::string_view sql, LexMode mode);

struct PrepareStep {
  std::string name;                 // in lower case: the server does not tell the cases apart
  std::optional<std::string> text;  // of PREPARE, EXECUTE IMMEDIATE: if it is a literal that reads the same
                                    // everywhere
};
// Of PREPARE name FROM, EXECUTE name, DEALLOCATE PREPARE name, DROP PREPARE name, with a plain name; the name
// is empty for EXECUTE IMMEDIATE.
std::optional<PrepareStep> prepare_step(std::string_view sql, LexMode mode);

// Which locks on tables, and what is above them, a statement is about. A set of bits.
enum class TableLock : std::uint8_t {
  tables = 1,    // LOCK TABLES: a transaction's beginning releases them
  global = 2,    // FLUSH TABLES ... WITH READ LOCK; UNLOCK TABLES releases this and the ones above
  instance = 4,  // MySQL's LOCK INSTANCE FOR BACKUP
  backup = 8,    // MariaDB's BACKUP LOCK, BACKUP STAGE
};
std::uint8_t table_locks_named(std::string_view sql, LexMode mode);
// Of a text of several statements that take locks, or with code that some servers skip, those it may take, or
// more.
std::uint8_t table_locks_among(std::string_view sql, LexMode mode);

}  // namespace weir
