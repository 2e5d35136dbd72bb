#include "protocol/message/handshake.hpp"

#include <algorithm>

#include "protocol/message/response.hpp"
#include "protocol/wire/writer.hpp"

namespace weir {
namespace {

constexpr std::uint8_t kProtocolVersion = 10;
constexpr std::uint8_t kAuthSwitchHeader = 0xfe;
constexpr std::uint8_t kAuthMoreHeader = 0x01;
constexpr std::uint8_t kChangeUserCode = 0x11;
constexpr std::size_t kFirstPart = 8;         // of the scramble in a greeting
constexpr std::size_t kMinSecondPart = 13;    // including its zero byte
constexpr std::size_t kGreetingReserved = 6;  // zeros, before MariaDB's extended capabilities
constexpr std::size_t kLoginReserved = 19;    // the same in a login
constexpr std::size_t kExtendedCapsBytes = 4;

// A scramble may or may not be followed by a zero byte, which is not part of it.
std::string_view without_final_zero(std::string_view data) {
  if (data.ends_with('\0')) data.remove_suffix(1);
  return data;
}

// MariaDB uses the end of a reserved area, if the sender does not claim to be MySQL.
Caps with_extended(Caps caps, std::uint64_t extended) {
  return caps & kLongPassword ? caps : caps | extended << 32;
}

std::uint64_t extended_of(Caps caps) {
  return caps & kLongPassword ? 0 : caps >> 32;
}

std::string_view decode_login_auth(Reader& in, Caps caps) {
  if (caps & kPluginAuthLenencData) return in.lenenc_text();
  if (caps & kSecureConnection) return in.text(in.fixed(1));
  return in.nul_text();
}

void write_login_head(Writer& out, Caps caps, std::uint32_t max_packet_bytes, std::uint8_t collation) {
  out.fixed(caps, 4);
  out.fixed(max_packet_bytes, 4);
  out.fixed(collation, 1);
  out.zeros(kLoginReserved);
  out.fixed(extended_of(caps), kExtendedCapsBytes);
}

}  // namespace

Result<Greeting> decode_greeting(Bytes payload) {
  if (is_err(payload)) return std::unexpected(DecodeError::out_of_order);
  Reader in{payload};
  if (in.fixed(1) != kProtocolVersion) in.fail(DecodeError::unsupported);
  Greeting greeting;
  greeting.server_version = in.nul_text();
  greeting.connection_id = static_cast<std::uint32_t>(in.fixed(4));
  greeting.auth_data = in.text(kFirstPart);
  in.skip(1);
  const std::uint64_t low = in.fixed(2);
  greeting.collation = static_cast<std::uint8_t>(in.fixed(1));
  greeting.status = static_cast<std::uint16_t>(in.fixed(2));
  greeting.caps = low | in.fixed(2) << 16;
  const std::size_t auth_field = static_cast<std::size_t>(in.fixed(1));
  const std::size_t auth_length = greeting.caps & kPluginAuth ? auth_field : 0;
  in.skip(kGreetingReserved);
  greeting.caps = with_extended(greeting.caps, in.fixed(kExtendedCapsBytes));
  if (greeting.caps & kSecureConnection) {
    const std::size_t second = auth_length > kFirstPart ? auth_length - kFirstPart : 0;
    greeting.auth_data += without_final_zero(in.text(std::max(kMinSecondPart, second)));
  }
  if (greeting.caps & kPluginAuth) greeting.auth_plugin = in.nul_text_or_rest();
  return in.finish(std::move(greeting));
}

void encode_greeting(const Greeting& greeting, ByteQueue& out, std::uint8_t& sequence) {
  const std::string_view auth_data = greeting.auth_data;
  const std::size_t second = std::max(auth_data.size() - kFirstPart + 1, kMinSecondPart);
  PacketWriter packet{out, sequence};
  packet.fixed(kProtocolVersion, 1);
  packet.nul_text(greeting.server_version);
  packet.fixed(greeting.connection_id, 4);
  packet.text(auth_data.substr(0, kFirstPart));
  packet.zeros(1);
  packet.fixed(greeting.caps & 0xffff, 2);
  packet.fixed(greeting.collation, 1);
  packet.fixed(greeting.status, 2);
  packet.fixed(greeting.caps >> 16 & 0xffff, 2);
  packet.fixed(greeting.caps & kPluginAuth ? kFirstPart + second : 0, 1);
  packet.zeros(kGreetingReserved);
  packet.fixed(extended_of(greeting.caps), kExtendedCapsBytes);
  if (greeting.caps & kSecureConnection) {
    packet.text(auth_data.substr(kFirstPart));
    packet.zeros(second - (auth_data.size() - kFirstPart));
  }
  if (greeting.caps & kPluginAuth) packet.nul_text(greeting.auth_plugin);
}

bool is_ssl_request(Bytes payload) {
  return payload.size() == kSslRequestBytes && (load_le(payload.data(), 4) & kSsl) != 0;
}

void encode_ssl_request(Caps caps, std::uint32_t max_packet_bytes, std::uint8_t collation, ByteQueue& out,
                        std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  write_login_head(packet, caps | kSsl, max_packet_bytes, collation);
}

Result<LoginRequest> decode_login(Bytes payload) {
  Reader in{payload};
  LoginRequest login;
  login.caps = in.fixed(4);
  if (!in.failed() && !(login.caps & kProtocol41)) in.fail(DecodeError::unsupported);
  login.max_packet_bytes = static_cast<std::uint32_t>(in.fixed(4));
  login.collation = static_cast<std::uint8_t>(in.fixed(1));
  in.skip(kLoginReserved);
  login.caps = with_extended(login.caps, in.fixed(kExtendedCapsBytes));
  login.user = in.nul_text();
  login.auth_response = decode_login_auth(in, login.caps);
  if (login.caps & kConnectWithDb) login.database = in.nul_text_or_rest();
  if (login.caps & kPluginAuth) login.auth_plugin = in.nul_text_or_rest();
  if (login.caps & kConnectAttrs && !in.empty()) login.attributes = in.lenenc_text();
  if (login.caps & kZstd && !in.empty()) login.zstd_level = static_cast<std::uint8_t>(in.fixed(1));
  if (const auto error = in.error()) return std::unexpected(*error);
  return login;
}

void encode_login(const LoginRequest& login, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  write_login_head(packet, login.caps, login.max_packet_bytes, login.collation);
  packet.nul_text(login.user);
  if (login.caps & kPluginAuthLenencData) {
    packet.lenenc_text(login.auth_response);
  } else if (login.caps & kSecureConnection) {
    packet.fixed(login.auth_response.size(), 1);
    packet.text(login.auth_response);
  } else {
    packet.nul_text(login.auth_response);
  }
  if (login.caps & kConnectWithDb) packet.nul_text(login.database);
  if (login.caps & kPluginAuth) packet.nul_text(login.auth_plugin);
  if (login.caps & kConnectAttrs) packet.lenenc_text(login.attributes);
  if (login.caps & kZstd) packet.fixed(login.zstd_level, 1);
}

std::optional<AttributeReader::Attribute> AttributeReader::next() {
  if (in_.empty()) return std::nullopt;
  Attribute attribute;
  attribute.name = in_.lenenc_text();
  attribute.value = in_.lenenc_text();
  if (in_.failed()) return std::nullopt;
  return attribute;
}

void append_attribute(std::string& attributes, std::string_view name, std::string_view value) {
  ByteQueue pair;
  Writer writer{pair};
  writer.lenenc_text(name);
  writer.lenenc_text(value);
  attributes += as_text(pair.readable());
}

Result<AuthSwitchRequest> decode_auth_switch(Bytes payload) {
  Reader in{payload};
  if (in.fixed(1) != kAuthSwitchHeader) in.fail(DecodeError::bad_value);
  AuthSwitchRequest request;
  if (!in.empty()) {
    request.plugin = in.nul_text();
    request.auth_data = without_final_zero(in.rest());
  }
  return in.finish(request);
}

void encode_auth_switch(const AuthSwitchRequest& request, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  packet.fixed(kAuthSwitchHeader, 1);
  packet.nul_text(request.plugin);
  packet.nul_text(request.auth_data);
}

Result<Bytes> decode_auth_more(Bytes payload) {
  Reader in{payload};
  if (in.fixed(1) != kAuthMoreHeader) in.fail(DecodeError::bad_value);
  const Bytes data = as_bytes(in.rest());
  return in.finish(data);
}

void encode_auth_more(Bytes data, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  packet.fixed(kAuthMoreHeader, 1);
  packet.bytes(data);
}

Result<ChangeUserRequest> decode_change_user(Bytes payload, Caps caps) {
  Reader in{payload};
  if (in.fixed(1) != kChangeUserCode) in.fail(DecodeError::bad_value);
  ChangeUserRequest request;
  request.user = in.nul_text();
  request.auth_response = caps & kSecureConnection ? in.text(in.fixed(1)) : in.nul_text();
  request.database = in.nul_text_or_rest();
  if (!in.empty()) request.collation = static_cast<std::uint16_t>(in.fixed(2));
  if (caps & kPluginAuth) request.auth_plugin = in.nul_text_or_rest();
  if (caps & kConnectAttrs && !in.empty()) request.attributes = in.lenenc_text();
  if (const auto error = in.error()) return std::unexpected(*error);
  return request;
}

void encode_change_user(const ChangeUserRequest& request, Caps caps, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  packet.fixed(kChangeUserCode, 1);
  packet.nul_text(request.user);
  if (caps & kSecureConnection) {
    packet.fixed(request.auth_response.size(), 1);
    packet.text(request.auth_response);
  } else {
    packet.nul_text(request.auth_response);
  }
  packet.nul_text(request.database);
  packet.fixed(request.collation, 2);
  if (caps & kPluginAuth) packet.nul_text(request.auth_plugin);
  if (caps & kConnectAttrs) packet.lenenc_text(request.attributes);
}

}  // namespace weir
