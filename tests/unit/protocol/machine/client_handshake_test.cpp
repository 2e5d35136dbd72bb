#include "protocol/machine/client_handshake.hpp"

#include <catch2/catch.hpp>

#include "protocol/auth/caching_sha2.hpp"
#include "protocol/auth/ed25519.hpp"
#include "protocol/auth/native_password.hpp"
#include "protocol/message/handshake.hpp"
#include "tests/support/logins.hpp"
#include "tests/unit/protocol/machine/script_run.hpp"

namespace weir {

using namespace test;

namespace {

using Stage = ClientHandshake::Stage;
using Want = ClientHandshake::Want;

const Scramble kScramble = constant_scramble();
constexpr Caps kServer = kLongPassword | kProtocol41 | kSecureConnection | kPluginAuth |
                         kPluginAuthLenencData | kConnectWithDb | kDeprecateEof | kSessionTrack | kSsl |
                         kConnectAttrs;
constexpr const char* kNative = "mysql_native_password";
constexpr const char* kSha2 = "caching_sha2_password";

Blob greeting(std::string_view plugin, Caps caps = kServer,
              std::string scramble = std::string(as_text(kScramble)),
              std::string_view version = "5.5.5-10.11.6-MariaDB") {
  Greeting message;
  message.server_version = version;
  message.connection_id = 99;
  message.caps = caps;
  message.collation = 45;
  message.status = 2;
  message.auth_data = std::move(scramble);
  message.auth_plugin = plugin;
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode_greeting(message, out, sequence);
  return to_blob(out.readable());
}

Blob native_answer() {
  return to_blob(native_password::answer(kScramble, native_password::stage1("secret")));
}
Blob sha2_answer() {
  return to_blob(caching_sha2::answer(kScramble, "secret"));
}

ConnectRequest request() {
  return {.credentials = password_of("u", "secret"),
          .schema = "db",
          .collation = 224,
          .want = kDeprecateEof,
          .attributes = {}};
}

// The login that request() leads to.
Blob login(std::string_view plugin, const Blob& answer, Caps caps = kServer & ~(kSsl | kSessionTrack)) {
  LoginRequest message;
  message.caps = caps;
  message.max_packet_bytes = 1 << 30;
  message.collation = 224;
  message.user = "u";
  message.auth_response = as_text(answer);
  message.database = "db";
  message.auth_plugin = plugin;
  ByteQueue out;
  std::uint8_t sequence = 1;
  encode_login(message, out, sequence);
  return to_blob(out.readable());
}

Blob auth_switch(std::string_view plugin, std::string_view scramble, std::uint8_t sequence) {
  return packet("fe"_hex + to_blob(as_bytes(plugin)) + "00"_hex + to_blob(as_bytes(scramble)), sequence);
}

void start(ClientHandshake& client) {
  client.start(request());
}

struct Case {
  const char* name;
  Script script;
  const char* plugin;
};

std::vector<Case> cases() {
  const std::string scramble(as_text(kScramble));
  const Blob ok = ok_payload();
  return {
      {"native", {{{}, greeting(kNative)}, {login(kNative, native_answer()), packet(ok, 2)}}, kNative},
      {"sha2, fast",
       {{{}, greeting(kSha2)}, {login(kSha2, sha2_answer()), packet("01 03"_hex, 2)}, {{}, packet(ok, 3)}},
       kSha2},
      {"sha2, fast, in one segment",
       {{{}, greeting(kSha2)}, {login(kSha2, sha2_answer()), packet("01 03"_hex, 2)}, {{}, packet(ok, 3)}},
       kSha2},
      {"switch to sha2, scramble with its zero",
       {{{}, greeting(kNative)},
        {login(kNative, native_answer()), auth_switch(kSha2, scramble + '\0', 2)},
        {packet(sha2_answer(), 3), packet("01 03"_hex, 4)},
        {{}, packet(ok, 5)}},
       kSha2},
      {"switch to native, scramble without its zero",
       {{{}, greeting(kSha2)},
        {login(kSha2, sha2_answer()), auth_switch(kNative, scramble, 2)},
        {packet(native_answer(), 3), packet(ok, 4)}},
       kNative},
      {"a greeting with a plugin we do not have is answered with native",
       {{{}, greeting("dialog")}, {login(kNative, native_answer()), packet(ok, 2)}},
       kNative},
      {"a greeting that wants clear text is answered with native",
       {{{}, greeting("mysql_clear_password")}, {login(kNative, native_answer()), packet(ok, 2)}},
       kNative},
  };
}

ClientHandshake fed(const Blob& wire, Want end = Want::failed) {
  ClientHandshake client;
  start(client);
  CHECK(client.on_bytes(wire) == end);
  return client;
}

// After a native login, the server says `payload`.
ClientHandshake answered(const Blob& payload) {
  ClientHandshake client;
  start(client);
  client.on_bytes(greeting(kNative));
  drain(client.output());
  client.on_bytes(packet(payload, 2));
  return client;
}

}  // namespace

TEST_CASE("client handshake follows its script, in any split", "[protocol][login]") {
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    play_every_split<ClientHandshake>(c.script, Want::done, start);
    ClientHandshake client;
    start(client);
    REQUIRE(play(client, c.script, c.script.size()) == Want::done);
    CHECK(client.stage() == Stage::established);
    CHECK(client.output().empty());
    const Established& established = client.established();
    CHECK(established.plugin == c.plugin);
    CHECK(established.server_version == "5.5.5-10.11.6-MariaDB");
    CHECK(established.connection_id == 99);
    CHECK(established.server_collation == 45);
    CHECK(established.collation == 224);
    CHECK(established.caps == (kServer & ~(kSsl | kSessionTrack)));
    CHECK(established.scramble == kScramble);
  }
}

