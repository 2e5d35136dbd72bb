#include "router/session/next_transaction.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace weir {
namespace {

constexpr std::array<std::string_view, 5> kIsolations = {
    "", "ISOLATION LEVEL READ UNCOMMITTED", "ISOLATION LEVEL READ COMMITTED",
    "ISOLATION LEVEL REPEATABLE READ", "ISOLATION LEVEL SERIALIZABLE"};
constexpr std::array<std::string_view, 3> kAccesses = {"", "READ ONLY", "READ WRITE"};

// Which meet no engine but in an expression.
constexpr std::array kWithoutTables = {
    StatementKind::empty, StatementKind::select, StatementKind::values,    StatementKind::do_,
    StatementKind::set,   StatementKind::use,    StatementKind::savepoint, StatementKind::deallocate};

// It meets no engine, whether it succeeds or fails.
bool meets_no_table(const Statement& statement) {
  if (statement.in_doubt || statement.has(Trait::multi_statement) || statement.has(Trait::uses_tables) ||
      statement.has(Trait::calls_unknown_function) || statement.has(Trait::calls_stored_function))
    return false;
  if (statement.kind == StatementKind::show) return statement.has(Trait::shows_diagnostics);
  return std::ranges::find(kWithoutTables, statement.kind) != kWithoutTables.end();
}

}  // namespace

void NextTransaction::overlay(const NextTransaction& later) {
  if (later.isolation != Isolation::of_session) isolation = later.isolation;
  if (later.access != Access::of_session) access = later.access;
  if (later.complete()) doubtful = false;
}

std::string to_sql(const NextTransaction& next) {
  std::string sql = "SET TRANSACTION ";
  sql += kIsolations[static_cast<std::size_t>(next.isolation)];
  if (next.complete()) sql += ", ";
  sql += kAccesses[static_cast<std::size_t>(next.access)];
  return sql;
}

Ended ends_next_transaction(const Statement& statement, const Outcome& outcome, bool was_in_transaction) {
  if (outcome.in_transaction) return Ended::no;
  const bool ends = statement.kind == StatementKind::commit || statement.kind == StatementKind::rollback;
  const bool certain = !statement.in_doubt && !statement.has(Trait::multi_statement);
  if (ends && outcome.ok && certain) return Ended::yes;
  return !was_in_transaction && meets_no_table(statement) ? Ended::no : Ended::perhaps;
}

}  // namespace weir
