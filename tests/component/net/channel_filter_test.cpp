// What a channel promises holds with filters, too: one, and one within the other.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/component/net/net_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

// Each byte takes two on the wire: itself with `mask`, and a check. A zero check ends the stream; a wrong one
// is a failure. The first byte on the wire is '!'.
class Doubling final : public StreamFilter {
 public:
  explicit Doubling(std::uint8_t mask) : mask_(mask) {}

  void start(ByteQueue& wire) override { wire.append(as_bytes("!")); }
  std::size_t decode(Bytes& wire, MutableBytes plain, ByteQueue& reply) override {
    std::size_t made = 0;
    while (condition_ == Condition::open && made < plain.size() && !wire.empty()) {
      const std::uint8_t byte = wire[0];
      wire = wire.subspan(1);
      if (!greeted_) {
        greeted_ = true;
        if (byte != '!') condition_ = Condition::failed;
      } else if (half_) {
        const std::uint8_t value = *half_ ^ mask_;
        half_.reset();
        if (byte == 0) condition_ = Condition::ended;
        if (byte == 2) condition_ = Condition::failed;
        if (byte == 1) plain[made++] = value;
        if (byte == 3)
          reply.append(Bytes(std::array<std::uint8_t, 2>{static_cast<std::uint8_t>('r' ^ mask_), 1}));
      } else {
        half_ = byte;
      }
    }
    return made;
  }
  void encode(Bytes plain, ByteQueue& wire) override {
    for (const std::uint8_t byte : plain)
      wire.append(Bytes(std::array<std::uint8_t, 2>{static_cast<std::uint8_t>(byte ^ mask_), 1}));
  }
  void finish(ByteQueue& wire) override { wire.append(Bytes(std::array<std::uint8_t, 2>{0, 0})); }
  void on_cut() override {
    if (half_) condition_ = Condition::failed;
  }
  Condition condition() const override { return condition_; }
  std::string_view failure() const override { return "a wrong check"; }

 private:
  const std::uint8_t mask_;
  std::optional<std::uint8_t> half_;
  bool greeted_ = false;
  Condition condition_ = Condition::open;
};

std::unique_ptr<StreamFilter> doubling(std::uint8_t mask = 0x55) {
  return std::make_unique<Doubling>(mask);
}

// Two channels with the same filters.
struct FilteredPair {
  explicit FilteredPair(int filters = 1) : left(loop, sockets.take(0)), right(loop, sockets.take(1)) {
    for (int i = 0; i < filters; ++i) {
      left.channel->add_filter(doubling(static_cast<std::uint8_t>(0x55 + i)));
      right.channel->add_filter(doubling(static_cast<std::uint8_t>(0x55 + i)));
    }
  }
  Loop loop;
  SocketPair sockets;
  Peer left, right;
};

}  // namespace

TEST_CASE("bytes arrive as they were sent, through one filter and through two", "[net][channel][filter]") {
  const int filters = GENERATE(1, 2, 3);
  CAPTURE(filters);
  FilteredPair pair(filters);
  std::string text(3'000'000, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 >> 3);
  pair.left.channel->send(as_bytes(text));
  pair.right.channel->send(as_bytes("short"));
  CHECK(run_until(pair.loop, [&] { return pair.right.received.size() == text.size(); }));
  CHECK(pair.right.received == text);
  CHECK(run_until(pair.loop, [&] { return pair.left.received == "short"; }));
}

TEST_CASE("what came ahead is the filter's, and is delivered outside of the call", "[net][channel][filter]") {
  const std::string wire = "!\x34\x01\x37\x01";  // "ab"
  for (std::size_t split = 0; split <= wire.size(); ++split) {
    CAPTURE(split);
    Loop loop;
    SocketPair sockets;
    Peer here(loop, sockets.take(0));
    std::string first = "plain:" + wire.substr(0, split);
    here.when_bytes = [&](MutableBytes bytes) {
      if (here.channel->filtered()) return;
      here.received.resize(6);
      here.channel->add_filter(doubling(), bytes.subspan(6));
      CHECK(here.received == "plain:");
    };
    REQUIRE(::send(sockets.fds[1], first.data(), first.size(), 0) == static_cast<ssize_t>(first.size()));
    CHECK(run_until(loop, [&] { return here.channel->filtered(); }));
    const std::string rest = wire.substr(split);
    if (!rest.empty()) REQUIRE(::send(sockets.fds[1], rest.data(), rest.size(), 0) > 0);
    CHECK(run_until(loop, [&] { return here.received == "plain:ab"; }));
  }
}

