#include "protocol/machine/server_handshake.hpp"

#include <catch2/catch.hpp>

#include "protocol/auth/caching_sha2.hpp"
#include "protocol/auth/native_password.hpp"
#include "protocol/message/handshake.hpp"
#include "protocol/message/response.hpp"
#include "tests/support/logins.hpp"
#include "tests/unit/protocol/machine/script_run.hpp"

namespace weir {

using namespace test;

namespace {

using Stage = ServerHandshake::Stage;
using Want = ServerHandshake::Want;

const Scramble kScramble = constant_scramble();
constexpr Caps kClient =
    kProtocol41 | kSecureConnection | kPluginAuth | kPluginAuthLenencData | kConnectAttrs;

Blob native_answer(std::string_view password = "secret") {
  return to_blob(native_password::answer(kScramble, native_password::stage1(password)));
}
Blob sha2_answer(std::string_view password = "secret") {
  return to_blob(caching_sha2::answer(kScramble, password));
}

Blob login(std::string_view user, const Blob& answer, std::string_view plugin, Caps caps = kClient) {
  LoginRequest request;
  request.caps = caps;
  request.user = user;
  request.auth_response = as_text(answer);
  request.auth_plugin = plugin;
  request.database = "db";
  request.collation = 33;
  request.max_packet_bytes = 1 << 24;
  ByteQueue out;
  std::uint8_t sequence = 1;
  encode_login(request, out, sequence);
  return to_blob(out.readable());
}

Blob greeting_of(const ServerGreeting& greeting) {
  ServerHandshake server;
  server.start(greeting, few_accounts());
  return drain(server.output());
}

Blob auth_switch(std::string_view plugin, std::uint8_t sequence) {
  ByteQueue out;
  encode_auth_switch({.plugin = plugin, .auth_data = as_text(kScramble)}, out, sequence);
  return to_blob(out.readable());
}

const Blob kGreeting = greeting_of(test_greeting());

void start(ServerHandshake& server) {
  server.start(test_greeting(), few_accounts());
}

ErrPacket err_of(const Blob& wire) {
  const auto err = decode_err(Bytes(wire).subspan(4));
  REQUIRE(err);
  return *err;
}

struct Case {
  const char* name;
  Script script;
  Want end;
  Blob last;  // what was said at the end; after accept(2), if verified
};

const Blob kAccessDenied =
    err_payload(1045, "28000", "Access denied for user 'plain'@'host' (using password: YES)");
constexpr const char* kNative = "mysql_native_password";
constexpr const char* kSha2 = "caching_sha2_password";

const std::vector<Case> kCases = {
    {"native at once",
     {{kGreeting, login("plain", native_answer(), kNative)}},
     Want::verified,
     packet(ok_payload(), 2)},
    {"sha2 at once, though the greeting says native",
     {{kGreeting, login("plain", sha2_answer(), kSha2)}},
     Want::verified,
     packet("01 03"_hex, 2) + packet(ok_payload(), 3)},
    {"wrong password",
     {{kGreeting, login("plain", native_answer("no"), kNative)}},
     Want::failed,
     packet(kAccessDenied, 2)},
    {"an answer of another size",
     {{kGreeting, login("plain", "01 02 03"_hex, kNative)}},
     Want::failed,
     packet(kAccessDenied, 2)},
    {"unknown plugin: switch",
     {{kGreeting, login("plain", "01 02"_hex, "dialog")},
      {auth_switch(kNative, 2), packet(native_answer(), 3)}},
     Want::verified,
     packet(ok_payload(), 4)},
    {"no plugin's name: switch",
     {{kGreeting, login("plain", native_answer(), "")},
      {auth_switch(kNative, 2), packet(native_answer(), 3)}},
     Want::verified,
     packet(ok_payload(), 4)},
    {"a plugin of the client's choice, still without its answer: switch to it",
     {{kGreeting, login("plain", ""_bytes, kSha2)}, {auth_switch(kSha2, 2), packet(sha2_answer(), 3)}},
     Want::verified,
     packet("01 03"_hex, 4) + packet(ok_payload(), 5)},
    {"a hash for another plugin: switch",
     {{kGreeting, login("native", sha2_answer(), kSha2)},
      {auth_switch(kNative, 2), packet(native_answer(), 3)}},
     Want::verified,
     packet(ok_payload(), 4)},
    {"sha2 with a learned password is fast",
     {{kGreeting, login("learned", native_answer(), kNative)},
      {auth_switch(kSha2, 2), packet(sha2_answer(), 3)}},
     Want::verified,
     packet("01 03"_hex, 4) + packet(ok_payload(), 5)},
    {"the public key on request",
     {{kGreeting, login("sha2", sha2_answer(), kSha2)},
      {packet("01 04"_hex, 2), packet("02"_hex, 3)},
      {packet("01"_hex + to_blob(as_bytes(test_rsa_key().public_pem())), 4), packet(Blob(256, 'x'), 5)}},
     Want::failed,
     packet(err_payload(1045, "28000", "Access denied for user 'sha2'@'host' (using password: YES)"), 6)},
    {"a password in clear text on an open connection is not looked at",
     {{kGreeting, login("sha2", sha2_answer(), kSha2)},
      {packet("01 04"_hex, 2), packet("secret\0"_bytes, 3)}},
     Want::failed,
     packet(err_payload(1045, "28000", "Access denied for user 'sha2'@'host' (using password: YES)"), 4)},
    {"a client without PLUGIN_AUTH is native",
     {{kGreeting, login("native", native_answer(), "", kClient & ~(kPluginAuth | kConnectAttrs))}},
     Want::verified,
     packet(ok_payload(), 2)},
    {"a client without PLUGIN_AUTH cannot be asked for sha2",
     {{kGreeting, login("sha2", native_answer(), "", kClient & ~(kPluginAuth | kConnectAttrs))}},
     Want::failed,
     packet(err_payload(1251, "08004",
                        "Client does not support authentication protocol requested by server; "
                        "consider upgrading MySQL client"),
            2)},
    {"no password, said with a zero byte",
     {{kGreeting, login("empty", "00"_hex, kSha2)}},
     Want::verified,
     packet(ok_payload(), 2)},
    {"no password, said with nothing",
     {{kGreeting, login("empty", ""_bytes, kNative)}},
     Want::verified,
     packet(ok_payload(), 2)},
    {"an answer of 200 bytes is read whole, and wrong",
     {{kGreeting, login("plain", Blob(200, 'x'), kNative, kClient & ~kPluginAuthLenencData)}},
     Want::failed,
     packet(kAccessDenied, 2)},
};

}  // namespace

TEST_CASE("server handshake follows its script, in any split", "[protocol][login]") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    play_every_split<ServerHandshake>(c.script, c.end, start);
    ServerHandshake server;
    start(server);
    REQUIRE(play(server, c.script, c.script.size()) == c.end);
    if (c.end == Want::verified) server.accept(2);
    CHECK(drain(server.output()) == c.last);
  }
}

