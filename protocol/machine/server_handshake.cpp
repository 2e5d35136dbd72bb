#include "protocol/machine/server_handshake.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/message/handshake.hpp"
#include "protocol/message/response.hpp"
#include "protocol/wire/error_codes.hpp"

namespace weir {

namespace {

constexpr std::size_t kMaxRestBytes = 256 * 1024;  // of commands sent before the login was answered
constexpr std::size_t kMaxNameInMessage = 80;      // names of users are shorter; hostile ones are cut
constexpr int kMaxExchanges = 8;                   // packets of a client in one conversation

// One zero byte is how MySQL's own client says it with caching_sha2_password.
bool says_no_password(Bytes answer) {
  return answer.empty() || (answer.size() == 1 && answer[0] == 0);
}

std::vector<std::pair<std::string, std::string>> to_pairs(std::string_view attributes) {
  std::vector<std::pair<std::string, std::string>> pairs;
  AttributeReader reader{attributes};
  while (const auto attribute = reader.next()) pairs.emplace_back(attribute->name, attribute->value);
  return pairs;  // what follows a fault is lost: nothing depends on attributes
}

}  // namespace

void ServerHandshake::start(ServerGreeting greeting, const Accounts& accounts) {
  begin(std::move(greeting), accounts);
  scramble_ = greeting_.fresh_scramble();
  Greeting message;
  message.server_version = greeting_.version;
  message.connection_id = greeting_.connection_id;
  message.caps = greeting_.offer;
  message.collation = greeting_.collation;
  message.status = greeting_.status;
  message.auth_data = as_text(scramble_);
  message.auth_plugin = greeting_.default_plugin;
  std::uint8_t sequence = 0;
  encode_greeting(message, output_, sequence);
  reader_.expect_sequence(sequence);
  stage_ = Stage::awaiting_login;
}

void ServerHandshake::begin(ServerGreeting greeting, const Accounts& accounts) {
  *this = ServerHandshake{};
  greeting_ = std::move(greeting);
  accounts_ = &accounts;
}

ServerHandshake::Want ServerHandshake::start_change_user(Bytes payload, std::uint8_t sequence, Caps caps,
                                                         const Scramble& last_scramble,
                                                         ServerGreeting greeting, const Accounts& accounts) {
  begin(std::move(greeting), accounts);
  scramble_ = last_scramble;
  reader_.expect_sequence(static_cast<std::uint8_t>(sequence + 1));
  login_.caps = caps;
  const auto request = decode_change_user(payload, caps);
  if (!request) {
    const ErrorSpec& spec = error_spec(ProxyError::unknown_command);  // as servers say it
    return fail(spec.code, spec.sqlstate, error_text(spec.error),
                "COM_CHANGE_USER: " + std::string(to_text(request.error())));
  }
  login_.credentials.user = request->user;
  login_.schema = request->database;
  login_.has_schema = !request->database.empty();
  login_.collation = request->collation;
  login_.attributes = to_pairs(request->attributes);
  account_ = accounts_->find(login_.credentials.user);

  const Bytes answer = as_bytes(request->auth_response);
  if ((caps & kPluginAuth) == 0) return check_first(native_password_plugin(), answer);
  if (secret().kind == StoredSecret::Kind::empty && says_no_password(answer)) return check_answer(answer);
  return switch_to(usable_plugin(find_auth_plugin(request->auth_plugin)));
}

ServerHandshake::Want ServerHandshake::on_bytes(Bytes bytes) {
  while (stage_ == Stage::awaiting_login || stage_ == Stage::awaiting_switch ||
         stage_ == Stage::awaiting_proof) {
    const auto packet = reader_.next(bytes);
    if (!packet) return broken(packet.error(), to_text(stage_));
    if (!*packet) return Want::read;
    if (++exchanges_ > kMaxExchanges) return broken(DecodeError::out_of_order, "an endless login");
    on_packet(**packet);
  }
  if (stage_ == Stage::failed) return Want::failed;
  if (rest_.size() + bytes.size() > kMaxRestBytes)
    return broken(DecodeError::too_large, "commands before the login's answer");
  rest_.insert(rest_.end(), bytes.begin(), bytes.end());
  return Want::verified;
}

ServerHandshake::Want ServerHandshake::on_packet(Bytes payload) {
  switch (stage_) {
    case Stage::awaiting_login:
      return on_login(payload);
    case Stage::awaiting_switch:
      return check_answer(payload);
    case Stage::awaiting_proof:
      return take_step(plugin_->verify_more(auth_view(), payload));
    case Stage::unstarted:
    case Stage::verified:
    case Stage::accepted:
    case Stage::failed:
      break;
  }
  unreachable();  // on_bytes() reads in no other stage
}

ServerHandshake::Want ServerHandshake::on_login(Bytes payload) {
  if (is_ssl_request(payload))
    return broken(DecodeError::unsupported, "a request for TLS, which was not offered");
  const auto request = decode_login(payload);
  if (!request) return broken(request.error(), "login packet");
  login_.caps = request->caps & greeting_.offer;
  if ((request->caps & kRequiredOfClients) != kRequiredOfClients) {
    return broken(DecodeError::unsupported, "a client of MySQL 4.0 or older");
  }
  login_.credentials.user = request->user;
  login_.has_schema = (login_.caps & kConnectWithDb) != 0;
  login_.schema = request->database;
  login_.collation = request->collation;
  login_.max_packet_bytes = request->max_packet_bytes;
  login_.attributes = to_pairs(request->attributes);
  account_ = accounts_->find(login_.credentials.user);
  return choose_plugin(*request);
}

// The client has answered the greeting with a plugin of its choice: maybe ours will do with that answer.
ServerHandshake::Want ServerHandshake::choose_plugin(const LoginRequest& request) {
  const Bytes answer = as_bytes(request.auth_response);
  if (secret().kind == StoredSecret::Kind::empty) return check_answer(answer);
  const bool can_switch = (login_.caps & kPluginAuth) != 0;
  const AuthPlugin* const offered =
      can_switch ? find_auth_plugin(request.auth_plugin) : &native_password_plugin();
  const bool can_verify = offered && offered->can_verify(secret());
  // A client that prefers another plugin than the greeting's may send its name with no answer: it wants the
  // scramble handed to that plugin.
  const bool answered = !answer.empty() || request.auth_plugin == greeting_.default_plugin || !can_switch;
  if (can_verify && answered) return check_first(*offered, answer);
  if (can_switch) return switch_to(usable_plugin(offered));
  const ErrorSpec& spec = error_spec(ProxyError::auth_method_unsupported);
  return fail(spec.code, spec.sqlstate, error_text(spec.error),
              "the client cannot switch to a plugin that verifies this account");
}

// `wanted` if it can verify the account; else the one of the greeting, else any.
const AuthPlugin& ServerHandshake::usable_plugin(const AuthPlugin* wanted) const {
  const auto usable = [this](const AuthPlugin* plugin) {
    return plugin && (secret().kind == StoredSecret::Kind::empty || plugin->can_verify(secret()));
  };
  if (usable(wanted)) return *wanted;
  if (const AuthPlugin* const preferred = find_auth_plugin(greeting_.default_plugin); usable(preferred))
    return *preferred;
  for (const AuthPlugin* const plugin : auth_plugins()) {
    if (usable(plugin)) return *plugin;
  }
  unreachable();  // each kind of secret has a plugin: a test loops over them
}

ServerHandshake::Want ServerHandshake::switch_to(const AuthPlugin& plugin) {
  plugin_ = &plugin;
  scramble_ = greeting_.fresh_scramble();
  std::uint8_t sequence = reader_.sequence();
  encode_auth_switch({.plugin = plugin.name(), .auth_data = as_text(scramble_)}, output_, sequence);
  reader_.expect_sequence(sequence);
  stage_ = Stage::awaiting_switch;
  return Want::read;
}

ServerHandshake::Want ServerHandshake::check_first(const AuthPlugin& plugin, Bytes answer) {
  plugin_ = &plugin;
  return check_answer(answer);
}

ServerHandshake::Want ServerHandshake::check_answer(Bytes answer) {
  password_given_ = !says_no_password(answer);
  if (secret().kind == StoredSecret::Kind::empty) {
    if (password_given_) return deny("a password for an account without one");
    ServerAuthStep step = verified_step({});
    step.proof.cleartext.emplace();
    plugin_ = nullptr;
    return take_step(std::move(step));
  }
  if (!password_given_) return deny("no password given");
  return take_step(plugin_->verify(auth_view(), answer));
}

ServerHandshake::Want ServerHandshake::take_step(ServerAuthStep step) {
  switch (step.kind) {
    case ServerAuthStep::Kind::denied:
      return deny(step.reason);
    case ServerAuthStep::Kind::send:
      send_more(step.message);
      stage_ = Stage::awaiting_proof;
      return Want::read;
    case ServerAuthStep::Kind::verified:
      break;
  }
  if (!account_) return deny("");
  if (account_->must_use_tls && !greeting_.secure_transport) {
    const ErrorSpec& spec = error_spec(ProxyError::access_denied_secure_transport);
    return fail(spec.code, spec.sqlstate, error_text(spec.error, shown_user(), greeting_.peer_host),
                "the account requires TLS");
  }
  if (!step.message.empty()) send_more(step.message);
  step.proof.user = std::move(login_.credentials.user);
  login_.credentials = std::move(step.proof);
  if (plugin_) login_.plugin = plugin_->name();
  stage_ = Stage::verified;
  return Want::verified;
}

void ServerHandshake::accept(std::uint16_t status) {
  WEIR_CHECK(stage_ == Stage::verified, "the caller accepts a login only when asked to");
  OkPacket ok;
  ok.status = status;
  std::uint8_t sequence = reader_.sequence();
  encode_ok(ok, login_.caps, output_, sequence);
  stage_ = Stage::accepted;
}

void ServerHandshake::refuse(std::uint16_t code, std::string_view sqlstate, std::string_view message) {
  WEIR_CHECK(stage_ == Stage::verified, "the caller refuses a login only when asked to");
  fail(code, sqlstate, std::string(message), "refused after the password was verified");
}

ServerHandshake::Want ServerHandshake::deny(std::string_view reason) {
  const ErrorSpec& spec = error_spec(ProxyError::access_denied);
  return fail(spec.code, spec.sqlstate,
              error_text(spec.error, shown_user(), greeting_.peer_host, password_given_ ? "YES" : "NO"),
              account_ ? reason : "unknown user");
}

ServerHandshake::Want ServerHandshake::broken(DecodeError error, std::string_view where) {
  const bool in_sequence = error != DecodeError::out_of_order;
  const ErrorSpec& spec =
      error_spec(in_sequence ? ProxyError::handshake_failed : ProxyError::packets_out_of_order);
  return fail(spec.code, spec.sqlstate, error_text(spec.error),
              std::string(where) + ": " + std::string(to_text(error)));
}

ServerHandshake::Want ServerHandshake::fail(std::uint16_t code, std::string_view sqlstate,
                                            std::string message, std::string_view reason) {
  std::uint8_t sequence = reader_.sequence();
  encode_err({.code = code, .sqlstate = sqlstate, .message = message}, output_, sequence);
  failure_ = {.code = code,
              .sqlstate = std::string(sqlstate),
              .message = std::move(message),
              .reason = std::string(reason)};
  stage_ = Stage::failed;
  return Want::failed;
}

const StoredSecret& ServerHandshake::secret() const {
  return account_ ? account_->secret : accounts_->decoy();
}

std::string_view ServerHandshake::shown_user() const {
  return std::string_view(login_.credentials.user).substr(0, kMaxNameInMessage);
}

ServerAuth ServerHandshake::auth_view() const {
  const bool learned = account_ && account_->learned_cleartext;
  return {.secret = secret(),
          .learned_cleartext = learned ? &*account_->learned_cleartext : nullptr,
          .scramble = scramble_,
          .secure_transport = greeting_.secure_transport,
          .rsa = greeting_.rsa};
}

void ServerHandshake::send_more(Bytes message) {
  std::uint8_t sequence = reader_.sequence();
  encode_auth_more(message, output_, sequence);
  reader_.expect_sequence(sequence);
}

std::string_view to_text(ServerHandshake::Stage stage) {
  switch (stage) {
    case ServerHandshake::Stage::unstarted:
      return "unstarted";
    case ServerHandshake::Stage::awaiting_login:
      return "awaiting login";
    case ServerHandshake::Stage::awaiting_switch:
      return "awaiting answer to auth switch";
    case ServerHandshake::Stage::awaiting_proof:
      return "awaiting proof of password";
    case ServerHandshake::Stage::verified:
      return "verified";
    case ServerHandshake::Stage::accepted:
      return "accepted";
    case ServerHandshake::Stage::failed:
      return "failed";
  }
  unreachable();
}

}  // namespace weir
