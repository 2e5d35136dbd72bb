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

TEST_CASE("of compression a login gets what was offered, and zlib if it names both",
          "[protocol][login][compressed]") {
  CHECK(compression_of(kClient) == Compression::none);
  CHECK(compression_of(kClient | kCompress) == Compression::zlib);
  CHECK(compression_of(kClient | kZstd) == Compression::zstd);
  CHECK(compression_of(kClient | kZstd | kCompress) == Compression::zlib);
  for (const auto& [level, kept] : {std::pair{1, 1}, {22, 22}, {0, 3}, {23, 3}, {255, 3}}) {
    ServerHandshake server;
    ServerGreeting offer = test_greeting();
    offer.offer |= kZstd;
    server.start(offer, few_accounts());
    server.output().clear();
    LoginRequest said;
    said.caps = kClient | kZstd | kCompress;
    said.user = "plain";
    const Blob answer = native_answer();
    said.auth_response = as_text(answer);
    said.auth_plugin = "mysql_native_password";
    said.zstd_level = static_cast<std::uint8_t>(level);
    ByteQueue wire;
    std::uint8_t sequence = 1;
    encode_login(said, wire, sequence);
    REQUIRE(server.on_bytes(wire.readable()) == Want::verified);
    CHECK(compression_of(server.login().caps) == Compression::zstd);
    CHECK(server.login().compression_level == kept);
  }
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
      {"a packet over 65 KiB", "01 04 01 01"_hex, 1043},
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

namespace {

ServerGreeting tls_greeting() {
  ServerGreeting greeting = test_greeting();
  greeting.offer |= kSsl;
  return greeting;
}

// The login that follows it has the next sequence id.
Blob ssl_request() {
  ByteQueue out;
  std::uint8_t sequence = 1;
  encode_ssl_request(kClient, 1 << 24, 45, out, sequence);
  return to_blob(out.readable());
}
Blob second(Blob login_packet) {
  login_packet[3] = 2;
  return login_packet;
}

}  // namespace

TEST_CASE("a request for TLS is followed by nothing in plain, in any split", "[protocol][login][tls]") {
  // Whatever comes with the request: the beginning of TLS, or what somebody in between has put there.
  for (const Blob& behind : {Blob{}, "16 03 01"_hex, second(login("plain", native_answer(), kNative))}) {
    const Blob wire = ssl_request() + behind;
    for (std::size_t cut = 0; cut < ssl_request().size(); ++cut) {
      CAPTURE(cut, behind.size());
      ServerHandshake server;
      server.start(tls_greeting(), few_accounts());
      drain(server.output());
      if (cut > 0) CHECK(server.on_bytes(ExactBuffer(Bytes(wire).first(cut))) == Want::read);
      CHECK(server.on_bytes(ExactBuffer(Bytes(wire).subspan(cut))) == Want::start_tls);
      CHECK(server.stage() == Stage::awaiting_tls);
      CHECK(server.output().empty());
      CHECK(server.take_rest() == behind);
      CHECK(server.login().credentials.user.empty());
      server.on_secured();
      CHECK(server.take_rest().empty());
      CHECK(server.on_bytes(second(login("tls", native_answer(), kNative, kClient | kSsl))) ==
            Want::verified);
      CHECK(server.login().caps == (kClient | kSsl));
      server.accept(2);
      CHECK(drain(server.output()) == packet(ok_payload(), 3));
    }
  }
}

TEST_CASE("within TLS a password comes as it is", "[protocol][login][tls]") {
  ServerHandshake server;
  server.start(tls_greeting(), few_accounts());
  REQUIRE(server.on_bytes(ssl_request()) == Want::start_tls);
  server.on_secured();
  drain(server.output());
  REQUIRE(server.on_bytes(second(login("sha2", sha2_answer(), kSha2))) == Want::read);
  CHECK(drain(server.output()) == packet("01 04"_hex, 3));
  CHECK(server.on_bytes(packet("secret\0"_bytes, 4)) == Want::verified);
  CHECK(server.login().credentials.cleartext == "secret");
}

TEST_CASE("TLS is asked for once, and nobody has it by saying so", "[protocol][login][tls]") {
  ServerHandshake twice;
  twice.start(tls_greeting(), few_accounts());
  REQUIRE(twice.on_bytes(ssl_request()) == Want::start_tls);
  twice.on_secured();
  CHECK(twice.on_bytes(second(ssl_request())) == Want::failed);

  ServerHandshake liar;
  liar.start(tls_greeting(), few_accounts());
  drain(liar.output());
  CHECK(liar.on_bytes(login("tls", native_answer(), kNative, kClient | kSsl)) == Want::failed);
  CHECK(err_of(drain(liar.output())).message == "Access denied for user 'tls'@'host' (using password: YES)");
  CHECK(liar.failure().reason == "not without TLS (use_ssl)");
  ServerHandshake plain;
  plain.start(tls_greeting(), few_accounts());
  CHECK(plain.on_bytes(login("plain", native_answer(), kNative, kClient | kSsl)) == Want::verified);
  CHECK(plain.login().caps == kClient);
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

namespace {

ServerGreeting asking_greeting() {
  ServerGreeting greeting = test_greeting("caching_sha2_password");
  greeting.asks_before_work = true;
  return greeting;
}

Blob encrypted(std::string_view password) {
  return *caching_sha2::encrypt_password(password, kScramble, test_rsa_key().public_pem());
}

// Up to where the proof is due.
void until_proof(ServerHandshake& server) {
  server.start(asking_greeting(), few_accounts());
  REQUIRE(server.on_bytes(login("sha2", sha2_answer(), kSha2)) == Want::read);
  REQUIRE(server.on_bytes(packet("02"_hex, 3)) == Want::read);  // for the key nobody is asked
  drain(server.output());
}

}  // namespace

TEST_CASE("what takes long waits for leave, in any split, and what comes behind it is kept",
          "[protocol][login]") {
  const Blob behind = packet("0e"_hex, 0);
  const Blob wire = packet(encrypted("secret"), 5) + behind;
  for (std::size_t cut = 0; cut < wire.size(); cut += 7) {
    CAPTURE(cut);
    ServerHandshake server;
    until_proof(server);
    if (cut > 0) {
      const bool is_there = cut >= wire.size() - behind.size();
      CHECK(server.on_bytes(ExactBuffer(Bytes(wire).first(cut))) == (is_there ? Want::judge : Want::read));
    }
    CHECK(server.on_bytes(ExactBuffer(Bytes(wire).subspan(cut))) == Want::judge);
    CHECK(server.stage() == Stage::awaiting_leave);
    CHECK(server.login().credentials.cleartext == std::nullopt);
    CHECK(server.output().empty());
    CHECK(server.go_on() == Want::verified);
    CHECK(server.login().credentials.cleartext == "secret");
    CHECK(server.take_rest() == behind);
    server.accept(2);
    CHECK(drain(server.output()) == packet(ok_payload(), 6));
  }
}

TEST_CASE("a wrong proof with leave is denied, and one without is refused unseen", "[protocol][login]") {
  ServerHandshake wrong;
  until_proof(wrong);
  REQUIRE(wrong.on_bytes(packet(encrypted("wrong"), 5)) == Want::judge);
  CHECK(wrong.go_on() == Want::failed);
  CHECK(err_of(drain(wrong.output())).code == 1045);
  ServerHandshake refused;
  until_proof(refused);
  REQUIRE(refused.on_bytes(packet(encrypted("secret"), 5)) == Want::judge);
  refused.refuse(1129, "HY000", "not now");
  const Blob said = drain(refused.output());
  CHECK(said[3] == 6);
  CHECK(err_of(said).message == "not now");
  CHECK(refused.failure().reason == "refused before the password was looked at");
  CHECK(refused.login().credentials.cleartext == std::nullopt);
}

TEST_CASE("who sends without end behind a proof that waits for leave is broken off", "[protocol][login]") {
  ServerHandshake server;
  until_proof(server);
  REQUIRE(server.on_bytes(packet(encrypted("secret"), 5)) == Want::judge);
  Want want = Want::judge;
  int pieces = 0;
  for (; want == Want::judge && pieces < 100; ++pieces) want = server.on_bytes(Blob(10'000, 0));
  CHECK(want == Want::failed);
  CHECK(pieces == 27);
}

TEST_CASE("what takes no time waits for nothing", "[protocol][login]") {
  struct Quick {
    const char* user;
    Blob answer;
    const char* plugin;
  };
  for (const Quick& quick : {Quick{"plain", native_answer(), kNative},
                             {"native", native_answer(), kNative},
                             {"plain", sha2_answer(), kSha2},
                             {"learned", sha2_answer(), kSha2}}) {
    CAPTURE(quick.user, quick.plugin);
    ServerGreeting greeting = asking_greeting();
    greeting.default_plugin = quick.plugin;
    ServerHandshake server;
    server.start(greeting, few_accounts());
    CHECK(server.on_bytes(login(quick.user, quick.answer, quick.plugin)) == Want::verified);
  }
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
