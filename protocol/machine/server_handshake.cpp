#include "protocol/machine/server_handshake.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/message/handshake.hpp"
#include "protocol/message/proxy_header.hpp"
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

// Those of somebody of whom nothing is known yet: 64 KiB of empty ones would fill megabytes.
std::vector<std::pair<std::string, std::string>> to_pairs(std::string_view attributes) {
  constexpr std::size_t kMostPairs = 128, kMostBytes = 4096;
  std::vector<std::pair<std::string, std::string>> pairs;
  std::size_t bytes = 0;
  AttributeReader reader{attributes};
  while (const auto attribute = reader.next()) {
    const std::size_t more = attribute->name.size() + attribute->value.size();
    if (bytes + more > kMostBytes) continue;
    bytes += more;
    pairs.emplace_back(attribute->name, attribute->value);
    if (pairs.size() == kMostPairs) break;
  }
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
  Result<ChangeUserRequest> request = std::unexpected(DecodeError::too_large);
  if (payload.size() <= kMaxPacketBytes) request = decode_change_user(payload, caps);
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
  look_up();

  const Bytes answer = as_bytes(request->auth_response);
  if ((caps & kPluginAuth) == 0) return check_first(native_password_plugin(), answer);
  if (needs_no_password(answer)) return check_answer(answer);
  return switch_to(usable_plugin(find_auth_plugin(request->auth_plugin)));
}

ServerHandshake::Want ServerHandshake::on_bytes(Bytes bytes) {
  const Bytes came = bytes;
  while (stage_ == Stage::awaiting_login || stage_ == Stage::awaiting_switch ||
         stage_ == Stage::awaiting_proof) {
    const auto packet = reader_.next(bytes);
    if (!packet) {
      const bool introduced = stage_ == Stage::awaiting_login && exchanges_ == 0 && !secured_ &&
                              begins_proxy_header(came) == BeginsProxyHeader::yes;
      return broken(packet.error(), introduced ? "a PROXY header where none is taken" : to_text(stage_));
    }
    if (!*packet) return Want::read;
    if (++exchanges_ > kMaxExchanges) return broken(DecodeError::out_of_order, "an endless login");
    on_packet(**packet);
  }
  if (stage_ == Stage::failed) return Want::failed;
  if (stage_ == Stage::awaiting_tls) {
    rest_.insert(rest_.end(), bytes.begin(), bytes.end());
    return Want::start_tls;
  }
  return keep_rest(bytes, stage_ == Stage::awaiting_leave ? Want::judge : Want::verified);
}

ServerHandshake::Want ServerHandshake::keep_rest(Bytes bytes, Want want) {
  if (rest_.size() + bytes.size() > kMaxRestBytes)
    return broken(DecodeError::too_large, "commands before the login's answer");
  rest_.insert(rest_.end(), bytes.begin(), bytes.end());
  return want;
}

// The caller has a say before a proof is looked at that takes long.
ServerHandshake::Want ServerHandshake::check_more(Bytes packet) {
  if (!greeting_.asks_before_work || !plugin_->takes_long(packet))
    return take_step(plugin_->verify_more(auth_view(), packet));
  proof_.assign(packet.begin(), packet.end());
  stage_ = Stage::awaiting_leave;
  return Want::judge;
}

ServerHandshake::Want ServerHandshake::go_on() {
  WEIR_CHECK(stage_ == Stage::awaiting_leave, "the caller lets go on only what has asked");
  const auto proof = std::exchange(proof_, {});
  const auto rest = std::exchange(rest_, {});
  take_step(plugin_->verify_more(auth_view(), proof));
  return on_bytes(rest);
}

void ServerHandshake::on_secured() {
  WEIR_CHECK(stage_ == Stage::awaiting_tls, "the caller begins TLS only when asked to");
  greeting_.secure_transport = secured_ = true;
  rest_.clear();
  stage_ = Stage::awaiting_login;
}

ServerHandshake::Want ServerHandshake::on_packet(Bytes payload) {
  switch (stage_) {
    case Stage::awaiting_login:
      return on_login(payload);
    case Stage::awaiting_switch:
      return check_answer(payload);
    case Stage::awaiting_proof:
      return check_more(payload);
    case Stage::unstarted:
    case Stage::awaiting_tls:
    case Stage::awaiting_leave:
    case Stage::verified:
    case Stage::accepted:
    case Stage::failed:
      break;
  }
  unreachable();  // on_bytes() reads in no other stage
}

