// Session: what the server's OK packets tell of the session, recorded for the session and for the connection
// alike.
#include <algorithm>

#include "protocol/message/session_track.hpp"
#include "proxy/session/session.hpp"
#include "router/query/set_statement.hpp"

namespace weir {
namespace {

// There is no expression in it, which might set something else, and no value that cannot be said again.
bool effect_is_all(const SetStatement& set, const Effect& effect) {
  return set.understood() && set.body.empty() && !effect.pins.has(Pin::user_variables) &&
         std::ranges::none_of(set.assignments, [](const Assignment& assignment) {
           return assignment.kind == ValueKind::expression;
         });
}

// Between the results of a routine the schema is the routine's own. It is left with the routine, and if that
// fails, nothing tells so.
bool inside_routine(const Request& request) {
  const Statement& statement = request.statement;
  const bool routine = statement.kind == StatementKind::call || statement.kind == StatementKind::execute;
  return routine && !statement.has(Trait::multi_statement) && (request.status & kStatusMoreResults) != 0;
}

}  // namespace

void Session::note_ok(const OkPacket& ok) {
  request_.status = ok.status;
  request_.has_status = true;
  request_.warned_before |= request_.warnings != 0;
  request_.warnings = ok.warnings;
  request_.rows_affected += ok.affected_rows;
  request_.insert_id |= ok.last_insert_id != 0;
  if (ok.last_insert_id != 0) note_insert_id(ok.last_insert_id);
  // Of several statements in one packet only the first was looked at; the others hide behind
  // Pin::hidden_state.
  const bool is_set =
      request_.executes_statement() && request_.statement.kind == StatementKind::set && !request_.set_applied;
  if (!is_set) {
    if (!ok.session_state.empty()) note_tracked(ok.session_state, nullptr);
    return;
  }
  request_.set_applied = true;
  const LexMode mode = request_mode();  // the effect may change it
  const SetStatement set = parse_set(request_.sql(), mode);
  const Effect effect = effect_of(set);
  wants_.apply(effect);
  lease_->has().apply(effect);
  pins_.add(effect.pins);
  if (!ok.session_state.empty()) note_tracked(ok.session_state, &effect);
  // Those that an expression sets, of whatever, are not in the effect.
  if (request_.statement.has(Trait::sets_user_variable) && !effect_is_all(set, effect) &&
      count_user_variables(request_.sql(), mode) != effect.user_variables.size()) {
    note_user_variables(request_.sql(), mode);
  }
  pins_.set(Pin::unread_variables, !wants_.settled());
}

// Servers tell of an id that the statement named, too, and LAST_INSERT_ID() stays what it was: if that was
// another session's, whoever asks next is given his own.
void Session::note_insert_id(std::uint64_t id) {
  const bool had_his_own = lease_->has().last_insert_id() == wants_.last_insert_id();
  wants_.set_last_insert_id(id);
  lease_->has().set_last_insert_id(had_his_own ? id : kUnknownInsertId);
}

// Those that `sql` names may have any value now.
void Session::note_user_variables(std::string_view sql, LexMode mode) {
  const bool all = wants_.note_user_variables(sql, mode);
  lease_->has().note_user_variables(sql, mode);
  if (!all) pins_.add(Pin::hidden_state);
}

// At the end of a statement, whose pins are set. The effect of a SET that succeeded has been applied already.
// Of several statements each may change how the next one is read.
void Session::follow_user_variables(bool ok) {
  const Statement& statement = request_.statement;
  const bool several = statement.has(Trait::multi_statement);
  const bool is_set = statement.kind == StatementKind::set && request_.set_applied && ok && !several;
  if (statement.has(Trait::sets_user_variable) && !is_set)
    note_user_variables(request_.sql(), request_mode());
  if (statement.has(Trait::sets_user_variable) && several) pins_.add(Pin::hidden_state);
  if (statement.kind == StatementKind::execute && pins_.has(Pin::user_variables)) {
    const auto executed = holdings_.find_executed(statement, request_.sql(), name_context());
    if (executed.known && executed.statement)
      note_user_variables(executed.statement->sql, executed.statement->mode);
  }
  pins_.set(Pin::user_variables, !wants_.user_variables().settled());
}

void Session::note_tracked(std::string_view session_state, const Effect* effect) {
  SessionTrackReader items(session_state);
  while (const auto item = items.next()) {
    switch (item->type) {
      case TrackType::schema:
        if (inside_routine(request_)) break;
        wants_.set_schema(item->value);
        lease_->has().set_schema(item->value);
        request_.schema_reported = true;
        break;
      case TrackType::system_variable: {
        const bool followed = wants_.apply_tracked(item->name, item->value, effect);
        lease_->has().apply_tracked(item->name, item->value, effect);
        if (!followed) pins_.add(Pin::hidden_state);
        break;
      }
      case TrackType::state_change:
      case TrackType::gtids:
      case TrackType::transaction_characteristics:
      case TrackType::transaction_state:
        break;
    }
  }
}

}  // namespace weir