TEST_CASE("a paused receiver gets the rest when it resumes, and then hears of the end",
          "[net][channel][filter]") {
  const int filters = GENERATE(1, 2);
  FilteredPair pair(filters);
  std::string text(200'000, 'y');
  pair.right.when_bytes = [&](MutableBytes) { pair.right.channel->pause_reading(); };
  pair.left.channel->send(as_bytes(text));
  pair.left.channel->close_when_sent();
  int pauses = 0;
  while (pair.right.closings == 0 && pauses < 10'000) {
    run_turns(pair.loop, 3);
    const int reads = pair.right.reads;
    run_turns(pair.loop, 3);
    if (pair.right.channel->reading_paused()) CHECK(pair.right.reads == reads);
    if (pair.right.closings == 0) pair.right.channel->resume_reading();
    ++pauses;
  }
  CHECK(pair.right.received == text);
  CHECK(pair.right.closed->end_of_stream());
  CHECK(pauses > 2);
}

TEST_CASE("a paused receiver with bytes in its filter does not spin, and loses none to a peer that is gone",
          "[net][channel][filter]") {
  FilteredPair pair;
  pair.right.when_bytes = [&](MutableBytes) { pair.right.channel->pause_reading(); };
  std::string text(100'000, 'z');
  pair.left.channel->send(as_bytes(text));
  CHECK(
      run_until(pair.loop, [&] { return pair.right.reads == 1 && pair.left.channel->queued_bytes() == 0; }));
  pair.left.channel->close();
  CHECK(turns_in_30_ms(pair.loop) < 10);
  CHECK(pair.right.closings == 0);
  pair.right.when_bytes = nullptr;
  pair.right.channel->resume_reading();
  CHECK(run_until(pair.loop, [&] { return pair.right.closings == 1; }));
  CHECK(pair.right.received == text);
}

TEST_CASE("a filter's failure closes the channel behind the bytes before it, in the filter's words",
          "[net][channel][filter]") {
  Loop loop;
  SocketPair sockets;
  Peer here(loop, sockets.take(0));
  here.channel->add_filter(doubling());
  const std::string wire = "!\x34\x01\x37\x02\x34\x01";
  REQUIRE(::send(sockets.fds[1], wire.data(), wire.size(), 0) > 0);
  CHECK(run_until(loop, [&] { return here.closings == 1; }));
  CHECK(here.received == "a");
  CHECK(here.closed->text() == "a wrong check");
  CHECK_FALSE(here.closed->end_of_stream());
}

TEST_CASE("a stream that ends within a message is a failure, and between two it is the end",
          "[net][channel][filter]") {
  const bool within = GENERATE(true, false);
  Loop loop;
  SocketPair sockets;
  Peer here(loop, sockets.take(0));
  here.channel->add_filter(doubling());
  const std::string wire = within ? "!\x34\x01\x37" : "!\x34\x01";
  char greeting = 0;
  REQUIRE(::recv(sockets.fds[1], &greeting, 1, 0) == 1);  // unread, it would make the end a reset
  REQUIRE(::send(sockets.fds[1], wire.data(), wire.size(), 0) > 0);
  ::close(sockets.take(1));
  CHECK(run_until(loop, [&] { return here.closings == 1; }));
  CHECK(here.received == "a");
  CHECK(here.closed->end_of_stream() == !within);
}

TEST_CASE("a farewell ends the stream, with the connection still there", "[net][channel][filter]") {
  Loop loop;
  SocketPair sockets;
  Peer here(loop, sockets.take(0));
  here.channel->add_filter(doubling());
  REQUIRE(::send(sockets.fds[1], "!\x34\x01\0\0\x34\x01", 7, 0) == 7);
  CHECK(run_until(loop, [&] { return here.closings == 1; }));
  CHECK(here.received == "a");
  CHECK(here.closed->end_of_stream());
}

TEST_CASE("a filter that answers a peer who takes nothing ends the connection", "[net][channel][filter]") {
  Loop loop;
  SocketPair sockets;
  Peer here(loop, sockets.take(0));
  here.channel->add_filter(doubling());
  std::string asking = "!";
  std::size_t most = 0;
  for (int i = 0; i < 5000 && here.closings == 0; ++i) {
    while (asking.size() < 16'000) asking += "?\x03";
    const auto taken = ::send(sockets.fds[1], asking.data(), asking.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    asking.erase(0, static_cast<std::size_t>(std::max<ssize_t>(0, taken)));
    run_turns(loop, 1);
    most = std::max(most, here.channel->queued_bytes());
  }
  CHECK(here.closings == 1);
  CHECK(most <= 2 * Channel::kReadBytes);
}

TEST_CASE("filters move along with the descriptor", "[net][channel][filter]") {
  const int filters = GENERATE(1, 2);
  FilteredPair pair(filters);
  pair.left.channel->send(as_bytes("one"));
  REQUIRE(run_until(pair.loop, [&] { return pair.right.received == "one"; }));
  run_turns(pair.loop, 2);
  std::unique_ptr<StreamFilter> filter;
  const int fd = pair.right.channel->detach(filter);
  REQUIRE(fd >= 0);
  REQUIRE(filter);
  CHECK_FALSE(pair.right.channel->filtered());
  Peer heir(pair.loop);
  heir.channel->adopt(fd, std::move(filter));
  pair.left.channel->send(as_bytes("two"));
  heir.channel->send(as_bytes("three"));
  CHECK(run_until(pair.loop, [&] { return heir.received == "two" && pair.left.received == "three"; }));
}

TEST_CASE("a channel with bytes that nobody has taken is not detached", "[net][channel][filter]") {
  FilteredPair pair;
  pair.right.when_bytes = [&](MutableBytes) { pair.right.channel->pause_reading(); };
  pair.left.channel->send(as_bytes(std::string(100'000, 'x')));
  REQUIRE(run_until(pair.loop, [&] { return pair.right.reads == 1; }));
  std::unique_ptr<StreamFilter> filter;
  CHECK(pair.right.channel->detach(filter) == -1);
}

TEST_CASE("a receiver may end its channel inside on_bytes with more behind it", "[net][channel][filter]") {
  const bool destroys = GENERATE(true, false);
  FilteredPair pair;
  pair.right.when_bytes = [&](MutableBytes) {
    destroys ? pair.right.channel.reset() : pair.right.channel->close();
  };
  pair.left.channel->send(as_bytes(std::string(300'000, 'x')));
  CHECK(run_until(pair.loop, [&] { return pair.right.reads == 1; }));
  run_turns(pair.loop, 5);
  CHECK(pair.right.reads == 1);
  CHECK(pair.right.closings == 0);
}

namespace {

// Changes nothing of what is sent.
class OneWay : public StreamFilter {
 public:
  void start(ByteQueue&) override {}
  void encode(Bytes plain, ByteQueue& wire) override { wire.append(plain); }
  void finish(ByteQueue&) override {}
  void on_cut() override {}
  Condition condition() const override { return Condition::open; }
  std::string_view failure() const override { return ""; }
};

// Each byte on the wire becomes a megabyte.
class Blowing final : public OneWay {
 public:
  std::size_t decode(Bytes& wire, MutableBytes plain, ByteQueue&) override {
    left_ += wire.size() << 20;
    wire = {};
    const std::size_t made = std::min(left_, plain.size());
    std::ranges::fill(plain.first(made), 'x');
    left_ -= made;
    return made;
  }

 private:
  std::size_t left_ = 0;
};

// Passes everything on, and notes how much it was given at once.
class Measuring final : public OneWay {
 public:
  explicit Measuring(std::size_t& most) : most_(most) {}
  std::size_t decode(Bytes& wire, MutableBytes plain, ByteQueue&) override {
    most_ = std::max(most_, wire.size());
    const std::size_t made = std::min(wire.size(), plain.size());
    std::ranges::copy(wire.first(made), plain.begin());
    wire = wire.subspan(made);
    return made;
  }

 private:
  std::size_t& most_;
};

}  // namespace

TEST_CASE("filters get no more at once than is received from anybody", "[net][channel][filter]") {
  Loop loop;
  SocketPair sockets;
  const std::size_t sent = sockets.send_much();
  REQUIRE(sent > Channel::kBulkBytes);
  Peer reader(loop, sockets.take(0));
  reader.channel->expect_bulk();
  std::size_t most = 0;
  reader.channel->add_filter(std::make_unique<Measuring>(most));
  CHECK(run_until(loop, [&] { return reader.received.size() == sent; }));
  CHECK(most == Channel::kReadBytes);
}

TEST_CASE(
    "of what a filter makes out of little a stream gets its share of a turn, and the rest in later ones",
    "[net][channel][filter]") {
  const bool closes = GENERATE(true, false);
  const bool pauses = GENERATE(true, false);
  CAPTURE(closes, pauses);
  Loop loop;
  SocketPair sockets;
  Peer here(loop, sockets.take(0));
  here.channel->add_filter(std::make_unique<Blowing>());
  if (pauses) {
    here.when_bytes = [&](MutableBytes) {
      here.channel->pause_reading();
      here.channel->resume_reading();
    };
  }
  REQUIRE(::send(sockets.fds[1], "12345678", 8, 0) == 8);
  if (closes) ::close(sockets.take(1));
  std::size_t most = 0;
  CHECK(run_until(loop, [&] {
    const std::size_t before = here.received.size();
    loop.run_one_turn();
    most = std::max(most, here.received.size() - before);
    return here.received.size() == std::size_t{8} << 20;
  }));
  CHECK(most <= 2 * Channel::kTurnPlainBytes);
  if (closes) CHECK(run_until(loop, [&] { return here.closings == 1; }));
}
