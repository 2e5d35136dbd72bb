// Where clients come from, and what load balancers say of it.
#include "proxy/session/client_origin.hpp"

#include <catch2/catch.hpp>

#include "proxy/session/introduction.hpp"
#include "tests/support/hex.hpp"

namespace weir::test {
namespace {

using Want = Introduction::Want;

const Blob kLine = "PROXY TCP4 10.0.0.9 10.0.0.1 51234 3306\r\n"_bytes;
const Blob kLogin = "\x55\x00\x00\x01 a login"_bytes;

ClientOrigin from_balancer() {
  return ClientOrigin::of(*Address::from_ip("192.168.0.5", 40000), *Address::from_ip("192.168.0.1", 6033));
}

TEST_CASE("a client comes by TCP or by a Unix socket", "[origin]") {
  const ClientOrigin tcp = from_balancer();
  CHECK(tcp.name() == "192.168.0.5:40000");
  CHECK(tcp.host() == "192.168.0.5");
  CHECK(tcp.proxy_address == "192.168.0.1");
  CHECK(tcp.proxy_port == 6033);
  CHECK_FALSE(tcp.is_local);
  const ClientOrigin v6 =
      ClientOrigin::of(*Address::from_ip("fd00::9", 40000), *Address::from_ip("fd00::1", 6033));
  CHECK(v6.name() == "[fd00::9]:40000");
  const ClientOrigin local =
      ClientOrigin::of(*Address::from_path("/client"), *Address::from_path("/run/weir.sock"));
  CHECK(local.name() == "localhost");
  CHECK(local.host() == "localhost");
  CHECK(local.address.empty());
  CHECK(local.proxy_address == "/run/weir.sock");
  CHECK(local.is_local);
}

TEST_CASE("whom a load balancer introduces has his own address, as addresses are written here", "[origin]") {
  struct Row {
    const char *source, *name;
  };
  for (const Row& row : {Row{"10.0.0.9", "10.0.0.9:51234"}, Row{"::ffff:10.0.0.9", "10.0.0.9:51234"},
                         Row{"FD00:0::0009", "[fd00::9]:51234"}}) {
    CAPTURE(row.source);
    ClientOrigin origin = from_balancer();
    origin.introduce({.has_addresses = true,
                      .source = row.source,
                      .destination = "10.0.0.1",
                      .source_port = 51234,
                      .destination_port = 3306});
    CHECK(origin.name() == row.name);
    CHECK(origin.load_balancer == "192.168.0.5:40000");
    CHECK(origin.proxy_address == "192.168.0.1");  // ours, and not where the client has gone to
    CHECK(origin.proxy_port == 6033);
  }
  ClientOrigin origin = from_balancer();
  origin.introduce({});
  CHECK(origin.name() == "192.168.0.5:40000");
  CHECK(origin.load_balancer.empty());
}

TEST_CASE("an introduction comes in any pieces, and what follows it is kept", "[origin]") {
  const Blob block =
      "0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a 21 11 00 0c 0a 00 00 09 0a 00 00 01 c8 22 0c ea"_hex;
  for (const Blob& header : {kLine, block}) {
    const Blob all = header + kLogin;
    for (std::size_t size = 1; size < all.size(); ++size) {
      CAPTURE(header.size(), size);
      Introduction introduction;
      const Want first = introduction.on_bytes(Bytes(all).first(size));
      CHECK(first == (size < header.size() ? Want::read : Want::done));
      if (first == Want::read) REQUIRE(introduction.on_bytes(Bytes(all).subspan(size)) == Want::done);
      REQUIRE(introduction.header().has_value());
      CHECK(introduction.header()->source == "10.0.0.9");
      CHECK(introduction.header()->source_port == 51234);
      const std::size_t followed = (first == Want::read ? all.size() : size) - header.size();
      CHECK(Blob(introduction.rest().begin(), introduction.rest().end()) ==
            Blob(kLogin.begin(), kLogin.begin() + static_cast<long>(followed)));
    }
  }
}

TEST_CASE("who says nothing of the kind loses nothing", "[origin]") {
  // A login of 80 bytes begins like a header.
  for (const Blob& login : {kLogin, "\x50\x00\x00\x01 a login"_bytes, "\x0d\x0a\x00\x01 a login"_bytes}) {
    for (std::size_t size = 1; size < login.size(); ++size) {
      Introduction introduction;
      Want want = introduction.on_bytes(Bytes(login).first(size));
      if (want == Want::read) want = introduction.on_bytes(Bytes(login).subspan(size));
      const std::size_t taken = introduction.rest().size();
      REQUIRE(want == Want::done);
      CHECK_FALSE(introduction.header().has_value());
      CHECK(Blob(introduction.rest().begin(), introduction.rest().end()) ==
            Blob(login.begin(), login.begin() + static_cast<long>(taken)));
    }
  }
}

TEST_CASE("a header that is none ends it, and no length that is claimed is waited for", "[origin]") {
  const Blob block = "0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a"_hex;
  for (const Blob& bad : {"PROXY TCP4 10.0.0.9\r\n"_bytes, "PROXY TCP4 x 10.0.0.1 1 2\r\n"_bytes,
                          "PROXY "_bytes + Blob(200, 'x'), block + "21 11 ff ff"_hex,
                          block + "11 11 00 0c"_hex, block + "21 11 00 04 0a 00 00 09"_hex}) {
    CAPTURE(bad.size());
    Introduction introduction;
    CHECK(introduction.on_bytes(bad) == Want::failed);
  }
}

TEST_CASE("who is believed says the variable", "[origin]") {
  Settings settings;
  CHECK_FALSE(Introduction::is_possible(settings, "10.0.0.9"));
  settings.proxy_protocol_networks = "10.0.0.0/8";
  CHECK(Introduction::is_possible(settings, "10.0.0.9"));
  CHECK_FALSE(Introduction::is_possible(settings, "11.0.0.9"));
  CHECK_FALSE(Introduction::is_possible(settings, ""));
  settings.proxy_protocol_networks = "*";
  CHECK(Introduction::is_possible(settings, "11.0.0.9"));
  CHECK_FALSE(Introduction::is_possible(settings, ""));
}

}  // namespace
}  // namespace weir::test