TEST_CASE("a PROXY header that speaks for us goes ahead of the greeting", "[protocol][login]") {
  for (const int version : {0, 1, 2}) {
    CAPTURE(version);
    ConnectRequest request;
    request.proxy_header = version;
    ClientHandshake handshake;
    handshake.start(request);
    const Bytes sent = handshake.output().readable();
    const Blob wanted = version == 1   ? "PROXY UNKNOWN\r\n"_bytes
                        : version == 2 ? "0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 20 00 00 00"_hex
                                       : Blob{};
    CHECK(Blob(sent.begin(), sent.end()) == wanted);
    CHECK(handshake.stage() == ClientHandshake::Stage::awaiting_greeting);
  }
}

TEST_CASE("an error of the server ends the login at each step, in its own words", "[protocol][login]") {
  for (const Case& c : cases()) {
    CAPTURE(c.name);
    play_disturbed<ClientHandshake>(c.script, err_payload(1045, "28000", "no"), start,
                                    [](ClientHandshake& client, Want want) {
                                      CHECK(want == Want::failed);
                                      CHECK(client.failure().from_server);
                                      CHECK(client.failure().code == 1045);
                                      CHECK(client.failure().sqlstate == "28000");
                                      CHECK(client.failure().message == "no");
                                    });
  }
}

TEST_CASE("anything else ends the login at each step, with a sentence", "[protocol][login]") {
  for (const Case& c : cases()) {
    for (const Blob& garbage :
         {"ff"_hex, "00"_hex, ""_bytes, Blob(300, 0x55), "fe"_hex, "02 78"_hex, "09 31"_hex}) {
      CAPTURE(c.name, hex(garbage));
      play_disturbed<ClientHandshake>(c.script, garbage, start, [](ClientHandshake& client, Want want) {
        CHECK(want == Want::failed);
        CHECK_FALSE(client.failure().from_server);
        CHECK_FALSE(client.failure().message.empty());
      });
    }
  }
}

TEST_CASE("a server that refuses before its greeting is heard, without SQLSTATE", "[protocol][login]") {
  const ClientHandshake client = fed(packet(err_payload(1040, "", "Too many connections"), 0));
  CHECK(client.failure().from_server);
  CHECK(client.failure().code == 1040);
  CHECK(client.failure().sqlstate.empty());
  CHECK(client.failure().message == "Too many connections");
}

TEST_CASE("servers we cannot talk to are named", "[protocol][login]") {
  CHECK(fed(greeting(kNative, kServer & ~kProtocol41)).failure().error == DecodeError::unsupported);
  CHECK(fed(greeting(kNative, kServer, "more than twenty bytes of it")).failure().message ==
        "the scramble in the server's greeting has not 20 bytes");
  CHECK(fed("01 00 01 00"_hex).failure().error == DecodeError::too_large);
  CHECK(fed(packet("0a"_hex, 1)).failure().error == DecodeError::out_of_order);
  const ClientHandshake unknown = answered("fe"_hex + "authentication_ldap_client\0x"_bytes);
  CHECK(unknown.failure().error == DecodeError::auth_failed);
  CHECK(unknown.failure().of_password());
  CHECK_THAT(unknown.failure().message,
             Catch::Contains("authentication plugin 'authentication_ldap_client'"));
  CHECK_THAT(answered("fe"_hex).failure().message, Catch::Contains("MySQL 4.0"));
  CHECK(answered("fe"_hex + "caching_sha2_password\0short\0"_bytes).failure().error ==
        DecodeError::bad_length);
}

TEST_CASE("the password does not leave in clear text on an open connection", "[protocol][login]") {
  ClientHandshake client = answered("fe"_hex + "mysql_clear_password\0"_bytes);
  CHECK(client.stage() == Stage::failed);
  CHECK(client.output().empty());
  CHECK_THAT(client.failure().message, Catch::Contains("not encrypted"));
}