TEST_CASE("server handshake ends with an error for anything else, at each step", "[protocol][login]") {
  for (const Case& c : kCases) {
    for (const Blob& garbage :
         {"ff"_hex, "00"_hex, ""_bytes, Blob(300, 0xff), Blob(32, 0x0a), "01 02 03 04 05 06"_hex}) {
      CAPTURE(c.name, hex(garbage));
      play_disturbed<ServerHandshake>(c.script, garbage, start, [&](ServerHandshake& server, Want want) {
        if (want == Want::read)
          return;  // a broken first answer that leads to a switch, or a request for the key
        CHECK(want == Want::failed);
        CHECK(server.stage() == Stage::failed);
        CHECK(err_of(drain(server.output())).code == server.failure().code);
        CHECK_FALSE(server.failure().reason.empty());
      });
    }
  }
}

TEST_CASE("what a login says about itself is kept", "[protocol][login]") {
  ServerHandshake server;
  start(server);
  const Caps caps = kClient | kConnectWithDb | kDeprecateEof | kSsl | kCompress;
  REQUIRE(server.on_bytes(login("plain", native_answer(), "mysql_native_password", caps)) == Want::verified);
  const Login& said = server.login();
  CHECK(said.caps == (kClient | kConnectWithDb | kDeprecateEof));  // of what was offered
  CHECK(said.has_schema);
  CHECK(said.schema == "db");
  CHECK(said.collation == 33);
  CHECK(said.max_packet_bytes == 1 << 24);
}

