#include "protocol/auth/stored_secret.hpp"

#include <catch2/catch.hpp>

#include "protocol/auth/sha256_crypt.hpp"

namespace weir {

namespace {

using Kind = StoredSecret::Kind;

// Of a MySQL 9.7.4 server: SELECT HEX(authentication_string) FROM mysql.user.
constexpr const char* kMysqlApp =
    "2441243030412410582577596D411E402C6548585930626A45290142314274584E5A7A5534346D614C756B583751554B6B497052"
    "6842"
    "4B44414C79786D665A426C3036317A43";
constexpr const char* kMysqlLong =
    "2441243030412413777B257975730504210E781909383F6F737A7F394E784E4F6373612F2F796F6478306C396F625A33"
    "6E724864616F586D3839446658752E414C4E5A586738";

std::string hashed(std::string_view password, std::string_view salt) {
  return "$A$005$" + std::string(salt) + sha256_crypt(password, salt, 5000);
}

}  // namespace

TEST_CASE("stored secrets are told apart by their form, and match their password only", "[protocol][auth]") {
  const std::string own = hashed("secret", "twenty bytes of salt");
  const struct {
    const char* name;
    std::string text;
    Kind kind;
    const char* password;
  } cases[] = {
      {"empty", "", Kind::empty, ""},
      {"plain", "secret", Kind::plain, "secret"},
      {"double sha1", "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7", Kind::native_hash, "secret"},
      {"double sha1 in lower case", "*14e65567abdb5135d0cfd9a70b3032c179a49ee7", Kind::native_hash, "secret"},
      {"a star and too few digits is a password", "*14E65567", Kind::plain, "*14E65567"},
      {"a star and other letters is a password", "*ZZE65567ABDB5135D0CFD9A70B3032C179A49EE7", Kind::plain,
       "*ZZE65567ABDB5135D0CFD9A70B3032C179A49EE7"},
      {"sha2", own, Kind::sha2_hash, "secret"},
      {"a real server's, in hex", kMysqlApp, Kind::sha2_hash, "app"},
      {"a real server's, in hex with 0x", "0x" + std::string(kMysqlApp), Kind::sha2_hash, "app"},
      {"a real server's, password longer than a digest", kMysqlLong, Kind::sha2_hash,
       "correct horse battery staple, and more than thirty-two"},
      {"$A$ of another size is a password", "$A$005$short", Kind::plain, "$A$005$short"},
      {"hex of something else is a password", "0x4142", Kind::plain, "0x4142"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.name);
    const StoredSecret secret = parse_stored_secret(c.text);
    CHECK(secret.kind == c.kind);
    CHECK(matches(secret, c.password));
    CHECK_FALSE(matches(secret, std::string(c.password) + "x"));
    if (c.kind != Kind::empty) CHECK_FALSE(matches(secret, ""));
  }
}

TEST_CASE("$A$ with rounds that are no number, or zero, is a password", "[protocol][auth]") {
  std::string text = hashed("secret", "twenty bytes of salt");
  for (const char* rounds : {"0x5", "000", "-05", "g00", "  5"}) {
    CAPTURE(rounds);
    text.replace(3, 3, rounds);
    CHECK(parse_stored_secret(text).kind == Kind::plain);
  }
}

TEST_CASE("a password too long for the plugin is wrong, and costs nothing", "[protocol][auth]") {
  const std::string too_long(257, 'p');
  CHECK_FALSE(matches(parse_stored_secret(hashed(too_long, "twenty bytes of salt")), too_long));
  const std::string longest(256, 'p');
  CHECK(matches(parse_stored_secret(hashed(longest, "twenty bytes of salt")), longest));
}

TEST_CASE("sha256_crypt gives the algorithm's published results", "[protocol][auth]") {
  const struct {
    const char* password;
    const char* salt;
    unsigned rounds;
    const char* hash;
  } cases[] = {
      {"Hello world!", "saltstring", 5000, "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
      {"Hello world!", "saltstringsaltst", 10000, "3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"},
      {"a very much longer text to encrypt.  This one even stretches over morethan one line.",
       "saltstringsaltst", 5000, "gLl2ijR5xacVyGj.s7X9fnVkkwHUdYIj7sOOeOzeXW2"},
  };
  for (const auto& c : cases) CHECK(sha256_crypt(c.password, c.salt, c.rounds) == c.hash);
}

}  // namespace weir