ServerHandshake::Want ServerHandshake::on_login(Bytes payload) {
  if (is_ssl_request(payload)) {
    if (secured_) return broken(DecodeError::out_of_order, "a request for TLS within TLS");
    if ((greeting_.offer & kSsl) == 0)
      return broken(DecodeError::unsupported, "a request for TLS, which was not offered");
    stage_ = Stage::awaiting_tls;
    return Want::start_tls;
  }
  const auto request = decode_login(payload);
  if (!request) return broken(request.error(), "login packet");
  login_.caps = request->caps & greeting_.offer & ~(secured_ ? Caps{0} : kSsl);
  if ((request->caps & kRequiredOfClients) != kRequiredOfClients) {
    return broken(DecodeError::unsupported, "a client of MySQL 4.0 or older");
  }
  login_.credentials.user = request->user;
  login_.has_schema = (login_.caps & kConnectWithDb) != 0;
  login_.schema = request->database;
  login_.collation = request->collation;
  login_.max_packet_bytes = request->max_packet_bytes;
  if (request->zstd_level >= 1 && request->zstd_level <= kMaxCompressionLevel)
    login_.compression_level = request->zstd_level;
  login_.attributes = to_pairs(request->attributes);
  look_up();
  return choose_plugin(*request);
}

// Whoever is not there, comes without the TLS that his account wants, or brings a password for an account
// without one, has the conversation of a decoy, and is denied in the end.
void ServerHandshake::look_up() {
  account_ = accounts_->find(login_.credentials.user);
  lacks_tls_ = account_ && account_->must_use_tls && !greeting_.secure_transport;
  if (lacks_tls_) account_ = nullptr;
  const Account& decoy = accounts_->decoy(login_.credentials.user);
  compared_ = account_ && account_->has_password() ? account_ : &decoy;
}

bool ServerHandshake::needs_no_password(Bytes answer) const {
  return account_ && !account_->has_password() && says_no_password(answer);
}

// The client has answered the greeting with a plugin of its choice: maybe ours will do with that answer.
ServerHandshake::Want ServerHandshake::choose_plugin(const LoginRequest& request) {
  const Bytes answer = as_bytes(request.auth_response);
  if (needs_no_password(answer)) return check_answer(answer);
  const bool can_switch = (login_.caps & kPluginAuth) != 0;
  const AuthPlugin* const offered =
      can_switch ? find_auth_plugin(request.auth_plugin) : &native_password_plugin();
  const bool can_verify = offered && offered->can_verify(compared_->secrets);
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
    return plugin && plugin->can_verify(compared_->secrets);
  };
  if (usable(wanted)) return *wanted;
  if (const AuthPlugin* const preferred = find_auth_plugin(greeting_.default_plugin); usable(preferred))
    return *preferred;
  for (const AuthPlugin* const plugin : auth_plugins()) {
    if (usable(plugin)) return *plugin;
  }
  unreachable();  // any kinds of secrets together have a plugin: a test loops over them
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
  if (needs_no_password(answer)) {
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
      asked_for_proof_ = true;
      return Want::read;
    case ServerAuthStep::Kind::verified:
      break;
  }
  if (compared_ != account_ && plugin_) return deny("");  // a decoy, well guessed
  if (!step.message.empty()) send_more(step.message);
  step.proof.user = std::move(login_.credentials.user);
  login_.credentials = std::move(step.proof);
  proven_secret_ = step.matched;
  if (plugin_) login_.plugin = plugin_->name();
  asked_for_proof_ = false;
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
  WEIR_CHECK(stage_ == Stage::verified || stage_ == Stage::failed || stage_ == Stage::awaiting_proof ||
                 stage_ == Stage::awaiting_leave,
             "the caller refuses a login only when asked to");
  const std::string_view reason = stage_ == Stage::verified ? "refused after the password was verified"
                                  : stage_ == Stage::awaiting_leave
                                      ? "refused before the password was looked at"
                                      : "refused, and the password was wrong";
  constexpr std::size_t kSequenceAt = 3;  // of a packet's head
  if (output_.size() > kSequenceAt) reader_.expect_sequence(output_.readable()[kSequenceAt]);
  output_.clear();
  fail(code, sqlstate, std::string(message), reason);
}

ServerHandshake::Want ServerHandshake::deny(std::string_view reason) {
  const ErrorSpec& spec = error_spec(ProxyError::access_denied);
  return fail(spec.code, spec.sqlstate,
              error_text(spec.error, shown_user(), greeting_.peer_host, password_given_ ? "YES" : "NO"),
              lacks_tls_                                 ? "not without TLS (use_ssl)"
              : !account_                                ? "unknown user"
              : compared_ != account_ && password_given_ ? "a password for an account without one"
                                                         : reason);
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

std::string_view ServerHandshake::shown_user() const {
  return std::string_view(login_.credentials.user).substr(0, kMaxNameInMessage);
}

ServerAuth ServerHandshake::auth_view() const {
  return {.secrets = compared_->secrets,
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
    case ServerHandshake::Stage::awaiting_tls:
      return "awaiting TLS";
    case ServerHandshake::Stage::awaiting_switch:
      return "awaiting answer to auth switch";
    case ServerHandshake::Stage::awaiting_proof:
      return "awaiting proof of password";
    case ServerHandshake::Stage::awaiting_leave:
      return "awaiting leave to verify";
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
