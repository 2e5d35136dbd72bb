// How much of a login is read, and kept, of somebody of whom nothing is known yet.
#include <catch2/catch.hpp>

#include "protocol/auth/native_password.hpp"
#include "protocol/machine/server_handshake.hpp"
#include "protocol/message/handshake.hpp"
#include "tests/support/logins.hpp"

namespace weir {

using namespace test;

namespace {

using Want = ServerHandshake::Want;

constexpr Caps kCaps = kProtocol41 | kSecureConnection;

Blob answer() {
  return to_blob(native_password::answer(constant_scramble(), native_password::stage1("secret")));
}

Blob login(std::string_view attributes) {
  LoginRequest request;
  request.caps = kCaps | kPluginAuth | kPluginAuthLenencData | kConnectAttrs;
  request.user = "plain";
  const Blob proof = answer();
  request.auth_response = as_text(proof);
  request.auth_plugin = "mysql_native_password";
  request.attributes = attributes;
  ByteQueue out;
  std::uint8_t sequence = 1;
  encode_login(request, out, sequence);
  return to_blob(out.readable());
}

}  // namespace

TEST_CASE("of the attributes of a login some are kept, however many and long they are", "[protocol][login]") {
  struct Case {
    std::string name, value;
    std::size_t times, kept;
  };
  for (const Case& c :
       {Case{"", "", 30'000, 128}, Case{"n", "v", 10, 10}, Case{"n", std::string(1000, 'v'), 60, 4}}) {
    std::string attributes;
    for (std::size_t i = 0; i < c.times; ++i) append_attribute(attributes, c.name, c.value);
    ServerHandshake server;
    server.start(test_greeting(), few_accounts());
    REQUIRE(server.on_bytes(login(attributes)) == Want::verified);
    CHECK(server.login().attributes.size() == c.kept);
    CHECK(server.login().attributes.back() == std::pair(c.name, c.value));
  }
}

TEST_CASE("attributes may be as long as servers take them", "[protocol][login]") {
  std::string attributes;
  append_attribute(attributes, "n", std::string(65'535 - 5, 'v'));
  REQUIRE(attributes.size() == 65'535);
  ServerHandshake server;
  server.start(test_greeting(), few_accounts());
  CHECK(server.on_bytes(login(attributes)) == Want::verified);
}

TEST_CASE("a change of user is no longer than a login", "[protocol][login]") {
  const Blob proof = answer();
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode_change_user({.user = "native",
                      .auth_response = as_text(proof),
                      .database = "",
                      .collation = 8,
                      .auth_plugin = "",
                      .attributes = ""},
                     kCaps, out, sequence);
  const Blob payload = to_blob(out.readable().subspan(4));
  for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
    Blob padded = payload;
    padded.resize(ServerHandshake::kMaxPacketBytes + more);
    ServerHandshake server;
    CHECK(server.start_change_user(padded, 0, kCaps, constant_scramble(), test_greeting(), few_accounts()) ==
          (more == 0 ? Want::verified : Want::failed));
  }
}

}  // namespace weir
