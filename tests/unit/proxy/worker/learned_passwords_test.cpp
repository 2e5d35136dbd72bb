#include "proxy/worker/learned_passwords.hpp"

#include <catch2/catch.hpp>

#include "protocol/auth/native_password.hpp"
#include "protocol/auth/stored_secret.hpp"

namespace weir {
namespace {

const std::string kNative = native_hash_text("secret");
const std::string kSha2 = *sha2_hash_text("secret", "twenty bytes of salt");

Credentials text(std::string user) {
  return {.user = std::move(user), .cleartext = "secret", .sha1_stage1 = {}};
}
Credentials digest(std::string user) {
  return {.user = std::move(user), .cleartext = {}, .sha1_stage1 = native_password::stage1("secret")};
}

TEST_CASE("what a login has proven is known of its hash only") {
  LearnedPasswords learned;
  CHECK(!learned.find("ann", kSha2));
  CHECK(learned.learn(kSha2, text("ann")));
  CHECK(learned.find("ann", kSha2)->cleartext == "secret");
  CHECK(learned.find("ann", kSha2)->user == "ann");
  CHECK(!learned.find("ann", kNative));
  CHECK(!learned.find("bob", kSha2));
}

TEST_CASE("it is news once; the text is more than its digest, which is not less than nothing") {
  LearnedPasswords learned;
  CHECK(learned.learn(kNative, digest("ann")));
  CHECK(!learned.learn(kNative, digest("ann")));
  CHECK(!learned.find("ann", kNative)->cleartext);
  CHECK(learned.learn(kNative, text("ann")));
  CHECK(!learned.learn(kNative, text("ann")));
  CHECK(!learned.learn(kNative, digest("ann")));
  CHECK(learned.find("ann", kNative)->cleartext == "secret");
  CHECK(learned.find("ann", kNative)->sha1_stage1 == native_password::stage1("secret"));
}

TEST_CASE("what the configuration says in clear text teaches nothing") {
  LearnedPasswords learned;
  CHECK(!learned.learn("secret", text("ann")));
  CHECK(!learned.learn("", text("ann")));
  CHECK(!learned.find("ann", "secret"));
}

TEST_CASE("passwords of before are forgotten, and a successor knows the others") {
  LearnedPasswords learned;
  learned.learn(kSha2, text("ann"));
  learned.learn(kNative, text("ann"));
  learned.learn(kNative, text("bob"));
  learned.keep_only(
      [](const std::string& user, const std::string& stored) { return user == "ann" && stored == kNative; });
  CHECK(!learned.find("ann", kSha2));
  CHECK(!learned.find("bob", kNative));
  LearnedPasswords successor;
  successor.take_over(learned);
  CHECK(successor.find("ann", kNative)->cleartext == "secret");
}

}  // namespace
}  // namespace weir
