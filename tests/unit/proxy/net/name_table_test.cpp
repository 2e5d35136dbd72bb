// What is known of names, and the order in which several addresses are tried.
#include "proxy/net/name_table.hpp"

#include <catch2/catch.hpp>

#include "proxy/net/address_tries.hpp"

using namespace weir;

namespace {

Address ip(const char* text, std::uint16_t port = 0) {
  return *Address::from_ip(text, port);
}

}  // namespace

TEST_CASE("only what is neither an address nor a path is a name", "[names]") {
  CHECK(is_name("db1", 3306));
  CHECK(is_name("localhost", 3306));
  CHECK_FALSE(is_name("10.0.0.1", 3306));
  CHECK_FALSE(is_name("fd00::1", 3306));
  CHECK_FALSE(is_name("/run/db.sock", 0));
}

TEST_CASE("an address is elsewhere if its name is known without it, whatever the port", "[names]") {
  const NameTable table({{"db1", {ip("10.0.0.1"), ip("fd00::1")}}});
  CHECK(table.find("db1").size() == 2);
  CHECK(table.find("db2").empty());
  CHECK_FALSE(table.is_elsewhere("db1", ip("10.0.0.1", 3306)));
  CHECK_FALSE(table.is_elsewhere("db1", ip("fd00::1", 3307)));
  CHECK(table.is_elsewhere("db1", ip("10.0.0.2", 3306)));
  CHECK_FALSE(table.is_elsewhere("db2", ip("10.0.0.2", 3306)));
  CHECK_FALSE(NameTable().is_elsewhere("db1", ip("10.0.0.2", 3306)));
}

TEST_CASE("a port changes nothing else of an address", "[names]") {
  CHECK(ip("10.0.0.1", 1).with_port(2) == ip("10.0.0.1", 2));
  CHECK(ip("fd00::1", 1).with_port(0) == ip("fd00::1"));
  const Address path = *Address::from_path("/run/db.sock");
  CHECK(path.with_port(5) == path);
  CHECK(Address().with_port(5) == Address());
}

TEST_CASE("each address gets an equal share of the time that is left, and the last all of it", "[names]") {
  AddressTries tries;
  CHECK_FALSE(tries.any_left());
  const std::vector<Address> three{ip("10.0.0.1"), ip("10.0.0.2"), ip("10.0.0.3")};
  tries.start(three, 1300);
  CHECK(tries.take() == three[0]);
  CHECK(tries.deadline(1000) == 1100);
  CHECK(tries.take() == three[1]);  // the first was refused at once
  CHECK(tries.deadline(1000) == 1150);
  CHECK(tries.any_left());
  CHECK(tries.take() == three[2]);
  CHECK(tries.deadline(1150) == 1300);
  CHECK_FALSE(tries.any_left());
  tries.start({three.data(), 1}, 2000);
  CHECK(tries.take() == three[0]);
  CHECK(tries.deadline(1990) == 2000);
}
