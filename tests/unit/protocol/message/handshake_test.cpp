#include "protocol/message/handshake.hpp"

#include <catch2/catch.hpp>

#include "protocol/wire/status.hpp"
#include "protocol/wire/writer.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/truncations.hpp"

namespace weir {
namespace {

using namespace test;

template <class Encode>
Blob payload_of(Encode&& encode) {
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode(out, sequence);
  return to_blob(out.readable().subspan(4));
}

Blob login_payload(const LoginRequest& login) {
  return payload_of([&](ByteQueue& out, std::uint8_t& sequence) { encode_login(login, out, sequence); });
}

LoginRequest full_login() {
  LoginRequest login;
  login.caps = kLongPassword | kProtocol41 | kSecureConnection | kPluginAuth | kConnectWithDb |
               kConnectAttrs | kPluginAuthLenencData;
  login.max_packet_bytes = 1 << 24;
  login.collation = 45;
  login.user = "app";
  login.auth_response = "12345678901234567890";
  login.database = "shop";
  login.auth_plugin = "mysql_native_password";
  return login;
}

TEST_CASE("captured greetings decode, and encode to the same bytes", "[protocol][handshake][golden]") {
  struct Case {
    const char* file;
    const char* version;
    const char* plugin;
    bool mariadb;
  };
  const Case kCases[] = {
      {"mariadb-10.11.hex", "5.5.5-10.11", "mysql_native_password", true},
      {"mysql-9.7.hex", "9.7", "caching_sha2_password", false},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.file);
    const GoldenFile golden(c.file);
    const GoldenPacket& packet = golden.at("plain.greeting");
    const ExactBuffer payload(packet.payload());
    const auto greeting = decode_greeting(payload);
    REQUIRE(greeting);
    CHECK(greeting->server_version.starts_with(c.version));
    CHECK(greeting->auth_plugin == c.plugin);
    CHECK(greeting->auth_data.size() == kScrambleBytes);
    CHECK((greeting->status & kStatusAutocommit) != 0);
    CHECK((greeting->caps & kRequiredOfClients) == kRequiredOfClients);
    CHECK((greeting->caps >> 32 != 0) == c.mariadb);

    ByteQueue out;
    std::uint8_t sequence = 0;
    encode_greeting(*greeting, out, sequence);
    CHECK(to_blob(out.readable()) == packet.wire);
    CHECK(sequence == 1);

    const std::size_t plugin_starts = payload.bytes().size() - greeting->auth_plugin.size() - 1;
    for_every_shorter(payload, [&](Bytes shorter) {
      CAPTURE(shorter.size());
      const bool only_plugin_is_cut = shorter.size() >= plugin_starts;  // its zero byte was once forgotten
      CHECK(decode_greeting(shorter).has_value() == only_plugin_is_cut);
    });
    CHECK(decode_greeting(with_one_byte_more(payload)).error() == DecodeError::trailing_bytes);
  }
}

TEST_CASE("an error or an old protocol instead of a greeting is told apart",
          "[protocol][handshake][golden]") {
  const GoldenFile golden("mariadb-10.11.hex");
  CHECK(decode_greeting(golden.at("too_many.greeting").payload()).error() == DecodeError::out_of_order);
  CHECK(decode_greeting("09 35 2e 30 00 01 00 00 00"_hex).error() == DecodeError::unsupported);
  CHECK(decode_greeting({}).error() == DecodeError::truncated);
}

TEST_CASE("a greeting carries scrambles of other sizes", "[protocol][handshake]") {
  for (const std::size_t size : {std::size_t{8}, std::size_t{20}, std::size_t{32}, std::size_t{200}}) {
    CAPTURE(size);
    Greeting greeting;
    greeting.server_version = "8.0";
    greeting.caps = kProtocol41 | kSecureConnection | kPluginAuth | kLongPassword;
    greeting.auth_data = std::string(size, 's');
    greeting.auth_plugin = "plugin";
    const Blob payload =
        payload_of([&](ByteQueue& out, std::uint8_t& sequence) { encode_greeting(greeting, out, sequence); });
    const ExactBuffer exact(payload);
    const auto decoded = decode_greeting(exact);
    REQUIRE(decoded);
    CHECK(std::string_view(decoded->auth_data).starts_with(greeting.auth_data));
    if (size >= kScrambleBytes) CHECK(decoded->auth_data == greeting.auth_data);
    CHECK(decoded->auth_plugin == "plugin");
  }
}

TEST_CASE("the captured login decodes, and encodes to the same bytes", "[protocol][handshake][golden]") {
  for (const char* const file : {"mariadb-10.11.hex", "mysql-9.7.hex"}) {
    const GoldenFile golden(file);
    const GoldenPacket& packet = golden.at("tracked.login");
    const ExactBuffer payload(packet.payload());
    const auto login = decode_login(payload);
    REQUIRE(login);
    CHECK(login->user == "root");
    CHECK(login->auth_response.empty());
    CHECK(login->database.empty());
    CHECK(login->collation == 45);
    CHECK(login->auth_plugin.ends_with("_password"));
    CHECK(login_payload(*login) == to_blob(packet.payload()));
  }
}

TEST_CASE("a full login survives, and is refused where a field is cut", "[protocol][handshake]") {
  std::string attributes;
  append_attribute(attributes, "_client_name", "libmysql");
  append_attribute(attributes, "program_name", std::string(300, 'p'));
  LoginRequest login = full_login();
  login.attributes = attributes;
  const ExactBuffer payload(login_payload(login));
  const auto decoded = decode_login(payload);
  REQUIRE(decoded);
  CHECK(decoded->caps == login.caps);
  CHECK(decoded->max_packet_bytes == login.max_packet_bytes);
  CHECK(decoded->user == login.user);
  CHECK(decoded->auth_response == login.auth_response);
  CHECK(decoded->database == login.database);
  CHECK(decoded->auth_plugin == login.auth_plugin);
  CHECK(decoded->attributes == attributes);

  AttributeReader reader(decoded->attributes);
  CHECK(reader.next()->value == "libmysql");
  CHECK(reader.next()->value.size() == 300);
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.error());

