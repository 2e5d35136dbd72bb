#include "proxy/net/address.hpp"

#include <fmt/format.h>
#include <netinet/in.h>

#include <catch2/catch.hpp>

#include "proxy/net/error.hpp"
#include "proxy/net/task.hpp"

using namespace weir;

TEST_CASE("endpoints are read as people write them", "[net][address]") {
  struct Case {
    const char* text;
    Endpoint expected;
    const char* numeric;  // null: a name
  };
  const Case kCases[] = {
      {"1.2.3.4:6033", {"1.2.3.4", 6033, {}}, "1.2.3.4:6033"},
      {"[::1]:6033", {"::1", 6033, {}}, "[::1]:6033"},
      {"[2001:db8::5]", {"2001:db8::5", 3306, {}}, "[2001:db8::5]:3306"},
      {"db-1.example.com:3307", {"db-1.example.com", 3307, {}}, nullptr},
      {"db_2", {"db_2", 3306, {}}, nullptr},
      {":6033", {"", 6033, {}}, "0.0.0.0:6033"},
      {"*:6033", {"*", 6033, {}}, "0.0.0.0:6033"},
      {"127.0.0.1:0", {"127.0.0.1", 0, {}}, "127.0.0.1:0"},
      {"  10.0.0.1:65535\t", {"10.0.0.1", 65535, {}}, "10.0.0.1:65535"},
      {"/run/mysqld/mysqld.sock", {"", 0, "/run/mysqld/mysqld.sock"}, "/run/mysqld/mysqld.sock"},
      {"/tmp/a:b.sock", {"", 0, "/tmp/a:b.sock"}, "/tmp/a:b.sock"},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.text);
    const auto endpoint = parse_endpoint(c.text, 3306);
    REQUIRE(endpoint);
    CHECK(*endpoint == c.expected);
    REQUIRE(endpoint->numeric().has_value() == (c.numeric != nullptr));
    if (c.numeric) CHECK(endpoint->numeric()->text() == c.numeric);
    CHECK(*parse_endpoint(endpoint->text(), 1) == *endpoint);
  }
}

TEST_CASE("what is no endpoint is refused with the reason", "[net][address]") {
  const std::string long_path = "/" + std::string(107, 'x');
  const std::pair<std::string, const char*> kCases[] = {
      {"", "is empty"},
      {"   ", "is empty"},
      {"host", "the port is missing"},
      {"[::1]", "the port is missing"},
      {"host:", "not in 0..65535"},
      {"host:65536", "not in 0..65535"},
      {"host:-1", "not in 0..65535"},
      {"host:33x", "not in 0..65535"},
      {"host: 33", "not in 0..65535"},
      {"::1", "written in brackets"},
      {"::1:6033", "written in brackets"},
      {"[::1:6033", "not closed"},
      {"[1.2.3.4]:6033", "not an IPv6 address"},
      {"[xyz]:6033", "not an IPv6 address"},
      {"[::1]6033", "only a port"},
      {"ho st:1", "a character"},
      {"h\xc3\xb6st:1", "a character"},
      {long_path, "at most 107 bytes"},
  };
  for (const auto& [text, reason] : kCases) {
    CAPTURE(text);
    const auto endpoint = parse_endpoint(text);
    REQUIRE_FALSE(endpoint);
    CHECK_THAT(endpoint.error(), Catch::Contains(reason));
    CHECK_THAT(endpoint.error(), Catch::Contains("allowed are"));
  }
}

TEST_CASE("lists of interfaces", "[net][address]") {
  const auto list = parse_endpoints(" 0.0.0.0:6033 ;/tmp/weir.sock;; [::1]:6033,host:1; ");
  REQUIRE(list);
  REQUIRE(list->size() == 4);
  CHECK((*list)[1].path == "/tmp/weir.sock");
  CHECK((*list)[3].host == "host");
  CHECK(parse_endpoints("")->empty());
  CHECK_THAT(parse_endpoints("a:1;b").error(), Catch::Contains("\"b\": the port is missing"));
}