TEST_CASE("client_ed25519 signs what the server sends for it, and wants all of it", "[protocol][login]") {
  const std::string challenge = "0123456789abcdefABCDEF9876543210";
  for (const std::string& end : {std::string(), std::string(1, '\0')}) {
    ClientHandshake client;
    start(client);
    client.on_bytes(greeting(kNative));
    drain(client.output());
    CHECK(client.on_bytes(auth_switch("client_ed25519", challenge + end, 2)) == Want::read);
    CHECK(drain(client.output()) == packet(to_blob(ed25519::sign(as_bytes(challenge), "secret")), 3));
    CHECK(client.on_bytes(packet(ok_payload(), 4)) == Want::done);
    CHECK(client.established().plugin == "client_ed25519");
    CHECK(client.established().scramble == kScramble);
    // A later change of user begins with what that scramble does for.
    ClientHandshake again;
    CHECK(again.start_change_user(request(), client.established()) == Want::read);
    drain(again.output());
    CHECK(again.on_bytes(auth_switch("client_ed25519", challenge, 1)) == Want::read);
    CHECK(drain(again.output()) == packet(to_blob(ed25519::sign(as_bytes(challenge), "secret")), 2));
  }
  for (const std::string& wrong : {std::string(), challenge.substr(1), challenge + "xy"}) {
    CAPTURE(wrong);
    ClientHandshake client;
    start(client);
    client.on_bytes(greeting(kNative));
    drain(client.output());
    CHECK(client.on_bytes(auth_switch("client_ed25519", wrong, 2)) == Want::failed);
    CHECK(client.output().empty());
  }
}

TEST_CASE("full authentication asks for the server's key, and only a key is accepted", "[protocol][login]") {
  const Blob to_sha2 = auth_switch(kSha2, as_text(kScramble), 2);
  ClientHandshake client;
  start(client);
  client.on_bytes(greeting(kNative));
  client.on_bytes(to_sha2);
  drain(client.output());
  CHECK(client.on_bytes(packet("01 04"_hex, 4)) == Want::read);
  CHECK(drain(client.output()) == packet("02"_hex, 5));
  SECTION("a key") {
    CHECK(client.on_bytes(packet("01"_hex + to_blob(as_bytes(test_rsa_key().public_pem())), 6)) ==
          Want::read);
    const Blob sent = drain(client.output());
    CHECK(caching_sha2::decrypt_password(Bytes(sent).subspan(4), kScramble, test_rsa_key()) == "secret");
    CHECK(client.on_bytes(packet(ok_payload(), 8)) == Want::done);
  }
  SECTION("no key") {
    CHECK(client.on_bytes(packet("01"_hex + "-----BEGIN"_bytes, 6)) == Want::failed);
    CHECK(client.output().empty());
  }
}

namespace {

ConnectRequest tls_request() {
  ConnectRequest wanted = request();
  wanted.tls = true;
  return wanted;
}
Blob ssl_request() {
  ByteQueue out;
  std::uint8_t sequence = 1;
  encode_ssl_request(kServer & ~kSessionTrack, 1 << 30, 224, out, sequence);
  return to_blob(out.readable());
}

}  // namespace

TEST_CASE("where TLS is wanted, only the request for it goes in plain", "[protocol][login][tls]") {
  const Blob wire = greeting(kSha2);
  for (std::size_t cut = 0; cut < wire.size(); ++cut) {
    CAPTURE(cut);
    ClientHandshake client;
    client.start(tls_request());
    if (cut > 0) CHECK(client.on_bytes(ExactBuffer(Bytes(wire).first(cut))) == Want::read);
    CHECK(client.on_bytes(ExactBuffer(Bytes(wire).subspan(cut))) == Want::start_tls);
    CHECK(client.stage() == Stage::awaiting_tls);
    CHECK(drain(client.output()) == ssl_request());
    CHECK(client.on_secured() == Want::read);
    Blob expected = login(kSha2, sha2_answer(), kServer & ~kSessionTrack);
    expected[3] = 2;
    CHECK(drain(client.output()) == expected);
    // Full authentication, as on a Unix socket.
    CHECK(client.on_bytes(packet("01 04"_hex, 3)) == Want::read);
    CHECK(drain(client.output()) == packet("secret\0"_bytes, 4));
    CHECK(client.on_bytes(packet(ok_payload(), 5)) == Want::done);
  }
}

TEST_CASE("a server that has no TLS hears nothing of us", "[protocol][login][tls]") {
  ClientHandshake client;
  client.start(tls_request());
  CHECK(client.on_bytes(greeting(kNative, kServer & ~kSsl)) == Want::failed);
  CHECK(client.output().empty());
  CHECK(client.failure().no_tls);
  CHECK(client.failure().message == "the server offers no TLS");
}

