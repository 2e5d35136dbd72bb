#include "protocol/machine/client_handshake.hpp"

#include <fmt/format.h>

#include "protocol/base/check.hpp"
#include "protocol/message/handshake.hpp"
#include "protocol/message/proxy_header.hpp"
#include "protocol/message/response.hpp"

namespace weir {

namespace {

// What the machine itself needs, or needs absent, whatever the caller wants.
constexpr Caps kAlways =
    kLongPassword | kProtocol41 | kSecureConnection | kPluginAuth | kPluginAuthLenencData | kConnectAttrs;
constexpr Caps kRequiredOfServers = kProtocol41 | kSecureConnection;
constexpr Caps kNotSpoken = kSsl | kCompress | kZstd | kConnectWithDb | kOptionalResultsetMetadata |
                            kMultiFactorAuth | ~Caps{0xffffffff};

constexpr std::uint32_t kAnnouncedPacketBytes = 1
                                                << 30;  // the largest a server accepts: it does the limiting
constexpr std::size_t kShownNameBytes = 64;             // of a server's, in an error
constexpr int kMaxExchanges = 8;                        // messages of a server before its verdict

// The bit of the algorithm that is to be asked for, of those that are offered.
Caps compression_cap(Compression wanted, Caps offered) {
  if (wanted == Compression::none) return 0;
  const Caps first = wanted == Compression::zstd ? kZstd : kCompress;
  return (offered & first) != 0 ? first : offered & (kZstd | kCompress);
}

std::string to_block(const std::vector<std::pair<std::string, std::string>>& attributes) {
  std::string block;
  for (const auto& [name, value] : attributes) append_attribute(block, name, value);
  return block;
}

// The login has one byte for it, and MariaDB silently puts its own default for an id that it does not know:
// MySQL's 255.
std::uint8_t login_collation(std::uint16_t wanted, std::string_view server_version) {
  const bool mariadb = server_version.find("MariaDB") != std::string_view::npos;
  const bool known = wanted < kCollationUtf8mb4Mysql8 || (wanted == kCollationUtf8mb4Mysql8 && !mariadb);
  return static_cast<std::uint8_t>(known ? wanted : kCollationUtf8mb4General);
}

}  // namespace

void ClientHandshake::start(ConnectRequest request) {
  *this = ClientHandshake{};
  request_ = std::move(request);
  stage_ = Stage::awaiting_greeting;
  if (request_.proxy_header != 0) encode_proxy_header({}, request_.proxy_header, output_);
}

ClientHandshake::Want ClientHandshake::start_change_user(ConnectRequest request,
                                                         const Established& connection) {
  Established before = connection;  // it may be our own
  *this = ClientHandshake{};
  request_ = std::move(request);
  established_ = std::move(before);
  established_.collation = login_collation(request_.collation, established_.server_version);
  const auto answer = first_answer(established_.plugin);
  if (!answer) return Want::failed;
  std::uint8_t sequence = 0;
  const std::string attributes = to_block(request_.attributes);
  encode_change_user({.user = request_.credentials.user,
                      .auth_response = as_text(*answer),
                      .database = request_.schema,
                      .collation = established_.collation,
                      .auth_plugin = plugin_->name(),
                      .attributes = attributes},
                     established_.caps, output_, sequence);
  reader_.expect_sequence(sequence);
  stage_ = Stage::awaiting_verdict;
  return Want::read;
}

ClientHandshake::Want ClientHandshake::on_bytes(Bytes bytes) {
  while (stage_ == Stage::awaiting_greeting || stage_ == Stage::awaiting_verdict) {
    const auto packet = reader_.next(bytes);
    if (!packet) return fail(packet.error(), fmt::format("{}: {}", to_text(stage_), to_text(packet.error())));
    if (!*packet) return Want::read;
    if (++exchanges_ > kMaxExchanges)
      return fail(DecodeError::out_of_order, "the server's authentication does not end");
    on_packet(**packet);
  }
  if (stage_ == Stage::failed) return Want::failed;
  if (stage_ == Stage::awaiting_tls) {
    if (bytes.empty()) return Want::start_tls;
    return fail(DecodeError::out_of_order, "the server sent more than its greeting before TLS");
  }
  if (!bytes.empty())
    return fail(DecodeError::out_of_order, "the server sent more than the end of the login");
  return Want::done;
}

ClientHandshake::Want ClientHandshake::on_packet(Bytes payload) {
  if (payload.empty())
    return fail(DecodeError::truncated, fmt::format("{}: an empty packet", to_text(stage_)));
  if (is_err(payload)) return on_err(payload);
  if (stage_ == Stage::awaiting_greeting) return on_greeting(payload);
  if (payload[0] == kOkHeader) return on_ok(payload);
  if (is_auth_switch(payload)) return on_switch(payload);
  if (is_auth_more(payload)) return on_more(payload.subspan(1));
  return fail(DecodeError::unsupported,
              fmt::format("unexpected message 0x{:02x} during the login", payload[0]));
}

ClientHandshake::Want ClientHandshake::on_greeting(Bytes payload) {
  const auto greeting = decode_greeting(payload);
  if (!greeting)
    return fail(greeting.error(), fmt::format("the server's greeting: {}", to_text(greeting.error())));
  if ((greeting->caps & kRequiredOfServers) != kRequiredOfServers) {
    return fail(DecodeError::unsupported, "the server speaks the protocol of MySQL 4.0");
  }
  const auto scramble = decode_scramble(as_bytes(greeting->auth_data));
  if (!scramble) return fail(scramble.error(), "the scramble in the server's greeting has not 20 bytes");
  established_.server_version = greeting->server_version;
  established_.connection_id = greeting->connection_id;
  established_.server_collation = greeting->collation;
  established_.collation = login_collation(request_.collation, greeting->server_version);
  established_.scramble = *scramble;
  established_.offered = greeting->caps;
  established_.caps = greeting->caps & ((request_.want & ~kNotSpoken) | kAlways);
  established_.caps |= compression_cap(request_.compression, greeting->caps);
  if (!request_.schema.empty()) established_.caps |= greeting->caps & kConnectWithDb;
  if (request_.tls) return ask_for_tls(greeting->auth_plugin);
  return send_login(greeting->auth_plugin);
}

ClientHandshake::Want ClientHandshake::ask_for_tls(std::string_view greeting_plugin) {
  if ((established_.offered & kSsl) == 0) {
    fail(DecodeError::unsupported, "the server offers no TLS");
    failure_.no_tls = true;
    return Want::failed;
  }
  greeting_plugin_ = greeting_plugin;
  established_.caps |= kSsl;
  std::uint8_t sequence = reader_.sequence();
  encode_ssl_request(established_.caps, kAnnouncedPacketBytes,
                     static_cast<std::uint8_t>(established_.collation), output_, sequence);
  reader_.expect_sequence(sequence);
  stage_ = Stage::awaiting_tls;
  return Want::start_tls;
}

ClientHandshake::Want ClientHandshake::on_secured() {
  WEIR_CHECK(stage_ == Stage::awaiting_tls, "the caller begins TLS only when asked to");
  request_.secure_transport = true;
  return send_login(greeting_plugin_);
}

ClientHandshake::Want ClientHandshake::send_login(std::string_view greeting_plugin) {
  const auto answer = first_answer(greeting_plugin);
  if (!answer) return Want::failed;
  LoginRequest login;
  login.caps = established_.caps;
  login.max_packet_bytes = kAnnouncedPacketBytes;
  login.collation = static_cast<std::uint8_t>(established_.collation);
  login.zstd_level = static_cast<std::uint8_t>(request_.compression_level);
  login.user = request_.credentials.user;
  login.auth_response = as_text(*answer);
  login.database = request_.schema;
  login.auth_plugin = plugin_->name();
  const std::string attributes = to_block(request_.attributes);
  login.attributes = attributes;
  std::uint8_t sequence = reader_.sequence();
  encode_login(login, output_, sequence);
  reader_.expect_sequence(sequence);
  stage_ = Stage::awaiting_verdict;
  return Want::read;
}

// With the plugin of that name if we have it and it can answer; else with mysql_native_password, as clients
// do whose default it is: a server that wants another one for this user asks for it.
std::optional<std::vector<std::uint8_t>> ClientHandshake::first_answer(std::string_view plugin_name) {
  for (const AuthPlugin* const plugin : {find_auth_plugin(plugin_name), &native_password_plugin()}) {
    if (!plugin) continue;
    plugin_ = plugin;
    ClientAuthStep step = plugin->answer(auth_view());
    if (step.kind == ClientAuthStep::Kind::send) return std::move(step.message);
    if (plugin == &native_password_plugin()) fail(DecodeError::auth_failed, std::move(step.reason));
  }
  return std::nullopt;
}

ClientHandshake::Want ClientHandshake::on_switch(Bytes payload) {
  const auto request = decode_auth_switch(payload);
  if (!request) return fail(request.error(), fmt::format("auth switch: {}", to_text(request.error())));
  if (request->plugin.empty()) {
    return fail(DecodeError::auth_failed, "the server asks for the password scheme of MySQL 4.0");
  }
  plugin_ = find_auth_plugin(request->plugin);
  if (!plugin_) {
    return fail(DecodeError::auth_failed,
                fmt::format("the server asks for authentication plugin '{}', which is not supported (some "
                            "servers ask so for users they do not know)",
                            request->plugin.substr(0, kShownNameBytes)));
  }
  const Bytes data = as_bytes(request->auth_data);
  challenge_.clear();
  if (const std::size_t wanted = plugin_->challenge_bytes(); wanted != 0) {
    if (data.size() < wanted || data.size() > wanted + 1)  // a zero byte may end it
      return fail(DecodeError::bad_value,
                  fmt::format("the challenge for {} has not {} bytes", request->plugin, wanted));
    challenge_.assign(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(wanted));
  } else if (!data.empty()) {  // a plugin that needs no scramble may come without
    const auto scramble = decode_scramble(data);
    if (!scramble)
      return fail(scramble.error(), fmt::format("the scramble for {} has not 20 bytes", request->plugin));
    established_.scramble = *scramble;
  }
  return take_step(plugin_->answer(auth_view()));
}

ClientHandshake::Want ClientHandshake::on_more(Bytes message) {
  return take_step(plugin_->answer_more(auth_view(), message));
}

ClientHandshake::Want ClientHandshake::take_step(ClientAuthStep step) {
  switch (step.kind) {
    case ClientAuthStep::Kind::wait:
      return Want::read;
    case ClientAuthStep::Kind::fail:
      return fail(DecodeError::auth_failed, std::move(step.reason));
    case ClientAuthStep::Kind::broken:
      return fail(DecodeError::bad_value, std::move(step.reason));
    case ClientAuthStep::Kind::send:
      break;
  }
  std::uint8_t sequence = reader_.sequence();
  write_packet(output_, step.message, sequence);
  reader_.expect_sequence(sequence);
  return Want::read;
}

ClientHandshake::Want ClientHandshake::on_ok(Bytes payload) {
  const auto ok = decode_ok(payload, established_.caps);
  if (!ok) return fail(ok.error(), fmt::format("the OK of the login: {}", to_text(ok.error())));
  established_.status = ok->status;
  established_.plugin = plugin_->name();
  stage_ = Stage::established;
  return Want::done;
}

ClientHandshake::Want ClientHandshake::on_err(Bytes payload) {
  const auto err = decode_err(payload);
  if (!err) return fail(err.error(), fmt::format("the server's error: {}", to_text(err.error())));
  failure_ = {.from_server = true,
              .code = err->code,
              .sqlstate = std::string(err->sqlstate),
              .message = std::string(err->message)};
  stage_ = Stage::failed;
  return Want::failed;
}

ClientHandshake::Want ClientHandshake::fail(DecodeError error, std::string message) {
  failure_ = {.from_server = false, .code = 0, .sqlstate = {}, .message = std::move(message), .error = error};
  stage_ = Stage::failed;
  return Want::failed;
}

ClientAuth ClientHandshake::auth_view() const {
  return {.credentials = request_.credentials,
          .scramble = established_.scramble,
          .challenge = challenge_,
          .secure_transport = request_.secure_transport};
}

std::string_view to_text(ClientHandshake::Stage stage) {
  switch (stage) {
    case ClientHandshake::Stage::unstarted:
      return "unstarted";
    case ClientHandshake::Stage::awaiting_greeting:
      return "awaiting greeting";
    case ClientHandshake::Stage::awaiting_tls:
      return "awaiting TLS";
    case ClientHandshake::Stage::awaiting_verdict:
      return "awaiting answer to the login";
    case ClientHandshake::Stage::established:
      return "established";
    case ClientHandshake::Stage::failed:
      return "failed";
  }
  unreachable();
}

}  // namespace weir
