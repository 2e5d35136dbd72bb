#include "proxy/net/acceptor.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "proxy/net/listening_sockets.hpp"
#include "tests/component/net/net_support.hpp"
#include "tests/component/net/no_more_descriptors.hpp"

using namespace weir;
using namespace weir::test;

namespace {

bool listens(Loop& loop, const Address& address) {
  return Listener(loop, address).complaint.empty();
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, level, name, &value, &size);
  return value;
}

// So many clients, connected and not accepted yet.
std::vector<std::unique_ptr<Peer>> queue_up(Loop& loop, Listener& listener, std::size_t count) {
  listener.acceptor.pause();
  std::vector<std::unique_ptr<Peer>> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<Peer>(loop));
    clients.back()->channel->connect(listener.acceptor.local());
  }
  REQUIRE(run_until(loop, [&] {
    return std::ranges::all_of(clients, [](const auto& client) { return client->connected == 1; });
  }));
  listener.acceptor.resume();
  return clients;
}

// The socket of the next client of `listener`, which is open as long as both are.
int next_accepted(Loop& loop, Listener& listener, Peer& client) {
  const std::size_t before = listener.peers.size();
  client.channel->connect(listener.acceptor.local());
  REQUIRE(run_until(loop, [&] { return listener.peers.size() > before; }));
  return listener.peers.back()->channel->fd();
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
  auto first = connect(40);
  auto second = connect(1);
  CHECK(run_until(loop, [&] { return second[0]->connected == 1; }));
  run_turns(loop, 3);
  const Instant before_failure = loop.now();
  {
    const NoMoreDescriptors none;
    listener.acceptor.resume();
    CHECK(run_until(loop, [&] { return ended(first) && ended(second); }));
    CHECK(listener.failures == 1);
    CHECK(listener.refused == 41);
    CHECK(listener.last_failure.code == EMFILE);
    CHECK(listener.peers.empty());
  }
  auto third = connect(2);
  CHECK(run_until(loop, [&] { return listener.peers.size() == 2; }));
  CHECK(loop.now() - before_failure >= Acceptor::kQuietMs - Deadlines::kTickMs);
  CHECK(listener.failures == 1);
}

TEST_CASE("of a queue of clients nobody is left", "[net][acceptor]") {
  Loop loop;
  Listener listener(loop, loopback());
  const auto clients = queue_up(loop, listener, 200);
  CHECK(run_until(loop, [&] { return listener.peers.size() == clients.size(); }));
  CHECK(listener.failures == 0);
}

TEST_CASE("a Unix socket's file that was inherited is removed once this process has taken over, not before",
          "[net][acceptor]") {
  const TemporaryDirectory directory;
  const Address place = *Address::from_path((directory.path / "weir.sock").string());
  Loop loop;
  Listener before(loop);
  REQUIRE(before.acceptor.listen(place));
  ListeningSockets& sockets = ListeningSockets::of_process();
  const auto listen_and_close = [&] {
    Listener successor(loop);
    REQUIRE(successor.acceptor.listen(place));
    successor.acceptor.close();
  };
  sockets.inherit({::dup(sockets.open().back())});
  listen_and_close();
  CHECK(std::filesystem::exists(place.path()));
  sockets.inherit({::dup(sockets.open().back())});
  CHECK(sockets.shared());
  Listener successor(loop);
  REQUIRE(successor.acceptor.listen(place));
  CHECK(sockets.drop_inherited().empty());
  successor.acceptor.close();
  CHECK_FALSE(std::filesystem::exists(place.path()));
}

TEST_CASE("accepted sockets have the options of the listener, as they are by then", "[net][acceptor]") {
  const bool inherited = GENERATE(false, true);
  Loop loop;
  Listener listener(loop);
  listener.acceptor.set_keepalive({.on = true, .idle_s = 60});
  Address where = loopback();
  if (inherited) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(fd, where.raw(), where.raw_size()) == 0);
    REQUIRE(::listen(fd, 1) == 0);
    where = Address::local_of(fd);
    ListeningSockets::of_process().inherit({fd});
  }
  REQUIRE(listener.acceptor.listen(where));
  CHECK((where.port() == 0 || where == listener.acceptor.local()));
  if (inherited) {  // the process before may go on with it, until this one serves
    Peer early(loop);
    CHECK(option(next_accepted(loop, listener, early), SOL_SOCKET, SO_KEEPALIVE) == 0);
    ListeningSockets::of_process().drop_inherited();
    listener.acceptor.resume();
  }

  Peer first(loop);
  const int one = next_accepted(loop, listener, first);
  CHECK(option(one, IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(one, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(one, IPPROTO_TCP, TCP_KEEPIDLE) == 60);
  CHECK(option(one, IPPROTO_TCP, TCP_KEEPINTVL) == 20);
  CHECK(option(one, IPPROTO_TCP, TCP_KEEPCNT) == 3);

  listener.acceptor.set_keepalive({.on = true, .idle_s = 0});
  Peer second(loop);
  const int two = next_accepted(loop, listener, second);
  const int connecting = second.channel->fd();  // on which nothing was set
  CHECK(option(two, SOL_SOCKET, SO_KEEPALIVE) == 1);
  for (const int name : {TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT})
    CHECK(option(two, IPPROTO_TCP, name) == option(connecting, IPPROTO_TCP, name));

  listener.acceptor.set_keepalive({.on = false});
  Peer third(loop);
  const int three = next_accepted(loop, listener, third);
  CHECK(option(three, SOL_SOCKET, SO_KEEPALIVE) == 0);
  CHECK(option(three, IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(one, SOL_SOCKET, SO_KEEPALIVE) == 1);
}

TEST_CASE("where a client has come to is known, on one address and on all of them", "[net][acceptor]") {
  Loop loop;
  const TemporaryDirectory directory;
  const Address kinds[] = {loopback(), *Address::from_ip("0.0.0.0", 0), *Address::from_ip("::", 0),
                           *Address::from_path((directory.path / "a.sock").string())};
  const Address address = kinds[GENERATE(0, 1, 2, 3)];
  CAPTURE(address.text());
  Listener listener(loop, address);
  Peer client(loop);
  const int fd = next_accepted(loop, listener, client);
  const Address local = listener.acceptor.local_of(fd);
  CHECK(local == Address::local_of(fd));
  if (address.family() == AF_INET) CHECK(local.ip() == "127.0.0.1");
  if (address.family() == AF_INET6) CHECK(local.ip() == "::1");
  if (address.is_unix()) CHECK(local.path() == address.path());
}
