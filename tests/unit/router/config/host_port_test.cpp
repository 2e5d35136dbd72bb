#include "router/config/host_port.hpp"

#include <catch2/catch.hpp>

using namespace weir;

TEST_CASE("addresses as operators write them", "[router][config][host_port]") {
  struct Case {
    const char* text;
    std::uint16_t default_port;
    const char* host;  // null = refused
    std::uint16_t port;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"10.0.0.1:3307", 3306, "10.0.0.1", 3307},
           {" db1 ", 3306, "db1", 3306},
           {"db1:1", 0, "db1", 1},
           {"db1:65535", 0, "db1", 65535},
           {"[::1]:3306", 0, "::1", 3306},
           {"[fe80::1%eth0]", 3306, "fe80::1%eth0", 3306},
           {"/run/mysqld/mysqld.sock", 3306, "/run/mysqld/mysqld.sock", 0},
           {"db1", 0, nullptr, 0},
           {"", 3306, nullptr, 0},
           {":3306", 3306, nullptr, 0},
           {"db1:0", 3306, nullptr, 0},
           {"db1:65536", 3306, nullptr, 0},
           {"db1:", 3306, nullptr, 0},
           {"db1:33x", 3306, nullptr, 0},
           {"::1", 3306, nullptr, 0},
           {"[::1", 3306, nullptr, 0},
           {"[::1]3306", 3306, nullptr, 0},
           {"[]:3306", 3306, nullptr, 0},
           {"[/run/s.sock]", 3306, nullptr, 0},
           {"[[::1]", 3306, nullptr, 0},
           {"[db1]:3306", 3306, nullptr, 0},
           {"[fe80::1%/x]", 3306, nullptr, 0},
           {"db 1:3306", 3306, nullptr, 0},
       }) {
    CAPTURE(c.text);
    const auto address = parse_host_port(c.text, c.default_port);
    REQUIRE(address.has_value() == (c.host != nullptr));
    if (!address) {
      CHECK_THAT(address.error(), Catch::Contains("allowed are"));
      continue;
    }
    CHECK(address->host == c.host);
    CHECK(address->port == c.port);
    CHECK(parse_host_port(to_text(*address), 0) == *address);
  }
  CHECK(parse_host_port("/" + std::string(106, 'x'), 0).has_value());
  CHECK_FALSE(parse_host_port("/" + std::string(107, 'x'), 0).has_value());
}
