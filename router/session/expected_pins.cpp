#include "router/session/expected_pins.hpp"

#include "router/query/set_statement.hpp"

namespace weir {
namespace {

bool changes_rows(StatementKind kind) {
  return kind == StatementKind::insert || kind == StatementKind::update || kind == StatementKind::delete_ ||
         kind == StatementKind::replace || kind == StatementKind::load_data;
}

// With autocommit off, what uses tables opens a transaction.
bool opens_by_itself(const Statement& statement) {
  return changes_rows(statement.kind) ||
         (statement.has(Trait::uses_tables) && !statement.has(Trait::implicit_commit) &&
          statement.kind != StatementKind::create_temporary_table);
}

bool transaction_after(const Statement& statement, bool autocommit, bool before) {
  bool open = before;
  if (statement.has(Trait::implicit_commit)) open = false;
  if (statement.has(Trait::ends_transaction)) open = statement.has(Trait::transaction_chain);
  return open || statement.has(Trait::starts_transaction) || (!autocommit && opens_by_itself(statement));
}

// Turning autocommit on commits.
bool turns_autocommit_on(const Statement& statement, std::string_view sql, LexMode mode) {
  return statement.kind == StatementKind::set && effect_of(parse_set(sql, mode)).autocommit.value_or(false);
}

}  // namespace

Pins pins_of_set(const Statement& statement, std::string_view sql, const SessionState& wants) {
  if (statement.kind != StatementKind::set) return {};
  const Effect effect = effect_of(parse_set(sql, wants.lex_mode()));
  SessionState then = wants;
  then.apply(effect);
  Pins pins = effect.pins;
  if (!then.settled()) pins.add(Pin::unread_variables);
  return pins;
}

Pins expected_pins(const Statement& statement, std::string_view sql, const SessionState& wants, Pins before,
                   Holdings held) {
  const LexMode mode = wants.lex_mode();
  Outcome outcome;
  outcome.in_transaction =
      transaction_after(statement, wants.autocommit(), before.has(Pin::in_transaction)) &&
      !turns_autocommit_on(statement, sql, mode);
  const Pins of_text = pins_of_text(statement, sql, mode);
  Pins pins = held.concerned_by(statement)
                  ? follow_statement(statement, sql, {wants.schema(), mode}, of_text, outcome, before, held)
                  : after_statement(statement, of_text, outcome, before);
  if (statement.kind == StatementKind::savepoint && !outcome.in_transaction && !wants.autocommit())
    pins.add(Pin::one_shot_transaction);  // it waits for the transaction that the next statement opens
  const bool was_in_transaction = before.has(Pin::in_transaction);
  if (!wants.next_transaction().none() &&
      ends_next_transaction(statement, outcome, was_in_transaction) == Ended::perhaps)
    pins.add(Pin::one_shot_transaction);
  return pins;
}

}  // namespace weir
