// The tables of the wire: capabilities, charsets, our own errors.
#include <catch2/catch.hpp>

#include "protocol/message/response.hpp"
#include "protocol/wire/capabilities.hpp"
#include "protocol/wire/charsets.hpp"
#include "protocol/wire/error_codes.hpp"
#include "tests/support/frames.hpp"

namespace weir {
namespace {

TEST_CASE("what we offer holds what we require, and nothing that changes layouts",
          "[protocol][capabilities]") {
  CHECK((kOfferedToClients & kRequiredOfClients) == kRequiredOfClients);
  CHECK((kOfferedToClients & (kOptionalResultsetMetadata | kMariaDbCacheMetadata | kMariaDbProgress)) == 0);
  CHECK((kOfferedToClients & (kSsl | kCompress | kZstd | kQueryAttributes)) == 0);
  CHECK(kOfferedToClients >> 32 == 0);
  CHECK((kOfferedToClients & kLongPassword) != 0);  // or MariaDB's clients look for extended capabilities
  CHECK((kAskedOfServers & kLongPassword) != 0);
  CHECK((kAskedOfServers & kConnKey) == 0);
  CHECK((kAskedOfServers & kSessionTrack) != 0);
}

TEST_CASE("capabilities have names in logs", "[protocol][capabilities]") {
  CHECK(caps_to_text(0).empty());
  CHECK(caps_to_text(kProtocol41 | kDeprecateEof) == "PROTOCOL_41|DEPRECATE_EOF");
  CHECK(caps_to_text(kRememberOptions | kMariaDbProgress) == "REMEMBER_OPTIONS|MARIADB_PROGRESS");
  CHECK(caps_to_text(Caps{1} << 63) == "bit63");
}

TEST_CASE("collations are found by id and by name", "[protocol][charsets]") {
  struct Case {
    std::uint16_t id;
    const char* name;
    const char* charset;
    int max_bytes;
  };
  const Case kCases[] = {
      {8, "latin1_swedish_ci", "latin1", 1},
      {28, "gbk_chinese_ci", "gbk", 2},
      {33, "utf8mb3_general_ci", "utf8mb3", 3},
      {45, "utf8mb4_general_ci", "utf8mb4", 4},
      {63, "binary", "binary", 1},
      {224, "utf8mb4_unicode_ci", "utf8mb4", 4},
      {255, "utf8mb4_0900_ai_ci", "utf8mb4", 4},
      {323, "utf8mb4_mn_cyrl_0900_as_cs", "utf8mb4", 4},
      {608, "utf8mb4_croatian_ci", "utf8mb4", 4},
      {1270, "utf8mb4_unicode_520_nopad_ci", "utf8mb4", 4},
      {2048, "utf8mb3_uca1400_ai_ci", "utf8mb3", 3},
      {2304, "utf8mb4_uca1400_ai_ci", "utf8mb4", 4},
      {2503, "utf8mb4_uca1400_croatian_nopad_as_cs", "utf8mb4", 4},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.id, c.name);
    const Collation* collation = find_collation(c.id);
    REQUIRE(collation);
    CHECK(collation->name == c.name);
    CHECK(collation->charset->name == c.charset);
    CHECK(collation->charset->max_bytes == c.max_bytes);
  }
  CHECK(find_collation(0) == nullptr);
  CHECK(find_collation(17) == nullptr);
  CHECK(find_collation(65535) == nullptr);
}

TEST_CASE("names of charsets and collations ignore case and know their aliases", "[protocol][charsets]") {
  CHECK(find_collation("UTF8MB4_Bin")->id == 46);
  CHECK(find_collation("utf8_general_ci")->id == 33);
  CHECK(find_collation("utf8mb3_croatian_mysql561_ci")->id == 213);
  CHECK(find_collation("utf8mb3_croatian_ci")->id == 213);
  CHECK(find_collation("utf8mb4_nonsense_ci") == nullptr);
  CHECK(find_collation("") == nullptr);
  CHECK(find_charset("utf8") == find_charset("UTF8MB3"));
  CHECK(find_charset("utf8mb4")->default_collation == 45);
  CHECK(find_charset("utf8x") == nullptr);
  CHECK(find_charset("utf") == nullptr);
}

TEST_CASE("every charset has its default collation, every collation is found again", "[protocol][charsets]") {
  CHECK(all_charsets().size() == 41);
  for (const Charset& charset : all_charsets()) {
    CAPTURE(charset.name);
    const Collation* collation = find_collation(charset.default_collation);
    REQUIRE(collation);
    CHECK(collation->charset == &charset);
    CHECK(charset.max_bytes >= 1);
    CHECK(find_charset(charset.name) == &charset);
  }
  CHECK(all_collations().size() > 1300);
  std::uint16_t last = 0;
  for (const Collation& collation : all_collations()) {
    CAPTURE(collation.id, collation.name);
    CHECK(collation.id >= last);
    last = collation.id;
    const Collation* by_name = find_collation(collation.name);
    REQUIRE(by_name);
    CHECK(by_name->name == collation.name);
    CHECK(find_collation(collation.id)->charset == collation.charset);
    CHECK(collation.name.starts_with(collation.charset->name));
  }
}

TEST_CASE("every error of ours is a well-formed ERR", "[protocol][errors]") {
  CHECK(all_errors().size() == kProxyErrors);
  for (const ErrorSpec& spec : all_errors()) {
    CAPTURE(spec.code, spec.text);
    CHECK(&error_spec(spec.error) == &spec);
    CHECK(spec.sqlstate.size() == 5);
    CHECK(spec.code >= 1000);
    CHECK_FALSE(is_client_code(spec.code));  // MariaDB's client would say "Malformed packet"
    int placeholders = 0;
    for (std::size_t at = spec.text.find("{}"); at != spec.text.npos; at = spec.text.find("{}", at + 2))
      ++placeholders;
    CHECK(placeholders == spec.arguments);

    const std::string text = error_text(spec.error, "first", "second", "third");
    CHECK(text.find("{}") == text.npos);
    CHECK((spec.arguments < 1 || text.find("first") != text.npos));
    CHECK((spec.arguments < 2 || text.find("second") != text.npos));
    CHECK((spec.arguments < 3 || text.find("third") != text.npos));

    ByteQueue out;
    std::uint8_t sequence = 1;
    encode_proxy_error(out, sequence, spec.error, "first", "second", "third");
    const auto payloads = test::payloads_of(out.readable());
    REQUIRE(payloads.size() == 1);
    const auto err = decode_err(payloads[0]);
    REQUIRE(err);
    CHECK(err->code == spec.code);
    CHECK(err->sqlstate == spec.sqlstate);
    CHECK(err->message == text);
  }
}

TEST_CASE("errors that clients look for keep their numbers and words", "[protocol][errors]") {
  CHECK(error_text(ProxyError::access_denied, "app", "10.0.0.1", "YES") ==
        "Access denied for user 'app'@'10.0.0.1' (using password: YES)");
  CHECK(error_text(ProxyError::no_backend_in_time, 1, 10000, "why") ==
        "Max connect timeout reached while reaching hostgroup 1 after 10000ms: why");
  CHECK(error_spec(ProxyError::no_backend_in_time).code == 9001);
  CHECK(error_spec(ProxyError::too_many_connections).sqlstate == "08004");
  for (const ProxyError lost : {ProxyError::backend_lost, ProxyError::backend_lost_in_transaction}) {
    CHECK(error_spec(lost).code == 1927);
    CHECK(error_spec(lost).sqlstate == "08S01");
    CHECK(error_text(lost, "reset", "db1:3306", 7)
              .starts_with("Lost connection to server during query (reset, server db1:3306, hostgroup 7)"));
  }
}

TEST_CASE("an error with too few arguments shows its bare text", "[protocol][errors]") {
  CHECK(error_text(ProxyError::unknown_database) == "Unknown database '{}'");
}

}  // namespace
}  // namespace weir
