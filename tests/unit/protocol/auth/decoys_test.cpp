#include "protocol/auth/decoys.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "protocol/auth/sha256_crypt.hpp"

namespace weir {
namespace {

using Kind = StoredSecret::Kind;
using Kinds = std::vector<Kind>;

const std::string kNative = "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7";
const std::string kSha2 = "$A$005$twenty bytes of salt" + std::string(43, 'x');
const std::string kCostlySha2 = "$A$00A$twenty bytes of salt" + std::string(43, 'x');

Account account(std::vector<std::string> stored) {
  Account made{.name = "somebody", .secrets = {}, .must_use_tls = true};
  for (const std::string& text : stored) made.secrets.push_back({parse_stored_secret(text)});
  return made;
}

Kinds kinds_of(const Account& account) {
  Kinds kinds;
  for (const AccountSecret& secret : account.secrets) kinds.push_back(secret.stored.kind);
  return kinds;
}

// How many of a thousand names have which kinds.
std::map<Kinds, int> spread(const Decoys& decoys) {
  std::map<Kinds, int> counts;
  for (int i = 0; i < 1000; ++i) ++counts[kinds_of(decoys.find("user" + std::to_string(i)))];
  return counts;
}

TEST_CASE("without accounts all seem to have a password in clear text", "[protocol][auth]") {
  CHECK(spread(Decoys{}) == std::map<Kinds, int>{{{Kind::plain}, 1000}});
  const std::vector<Account> empty{account({""})};
  CHECK(spread(Decoys(empty)) == std::map<Kinds, int>{{{Kind::plain}, 1000}});
}

TEST_CASE("unknown names have what accounts have, about as often, and always the same", "[protocol][auth]") {
  const std::vector<Account> accounts{account({"secret"}), account({kNative}), account({kNative}),
                                      account({kSha2, kNative})};
  const Decoys decoys(accounts);
  const auto counts = spread(decoys);
  REQUIRE(counts.size() == 3);
  CHECK(counts.at({Kind::plain}) > 150);
  CHECK(counts.at({Kind::native_hash}) > 350);
  CHECK(counts.at({Kind::sha2_hash, Kind::native_hash}) > 150);
  const Decoys again(accounts);
  for (int i = 0; i < 100; ++i) {
    const std::string name = "user" + std::to_string(i);
    CHECK(kinds_of(decoys.find(name)) == kinds_of(again.find(name)));
  }
}

TEST_CASE("an account that may not log in has a decoy of its own kinds", "[protocol][auth]") {
  const std::vector<Account> accounts{account({"secret"}), account({kSha2, kNative}), account({kNative}),
                                      account({""})};
  const Decoys decoys(accounts);
  for (int i = 0; i < 100; ++i) {
    const std::string name = "user" + std::to_string(i);
    for (const Account& there : accounts) {
      const Account& decoy = decoys.like(there, decoys.find(name));
      CHECK(kinds_of(decoy) == kinds_of(there.has_password() ? there : decoys.find(name)));
    }
  }
}

TEST_CASE("accounts come and go, and names that nobody has do not change with them", "[protocol][auth]") {
  std::vector<Account> accounts{account({"secret"}), account({"secret"}), account({"secret"}),
                                account({kNative}),  account({kNative}),  account({kNative}),
                                account({kNative}),  account({kNative})};
  const auto changed = [](const Decoys& before, const Decoys& after) {
    int count = 0;
    for (int i = 0; i < 1000; ++i) {
      const std::string name = "user" + std::to_string(i);
      if (kinds_of(before.find(name)) != kinds_of(after.find(name))) ++count;
    }
    return count;
  };
  const Decoys before(accounts);
  accounts.push_back(account({"another"}));
  accounts.push_back(account({kNative}));
  const Decoys more(accounts);
  CHECK(changed(before, more) == 0);
  accounts.push_back(account({kSha2}));  // the first of its kind: 1 of 4 + 8 + 1
  const Decoys of_three_kinds(accounts);
  const int moved = changed(more, of_three_kinds);
  CHECK(moved > 30);
  CHECK(moved < 130);
  CHECK(spread(of_three_kinds).at({Kind::sha2_hash}) == moved);
}

TEST_CASE("a decoy costs what its like costs, and nobody's password opens it", "[protocol][auth]") {
  const std::vector<Account> accounts{account({kCostlySha2})};
  const Decoys decoys(accounts);
  const AccountSecret& secret = decoys.find("nobody").secrets.at(0);
  CHECK(sha2_kilorounds(secret.stored) == 10);
  CHECK(sha2_kilorounds(parse_stored_secret(kSha2)) == 5);
  CHECK(secret.stored.text != kCostlySha2);
  CHECK(parse_stored_secret(secret.stored.text).kind == Kind::sha2_hash);
  CHECK_FALSE(secret.learned_cleartext);
  CHECK_FALSE(matches(secret.stored, "secret"));
  for (const Kind kind : {Kind::plain, Kind::native_hash}) {
    CHECK(unknown_secret(kind, 0).kind == kind);
    const StoredSecret one = unknown_secret(kind, 0), other = unknown_secret(kind, 0);
    CHECK((one.text != other.text || one.double_sha1 != other.double_sha1));
  }
}

}  // namespace
}  // namespace weir
