// Session: a command is over. What it changed, whether the connection is still needed, and back to idle.
#include <algorithm>

#include "proxy/session/session.hpp"
#include "router/session/refused_locks.hpp"

namespace weir {
namespace {

// A server keeps the names of user variables, with NULL for those that sessions have left: not for ever.
constexpr std::size_t kMaxEmptied = 256;

}  // namespace

void Session::finish_command() {
  if (stage_ == Stage::executing) apply_outcome();
  if (!pin_causes_.noted(pins_)) note_pins();
  if (request_.unfinished()) lease_.suspect();
  if (server_kill_ != 0) call_off_kill();
  settle_lease();
  if (stage_ != Stage::closing) go_idle();
}

void Session::note_pins() {
  const Pins added = pin_causes_.note(pins_, request_.digest);
  if (!added.empty()) worker_.pin_stats().count(added, request_.digest, since_us_);
}

// The command has been answered, by us, because its connection is gone.
void Session::finish_without_connection() {
  const bool state_lost = pinned();
  lease_.suspect();
  lease_.end();
  forget_pins();
  held_.clear();
  if (state_lost) return end_after_reply(EndReason::backend_lost);
  go_idle();
}

// The command cannot be carried out, and its connection, if it has one, is not to be used any more.
void Session::fail_request(std::uint16_t code, std::string_view sqlstate, std::string_view message,
                           const Server* server) {
  count_error(code, message, server);
  give_up_request(code, sqlstate, message);
}

// The same; what went wrong is counted already, by its own name.
void Session::give_up_request(std::uint16_t code, std::string_view sqlstate, std::string_view message) {
  if (request_.purpose == Purpose::login) return refuse_login(code, sqlstate, message);
  if (request_.routed) last_route_.error_code = code;
  if (stage_ == Stage::waiting_backend) note_fallback(needs_.hostgroup);
  reply_err(code, sqlstate, message);
  finish_without_connection();
}

void Session::learn_status(std::uint16_t status) {
  status_ = status;
  wants_.learn_status(status);
  lease_->has().learn_status(status);
}

void Session::apply_outcome() {
  const bool ok = !request_.failed;
  request_.rows_sent = lease_->tracker().rows();
  const bool was_read_only = (status_ & kStatusInReadOnlyTransaction) != 0;
  if (request_.has_status) learn_status(request_.status);
  // An ERR says nothing of the transaction, and with autocommit off a statement that fails may have opened
  // one. What was said before it in the same reply was of the statements before.
  status_in_doubt_ = !ok || (!request_.has_status && status_in_doubt_);
  const bool opened_unseen = !ok && !wants_.autocommit() && request_.executes_statement();
  const bool was_told = request_.has_status
                            ? (status_ & (kStatusInTransaction | kStatusInReadOnlyTransaction)) != 0
                            : this->in_transaction();
  const bool in_transaction = was_told || opened_unseen;
  const Pins before = pins_;
  if (!request_.executes_statement()) {
    pins_.set(Pin::in_transaction, in_transaction);
  } else {
    const Outcome outcome{.ok = ok,
                          .in_transaction = in_transaction,
                          .was_read_only = was_read_only,
                          .changed_rows = request_.rows_affected != 0,
                          .insert_id = request_.insert_id,
                          .has_rows = request_.rows_sent != 0,
                          .warnings = request_.warnings};
    follow_statement(outcome);
    follow_user_variables(ok);
    follow_next_transaction(outcome, before.has(Pin::in_transaction));
    // A write that failed may have left any id behind: the next who asks is given his own.
    const bool failed_write = !ok && request_.statement.access != Access::read;
    if (pins_.has(Pin::last_insert_id) || failed_write) lease_->has().set_last_insert_id(kUnknownInsertId);
    keeps_for_good_ = false;
  }
  // With autocommit off, a savepoint waits on its connection for the transaction that the next statement
  // opens.
  const bool waits = ok && !in_transaction && !wants_.autocommit() && request_.executes_statement() &&
                     request_.statement.kind == StatementKind::savepoint;
  if (waits) pins_.add(Pin::one_shot_transaction);
  follow_diagnostics(ok);
  if (request_.keep_multiplexing) {
    pins_ = before;
    pins_.set(Pin::in_transaction, in_transaction);
  }
  if (this->in_transaction() && !before.has(Pin::in_transaction)) transaction_since_ = now();
  apply_command(ok);
  const Hostgroup* hostgroup = worker_.snapshot().find_hostgroup(lease_->server().hostgroup);
  const bool multiplexing = settings().multiplexing && (hostgroup == nullptr || hostgroup->multiplex);
  if (request_.force_pin || !multiplexing) pins_.add(Pin::by_rule);
  if (request_.force_pin) kept_for_statement_ = true;
  if (ok && request_.executes_statement() && request_.statement.has(Trait::transaction_release)) {
    lease_.suspect();  // the server closes its side now, as it would with a direct client
    end_after_reply(EndReason::released);
  }
}

void Session::follow_statement(const Outcome& outcome) {
  const Statement& statement = request_.statement;
  if (!holdings_.concerned_by(statement) || request_.keep_multiplexing) {
    pins_ = after_statement(statement, request_.pins_of_text, outcome, pins_);
    return;
  }
  pins_ = weir::follow_statement(statement, request_.sql(), name_context(), request_.pins_of_text, outcome,
                                 pins_, holdings_);
  if (!statement.has(Trait::named_lock_taken) || request_.spec->command != Command::query) return;
  for (const std::string& name : refused_locks(request_.sql(), request_mode(), request_.captured, caps_))
    holdings_.forget(Pin::named_lock, name);
  pins_.set(Pin::named_lock, holdings_.pins().has(Pin::named_lock));
}

// What SET TRANSACTION has said is over, or the connection alone knows whether it is.
void Session::follow_next_transaction(const Outcome& outcome, bool was_in_transaction) {
  if (wants_.next_transaction().none()) return;
  const Ended ended = ends_next_transaction(request_.statement, outcome, was_in_transaction);
  // Where a rule has sent a read, the session is not to stay: that it is over is the likelier.
  const bool elsewhere = lease_->server().hostgroup != default_hostgroup_;
  wants_.end_next_transaction(ended == Ended::perhaps && elsewhere ? Ended::yes : ended);
  lease_->has().end_next_transaction(ended);
  if (wants_.next_transaction().doubtful) pins_.add(Pin::one_shot_transaction);
}

// What single commands change besides.
void Session::apply_command(bool ok) {
  if (!request_.schema.empty() && ok) {
    request_.schema_left.reset();
    if (!request_.schema_reported) {
      wants_.set_schema(request_.schema);
      lease_->has().set_schema(request_.schema);
    }
  }
  if (request_.spec->command == Command::reset_connection && ok) {
    wants_.reset(SessionState::AfterReset::charset_of_login);
    note_reset();
    // A role outlives it, on MySQL and on MariaDB.
    const bool role = pins_.has(Pin::role);
    if (pins_.has(Pin::hidden_state)) lease_->has().doubt_role();
    forget_pins();
    pins_.set(Pin::role, role);
    flag_in_ = 0;
  }
  if (request_.spec->command == Command::set_option && ok) {
    // 0 turns multi-statements on, 1 off. MySQL: page_protocol_com_set_option.
    const bool on = load_le(command_argument(request_.payload()).data(), 2) == 0;
    caps_ = on ? caps_ | kMultiStatements : caps_ & ~kMultiStatements;
    lease_->set_key((lease_->key() & ~kMultiStatements) | (caps_ & kMultiStatements));
  }
  if (request_.statement_id == 0) return;
  if (ClientStatement* statement = statements_.find(request_.statement_id)) {
    const Command command = request_.spec->command;
    if (command == Command::stmt_execute || command == Command::stmt_reset) {
      // Data that a server could not take fail every execution until COM_STMT_RESET (STMT_ERROR, on MySQL and
      // MariaDB), whoever has the handle: nobody else gets it.
      const bool may_stay = command == Command::stmt_execute && !ok && statement->has_long_data;
      statements_.set_long_data(*statement, may_stay);
      statements_.set_cursor(
          *statement, command == Command::stmt_execute && (request_.status & kStatusCursorExists) != 0);
    }
    if ((request_.status & kStatusLastRowSent) != 0) statements_.set_cursor(*statement, false);
    own_handle(*statement);
  }
  pins_.set(Pin::prepared_cursor, statements_.any_cursor());
  pins_.set(Pin::long_data, statements_.any_long_data());
}

// While it has a cursor or long data, nobody else may use, or close, the statement's handle.
void Session::own_handle(const ClientStatement& statement) {
  PreparedHandles& handles = lease_->prepared();
  const bool owns = statement.has_cursor || statement.has_long_data;
  if (!owns && !handles.any_exclusive()) return;
  PreparedHandle* const handle = find_handle(*statement.text);
  if (handle == nullptr) return;
  handles.give(*handle, owns ? types_owner() : 0);
  if (owns) return;
  while (const auto excess = handles.take_excess()) close_backend_statement(*excess);
}

void Session::settle_lease() {
  if (!lease_ || !pins_.empty()) return;
  if (lease_->has().emptied_user_variables() > kMaxEmptied) lease_.suspect();
  lease_.end();
}

// The connection is gone, and what it held with it.
void Session::forget_pins() {
  pins_.clear();
  kept_for_statement_ = false;
  forget_causes();
  holdings_.clear();
}

void Session::go_idle() {
  // The client still sends, and nobody can tell him to stop; or he waits for nothing, and cannot be told.
  if (request_.unfinished() || request_.unanswerable) {
    lease_.suspect();
    return end_after_reply(EndReason::request_failed);
  }
  // It has left a replica, and no writer has begun its transaction again: the client must not go on without
  // one.
  if (request_.reopens_transaction) return end_after_reply(EndReason::backend_lost);
  held_.clear();
  if (request_.schema_left) wants_.set_schema(*request_.schema_left);
  count_command();
  give_place();
  request_.clear();
  if (with_attributes_.capacity() > Request::kKeptBytes) std::vector<std::uint8_t>().swap(with_attributes_);
  stage_ = Stage::idle;
  if (draining_ && !in_transaction()) return tell_end(ProxyError::shutting_down, EndReason::proxy_shutdown);
  set_idle_deadline();
  if (reads_back_at_once()) return begin_letting_go();
  if (pinned()) offer_connection();
  if (lease_ && stays_with_old_writer()) {
    leave_old_writer();
    if (stage_ != Stage::idle) return;
  }
  if (serving_) return;  // the loop that started the command goes on
  if (!inbox_.empty() && !client_.congested()) return serve_inbox();
  throttle_client();
}

// The client has been silent since before a limit changed: that time counts.
void Session::follow_time_limits() {
  if (worker_.retiring() && !in_transaction()) return deadline_.set(idle_since_ + kRetireMs);
  const Millis silence = in_transaction() ? settings().max_transaction_idle_time : settings().wait_timeout;
  if (silence <= 0) return deadline_.clear();
  const Instant due = idle_since_ + silence;
  deadline_.set(in_transaction() ? std::min(due, transaction_since_ + settings().max_transaction_time) : due);
}

void Session::end_idle() {
  const bool retires = worker_.retiring() && !in_transaction();
  if (retires && client_.queued_bytes() > 0) return set_idle_deadline();  // still reads an answer
  retires ? tell_end(ProxyError::shutting_down, EndReason::proxy_shutdown) : end(EndReason::client_timeout);
}

void Session::set_idle_deadline() {
  idle_since_ = now();
  follow_time_limits();
}

}  // namespace weir