TEST_CASE("a client that does not wait for the login's answer loses nothing", "[protocol][login]") {
  ServerHandshake server;
  start(server);
  const Blob eager = packet("\x03select 1"_bytes);
  CHECK(server.on_bytes(login("plain", native_answer(), "mysql_native_password") + eager) == Want::verified);
  CHECK(server.on_bytes(eager) == Want::verified);
  server.accept(2);
  CHECK(server.take_rest() == eager + eager);
  CHECK(server.take_rest().empty());
}

TEST_CASE("commands before the login's answer are bounded", "[protocol][login]") {
  ServerHandshake server;
  start(server);
  REQUIRE(server.on_bytes(login("plain", native_answer(), "mysql_native_password")) == Want::verified);
  const Blob much(64 * 1024, 'x');
  Want want = Want::verified;
  for (int i = 0; i < 5 && want == Want::verified; ++i) want = server.on_bytes(much);
  CHECK(want == Want::failed);
}

TEST_CASE("logins that break the protocol are told so", "[protocol][login]") {
  const struct {
    const char* name;
    Blob wire;
    std::uint16_t code;
  } broken[] = {
      {"sequence id", packet("00"_hex, 0), 1156},
      {"a packet over 64 KiB", "01 00 01 01"_hex, 1043},
      {"a request for TLS that was not offered", packet("00 0a 00 00"_hex + Blob(28, 0), 1), 1043},
      {"a client of MySQL 4.0", packet("00 00 00 00 00"_hex, 1), 1043},
      {"without SECURE_CONNECTION", login("plain", ""_bytes, "", kProtocol41), 1043},
  };
  for (const auto& c : broken) {
    CAPTURE(c.name);
    ServerHandshake server;
    start(server);
    drain(server.output());
    CHECK(server.on_bytes(c.wire) == Want::failed);
    CHECK(err_of(drain(server.output())).code == c.code);
  }
}

TEST_CASE("a client cannot ask for the public key for ever", "[protocol][login]") {
  ServerHandshake server;
  start(server);
  server.on_bytes(login("sha2", sha2_answer(), "caching_sha2_password"));
  Want want = Want::read;
  std::uint8_t sequence = 3;
  for (int i = 0; i < 20 && want == Want::read; ++i, sequence += 2)
    want = server.on_bytes(packet("02"_hex, sequence));
  CHECK(want == Want::failed);
}

TEST_CASE("a hostile user name is cut in messages", "[protocol][login]") {
  ServerHandshake server;
  start(server);
  drain(server.output());
  CHECK(server.on_bytes(login(std::string(60'000, 'u'), native_answer(), "mysql_native_password")) ==
        Want::failed);
  CHECK(server.failure().message.size() < 200);
}

TEST_CASE("change of user without PLUGIN_AUTH is verified against the last scramble", "[protocol][login]") {
  ByteQueue out;
  std::uint8_t sequence = 0;
  const Blob answer = native_answer();
  const Caps caps = kProtocol41 | kSecureConnection;
  encode_change_user({.user = "native",
                      .auth_response = as_text(answer),
                      .database = "",
                      .collation = 8,
                      .auth_plugin = "",
                      .attributes = ""},
                     caps, out, sequence);
  const Blob payload = to_blob(out.readable().subspan(4));
  ServerHandshake server;
  CHECK(server.start_change_user(payload, 0, caps, kScramble, test_greeting(), few_accounts()) ==
        Want::verified);
  CHECK_FALSE(server.login().has_schema);
  server.accept(2);
  CHECK(drain(server.output()) == packet(ok_payload(), 1));

  for (std::size_t size = 0; size < 10; ++size) {  // up to the end of the name and the answer's length
    ServerHandshake cut;
    CHECK(cut.start_change_user(ExactBuffer(Bytes(payload).first(size)), 0, caps, kScramble, test_greeting(),
                                few_accounts()) == Want::failed);
  }
}

}  // namespace weir