TEST_CASE("an address names itself", "[net][address]") {
  CHECK(Address().text() == "none");
  CHECK(Address::from_ip("10.0.0.1", 3306)->port() == 3306);
  CHECK(Address::from_ip("fe80::1", 1)->ip() == "fe80::1");
  const Address mapped = *Address::from_ip("::ffff:10.0.0.1", 5);
  CHECK(mapped.ip() == "10.0.0.1");  // rules speak of clients by their IPv4 address
  CHECK(mapped.family() == AF_INET6);
  CHECK(Address::from_path("/tmp/x")->text() == "/tmp/x");
  CHECK(Address::from_path("/tmp/x")->ip().empty());
}

TEST_CASE("an IPv4 address reads as it was written", "[net][address]") {
  for (const char* text : {"0.0.0.0", "10.0.0.9", "127.0.0.1", "192.168.100.20", "255.255.255.255"})
    CHECK(Address::from_ip(text, 3306)->ip() == text);
  for (int part = 0; part < 256; ++part) {
    const std::string text = fmt::format("1.{0}.2.{0}", part);
    CHECK(Address::from_ip(text, 1)->ip() == text);
  }
}

TEST_CASE("what is no address is none", "[net][address]") {
  for (const char* ip : {"", "1.2.3", "1.2.3.4.5", "256.0.0.1", "localhost", "[::1]", "::g"}) {
    CAPTURE(ip);
    CHECK_FALSE(Address::from_ip(ip, 1));
  }
  CHECK_FALSE(Address::from_ip(std::string_view("1.2.3.4\0x", 9), 1));
  CHECK_FALSE(Address::from_path(""));
  CHECK_FALSE(Address::from_path(std::string(108, 'x')));
  CHECK(Address::from_path(std::string(107, 'x'))->path().size() == 107);
  CHECK_FALSE(Address::from_path(std::string_view("a\0b", 3)));
}

TEST_CASE("the system's raw addresses of any size are read safely", "[net][address]") {
  sockaddr_storage raw{};
  raw.ss_family = AF_UNIX;
  const auto as_raw = reinterpret_cast<const sockaddr*>(&raw);
  CHECK(Address::from_raw(as_raw, sizeof(sa_family_t)).text() == "unix");
  CHECK(Address::from_raw(as_raw, sizeof(sockaddr_storage) + 50).text() == "unix");
  CHECK(Address::peer_of(-1).text() == "none");
  CHECK(Address::local_of(-1) == Address());
}

TEST_CASE("addresses compare by value", "[net][address]") {
  CHECK(Address::from_ip("1.2.3.4", 5) == Address::from_ip("1.2.3.4", 5));
  CHECK_FALSE(Address::from_ip("1.2.3.4", 5) == Address::from_ip("1.2.3.4", 6));
  CHECK_FALSE(*Address::from_ip("1.2.3.4", 5) == *Address::from_path("/tmp/x"));
}

TEST_CASE("errors read as phrases", "[net][error]") {
  CHECK(NetError{}.end_of_stream());
  CHECK(NetError{}.text() == "the peer closed the connection");
  CHECK(NetError{ECONNRESET}.text() == "Connection reset by peer");
  CHECK(NetError{99999}.text() == "unknown error");
  CHECK(NetError{-3008}.text() == "unknown node or service");  // libuv's EAI_NONAME
}

TEST_CASE("a task carries what cannot be copied", "[net][task]") {
  int sum = 0;
  Task task([&sum, owned = std::make_unique<int>(3)] { sum += *owned; });
  Task moved = std::move(task);
  CHECK(static_cast<bool>(moved));
  moved();
  moved();
  CHECK(sum == 6);
  CHECK_FALSE(static_cast<bool>(Task()));
}
