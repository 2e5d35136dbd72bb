// Session, stage resetting: COM_CHANGE_USER ends a session that keeps a connection. What that connection
// holds is gone from the server before the client hears of his new session, as it would be if he were
// connected directly: closing our side would end it some time later, and until then his own lock would be in
// his way.
#include <utility>

#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {

// Everything of the old session ends, whether or not the new user is let in: MySQL closes the connection of
// one who is not.
void Session::start_change_user() {
  forget_diagnostics();
  const bool needs_reset = lease_ && pins_.needs_reset();
  // A role outlives the reset.
  if (needs_reset && (pins_.has(Pin::role) || pins_.has(Pin::hidden_state))) lease_->has().doubt_role();
  forget_pins();
  statements_.clear();
  status_ = kStatusAutocommit;
  row_count_ = 0;
  flag_in_ = 0;
  transaction_was_split_ = false;
  last_route_ = {};
  if (!needs_reset) return change_user();
  stage_ = Stage::resetting;
  deadline_.set(now() + settings().connect_timeout_server_max);
  static constexpr std::uint8_t kReset[] = {1, 0, 0, 0, static_cast<std::uint8_t>(Command::reset_connection)};
  lease_->begin(Shape::ok);
  lease_->send(kReset);
}

void Session::on_reset_bytes(Bytes bytes) {
  held_.append(bytes);
  const auto scan = lease_->tracker().scan(held_.readable());
  if (scan && scan->packet == 0) return;
  const bool done = scan && scan->kind == PacketKind::ok && scan->packet == held_.size();
  held_.clear();
  if (!done) return give_up_reset();
  note_reset();
  change_user();
}

// The server does not answer, or refuses: it ends what the connection holds when it sees that it is closed.
void Session::give_up_reset() {
  held_.clear();
  lease_.suspect();
  change_user();
}

// The server has reset the connection in hand.
void Session::note_reset() {
  lease_->has().reset(SessionState::AfterReset::charset_unknown);
  lease_->prepared().clear();
}

// Until now it can be killed like any other.
void Session::change_user() {
  lease_.end();
  if (std::exchange(admitted_, false)) worker_.fleet().leave(logged_in());
  stage_ = Stage::handshake;
  deadline_.set(now() + settings().connect_timeout_client);
  accounts_ = std::make_unique<LoginAccounts>(worker_);
  handshake_ = std::make_unique<ServerHandshake>();
  after_handshake(
      handshake_->start_change_user(request_.payload(), 0, caps_, scramble_, greeting(), *accounts_));
}

}  // namespace weir
