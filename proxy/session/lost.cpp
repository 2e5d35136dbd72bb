// Session: its connection is gone, or must not be used any more. What the client is told depends on how much
// of the answer he has, and on what the connection held for him.
#include "protocol/wire/error_codes.hpp"
#include "proxy/session/session.hpp"

namespace weir {

void Session::on_backend_lost(NetError) noexcept {
  stats().backend_connections_lost.add();
  lose_connection();
}

void Session::backend_broke_protocol(DecodeError error) {
  log::warn("server broke the protocol",
            {{"session", id_}, {"server", lease_->server().name}, {"error", to_text(error)}});
  lose_connection();
}

void Session::lose_connection() {
  const std::string server = lease_->server().name;
  switch (stage_) {
    case Stage::idle:
      // Its transaction, its temporary tables are gone. There is no way to say so before the client asks.
      lost_state_ = has_state();
      lost_server_ = server;
      pins_.clear();
      lease_.suspect();
      return lease_.end();
    case Stage::syncing:
      if (pinned() || request_.attempts >= settings().query_retries_on_failure + 1) break;
      lease_.suspect();
      lease_.end();
      return retry_elsewhere();  // the statement itself has not been sent
    case Stage::executing:
      return lose_while_executing(server);
    case Stage::handshake:
    case Stage::waiting_backend:
    case Stage::closing:
      return;
  }
  if (request_.purpose == Purpose::login) {
    const ErrorSpec& spec = error_spec(ProxyError::backend_lost);
    return refuse_login(spec.code, spec.sqlstate, error_text(ProxyError::backend_lost, server));
  }
  reply_lost(server);
  finish_without_connection();
}

void Session::lose_while_executing(std::string_view server) {
  const bool mid_request = request_.streaming || request_.infile || request_.spec->shape == Shape::none;
  if (request_.may_retry && !request_.answered && !pinned() &&
      request_.attempts < settings().query_retries_on_failure) {
    lease_.suspect();
    lease_.end();
    return retry_elsewhere();
  }
  if (!request_.answered && request_.spec->shape != Shape::none) {
    reply_lost(server);
  } else if (!end_reply_with_error(server)) {
    lease_.suspect();
    return end(EndReason::backend_lost);
  }
  if (mid_request) {  // the client is still sending what nobody can take
    lease_.suspect();
    return end(EndReason::backend_lost);
  }
  finish_without_connection();
}

// Rows have gone out. Between two packets an ERR may take the place of the next one; within one, nothing can
// be said.
bool Session::end_reply_with_error(std::string_view server) {
  const ResponseTracker& tracker = lease_->tracker();
  if (request_.spec->shape == Shape::none || tracker.mid_packet()) return false;
  ByteQueue& out = worker_.scratch_queue();
  std::uint8_t sequence = tracker.next_sequence();
  encode_proxy_error(out, sequence, ProxyError::backend_lost, server);
  stats().errors_generated.add();
  send_reply();
  return true;
}

void Session::reply_lost(std::string_view server) {
  reply(pinned() || lost_state_ ? ProxyError::backend_lost_in_transaction : ProxyError::backend_lost, server);
}

}  // namespace weir
