// CONNECTION_ID() and ROW_COUNT() in statements. To a server they are of the connection that happens to carry
// the statement, which is another one for the next: what servers are sent has the session's own values in
// their place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "router/query/statement.hpp"

namespace weir {

struct OwnValues {
  std::uint32_t id = 0;                     // of the session
  std::string_view schema{};                // in which names without one are looked up
  ServerFamily family = ServerFamily::any;  // MariaDB has comments in the names of columns
  std::optional<std::int64_t> row_count{};  // of its latest statement; none: ROW_COUNT() stays
};

// `sql` with CAST(<ten digits> AS UNSIGNED), which has the type of CONNECTION_ID() on MySQL and on MariaDB,
// for each call; with a number of ROW_COUNT()'s type for its calls in the first statement, which are those of
// the text that are about the statement before; and with its own text as the name of what a SELECT gives,
// where that would have named the column. Empty if nothing is to be replaced. Not replaced:
// - in strings, comments, quoted names and code in conditional comments. The text of PREPARE FROM 'text' and
//   EXECUTE IMMEDIATE 'text' is a statement like any other, if it has no escapes;
// - in statements that name tables, functions or variables with servers' numbers (PROCESSLIST,
//   performance_schema, IS_USED_LOCK() ...), or that keep the call (CREATE VIEW, DEFAULT ...), and in SHOW;
// - if the text is not understood.
// Pure; one pass, allocates.
std::string with_own_values(std::string_view sql, LexMode mode, OwnValues own);

// Whether with_own_values() is worth a look. The text of a PREPARE is in quotes: what is in it shows only
// there.
inline bool may_have_own_values(const Statement& statement) {
  return statement.has(Trait::connection_id) || statement.has(Trait::calls_row_count) ||
         statement.kind == StatementKind::prepare || statement.kind == StatementKind::execute;
}

// The calls themselves, as they are put into statements.
std::string own_id_expression(std::uint32_t id);
std::string row_count_expression(std::int64_t count);

}  // namespace weir
