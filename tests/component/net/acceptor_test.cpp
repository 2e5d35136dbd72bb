#include "proxy/net/acceptor.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/component/net/net_support.hpp"
#include "tests/component/net/no_more_descriptors.hpp"

using namespace weir;
using namespace weir::test;

namespace {

bool listens(Loop& loop, const Address& address) {
  return Listener(loop, address).complaint.empty();
}

}  // namespace

TEST_CASE("port 0 is replaced by the port the system chose", "[net][acceptor]") {
  Loop loop;
  Listener listener(loop, loopback());
  CHECK(listener.acceptor.local().port() != 0);
  CHECK(listener.acceptor.local().ip() == "127.0.0.1");
}

TEST_CASE("IPv4 and IPv6 listen on one port", "[net][acceptor]") {
  Loop loop;
  Listener v4(loop, *Address::from_ip("0.0.0.0", 0));
  Listener v6(loop, *Address::from_ip("::", v4.acceptor.local().port()));
  CHECK(v6.complaint == "");
}

TEST_CASE("a taken port is named in the complaint", "[net][acceptor]") {
  Loop loop;
  Listener first(loop, loopback());
  Listener second(loop, first.acceptor.local());
  CHECK(second.complaint == "cannot listen on " + first.acceptor.local().text() + ": Address already in use");
  CHECK_FALSE(second.acceptor.listening());
}

TEST_CASE("a socket's file is replaced only if nobody answers on it", "[net][acceptor]") {
  Loop loop;
  const TemporaryDirectory directory;
  const std::string path = (directory.path / "weir.sock").string();
  const Address address = *Address::from_path(path);

  SECTION("a live listener keeps it") {
    Listener first(loop, address);
    CHECK_FALSE(listens(loop, address));
    Peer client(loop);
    client.channel->connect(address);
    CHECK(run_until(loop, [&] { return client.connected == 1; }));
  }
  SECTION("a dead one's is replaced") {
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(dead, address.raw(), address.raw_size()) == 0);
    ::close(dead);
    CHECK(listens(loop, address));
  }
  SECTION("another kind of file stays") {
    std::ofstream(path) << "precious";
    CHECK_FALSE(listens(loop, address));
    CHECK(std::filesystem::file_size(path) == 8);
  }
  SECTION("closing removes our own file") {
    CHECK(listens(loop, address));
    CHECK_FALSE(std::filesystem::exists(path));
  }
  SECTION("closing leaves a file that is not ours any more") {
    Listener first(loop, address);
    std::filesystem::rename(path, path + ".old");
    std::ofstream(path) << "another";
    first.acceptor.close();
    CHECK(std::filesystem::exists(path));
  }
}

TEST_CASE("a paused acceptor leaves clients in the backlog", "[net][acceptor]") {
  Loop loop;
  Listener listener(loop, loopback());
  listener.acceptor.pause();
  Peer client(loop);
  client.channel->connect(listener.acceptor.local());
  CHECK(run_until(loop, [&] { return client.connected == 1; }));
  run_turns(loop, 3);
  CHECK(listener.peers.empty());
  listener.acceptor.resume();
  CHECK(run_until(loop, [&] { return listener.peers.size() == 1; }));
}

TEST_CASE("an acceptor may be paused or closed by what it accepts", "[net][acceptor]") {
  const bool close = GENERATE(true, false);
  Loop loop;
  Listener listener(loop, loopback());
  listener.when_accepted = [&] { close ? listener.acceptor.close() : listener.acceptor.pause(); };
  std::vector<std::unique_ptr<Peer>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Peer>(loop));
    clients.back()->channel->connect(listener.acceptor.local());
  }
  CHECK(run_until(loop, [&] { return listener.peers.size() == 1; }));
  run_turns(loop, 3);
  CHECK(listener.peers.size() == 1);
  CHECK(listener.acceptor.listening() != close);
}

TEST_CASE("out of descriptors, clients are refused, and accepted again later", "[net][acceptor]") {
  Loop loop;
  Listener listener(loop, loopback());
  const auto connect = [&](int count) {
    std::vector<std::unique_ptr<Peer>> clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<Peer>(loop));
      clients.back()->channel->connect(listener.acceptor.local());
    }
    return clients;
  };
  const auto ended = [](const auto& clients) {
    return std::ranges::all_of(clients, [](const auto& client) { return client->closings == 1; });
  };
  listener.acceptor.pause();
  auto first = connect(5);
  auto second = connect(1);
  CHECK(run_until(loop, [&] { return second[0]->connected == 1; }));
  run_turns(loop, 3);
  const Instant before_failure = loop.now();
  {
    const NoMoreDescriptors none;
    listener.acceptor.resume();
    CHECK(run_until(loop, [&] { return ended(first) && ended(second); }));
    CHECK(listener.failures == 1);
    CHECK(listener.refused == 6);
    CHECK(listener.last_failure.code == EMFILE);
    CHECK(listener.peers.empty());
  }
  auto third = connect(2);
  CHECK(run_until(loop, [&] { return listener.peers.size() == 2; }));
  CHECK(loop.now() - before_failure >= Acceptor::kQuietMs - Deadlines::kTickMs);
  CHECK(listener.failures == 1);
}
