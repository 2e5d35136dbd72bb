// Session, stage handshake: from the greeting to a session that has logged in; COM_CHANGE_USER comes back
// here (change_user.cpp).
#include <fmt/format.h>

#include "protocol/base/check.hpp"
#include "protocol/wire/charsets.hpp"
#include "proxy/pool/connection_attributes.hpp"
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/query/function.hpp"

namespace weir {

ServerGreeting Session::greeting() const {
  ServerGreeting greeting;
  greeting.version = worker_.fleet().server_version(settings());
  greeting.connection_id = id_;
  greeting.offer = kOfferedToClients;
  // In the name of MySQL only, and where they would go on: leaving them out costs.
  if (family_of(greeting.version) == ServerFamily::mysql && worker_.fleet().servers_take_attributes())
    greeting.offer |= kQueryAttributes;
  // A greeting has one byte for it, like a server's, which then tells the character set's first collation.
  const std::uint16_t collation = default_collation(settings());
  greeting.collation = static_cast<std::uint8_t>(collation <= 0xff ? collation : kCollationUtf8mb4General);
  greeting.default_plugin = settings().default_authentication_plugin;
  greeting.rsa = worker_.fleet().rsa_key();
  greeting.secure_transport = client_is_local_;
  greeting.peer_host = client_is_local_ ? "localhost" : client_addr_;
  return greeting;
}

// "10.0.0.9:51234", "[fd00::9]:51234", or "localhost" for one at a Unix socket.
std::string Session::client_name() const {
  if (client_is_local_) return "localhost";
  const bool is_ipv6 = client_addr_.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", is_ipv6 ? "[" : "", client_addr_, is_ipv6 ? "]" : "", client_port_);
}

void Session::begin() {
  accounts_ = std::make_unique<LoginAccounts>(worker_);
  handshake_ = std::make_unique<ServerHandshake>();
  handshake_->start(greeting(), *accounts_);
  deadline_.set(now() + settings().connect_timeout_client);
  flush_handshake();
}

void Session::flush_handshake() {
  client_.send(handshake_->output().readable());
  handshake_->output().clear();
}

void Session::on_handshake_bytes(Bytes bytes) {
  after_handshake(handshake_->on_bytes(bytes));
}

void Session::after_handshake(ServerHandshake::Want want) {
  switch (want) {
    case ServerHandshake::Want::read:
      return flush_handshake();
    case ServerHandshake::Want::verified:
      return on_verified();
    case ServerHandshake::Want::failed:
      break;
  }
  const ServerHandshake::Failure& failure = handshake_->failure();
  log::info("login refused", {{"session", id_},
                              {"user", handshake_->login().credentials.user},
                              {"client", client_addr_},
                              {"code", failure.code},
                              {"reason", failure.reason}});
  if (failure.code == 1045) stats().access_denied.add();
  flush_handshake();
  const bool is_malformed_change = failure.code == error_spec(ProxyError::unknown_command).code;
  if ((failure.code == 1045 || is_malformed_change) && goes_on_as_before()) return;
  end_after_reply(failure.code == 1045 ? EndReason::client_auth : EndReason::client_protocol);
}

// The password is right; the limits and the schema are still to be looked at.
void Session::on_verified() {
  pending_login_ = handshake_->take_login();
  inbox_.append(handshake_->take_rest());  // an eager client's first command
  const User* user = worker_.snapshot().find_user(pending_login_.credentials.user);
  if (user == nullptr || !user->frontend) return refuse_unknown();  // removed while it logged in
  if (!admit(*user)) return;
  const Credentials& proven = pending_login_.credentials;
  if (proven.cleartext && !user->password.empty()) worker_.fleet().learn(proven);
  const auto backend = backend_credentials(*user, proven);
  credentials_ = backend ? *backend : Credentials{proven.user, std::nullopt, std::nullopt};
  if (const auto learned = worker_.fleet().find_learned(proven.user); learned && !credentials_.cleartext) {
    credentials_.cleartext = learned->cleartext;
  }
  connection_attributes_ = attributes_for_client(pending_login_.attributes, client_name());
  needs().attributes = &connection_attributes_;
  caps_ = pending_login_.caps;
  scramble_ = handshake_->scramble();
  default_hostgroup_ = user->default_hostgroup;
  fast_forward_ = user->fast_forward;
  attributes_ = user->attributes;
  std::string schema = pending_login_.schema;
  if (schema.empty()) schema = schema_after_login(*user, settings());
  wants_.set_login_status(worker_.fleet().servers_login_status());
  status_ = wants_.login_status();
  const bool names_collation = pending_login_.collation != 0;
  wants_.start(proven.user, schema,
               names_collation ? pending_login_.collation : default_collation(settings()));
  if (pending_login_.schema.empty()) return accept_login();
  // As a server would: an unknown or forbidden schema refuses the login.
  request_.purpose = Purpose::login;
  request_.hostgroup = default_hostgroup_;
  request_.fallback_hostgroup = partner_of(default_hostgroup_);
  seek_connection();
}

void Session::refuse_unknown() {
  const ErrorSpec& spec = error_spec(ProxyError::access_denied);
  stats().access_denied.add();
  refuse_login(
      spec.code, spec.sqlstate,
      error_text(ProxyError::access_denied, pending_login_.credentials.user, greeting().peer_host, "YES"));
}

bool Session::admit(const User& user) {
  const auto admission = worker_.fleet().admit({id_, worker_.index(), user.username},
                                               settings().max_connections, user.max_connections);
  switch (admission) {
    case Fleet::Admission::admitted:
      admitted_ = true;
      return true;
    case Fleet::Admission::too_many_connections: {
      stats().access_denied_max_connections.add();
      const ErrorSpec& spec = error_spec(ProxyError::too_many_connections);
      refuse_login(spec.code, spec.sqlstate, error_text(ProxyError::too_many_connections));
      return false;
    }
    case Fleet::Admission::too_many_of_user: {
      stats().access_denied_max_user_connections.add();
      const ErrorSpec& spec = error_spec(ProxyError::user_max_connections);
      refuse_login(spec.code, spec.sqlstate,
                   error_text(ProxyError::user_max_connections, user.username, "max_user_connections",
                              user.max_connections));
      return false;
    }
  }
  unreachable();
}

void Session::accept_login() {
  handshake_->accept(status_);
  flush_handshake();
  handshake_.reset();
  accounts_.reset();
  former_login_.reset();
  pending_login_ = Login{};
  go_idle();
}

void Session::refuse_login(std::uint16_t code, std::string_view sqlstate, std::string_view message) {
  log::info("login refused",
            {{"session", id_}, {"client", client_addr_}, {"code", code}, {"reason", message}});
  handshake_->refuse(code, sqlstate, message);
  flush_handshake();
  if (goes_on_as_before()) return;
  end_after_reply(EndReason::client_auth);
}

}  // namespace weir
