// The messages of a login: what decodes is encoded and decoded again without change.
// Input: which message, then its payload.
#include "protocol/message/handshake.hpp"

#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

// The payload that `encode` writes, as long as `out` lives.
template <class Encode>
Bytes encoded(ByteQueue& out, Encode&& encode) {
  std::uint8_t sequence = 0;
  encode(sequence);
  return out.readable().subspan(4);
}

void greeting(Bytes payload) {
  const auto first = decode_greeting(payload);
  if (!first) return;
  const std::size_t most = first->caps & kPluginAuth ? 246 : kScrambleBytes;  // that encode_greeting() takes
  if (first->auth_data.size() > most) return;
  ByteQueue out;
  const auto second =
      decode_greeting(encoded(out, [&](std::uint8_t& sequence) { encode_greeting(*first, out, sequence); }));
  fuzz::require(second.has_value(), "an encoded greeting decodes");
  fuzz::require(second->server_version == first->server_version, "version");
  fuzz::require(second->caps == first->caps, "capabilities");
  fuzz::require(second->auth_plugin == first->auth_plugin, "plugin");
  if (first->caps & kSecureConnection) fuzz::require(second->auth_data == first->auth_data, "scramble");
}

void login(Bytes payload) {
  is_ssl_request(payload);
  const auto first = decode_login(payload);
  if (!first) return;
  ByteQueue out;
  const auto second =
      decode_login(encoded(out, [&](std::uint8_t& sequence) { encode_login(*first, out, sequence); }));
  fuzz::require(second.has_value(), "an encoded login decodes");
  fuzz::require(second->caps == first->caps, "capabilities");
  fuzz::require(second->user == first->user, "user");
  fuzz::require(second->auth_response == first->auth_response, "auth response");
  fuzz::require(second->database == first->database, "database");
  fuzz::require(second->auth_plugin == first->auth_plugin, "plugin");
  fuzz::require(second->attributes == first->attributes, "attributes");
  AttributeReader attributes(first->attributes);
  while (attributes.next()) {
  }
}

void auth_switch(Bytes payload) {
  decode_auth_more(payload);
  const auto first = decode_auth_switch(payload);
  if (!first) return;
  ByteQueue out;
  const auto second = decode_auth_switch(
      encoded(out, [&](std::uint8_t& sequence) { encode_auth_switch(*first, out, sequence); }));
  fuzz::require(second.has_value(), "an encoded auth switch decodes");
  fuzz::require(second->plugin == first->plugin, "plugin");
  fuzz::require(second->auth_data == first->auth_data, "scramble");
}

void change_user(Bytes payload, Caps caps) {
  const auto first = decode_change_user(payload, caps);
  if (!first) return;
  ByteQueue out;
  const auto second = decode_change_user(
      encoded(out, [&](std::uint8_t& sequence) { encode_change_user(*first, caps, out, sequence); }), caps);
  fuzz::require(second.has_value(), "an encoded change of user decodes");
  fuzz::require(second->user == first->user, "user");
  fuzz::require(second->auth_response == first->auth_response, "auth response");
  fuzz::require(second->database == first->database, "database");
  fuzz::require(second->collation == first->collation, "collation");
  fuzz::require(second->auth_plugin == first->auth_plugin, "plugin");
  fuzz::require(second->attributes == first->attributes, "attributes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 1) return 0;
  const Bytes payload(input + 1, size - 1);
  switch (input[0] % 5) {
    case 0:
      greeting(payload);
      break;
    case 1:
      login(payload);
      break;
    case 2:
      auth_switch(payload);
      break;
    case 3:
      change_user(payload, kProtocol41 | kSecureConnection | kPluginAuth | kConnectAttrs);
      break;
    case 4:
      change_user(payload, kProtocol41);
      break;
  }
  return 0;
}
