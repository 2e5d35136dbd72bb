// Session, stage resetting: COM_CHANGE_USER ends a session that keeps a connection. What that connection
// holds is gone from the server before the client hears of his new session, as it would be if he were
// connected directly: closing our side would end it some time later, and until then his own lock would be in
// his way.
#include <utility>

#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

// MariaDB: whoever has failed so often is not heard any more.
constexpr int kRefusedChanges = 3;

}  // namespace

// Everything of the old session ends, whether or not the new user is let in. MySQL closes the connection of
// one who is not; MariaDB leaves him who he was.
void Session::start_change_user() {
  keep_login();
  forget_diagnostics();
  const bool needs_reset = lease_ && pins_.needs_reset();
  // A role outlives the reset.
  if (needs_reset && (pins_.has(Pin::role) || pins_.has(Pin::hidden_state))) lease_->has().doubt_role();
  forget_pins();
  statements_.clear();
  status_ = wants_.login_status();
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
  if (former_login_ && refused_changes_ >= kRefusedChanges) {
    reply(ProxyError::unknown_command);
    return go_on_as_before();
  }
  if (std::exchange(admitted_, false)) worker_.fleet().leave(logged_in());
  stage_ = Stage::handshake;
  deadline_.set(now() + settings().connect_timeout_client);
  accounts_ = std::make_unique<LoginAccounts>(worker_, origin_.address);
  accounts_->set_tls(tls_);
  handshake_ = std::make_unique<ServerHandshake>();
  after_handshake(
      handshake_->start_change_user(request_.payload(), 0, caps_, scramble_, greeting(), *accounts_));
}

void Session::keep_login() {
  if (family() != ServerFamily::mariadb) return former_login_.reset();
  former_login_ = std::make_unique<FormerLogin>(FormerLogin{.credentials = credentials_,
                                                            .connection_attributes = connection_attributes_,
                                                            .default_hostgroup = default_hostgroup_,
                                                            .fast_forward = fast_forward_,
                                                            .user = wants_.user(),
                                                            .schema = wants_.schema()});
}

// The client has been told that he is not let in. True: he is who he was, as far as the configuration in
// force still knows him. What his old session held is gone all the same.
bool Session::goes_on_as_before() {
  if (!former_login_) return false;
  ++refused_changes_;
  const User* user = worker_.snapshot().find_user(former_login_->user);
  if (user == nullptr || !user->frontend) return false;
  if (std::exchange(admitted_, false)) worker_.fleet().leave(logged_in());
  const auto admission = worker_.fleet().admit({id_, worker_.index(), user->username},
                                               settings().max_connections, user->max_connections);
  if (admission != Fleet::Admission::admitted) return false;
  admitted_ = true;
  attributes_ = user->attributes;
  scramble_ = handshake_->scramble();
  inbox_.append(handshake_->take_rest());
  worker_.pool().cancel(*this);
  lease_.suspect();  // if it has one, for the schema: of the user that it is not
  lease_.end();
  go_on_as_before();
  return true;
}

// With the character set of the server, as MariaDB has it then.
void Session::go_on_as_before() {
  const std::unique_ptr<FormerLogin> former = std::move(former_login_);
  credentials_ = former->credentials;
  renew_credentials();
  connection_attributes_ = former->connection_attributes;
  default_hostgroup_ = former->default_hostgroup;
  fast_forward_ = former->fast_forward;
  wants_.start(former->user, former->schema, wants_.login_collation());
  wants_.reset(SessionState::AfterReset::charset_of_server);
  row_count_ = -1;
  needs().attributes = &connection_attributes_;
  request_.purpose = Purpose::command;
  handshake_.reset();
  accounts_.reset();
  go_idle();
}

}  // namespace weir