TEST_CASE("what a server says in plain behind its greeting ends the login", "[protocol][login][tls]") {
  for (const Blob& behind : {packet(ok_payload(), 2), packet("fe"_hex, 2), "15"_hex}) {
    ClientHandshake client;
    client.start(tls_request());
    CHECK(client.on_bytes(greeting(kNative) + behind) == Want::failed);
    CHECK_FALSE(client.failure().no_tls);
  }
}

TEST_CASE("a server cannot ask for ever", "[protocol][login]") {
  ClientHandshake client;
  start(client);
  client.on_bytes(greeting(kNative));
  Want want = Want::read;
  for (std::uint8_t sequence = 2; sequence < 40 && want == Want::read; sequence += 2) {
    want = client.on_bytes(auth_switch(kNative, as_text(kScramble), sequence));
  }
  CHECK(want == Want::failed);
}

TEST_CASE("a server that goes on after its OK is refused", "[protocol][login]") {
  ClientHandshake client;
  start(client);
  client.on_bytes(greeting(kNative));
  CHECK(client.on_bytes(packet(ok_payload(), 2) + "00"_hex) == Want::failed);
  CHECK(client.failure().error == DecodeError::out_of_order);
}

TEST_CASE("a collation that the login or the server cannot take is replaced, and reported",
          "[protocol][login]") {
  struct Case {
    std::uint16_t wanted;
    const char* version;
    std::uint16_t sent;
  };
  const Case cases[] = {{2048, "9.7.0", 45},
                        {2048, "11.4.2-MariaDB", 45},
                        {255, "9.7.0", 255},
                        {255, "5.5.5-10.11.6-MariaDB", 45}};
  for (const Case& c : cases) {
    CAPTURE(c.wanted, c.version);
    ConnectRequest wide = request();
    wide.collation = c.wanted;
    ClientHandshake client;
    client.start(wide);
    client.on_bytes(greeting(kNative, kServer, std::string(as_text(kScramble)), c.version));
    CHECK(client.on_bytes(packet(ok_payload(), 2)) == Want::done);
    CHECK(client.established().collation == c.sent);
  }
}

TEST_CASE("what cannot be spoken is not asked for", "[protocol][login]") {
  ConnectRequest greedy = request();
  greedy.want = ~Caps{0};
  ClientHandshake client;
  client.start(greedy);
  client.on_bytes(greeting(kNative, Caps{0xffffffff}));
  const Caps refused = kSsl | kCompress | kZstd | kOptionalResultsetMetadata | kMultiFactorAuth;
  CHECK((client.established().caps & refused) == 0);
  CHECK((client.established().caps >> 32) == 0);
  CHECK((client.established().caps & kDeprecateEof) != 0);
}

TEST_CASE("compression is asked for as the server has it", "[protocol][login][compressed]") {
  struct Case {
    Compression wanted;
    Caps offered;
    Caps asked;
  };
  const Case cases[] = {
      {Compression::none, kCompress | kZstd, 0},
      {Compression::zlib, kCompress | kZstd, kCompress},
      {Compression::zstd, kCompress | kZstd, kZstd},
      {Compression::zlib, kZstd, kZstd},
      {Compression::zstd, kCompress, kCompress},
      {Compression::zstd, 0, 0},
      {Compression::zlib, 0, 0},
  };
  for (const Case& c : cases) {
    CAPTURE(to_text(c.wanted), c.offered);
    ConnectRequest wish = request();
    wish.compression = c.wanted;
    wish.compression_level = 7;
    ClientHandshake client;
    client.start(wish);
    client.on_bytes(greeting(kNative, (kServer & ~(kCompress | kZstd)) | c.offered));
    const Blob said = to_blob(client.output().readable());
    const auto login = decode_login(Bytes(said).subspan(kFrameHeaderBytes));
    REQUIRE(login);
    CHECK((login->caps & (kCompress | kZstd)) == c.asked);
    CHECK(login->zstd_level == (c.asked == kZstd ? 7 : 0));
    CHECK(client.on_bytes(packet(ok_payload(), 2)) == Want::done);
    CHECK((client.established().caps & (kCompress | kZstd)) == c.asked);
  }
}

TEST_CASE("without credentials nothing is sent", "[protocol][login]") {
  ConnectRequest nobody = request();
  nobody.credentials.cleartext.reset();
  ClientHandshake client;
  client.start(nobody);
  CHECK(client.on_bytes(greeting(kNative)) == Want::failed);
  CHECK(client.output().empty());
  CHECK(client.failure().message == "neither the password nor its SHA1 is known");
}

}  // namespace weir
