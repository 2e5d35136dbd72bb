// Session: its connection is gone, or must not be used any more. What the client is told depends on how much
// of the answer he has, and on what the connection held for him.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/wire/error_codes.hpp"
#include "proxy/session/session.hpp"

namespace weir {
namespace {

std::string reason_of(const ServerDecision& end) {
  const bool goes_on = end.hold == Hold::severed;
  return fmt::format("the server is {}: {}{}", to_text(end.hold), end.reason,
                     goes_on ? "; whether the statement was carried out is not known" : "");
}

}  // namespace

void Session::on_backend_lost(NetError why) noexcept {
  stats().backend_connections_lost.add();
  const Server& server = lease_->server();
  if (const ServerDecision* end = find_end(worker_.snapshot().overlay(), server.hostname, server.port))
    return lose_connection(reason_of(*end));
  if (server.hold != Hold::none && server.status != ServerStatus::online)
    return lose_connection(fmt::format("the server is {}: {}", to_text(server.hold), server.hold_reason));
  const bool taken_off = server.status == ServerStatus::offline_hard;
  lose_connection(taken_off ? "the server is OFFLINE_HARD" : why.text());
}

bool Session::may_go_elsewhere() const noexcept {
  return stage_ == Stage::executing && !request_.answered && !pinned() && request_.may_retry &&
         request_.attempts < request_.retries;
}

// It is pinned to a server that the monitor has taken from the writers since. In a transaction the client
// goes on: what the server refuses is his to know.
bool Session::stays_with_old_writer() const {
  if (!lease_ || !lease_->share()->draining || in_transaction()) return false;
  const Server& server = lease_->server();
  return worker_.snapshot().pair_of(server.hostgroup) != nullptr && find_removal(server) != nullptr;
}

const ServerDecision* Session::find_removal(const Server& server) const {
  const ServerOverlay& overlay = worker_.snapshot().overlay();
  const auto decided = overlay.find({server.hostgroup, server.hostname, server.port});
  if (decided == overlay.end()) return nullptr;
  const Hold hold = decided->second.hold;
  const bool removed = decided->second.presence == ServerDecision::Presence::removed || hold == Hold::spare ||
                       hold == Hold::leaving;
  return removed ? &decided->second : nullptr;
}

// It has its connection for no other reason than that connections are not shared.
bool Session::keeps_nothing() const {
  return pins_ == Pins(Pin::by_rule) && !kept_for_statement_ && !fast_forward_;
}

// While idle: with what can be read from the connection, if that is all that the session keeps there.
void Session::leave_old_writer() {
  if (offered()) return begin_letting_go();
  if (keeps_nothing()) {
    forget_pins();
    return lease_.end();
  }
  stats().backend_connections_lost.add();
  const ServerDecision* removal = find_removal(lease_->server());
  lose_connection(fmt::format("the monitor has taken it from the writers: {}", removal->reason));
}

void Session::backend_broke_protocol(DecodeError error) {
  log::warn("server broke the protocol",
            {{"session", id_}, {"server", lease_->server().name}, {"error", to_text(error)}});
  lose_connection(fmt::format("the server broke the protocol: {}", to_text(error)), kServerMalformed);
}

// `cause` is what the statistics say.
void Session::lose_connection(std::string_view why, std::uint16_t cause) {
  const Server& server = lease_->server();
  const std::string text = error_text(lost_error().error, why, server.name, server.hostgroup);
  retract_offer();
  switch (stage_) {
    case Stage::idle:
    case Stage::letting_go:
      // Its transaction, its temporary tables are gone. There is no way to say so before the client asks.
      if (has_state()) {
        lost_state_ = std::make_unique<const std::string>(
            error_text(ProxyError::backend_lost_in_transaction, why, server.name, server.hostgroup));
      }
      forget_pins();
      lease_.suspect();
      lease_.end();
      return stage_ == Stage::idle ? void() : end_letting_go();
    case Stage::syncing:
      if (pinned() || request_.attempts >= settings().query_retries_on_failure + 1) break;
      lease_.suspect();
      lease_.end();
      return retry_elsewhere();  // the statement itself has not been sent
    case Stage::executing:
      return lose_while_executing(text, cause);
    case Stage::resetting:
      return give_up_reset();
    case Stage::delayed:
      // Only of a session that is pinned: what the statement counts on is gone.
      deadline_.clear();
      break;
    case Stage::handshake:
    case Stage::waiting_backend:
    case Stage::closing:
      return;
  }
  if (only_checks_schema()) return go_on_unchecked();
  stats().errors_generated.add();
  count_error(cause, text);
  give_up_request(lost_error().code, lost_error().sqlstate, text);
}

void Session::lose_while_executing(const std::string& text, std::uint16_t cause) {
  std::int64_t retries = request_.may_retry ? request_.retries : 0;
  if (only_checks_schema()) retries = settings().query_retries_on_failure + 1;
  if (!request_.answered && !pinned() && server_kill_ == 0 && request_.attempts < retries) {
    lease_.suspect();
    lease_.end();
    return retry_elsewhere();
  }
  if (request_.routed) last_route_.error_code = lost_error().code;
  count_error(cause, text);
  if (!request_.answered && request_.spec->shape != Shape::none) {
    reply_error(lost_error().error, text);
  } else if (!end_reply_with_error(lost_error(), text)) {
    return end_after_reply(EndReason::backend_lost);
  }
  finish_without_connection();
}

// Rows have gone out. Between two packets an ERR may take the place of the next one; within one, nothing can
// be said.
bool Session::end_reply_with_error(const ErrorSpec& spec, std::string_view text) {
  const ResponseTracker& tracker = lease_->tracker();
  const bool no_place = request_.spec->shape == Shape::none || tracker.streaming() || request_.infile;
  if (no_place || tracker.mid_packet()) return false;
  ByteQueue& out = worker_.scratch_queue();
  std::uint8_t sequence = request_.file_sent ? request_.tracker.next_sequence() : tracker.next_sequence();
  encode_err({spec.code, spec.sqlstate, text}, out, sequence);
  stats().errors_generated.add();
  send_reply();
  return true;
}

const ErrorSpec& Session::lost_error() const {
  return error_spec(pinned() || lost_state_ ? ProxyError::backend_lost_in_transaction
                                            : ProxyError::backend_lost);
}

}  // namespace weir
