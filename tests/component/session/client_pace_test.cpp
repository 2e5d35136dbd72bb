#include "proxy/session/client_pace.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "tests/component/net/net_support.hpp"

namespace weir::test {
namespace {

constexpr Millis kStallMs = 500;  // far longer than it takes to take something, on a slow machine, too

struct Spy final : ClientStallEvents, ChannelEvents, DeadlineEvents {
  void on_client_stalled() noexcept override {
    stalled = true;
    stalled_after_mark = marked;
  }
  void on_bytes(MutableBytes) noexcept override {}
  void on_drained() noexcept override {}
  void on_closed(NetError) noexcept override {}
  void on_deadline() noexcept override { marked = true; }

  bool stalled = false;
  bool stalled_after_mark = false;
  bool marked = false;
};

// A client for whom far more is queued than its socket takes.
struct PaceScene {
  PaceScene() {
    channel.set_events(&spy);
    channel.adopt(sockets.take(0));
    channel.send(std::vector<std::uint8_t>(8 << 20, 'r'));
    REQUIRE(channel.congested());
  }

  // The client takes some of it, and the queue moves.
  void take_some() {
    const std::size_t before = channel.queued_bytes();
    char some[65536];
    REQUIRE(run_until(loop, [&] {
      while (::recv(sockets.fds[1], some, sizeof some, MSG_DONTWAIT) > 0) {
      }
      return channel.queued_bytes() < before;
    }));
  }

  Loop loop;
  SocketPair sockets;
  Spy spy;
  Channel channel{loop};
  ClientPace pace{loop, channel, spy};
  Deadline marker{loop.deadlines(), spy};
};

TEST_CASE("who takes nothing has stalled, and who takes anything has not, unless a rate is asked for",
          "[pace]") {
  for (const std::int64_t rate : {0, 1'000'000'000}) {
    CAPTURE(rate);
    PaceScene s;
    s.pace.await_drain({kStallMs, rate});
    s.marker.set(s.loop.now() + kStallMs + kStallMs / 2);  // between the first look and the second
    s.take_some();
    CHECK(run_until(s.loop, [&] { return s.spy.stalled; }));
    CHECK(s.spy.stalled_after_mark == (rate == 0));
  }
}

TEST_CASE("the average is of all the time in which something waited", "[pace]") {
  PaceScene s;
  const PaceLimits limits{kStallMs, 1'000'000'000};
  while (!s.spy.stalled) {
    REQUIRE(s.channel.queued_bytes() > 0);
    s.pace.await_drain(limits);
    const Instant begun = s.loop.now();
    REQUIRE(run_until(s.loop, [&] { return s.loop.now() > begun + kStallMs / 4; }));
    s.take_some();
    s.pace.come();
    s.loop.run_one_turn();
  }
}

TEST_CASE("who has taken all in time is left alone", "[pace]") {
  PaceScene s;
  s.pace.await_drain({kStallMs, 1});
  s.take_some();
  s.pace.come();
  s.marker.set(s.loop.now() + 2 * kStallMs);
  CHECK(run_until(s.loop, [&] { return s.spy.marked; }));
  CHECK_FALSE(s.spy.stalled);
}

}  // namespace
}  // namespace weir::test