  const std::size_t required = 32 + login.user.size() + 1 + 1 + login.auth_response.size();
  const std::size_t attributes_start = payload.bytes().size() - attributes.size() - 3;
  for_every_shorter(payload, [&](Bytes shorter) {
    CAPTURE(shorter.size());
    CHECK(decode_login(shorter).has_value() ==
          (shorter.size() >= required && shorter.size() <= attributes_start));
  });
  CHECK(decode_login(with_one_byte_more(payload)).has_value());  // as servers do
}

TEST_CASE("auth responses of every length pass, in each encoding", "[protocol][handshake]") {
  for (const Caps encoding : {kSecureConnection, kSecureConnection | kPluginAuthLenencData}) {
    for (const std::size_t size :
         {0uz, 1uz, 20uz, 127uz, 128uz, 200uz, 250uz, 251uz, 255uz, 256uz, 70'000uz}) {
      if (size > 255 && !(encoding & kPluginAuthLenencData)) continue;
      CAPTURE(encoding, size);
      const std::string response(size, '\0');
      LoginRequest login = full_login();
      login.caps = kLongPassword | kProtocol41 | kConnectWithDb | kPluginAuth | encoding;
      login.auth_response = response;
      const ExactBuffer payload(login_payload(login));
      const auto decoded = decode_login(payload);
      REQUIRE(decoded);
      CHECK(decoded->auth_response == response);
      CHECK(decoded->database == "shop");
      CHECK(decoded->auth_plugin == "mysql_native_password");
    }
  }
}

TEST_CASE("logins of unusual clients", "[protocol][handshake]") {
  const Blob head = "00 00 00 01 21 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"_hex;
  const auto with_caps = [&](Caps caps, const Blob& tail) {
    Blob payload(4);
    store_le(payload.data(), caps, 4);
    return payload + head + tail;
  };
  SECTION("the response of an old client ends with a zero byte") {
    const Blob payload = with_caps(kLongPassword | kProtocol41 | kConnectWithDb, "61 00 62 63 00 64 00"_hex);
    const auto login = decode_login(payload);
    REQUIRE(login);
    CHECK(login->user == "a");
    CHECK(login->auth_response == "bc");
    CHECK(login->database == "d");
  }
  SECTION("the plugin's name is empty") {
    const Blob payload =
        with_caps(kLongPassword | kProtocol41 | kSecureConnection | kPluginAuth, "61 00 00 00"_hex);
    CHECK(decode_login(payload)->auth_plugin.empty());
  }
  SECTION("the plugin's name is missing") {
    const Blob payload =
        with_caps(kLongPassword | kProtocol41 | kSecureConnection | kPluginAuth, "61 00 00"_hex);
    CHECK(decode_login(payload)->auth_plugin.empty());
  }
  SECTION("the last zero byte is missing") {
    const Blob payload =
        with_caps(kLongPassword | kProtocol41 | kSecureConnection | kConnectWithDb, "61 00 00 64 62"_hex);
    CHECK(decode_login(payload)->database == "db");
  }
  SECTION("the user's name has no end") {
    const Blob payload = with_caps(kLongPassword | kProtocol41 | kSecureConnection, "61 62"_hex);
    CHECK(decode_login(payload).error() == DecodeError::truncated);
  }
  SECTION("the response claims more than there is") {
    const Blob payload = with_caps(kLongPassword | kProtocol41 | kSecureConnection, "61 00 ff 01"_hex);
    CHECK(decode_login(payload).error() == DecodeError::bad_length);
  }
  SECTION("the attributes claim gigabytes") {
    const Blob payload = with_caps(kLongPassword | kProtocol41 | kSecureConnection | kConnectAttrs,
                                   "61 00 00 fe ff ff ff ff 00 00 00 00"_hex);
    CHECK(decode_login(payload).error() == DecodeError::bad_length);
  }
  SECTION("MySQL 4.0's login is told apart") {
    CHECK(decode_login("85 24 00 00 00 6f 6c 64 00"_hex).error() == DecodeError::unsupported);
  }
  SECTION("MariaDB's extended capabilities are read if the client does not claim to be MySQL") {
    Blob payload = with_caps(kProtocol41 | kSecureConnection, "61 00 00"_hex);
    payload[28] = 0x05;
    CHECK(decode_login(payload)->caps ==
          (kProtocol41 | kSecureConnection | kMariaDbProgress | kMariaDbBulkOperations));
    payload[0] |= 1;
    CHECK(decode_login(payload)->caps == (kProtocol41 | kSecureConnection | kLongPassword));
  }
}

TEST_CASE("attributes with a wrong length end with a fault", "[protocol][handshake]") {
  const Blob block = "01 61 01 62 05 63"_hex;
  AttributeReader reader(as_text(block));
  CHECK(reader.next()->name == "a");
  CHECK_FALSE(reader.next());
  CHECK(reader.error() == DecodeError::bad_length);
}

TEST_CASE("a request for TLS is the head of a login", "[protocol][handshake]") {
  const Blob payload = payload_of([](ByteQueue& out, std::uint8_t& sequence) {
    encode_ssl_request(kProtocol41 | kLongPassword, 1 << 24, 45, out, sequence);
  });
  CHECK(payload.size() == kSslRequestBytes);
  CHECK(is_ssl_request(payload));
  for_every_shorter(payload, [](Bytes shorter) { CHECK_FALSE(is_ssl_request(shorter)); });
  CHECK_FALSE(is_ssl_request(with_one_byte_more(payload)));
  Blob plain = payload;
  store_le(plain.data(), kProtocol41, 4);
  CHECK_FALSE(is_ssl_request(plain));
}

TEST_CASE("auth switch requests, with and without the scramble's zero byte", "[protocol][handshake]") {
  const Blob name = "fe"_hex + "caching_sha2_password"_bytes + "00"_hex;
  const Blob scramble = "12345678901234567890"_bytes;
  const Blob zero = name + scramble + "00"_hex;
  CHECK(is_auth_switch(zero));
  for (const Blob& payload : {zero, name + scramble}) {
    const ExactBuffer exact(payload);
    const auto request = decode_auth_switch(exact);
    REQUIRE(request);
    CHECK(request->plugin == "caching_sha2_password");
    CHECK(request->auth_data == as_text(scramble));
    CHECK(payload_of([&](ByteQueue& out, std::uint8_t& sequence) {
            encode_auth_switch(*request, out, sequence);
          }) == zero);
  }
  for_every_shorter(name, [](Bytes shorter) {
    CHECK(decode_auth_switch(shorter).has_value() == (shorter.size() == 1));  // one byte is the old form
  });
  CHECK(decode_auth_switch("fe"_hex)->plugin.empty());
  CHECK(decode_auth_switch("00"_hex).error() == DecodeError::bad_value);
}

TEST_CASE("more data for a plugin", "[protocol][handshake]") {
  const Blob payload = "01 04"_hex;
  CHECK(is_auth_more(payload));
  CHECK(to_blob(*decode_auth_more(payload)) == "04"_hex);
  CHECK(decode_auth_more("01"_hex)->empty());
  CHECK(decode_auth_more("02 04"_hex).error() == DecodeError::bad_value);
  CHECK(decode_auth_more({}).error() == DecodeError::truncated);
  CHECK(payload_of([](ByteQueue& out, std::uint8_t& sequence) {
          encode_auth_more("04"_hex, out, sequence);
        }) == payload);
}

TEST_CASE("a change of user survives, and may end after its database", "[protocol][handshake]") {
  std::string attributes;
  append_attribute(attributes, "a", "1");
  const ChangeUserRequest request{"app", std::string_view("\1\0\2", 3), "shop",
                                  2304,  "mysql_native_password",       attributes};
  const Caps caps = kProtocol41 | kSecureConnection | kPluginAuth | kConnectAttrs;
  const ExactBuffer payload(payload_of(
      [&](ByteQueue& out, std::uint8_t& sequence) { encode_change_user(request, caps, out, sequence); }));
  const auto decoded = decode_change_user(payload, caps);
  REQUIRE(decoded);
  CHECK(decoded->user == request.user);
  CHECK(decoded->auth_response == request.auth_response);
  CHECK(decoded->database == request.database);
  CHECK(decoded->collation == request.collation);
  CHECK(decoded->auth_plugin == request.auth_plugin);
  CHECK(decoded->attributes == attributes);

  const std::size_t required = 1 + 4 + 4;         // code, user, response
  const std::size_t collation_at = required + 5;  // database
  const std::size_t attributes_at = payload.bytes().size() - attributes.size() - 1;
  for_every_shorter(payload, [&](Bytes shorter) {
    CAPTURE(shorter.size());
    const std::size_t size = shorter.size();
    CHECK(decode_change_user(shorter, caps).has_value() ==
          (size >= required && size != collation_at + 1 && size <= attributes_at));
  });
  CHECK(decode_change_user("03"_hex, caps).error() == DecodeError::bad_value);

  const auto old = decode_change_user("11 61 00 70 77 00 00"_hex, kProtocol41);
  REQUIRE(old);
  CHECK(old->collation == 0);
}

}  // namespace
}  // namespace weir
