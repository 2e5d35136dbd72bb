#include "proxy/net/channel.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <catch2/catch.hpp>

#include "tests/component/net/net_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

// Closing with this set sends a reset.
void reset_on_close(int fd) {
  const linger at_once{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

struct TcpPair {
  explicit TcpPair(Loop& loop, const Address& address = loopback()) : listener(loop, address), client(loop) {
    client.channel->connect(listener.acceptor.local());
    REQUIRE(run_until(loop, [&] { return client.connected == 1 && !listener.peers.empty(); }));
  }
  Peer& server() { return *listener.peers.front(); }
  Listener listener;
  Peer client;
};

}  // namespace

TEST_CASE("bytes go both ways over every kind of socket", "[net][channel]") {
  const TemporaryDirectory directory;
  const Address kinds[] = {loopback(), *Address::from_ip("::1", 0),
                           *Address::from_path((directory.path / "a.sock").string())};
  const Address address = kinds[GENERATE(0, 1, 2)];
  CAPTURE(address.text());
  Loop loop;
  TcpPair pair(loop, address);
  pair.server().when_bytes = [&](MutableBytes bytes) { pair.server().channel->send(bytes); };
  pair.client.channel->send(as_bytes("select 1"));
  CHECK(run_until(loop, [&] { return pair.client.received == "select 1"; }));
  CHECK(pair.client.channel->queued_bytes() == 0);
  CHECK(pair.listener.addresses.front().family() == address.family());
  CHECK(pair.listener.addresses.front().ip() == address.ip());
  CHECK(pair.client.channel->peer() == pair.listener.acceptor.local());
}

TEST_CASE("no event comes inside connect, adopt or send", "[net][channel]") {
  Loop loop;
  const TemporaryDirectory directory;
  Listener listener(loop, *Address::from_path((directory.path / "a.sock").string()));
  Peer client(loop);
  client.channel->connect(listener.acceptor.local());  // Unix sockets connect at once
  CHECK(client.connected == 0);
  CHECK(client.channel->connecting());
  client.channel->send(as_bytes("early"));
  CHECK(client.channel->queued_bytes() == 5);
  CHECK(run_until(loop, [&] { return !listener.peers.empty() && listener.peers[0]->received == "early"; }));
  CHECK(client.connected == 1);

  Peer nobody(loop);
  nobody.channel->connect(*Address::from_path((directory.path / "none.sock").string()));
  CHECK(nobody.closings == 0);
  CHECK(run_until(loop, [&] { return nobody.closings == 1; }));
  CHECK(nobody.closed->code == ENOENT);

  Peer no_socket(loop, -1);
  CHECK(no_socket.closings == 0);
  CHECK(run_until(loop, [&] { return no_socket.closings == 1; }));
}

TEST_CASE("a refused connection is reported as such", "[net][channel]") {
  Loop loop;
  Address free;
  {
    Listener listener(loop, loopback());
    free = listener.acceptor.local();
  }
  Peer client(loop);
  client.channel->connect(free);
  client.channel->send(as_bytes("lost"));
  REQUIRE(run_until(loop, [&] { return client.closings == 1; }));
  CHECK(client.closed->code == ECONNREFUSED);
  CHECK(client.closed->text() == "Connection refused");
  CHECK(client.connected == 0);
  CHECK(client.channel->fd() == -1);
  CHECK(client.channel->queued_bytes() == 0);
}

TEST_CASE("connect, close and connect again in one turn reaches the second address only", "[net][channel]") {
  Loop loop;
  const TemporaryDirectory directory;
  Listener first(loop, *Address::from_path((directory.path / "1.sock").string()));
  Listener second(loop, loopback());
  Peer client(loop);
  client.channel->connect(first.acceptor.local());
  client.channel->close();
  client.channel->connect(second.acceptor.local());
  CHECK(run_until(loop, [&] { return client.connected == 1 && second.peers.size() == 1; }));
  CHECK(client.channel->peer() == second.acceptor.local());
  CHECK(client.closings == 0);
}

TEST_CASE("all bytes come before the end of the stream", "[net][channel]") {
  Loop loop;
  TcpPair pair(loop);
  pair.server().channel->send(as_bytes("bye"));
  pair.server().channel->close();
  REQUIRE(run_until(loop, [&] { return pair.client.closings == 1; }));
  CHECK(pair.client.received == "bye");
  CHECK(pair.client.closed->end_of_stream());
  CHECK_FALSE(pair.client.channel->open());
}

TEST_CASE("a reset is an error, told once", "[net][channel]") {
  Loop loop;
  TcpPair pair(loop);
  reset_on_close(pair.server().channel->fd());
  pair.server().channel->close();
  REQUIRE(run_until(loop, [&] { return pair.client.closings == 1; }));
  CHECK(pair.client.closed->code == ECONNRESET);
  run_turns(loop, 3);
  CHECK(pair.client.closings == 1);
}

TEST_CASE("a server's last words are read though sending to it fails", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer session(loop, sockets.take(0));
  const std::string words = "Server shutdown in progress";
  REQUIRE(::send(sockets.fds[1], words.data(), words.size(), 0) == static_cast<ssize_t>(words.size()));
  ::close(sockets.take(1));
  session.channel->send(as_bytes("select 1"));  // EPIPE, and no signal
  CHECK(session.closings == 0);
  CHECK_FALSE(session.channel->open());
  session.channel->send(as_bytes("ignored"));
  REQUIRE(run_until(loop, [&] { return session.closings == 1; }));
  CHECK(session.received == words);
  CHECK(session.closed->code == EPIPE);
}

TEST_CASE("one recv per readiness unless it filled the scratch", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer reader(loop, sockets.take(0));
  CHECK(::send(sockets.fds[1], "abc", 3, 0) == 3);
  reader.when_bytes = [&](MutableBytes) { CHECK(::send(sockets.fds[1], "d", 1, 0) == 1); };
  loop.run_one_turn();
  CHECK(reader.received == "abc");  // what came during the event waits for the next turn
  reader.when_bytes = nullptr;
  loop.run_one_turn();
  CHECK(reader.received == "abcd");
}

TEST_CASE("one stream takes no more than its share of a turn", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  const std::size_t sent = sockets.send_much();
  Peer reader(loop, sockets.take(0));
  loop.run_one_turn();
  CHECK(reader.received.size() <= Channel::kTurnBytes);
  CHECK(reader.received.size() >= std::min(sent, Channel::kTurnBytes) / 4);
  CHECK(run_until(loop, [&] { return reader.received.size() == sent; }));
}

TEST_CASE("more is received at once from who was said to send in bulk", "[net][channel]") {
  const bool bulk = GENERATE(false, true);
  Loop loop;
  SocketPair sockets;
  REQUIRE(sockets.send_much() > Channel::kBulkBytes);
  Peer reader(loop, sockets.take(0));
  if (bulk) reader.channel->expect_bulk();
  std::size_t most = 0;
  reader.when_bytes = [&](MutableBytes bytes) { most = std::max(most, bytes.size()); };
  loop.run_one_turn();
  CHECK(most == (bulk ? Channel::kBulkBytes : Channel::kReadBytes));
}

TEST_CASE("options reach the socket", "[net][channel]") {
  Loop loop;
  TcpPair pair(loop);
  const auto option = [](Channel& channel, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(channel.fd(), level, name, &value, &size);
    return value;
  };
  Channel& channel = *pair.client.channel;
  CHECK(option(channel, SOL_SOCKET, SO_KEEPALIVE) == 0);
  channel.enable_keepalive(60);
  channel.set_user_timeout(9000);
  CHECK(option(channel, IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(channel, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(channel, IPPROTO_TCP, TCP_KEEPIDLE) == 60);
  CHECK(option(channel, IPPROTO_TCP, TCP_KEEPINTVL) == 20);
  CHECK(option(channel, IPPROTO_TCP, TCP_USER_TIMEOUT) == 9000);
  Channel& other = *pair.server().channel;
  const int idle_of_system = option(other, IPPROTO_TCP, TCP_KEEPIDLE);
  other.enable_keepalive(0);
  CHECK(option(other, SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(other, IPPROTO_TCP, TCP_KEEPIDLE) == idle_of_system);
}
