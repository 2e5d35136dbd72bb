// Session, stage waiting_backend: a routed request, and no connection yet.
#include "proxy/session/session.hpp"
#include "router/config/longest_wait.hpp"

namespace weir {

// Functions and routines that we do not know may ask for the last insert id, too.
CarryInsertId Session::carry() const {
  if (pins_.has(Pin::last_insert_id)) return CarryInsertId::no;  // the connection knows better
  const Statement& statement = request_.statement;
  // What the server does not tell is read from the connection: it has to begin with the session's.
  const bool asks = request_.may_hide_insert_id || statement.has(Trait::calls_last_insert_id) ||
                    statement.has(Trait::calls_unknown_function) || statement.kind == StatementKind::call ||
                    statement.kind == StatementKind::execute;
  return asks ? CarryInsertId::yes : CarryInsertId::no;
}

// With a connection in hand (something pins it), whatever the rules say: its state is what the statement is
// about.
// A client who only names a schema has done nothing yet that is worth a long wait.
void Session::set_connect_deadline() {
  const Millis longest = settings().connect_timeout_server_max;
  const Millis of_one_attempt = settings().connect_timeout_server;
  deadline_.set(now() + (only_checks_schema() ? std::min(longest, of_one_attempt) : longest));
}

void Session::seek_connection() {
  needs_.carry = carry();
  request_.waits_for_writer = false;
  set_connect_deadline();
  if (lease_) {
    if (server_kill_ == 0) return synchronise();
    request_.awaits_kill_end = true;
    stage_ = Stage::delayed;
    return deadline_.clear();  // a KILL has a time limit of its own
  }
  server_kill_ = 0;
  status_in_doubt_ = false;  // of the connection that was let go
  // What only the connection knew that a rule has let go.
  if (!wants_.user_variables().settled()) wants_.forget_unknown_user_variables();
  if (wants_.next_transaction().doubtful) wants_.end_next_transaction(Ended::yes);
  needs_.until = deadline_.due();
  needs_.hostgroup = request_.hostgroup;
  needs_.fallback_hostgroup = request_.fallback_hostgroup;
  needs_.key = conn_key();
  needs_.credentials = &credentials_;
  needs_.wants = &wants_;
  stage_ = Stage::waiting_backend;
  lease_ = worker_.pool().acquire(*this);
  if (lease_) return synchronise();
  if (lacks_writer(worker_.snapshot(), needs_.hostgroup) && !only_checks_schema()) wait_for_writer();
}

// Counted from the first time that there was none.
void Session::wait_for_writer() {
  if (request_.writer_wait_until == kNever) request_.writer_wait_until = now() + settings().writer_wait_ms;
  request_.waits_for_writer = true;
  needs_.until = request_.writer_wait_until;
  deadline_.set(needs_.until);
}

// What is left is to connect to it, which has a limit of its own.
bool Session::writer_has_come() {
  if (!request_.waits_for_writer || lacks_writer(worker_.snapshot(), needs_.hostgroup)) return false;
  request_.waits_for_writer = false;
  set_connect_deadline();
  needs_.until = deadline_.due();
  return true;
}

// The connection was lost before it answered anything, and what it was asked may be asked again.
void Session::retry_elsewhere() {
  note_retry();
  seek_connection();
}

void Session::note_retry() {
  stats().retries.add();
  last_route_.attempts = ++request_.attempts;
  request_.sync_rounds = 0;  // of the connection before
  held_.clear();
}

void Session::on_connection(Lease lease) noexcept {
  const AtWork::Scope working = at_work();
  lease_ = std::move(lease);
  if (request_.waits_for_writer) set_connect_deadline();
  synchronise();
}

void Session::on_no_connection(const ConnectFailure& failure) noexcept {
  if (only_checks_schema() && !failure.refused()) return go_on_unchecked();
  note_schema_refused(failure.code);
  stats().errors_generated.add();
  count_error(failure.code, failure.message, failure.server.get());
  if (failure.from_server || !is_client_code(failure.code))
    return give_up_request(failure.code, failure.sqlstate, failure.message);
  const ErrorSpec& spec = error_spec(ProxyError::no_backend_reached);
  give_up_request(spec.code, spec.sqlstate,
                  error_text(spec.error, needs_.hostgroup, failures(), worker_.pool().why_none(*this)));
}

}  // namespace weir
