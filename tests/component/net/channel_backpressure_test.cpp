#include <catch2/catch.hpp>

#include "tests/component/net/net_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

std::uint8_t pattern(std::size_t offset) {
  return static_cast<std::uint8_t>((offset * 2654435761u) >> 13);
}

// Sends `total` patterned bytes as fast as the channel's marks allow.
struct Source {
  Source(Loop& loop, int fd, std::size_t bytes) : total(bytes), peer(loop, fd) {
    peer.when_drained = [this] { pump(); };
  }
  void pump() {
    std::vector<std::uint8_t> chunk(48'000);
    while (sent < total && !peer.channel->congested()) {
      const std::size_t count = std::min(chunk.size(), total - sent);
      for (std::size_t i = 0; i < count; ++i) chunk[i] = pattern(sent + i);
      peer.channel->send(Bytes(chunk).first(count));
      sent += count;
    }
  }
  std::size_t total, sent = 0;
  Peer peer;
};

// Takes one read per turn, and compares it with the pattern.
struct SlowSink final : TurnEnd {
  SlowSink(Loop& l, int fd) : loop(l), peer(l, fd) {
    peer.keep = false;
    peer.when_bytes = [this](MutableBytes bytes) {
      for (const std::uint8_t byte : bytes) equal = equal && byte == pattern(taken++);
      peer.channel->pause_reading();
      loop.at_turn_end(*this);
    };
  }
  void on_turn_end() noexcept override { peer.channel->resume_reading(); }
  Loop& loop;
  std::size_t taken = 0;
  bool equal = true;
  Peer peer;
};

// Forwards from one socket to the other, as a session does with a result.
struct Relay {
  Relay(Loop& loop, int from_fd, int to_fd) : from(loop, from_fd), to(loop, to_fd) {
    from.keep = false;
    from.when_bytes = [this](MutableBytes bytes) {
      to.channel->send(bytes);
      most_queued = std::max(most_queued, to.channel->queued_bytes());
      if (!to.channel->congested()) return;
      ++pauses;
      from.channel->pause_reading();
    };
    to.when_drained = [this] { from.channel->resume_reading(); };
  }
  Peer from, to;
  std::size_t most_queued = 0;
  int pauses = 0;
};

}  // namespace

TEST_CASE("64 MiB to a slow reader stay within the marks and arrive unchanged", "[net][channel]") {
  constexpr std::size_t kTotal = 64 << 20;
  Loop loop;
  SocketPair up, down;
  Source source(loop, up.take(0), kTotal);
  Relay relay(loop, up.take(1), down.take(0));
  const bool bulk = GENERATE(false, true);
  if (bulk) relay.from.channel->expect_bulk();
  SlowSink sink(loop, down.take(1));
  source.pump();
  CHECK(run_until(loop, [&] { return sink.taken >= kTotal; }));
  CHECK(sink.taken == kTotal);
  CHECK(sink.equal);
  CHECK(relay.most_queued <= Channel::kHighBytes + (bulk ? Channel::kBulkBytes : Channel::kReadBytes));
  CHECK(relay.pauses > 0);
  CHECK(relay.to.channel->queued_bytes() == 0);
}

TEST_CASE("drained is told once per congestion, at the low mark", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer sender(loop, sockets.take(0));
  Peer reader(loop, sockets.take(1));
  const std::string block(Channel::kHighBytes + (4 << 20), 'x');
  sender.channel->send(as_bytes(block));
  REQUIRE(sender.channel->congested());
  std::size_t left = 1;
  sender.when_drained = [&] { left = sender.channel->queued_bytes(); };
  CHECK(run_until(loop, [&] { return reader.received.size() == block.size(); }));
  run_turns(loop, 2);
  CHECK(sender.drained == 1);
  CHECK(left <= Channel::kLowBytes);
  CHECK_FALSE(sender.channel->congested());
}

