// Statements that Weir answers itself: no rule is asked about them, and no server sees them.
#pragma once

#include <cstdint>
#include <string_view>

#include "router/query/statement.hpp"

namespace weir {

struct LocalStatement {
  enum class Kind : std::uint8_t {
    none,
    kill,           // KILL in any form, and a text of several statements with one: ids are ours
    connection_id,  // exactly SELECT CONNECTION_ID(), as programs ask for the id that KILL takes
    row_count,      // exactly SELECT ROW_COUNT(): the connection of the statement before may be another's now
    internal_session,  // PROXYSQL INTERNAL SESSION, or WEIR INTERNAL SESSION
    explain_route,     // EXPLAIN ROUTE <statement>
    show_last_route,   // SHOW LAST ROUTE
    stream_status,     // SHOW [SESSION] STATUS LIKE 'Ssl_cipher', 'Compression' …: of the client's connection
  };
  Kind kind = Kind::none;
  // explain_route: what stands behind ROUTE and blanks, perhaps only comments or nothing; a view of the text.
  std::string_view explained{};
  // connection_id, row_count: the call as it is written, which names the column; a view of the text.
  std::string_view call{};
  std::string_view variable{};  // stream_status: which, as servers write it; static
};
inline constexpr int kLocalStatements = static_cast<int>(LocalStatement::Kind::stream_status) + 1;

// For the few statements whose kind leaves it open.
LocalStatement look_for_local_statement(const Statement& statement, std::string_view sql, LexMode mode);

// `statement` is what classify() made of `sql`. A column `route.x` and a name in quotes are no ROUTE; a table
// that is called route is described by DESCRIBE.
inline LocalStatement local_statement(const Statement& statement, std::string_view sql, LexMode mode) {
  constexpr auto bit = [](StatementKind kind) { return std::uint64_t{1} << static_cast<int>(kind); };
  constexpr std::uint64_t kOpen = bit(StatementKind::kill) | bit(StatementKind::other) |
                                  bit(StatementKind::explain) | bit(StatementKind::show);
  constexpr auto of_trait = [](Trait trait) { return static_cast<std::uint32_t>(trait); };
  constexpr std::uint32_t kTelling =
      of_trait(Trait::connection_id) | of_trait(Trait::calls_row_count) | of_trait(Trait::multi_statement);
  if ((kOpen & bit(statement.kind)) == 0 && (statement.traits.bits() & kTelling) == 0) return {};
  return look_for_local_statement(statement, sql, mode);
}

// Expressions of rules may be bound to the beginning of a statement.
std::string_view without_blanks_before(std::string_view sql);

// As the explanation of a route calls it: "KILL", "CONNECTION_ID()".
std::string_view to_text(LocalStatement::Kind kind);

}  // namespace weir
