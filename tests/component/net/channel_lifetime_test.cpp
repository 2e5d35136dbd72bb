#include <fcntl.h>

#include <catch2/catch.hpp>
#include <thread>

#include "proxy/net/mailbox.hpp"
#include "tests/component/net/net_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

enum class Event { connected, bytes, drained, closed };
enum class Act { close, destroy };

// A victim that closes or destroys its channel inside the given event.
struct Victim {
  Victim(Loop& loop, Event event, Act act) : peer(loop) {
    const auto strike = [this, act] {
      struck = true;
      if (act == Act::close) peer.channel->close();
      if (act == Act::destroy) peer.channel.reset();
    };
    if (event == Event::connected) peer.when_connected = strike;
    if (event == Event::bytes) peer.when_bytes = [strike](MutableBytes) { strike(); };
    if (event == Event::drained) peer.when_drained = strike;
    if (event == Event::closed) peer.when_closed = strike;
  }
  Peer peer;
  bool struck = false;
};

}  // namespace

TEST_CASE("a channel may be closed or destroyed inside each of its events", "[net][channel]") {
  const auto event = GENERATE(Event::connected, Event::bytes, Event::drained, Event::closed);
  const auto act = GENERATE(Act::close, Act::destroy);
  CAPTURE(static_cast<int>(event), static_cast<int>(act));
  Loop loop;
  Listener listener(loop, loopback());
  Victim victim(loop, event, act);
  victim.peer.channel->connect(listener.acceptor.local());
  REQUIRE(run_until(loop, [&] { return !listener.peers.empty() && (victim.peer.connected == 1); }));
  Peer& other = *listener.peers.front();
  if (event == Event::bytes) other.channel->send(as_bytes(std::string(200'000, 'x')));  // more than one recv
  if (event == Event::drained) {
    while (!victim.peer.channel->congested()) victim.peer.channel->send(as_bytes(std::string(1 << 20, 'x')));
  }
  if (event == Event::closed) other.channel->close();
  REQUIRE(run_until(loop, [&] { return victim.struck; }));
  const int closings = event == Event::closed ? 1 : 0;
  if (event != Event::closed) CHECK(run_until(loop, [&] { return other.closings == 1; }));
  run_turns(loop, 3);
  CHECK(victim.peer.closings == closings);  // closing one's own channel is no news
  CHECK(victim.peer.reads <= 1);
}

TEST_CASE("closing while bytes are unread and queued is silent", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer one(loop, sockets.take(0));
  Peer two(loop, sockets.take(1));
  two.channel->send(as_bytes("unread"));
  one.channel->send(as_bytes(std::string(1 << 20, 'x')));
  CHECK(one.channel->queued_bytes() > 0);
  one.channel->close();
  CHECK(one.channel->queued_bytes() == 0);
  one.channel->close();
  CHECK(run_until(loop, [&] { return two.closings == 1; }));
  CHECK(one.reads == 0);
  CHECK(one.closings == 0);
}

TEST_CASE("a channel destroyed between failing and its report stays silent", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  ::close(sockets.take(1));
  Peer peer(loop, sockets.take(0));
  peer.channel->send(as_bytes("into the void"));
  peer.channel.reset();
  run_turns(loop, 3);
  CHECK(peer.closings == 0);
}

TEST_CASE("a closed channel may be used again, from its own event too", "[net][channel]") {
  Loop loop;
  Listener listener(loop, loopback());
  Peer client(loop);
  client.when_closed = [&] {
    client.when_closed = nullptr;
    client.channel->connect(listener.acceptor.local());
  };
  client.channel->connect(*Address::from_path("/nonexistent/weir.sock"));
  CHECK(run_until(loop, [&] { return client.connected == 1; }));
  CHECK(client.closings == 1);
  CHECK(client.channel->open());
}

TEST_CASE("a channel's receiver changes hands", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer idle(loop, sockets.take(0));
  Peer lessee(loop);
  Peer other(loop, sockets.take(1));
  idle.channel->set_events(&lessee);
  other.channel->send(as_bytes("row"));
  CHECK(run_until(loop, [&] { return lessee.received == "row"; }));
  CHECK(idle.reads == 0);
}

TEST_CASE("a detached connection goes on in another thread's loop", "[net][channel][threads]") {
  SocketPair sockets;
  Loop first;
  Peer here(first, sockets.take(0));
  CHECK(::send(sockets.fds[1], "one ", 4, 0) == 4);
  REQUIRE(run_until(first, [&] { return here.received == "one "; }));
  CHECK(::send(sockets.fds[1], "two", 3, 0) == 3);  // unread at the hand-over: the new owner's

  Loop second;
  Mailbox box(second);
  Mailbox back(first);
  std::unique_ptr<Peer> there;
  std::thread thread([&] { second.run(); });
  std::unique_ptr<StreamFilter> no_filter;
  const int fd = here.channel->detach(no_filter);
  REQUIRE(fd >= 0);
  CHECK_FALSE(no_filter);
  CHECK(here.channel->detach(no_filter) == -1);
  CHECK_FALSE(here.channel->open());
  std::string heard;
  box.post([&, fd] {
    there = std::make_unique<Peer>(second, fd);
    there->when_bytes = [&](MutableBytes) {
      there->channel->send(as_bytes("three"));
      back.post([&heard, text = there->received] { heard = text; });
    };
  });
  CHECK(run_until(first, [&] { return !heard.empty(); }));
  CHECK(heard == "two");
  box.post([&] {
    there.reset();
    second.stop();
  });
  thread.join();
  char answer[8] = "";
  CHECK(::recv(sockets.fds[1], answer, sizeof answer, 0) == 5);
  CHECK(std::string_view(answer) == "three");
  CHECK(here.closings == 0);
}

TEST_CASE("a descriptor's number that comes again belongs to the new socket only", "[net][channel]") {
  Loop loops[2];
  int last = -1;
  int came_again = 0;
  for (int round = 0; round < 8; ++round) {
    Loop& loop = loops[round / 2 % 2];  // handles of either loop have had it before
    SocketPair sockets;
    const int fd = sockets.fds[0];
    came_again += fd == last;
    last = fd;
    {
      Peer peer(loop, sockets.take(0));
      CHECK(::send(sockets.fds[1], "one", 3, MSG_NOSIGNAL) == 3);
      CHECK(run_until(loop, [&] { return peer.received == "one"; }));
      peer.channel->send(as_bytes("two"));
      char heard[4] = "";
      CHECK(::recv(sockets.fds[1], heard, 3, 0) == 3);
      CHECK(std::string(heard) == "two");
      CHECK(::send(sockets.fds[1], "unread", 6, MSG_NOSIGNAL) == 6);
    }
    run_turns(loop, 2);
  }
  CHECK(came_again > 0);
}

TEST_CASE(
    "what was ready for a socket that is closed in the same turn is not told to the next with its number",
    "[net][channel]") {
  Loop loop;
  SocketPair first, second;
  Peer one(loop, first.take(0));
  Peer two(loop, second.take(0));
  std::unique_ptr<Peer> heir;
  SocketPair third;
  // Both are ready at once: who is served first closes the other one, whose number a third gets.
  const auto replace = [&](Peer& other) {
    if (heir) return;
    const int number = other.channel->fd();
    other.channel->close();
    const int from = third.take(0);
    const int fd = from == number ? from : ::dup3(from, number, O_CLOEXEC);
    if (from != number) ::close(from);
    heir = std::make_unique<Peer>(loop, fd);
  };
  one.when_bytes = [&](MutableBytes) { replace(two); };
  two.when_bytes = [&](MutableBytes) { replace(one); };
  CHECK(::send(first.fds[1], "a", 1, MSG_NOSIGNAL) == 1);
  CHECK(::send(second.fds[1], "b", 1, MSG_NOSIGNAL) == 1);
  CHECK(run_until(loop, [&] { return heir != nullptr; }));
  run_turns(loop, 3);
  CHECK(heir->reads + heir->closings == 0);
  CHECK(one.reads + two.reads == 1);
  CHECK(::send(third.fds[1], "c", 1, MSG_NOSIGNAL) == 1);
  CHECK(run_until(loop, [&] { return heir->received == "c"; }));
}