TEST_CASE("a queue that never passed the high mark drains in silence", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer sender(loop, sockets.take(0));
  Peer reader(loop, sockets.take(1));
  std::size_t sent = 0;
  const std::string block(10'000, 'x');
  while (sender.channel->queued_bytes() == 0) {
    sender.channel->send(as_bytes(block));
    sent += block.size();
  }
  CHECK(run_until(loop, [&] { return reader.received.size() == sent; }));
  CHECK(sender.drained == 0);
}

TEST_CASE("a paused channel reads nothing until it is resumed", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer reader(loop, sockets.take(0));
  reader.channel->pause_reading();
  reader.channel->pause_reading();
  CHECK(::send(sockets.fds[1], "abc", 3, 0) == 3);
  CHECK(turns_in_30_ms(loop) < 10);
  CHECK(reader.reads == 0);
  reader.channel->resume_reading();
  reader.channel->resume_reading();
  CHECK(run_until(loop, [&] { return reader.received == "abc"; }));
}

TEST_CASE("pausing inside on_bytes stops the round", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer reader(loop, sockets.take(0));
  Peer sender(loop, sockets.take(1));
  reader.when_bytes = [&](MutableBytes) { reader.channel->pause_reading(); };
  sender.channel->send(as_bytes(std::string(1 << 20, 'x')));
  run_turns(loop, 5);
  CHECK(reader.reads == 1);
  reader.when_bytes = nullptr;
  reader.channel->resume_reading();
  CHECK(run_until(loop, [&] { return reader.received.size() == 1 << 20; }));
}

TEST_CASE("a paused channel sends, and hears of a peer that is gone", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer reader(loop, sockets.take(0));
  Peer other(loop, sockets.take(1));
  reader.channel->pause_reading();
  reader.channel->send(as_bytes(std::string(2 << 20, 'x')));
  CHECK(run_until(loop, [&] { return other.received.size() == 2 << 20; }));
  run_turns(loop, 2);
  other.channel->close();
  CHECK(run_until(loop, [&] { return reader.closings == 1; }));
  CHECK(reader.closed->end_of_stream());
}

TEST_CASE("a paused channel keeps what it has not read when its peer goes, and does not spin",
          "[net][channel]") {
  const bool told_to_stop_first = GENERATE(true, false);
  Loop loop;
  SocketPair sockets;
  Peer reader(loop, sockets.take(0));
  reader.channel->pause_reading();
  CHECK(::send(sockets.fds[1], "last row", 8, 0) == 8);
  if (told_to_stop_first) run_turns(loop, 3);  // the system no longer reports bytes, only the hang-up
  ::close(sockets.take(1));
  CHECK(turns_in_30_ms(loop) < 10);
  CHECK(reader.closings == 0);
  reader.channel->resume_reading();
  CHECK(run_until(loop, [&] { return reader.closings == 1; }));
  CHECK(reader.received == "last row");
}

TEST_CASE("last words are sent before the channel closes", "[net][channel]") {
  const std::size_t before = GENERATE(0u, 3u << 20);
  CAPTURE(before);
  Loop loop;
  SocketPair sockets;
  Peer session(loop, sockets.take(0));
  Peer client(loop, sockets.take(1));
  client.channel->send(as_bytes("a pipelined command that nobody will read"));
  session.channel->send(as_bytes(std::string(before, 'x')));
  session.channel->send(as_bytes("ERR"));
  session.channel->close_when_sent();
  session.channel->send(as_bytes("too late"));
  CHECK(session.closings == 0);
  REQUIRE(run_until(loop, [&] { return client.closings == 1 && session.closings == 1; }));
  CHECK(client.received.size() == before + 3);
  CHECK(client.closed->end_of_stream());
  CHECK(session.closed->end_of_stream());
  CHECK(session.reads == 0);
}

TEST_CASE("last words reach a client that has stopped sending", "[net][channel]") {
  Loop loop;
  SocketPair sockets;
  Peer session(loop, sockets.take(0));
  Peer client(loop, sockets.take(1));
  client.channel->pause_reading();
  session.channel->send(as_bytes(std::string(3 << 20, 'x')));
  session.channel->close_when_sent();
  ::shutdown(client.channel->fd(), SHUT_WR);
  CHECK(turns_in_30_ms(loop) < 10);
  CHECK(session.closings == 0);
  client.channel->resume_reading();
  CHECK(run_until(loop, [&] { return client.closings == 1 && session.closings == 1; }));
  CHECK(client.received.size() == 3 << 20);
}
