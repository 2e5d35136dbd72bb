#include "router/session/pinning.hpp"

#include <algorithm>
#include <array>

#include "router/query/set_statement.hpp"

namespace weir {
namespace {

constexpr std::array<std::string_view, kPins> kNames = {"in_transaction",
                                                        "one_shot_transaction",
                                                        "user_variables",
                                                        "temporary_tables",
                                                        "locked_tables",
                                                        "named_lock",
                                                        "prepared_statements",
                                                        "text_prepared",
                                                        "prepared_cursor",
                                                        "long_data",
                                                        "handler",
                                                        "xa",
                                                        "found_rows",
                                                        "warnings_pending",
                                                        "unknown_set",
                                                        "role",
                                                        "hidden_state",
                                                        "by_rule",
                                                        "last_insert_id",
                                                        "unread_variables"};

// LAST_INSERT_ID(expression) sets the value that LAST_INSERT_ID() gives.
bool sets_last_insert_id(std::string_view sql, LexMode mode) {
  Lexer lexer(sql, mode);
  for (Token token = lexer.next(); token.kind != TokenKind::end;) {
    const bool name = (token.kind == TokenKind::word || token.kind == TokenKind::quoted_name) &&
                      equals_caseless(without_quotes(token.text), "last_insert_id");
    token = lexer.next();
    if (!name || token.kind != TokenKind::symbol || !token.is('(')) continue;
    token = lexer.next();
    if (token.kind != TokenKind::symbol || !token.is(')')) return true;
  }
  return false;
}

// XA COMMIT and XA ROLLBACK end what the other forms begin or go on with.
bool ends_xa(std::string_view sql, LexMode mode) {
  Lexer lexer(sql, mode);
  lexer.next();
  const Token verb = lexer.next();
  const bool ends = equals_caseless(verb.text, "commit") || equals_caseless(verb.text, "rollback");
  return ends && !lexer.in_doubt();
}

// The server reports the id that such a statement sets.
bool reports_insert_id(StatementKind kind) {
  return kind == StatementKind::insert || kind == StatementKind::update || kind == StatementKind::replace;
}

// Leaves the rows found by the statement before it alone.
bool keeps_found_rows(StatementKind kind) {
  return kind == StatementKind::set || kind == StatementKind::use || kind == StatementKind::begin ||
         kind == StatementKind::start_transaction || kind == StatementKind::commit ||
         kind == StatementKind::rollback || kind == StatementKind::savepoint || kind == StatementKind::other;
}

// Changes to the session are what these are for, and are followed.
bool changes_known_state(StatementKind kind) {
  return kind == StatementKind::set || kind == StatementKind::use || kind == StatementKind::prepare ||
         kind == StatementKind::deallocate || kind == StatementKind::create_temporary_table ||
         kind == StatementKind::drop_temporary_table || kind == StatementKind::ddl ||
         kind == StatementKind::admin;
}

// Runs statements that are not seen here.
bool runs_routine(StatementKind kind) {
  return kind == StatementKind::call || kind == StatementKind::execute;
}

// A block of statements, as MariaDB takes them outside routines: BEGIN NOT ATOMIC, IF, WHILE, a label ...
bool is_compound(const Statement& statement) {
  const bool unknown = statement.reason == Reason::unparsable || statement.reason == Reason::not_a_read;
  return statement.kind == StatementKind::other && unknown && statement.has(Trait::multi_statement);
}

// The server does not report the ids that such a statement makes: a routine, LOAD DATA, CREATE TABLE ...
// SELECT.
bool makes_silent_ids(StatementKind kind) {
  return runs_routine(kind) || kind == StatementKind::load_data || kind == StatementKind::ddl;
}

bool names_returning(std::string_view sql) {
  constexpr std::string_view kWord = "returning";
  for (const char first : {'r', 'R'}) {
    for (std::size_t at = sql.find(first); at != std::string_view::npos; at = sql.find(first, at + 1)) {
      if (equals_caseless(sql.substr(at, kWord.size()), kWord)) return true;
    }
  }
  return false;
}

// What such a statement says is taken for done when the server says OK.
bool is_taken_at_its_word(const Statement& statement) {
  constexpr std::array kKinds = {
      StatementKind::use,         StatementKind::begin,         StatementKind::start_transaction,
      StatementKind::commit,      StatementKind::rollback,      StatementKind::xa,
      StatementKind::lock_tables, StatementKind::unlock_tables, StatementKind::flush};
  return std::ranges::find(kKinds, statement.kind) != kKinds.end() || statement.has(Trait::tables_locked) ||
         statement.has(Trait::tables_unlocked);
}

// Do without tables, unless an expression of theirs has some.
bool needs_no_table(StatementKind kind) {
  return kind == StatementKind::select || kind == StatementKind::values || kind == StatementKind::do_ ||
         kind == StatementKind::set || kind == StatementKind::use || kind == StatementKind::begin ||
         kind == StatementKind::start_transaction || kind == StatementKind::commit ||
         kind == StatementKind::rollback || kind == StatementKind::savepoint ||
         kind == StatementKind::unlock_tables || kind == StatementKind::deallocate;
}

void follow_transaction(const Statement& statement, Pins of_text, const Outcome& outcome, Pins& pins) {
  const bool ended = pins.has(Pin::in_transaction) && !outcome.in_transaction;
  pins.set(Pin::in_transaction, outcome.in_transaction);
  const bool ends = !statement.in_doubt &&
                    (statement.kind == StatementKind::commit || statement.kind == StatementKind::rollback);
  if (outcome.ok && (ended || (ends && !outcome.in_transaction))) pins.remove(Pin::one_shot_transaction);
  // SET autocommit = 1 ends a transaction, but MariaDB leaves READ ONLY in force until another one has ended.
  if (ended && outcome.was_read_only && statement.kind == StatementKind::set)
    pins.add(Pin::one_shot_transaction);
  if (statement.kind == StatementKind::xa && outcome.ok) pins.set(Pin::xa, of_text.has(Pin::xa));
}

void follow_hidden(const Statement& statement, Pins of_text, const Outcome& outcome, Pins& pins) {
  const bool routine = runs_routine(statement.kind) || is_compound(statement);
  if (routine && !(outcome.ok && outcome.tracks_state)) pins.add(Pin::hidden_state);
  if (outcome.state_changed && !changes_known_state(statement.kind)) pins.add(Pin::hidden_state);
  if (outcome.insert_id) pins.remove(Pin::last_insert_id);
  // MariaDB: INSERT ... RETURNING answers with rows, which have no place for the id.
  const bool returning =
      outcome.has_rows && !outcome.insert_id &&
      (statement.kind == StatementKind::insert || statement.kind == StatementKind::replace);
  // The id that was reported may be of an earlier one of several; and the one that failed, a later one.
  const bool several = statement.has(Trait::multi_statement);
  const bool hidden = statement.hides_insert_id && (several || (outcome.ok && !outcome.insert_id));
  if ((outcome.changed_rows && !outcome.insert_id && makes_silent_ids(statement.kind)) || returning || hidden)
    pins.add(Pin::last_insert_id);
  of_text.remove(Pin::xa);
  pins.add(of_text);
}

// What the next statement may ask of this one.
void follow_diagnostics(const Statement& statement, const Outcome& outcome, Pins& pins) {
  if (!statement.has(Trait::shows_diagnostics)) {
    pins.set(Pin::warnings_pending, !outcome.ok || outcome.warnings > 0);
  }
  if (statement.has(Trait::sql_calc_found_rows)) {
    pins.set(Pin::found_rows, outcome.ok);
  } else if (!keeps_found_rows(statement.kind)) {
    pins.remove(Pin::found_rows);
  }
}

}  // namespace

bool may_hide_insert_id(const Statement& statement, std::string_view sql) {
  constexpr std::size_t kLongestClause = 65536;  // RETURNING is the last one
  if (makes_silent_ids(statement.kind) || statement.hides_insert_id) return true;
  if (statement.kind != StatementKind::insert && statement.kind != StatementKind::replace) return false;
  return names_returning(sql.substr(sql.size() - std::min(sql.size(), kLongestClause)));
}

bool Pins::needs_reset() const {
  constexpr Pins passing = Pins(Pin::found_rows) | Pin::warnings_pending | Pin::by_rule |
                           Pin::user_variables | Pin::unread_variables | Pin::last_insert_id;
  return (bits_ & ~passing.bits_) != 0;
}

Pins pins_met(const Statement& statement, Pins before) {
  if (!statement.has(Trait::shows_diagnostics)) before.remove(Pin::warnings_pending);
  if (!statement.has(Trait::calls_found_rows) && !statement.has(Trait::shows_diagnostics))
    before.remove(Pin::found_rows);
  return before;
}

Pins pins_of_text(const Statement& statement, std::string_view sql, LexMode mode) {
  Pins pins;
  if (statement.has(Trait::multi_statement) && hides_set(sql, mode)) pins.add(Pin::hidden_state);
  if (statement.has(Trait::calls_last_insert_id) && !reports_insert_id(statement.kind) &&
      sets_last_insert_id(sql, mode)) {
    pins.add(Pin::last_insert_id);
  }
  if (statement.kind == StatementKind::xa && !ends_xa(sql, mode)) pins.add(Pin::xa);
  if (statement.in_doubt && is_taken_at_its_word(statement)) pins.add(Pin::hidden_state);
  return pins;
}

Pins after_statement(const Statement& statement, Pins of_text, const Outcome& outcome, Pins before) {
  Pins pins = before;
  follow_transaction(statement, of_text, outcome, pins);
  // Of a SET the effect tells: it may be a literal. If it failed, nobody knows how far it has come.
  const bool effect_tells =
      statement.kind == StatementKind::set && outcome.ok && !statement.has(Trait::multi_statement);
  if (statement.has(Trait::sets_user_variable) && !effect_tells) pins.add(Pin::user_variables);
  follow_hidden(statement, of_text, outcome, pins);
  follow_diagnostics(statement, outcome, pins);
  return pins;
}

bool replaces_diagnostics(const Statement& statement, ServerFamily family) {
  if (statement.has(Trait::shows_diagnostics)) return false;
  if (family == ServerFamily::mysql) return true;
  return !needs_no_table(statement.kind) || statement.has(Trait::uses_tables) ||
         statement.has(Trait::multi_statement) || statement.has(Trait::calls_unknown_function) ||
         statement.has(Trait::calls_stored_function);
}

std::string_view to_text(Pin pin) {
  return kNames[static_cast<std::size_t>(std::countr_zero(static_cast<std::uint32_t>(pin)))];
}

std::string to_text(Pins pins) {
  std::string text;
  for (std::uint32_t bits = pins.bits(); bits != 0; bits &= bits - 1) {
    if (!text.empty()) text += ',';
    text += kNames[static_cast<std::size_t>(std::countr_zero(bits))];
  }
  return text;
}

}  // namespace weir
