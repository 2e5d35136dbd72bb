#include "router/config/credentials.hpp"

#include <catch2/catch.hpp>

using namespace weir;

TEST_CASE("lists of accounts are read as operators write them", "[router][config][credentials]") {
  struct Case {
    const char* text;
    std::vector<Credential> accounts;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", {}},
           {" ; ", {}},
           {"admin:admin", {{"admin", "admin"}}},
           {"admin:admin;radmin:pass;", {{"admin", "admin"}, {"radmin", "pass"}}},
           {" a:x ; b: ", {{"a", "x"}, {"b", ""}}},
           {"a:x:y", {{"a", "x:y"}}},
       }) {
    CAPTURE(c.text);
    const auto accounts = parse_credentials(c.text);
    REQUIRE(accounts.has_value());
    CHECK(*accounts == c.accounts);
  }
}

TEST_CASE("what is no list of accounts is refused without showing a password",
          "[router][config][credentials]") {
  for (const char* text : {"s3cret", ":s3cret", "a:b;s3cret", "a:s3cret;a:other"}) {
    CAPTURE(text);
    const auto accounts = parse_credentials(text);
    REQUIRE_FALSE(accounts.has_value());
    CHECK_THAT(accounts.error(), !Catch::Contains("s3cret"));
  }
}
