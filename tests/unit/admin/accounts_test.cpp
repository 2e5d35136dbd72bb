#include "admin/accounts.hpp"

#include <catch2/catch.hpp>

namespace weir::test {
namespace {

struct Case {
  const char* name;
  const char* administrators;
  const char* readers;
  const char* user;
  const char* expected;  // "none", or what the account may do and from where
};

const Case kCases[] = {
    {"the shipped administrator", "admin:admin", "stats:stats", "admin", "admin, local"},
    {"the shipped reader", "admin:admin", "stats:stats", "stats", "stats, local"},
    {"a changed password", "admin:x", "", "admin", "admin, anywhere"},
    {"no password", "admin:", "", "admin", "admin, local"},
    {"the name as password, hashed", "admin:*4ACFE3202A5FF5CF467898FC58AAB1D615029441", "", "admin",
     "admin, local"},
    {"a hash", "admin:*14E65567ABDB5135D0CFD9A70B3032C179A49EE7", "", "admin", "admin, anywhere"},
    {"a name in both lists", "dba:x", "dba:y", "dba", "admin, anywhere"},
    {"a name that is not there", "admin:admin", "stats:stats", "Admin", "none"},
    {"colons in a password", "a:b:c", "", "a", "admin, anywhere"},
};

TEST_CASE("accounts by name: what they may do, and from where") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const auto accounts = AdminAccounts::parse(c.administrators, c.readers);
    REQUIRE(accounts.has_value());
    const AdminAccount* found = accounts->find_admin(c.user);
    std::string text = "none";
    if (found != nullptr) {
      text =
          std::string(found->stats_only ? "stats" : "admin") + (found->local_only ? ", local" : ", anywhere");
    }
    CHECK(text == c.expected);
    CHECK((accounts->find(c.user) != nullptr) == (found != nullptr));
  }
}

TEST_CASE("lists that nobody could log in with, or that cannot be read, are refused by name") {
  CHECK(AdminAccounts::parse("", "stats:stats").error().starts_with("admin-admin_credentials: "));
  CHECK(AdminAccounts::parse("admin", "").error().starts_with("admin-admin_credentials: "));
  CHECK(AdminAccounts::parse("admin:admin", "stats").error().starts_with("admin-stats_credentials: "));
}

TEST_CASE("this machine is a socket or a loopback address") {
  CHECK(is_local(*Address::from_path("/run/weir.sock")));
  CHECK(is_local(*Address::from_ip("127.0.0.1", 1)));
  CHECK(is_local(*Address::from_ip("127.8.9.10", 1)));
  CHECK(is_local(*Address::from_ip("::1", 1)));
  CHECK(is_local(*Address::from_ip("::ffff:127.0.0.1", 1)));
  CHECK_FALSE(is_local(*Address::from_ip("10.0.0.1", 1)));
  CHECK_FALSE(is_local(*Address::from_ip("1.127.0.1", 1)));
  CHECK_FALSE(is_local(*Address::from_ip("fe80::1", 1)));
}

}  // namespace
}  // namespace weir::test
