#include "proxy/pool/refused_passwords.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

Credentials two(const std::string& first, const std::string& other) {
  Credentials credentials{.user = "ann", .cleartext = first, .sha1_stage1 = {}};
  credentials.other =
      std::make_shared<const Credentials>(Credentials{.user = "ann", .cleartext = other, .sha1_stage1 = {}});
  return credentials;
}

std::string order(const Credentials& credentials) {
  return *credentials.cleartext + (credentials.other ? "," + *credentials.other->cleartext : "");
}

TEST_CASE("the password that was refused last is the second to be tried") {
  RefusedPasswords refused;
  CHECK(order(refused.in_order(two("new", "old"))) == "new,old");
  refused.note(two("new", "old"));
  CHECK(order(refused.in_order(two("new", "old"))) == "old,new");
  CHECK(order(refused.in_order(two("old", "new"))) == "old,new");
  refused.note(two("old", "new"));
  CHECK(order(refused.in_order(two("new", "old"))) == "new,old");
  CHECK_FALSE(other_of(two("new", "old")).other);
}

TEST_CASE("what was refused is of one user, and of that password") {
  RefusedPasswords refused;
  refused.note(two("new", "old"));
  Credentials other_user = two("new", "old");
  other_user.user = "bob";
  CHECK(order(refused.in_order(other_user)) == "new,old");
  CHECK(order(refused.in_order(two("newer", "new"))) == "newer,new");
}

TEST_CASE("an account with one password has nothing to be remembered") {
  RefusedPasswords refused;
  refused.note({.user = "ann", .cleartext = "new", .sha1_stage1 = {}});
  CHECK(order(refused.in_order(two("new", "old"))) == "new,old");
  CHECK(order(refused.in_order({.user = "ann", .cleartext = "new", .sha1_stage1 = {}})) == "new");
}

TEST_CASE("a password of which only its SHA1 is known is told apart as well") {
  RefusedPasswords refused;
  Credentials digest{.user = "ann", .cleartext = {}, .sha1_stage1 = Sha1{1}};
  digest.other =
      std::make_shared<const Credentials>(Credentials{.user = "ann", .cleartext = "text", .sha1_stage1 = {}});
  refused.note(digest);
  CHECK(refused.in_order(digest).cleartext == "text");
  digest.sha1_stage1 = Sha1{2};
  CHECK_FALSE(refused.in_order(digest).cleartext);
}

}  // namespace
}  // namespace weir
