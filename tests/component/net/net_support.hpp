// What the tests of proxy/net share: a bounded run of a loop, and a channel that remembers what happened to
// it.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/net/acceptor.hpp"
#include "proxy/net/channel.hpp"

namespace weir::test {

// Turns of `loop` until `done()`; false if that does not happen within a generous time.
inline bool run_until(Loop& loop, const std::function<bool()>& done) {
  struct Watchdog final : DeadlineEvents {
    bool barked = false;
    void on_deadline() noexcept override { barked = true; }
  } watchdog;
  Deadline limit(loop.deadlines(), watchdog);
  limit.set(loop.now() + 60'000);
  while (!done()) {
    if (watchdog.barked) return false;
    loop.run_one_turn();
  }
  return true;
}

// `count` turns that do not wait: whatever is ready is served, and nothing need be.
inline void run_turns(Loop& loop, int count) {
  // A hook that asks again in the loop's last pass keeps the loop from sleeping.
  struct KeepAwake final : TurnEnd {
    explicit KeepAwake(Loop& l) : loop(l) {}
    void on_turn_end() noexcept override { loop.at_turn_end(*this); }
    Loop& loop;
  } awake(loop);
  loop.at_turn_end(awake);
  for (int i = 0; i < count; ++i) loop.run_one_turn();
}

// How many turns the loop makes in the next 30 ms. A loop with nothing to do sleeps: a handful.
inline int turns_in_30_ms(Loop& loop) {
  struct Alarm final : DeadlineEvents {
    bool rung = false;
    void on_deadline() noexcept override { rung = true; }
  } alarm;
  run_turns(loop, 1);
  Deadline end(loop.deadlines(), alarm);
  end.set(loop.now() + 30);
  int turns = 0;
  for (; !alarm.rung; ++turns) loop.run_one_turn();
  return turns;
}

// A connected pair of stream sockets; what is not taken is closed.
struct SocketPair {
  std::array<int, 2> fds{-1, -1};

  SocketPair() { socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()); }

  // Half a megabyte for who reads fds[0], or what the system takes of it; how much that is.
  std::size_t send_much() {
    const int size = 4 << 20;
    setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    const std::string half_mega(512 * 1024, 'x');
    std::size_t sent = 0;
    for (ssize_t n; sent < half_mega.size() &&
                    (n = ::send(fds[1], half_mega.data(), half_mega.size() - sent, MSG_DONTWAIT)) > 0;) {
      sent += static_cast<std::size_t>(n);
    }
    return sent;
  }
  ~SocketPair() {
    for (const int fd : fds) {
      if (fd >= 0) ::close(fd);
    }
  }
  int take(int which) { return std::exchange(fds.at(static_cast<std::size_t>(which)), -1); }
};

// A channel with its receiver. The functions, if set, run inside the event, and may replace themselves.
struct Peer final : ChannelEvents {
  explicit Peer(Loop& l) : loop(l), channel(std::make_unique<Channel>(l)) { channel->set_events(this); }
  Peer(Loop& l, int fd) : Peer(l) { channel->adopt(fd); }

  void on_connected() noexcept override {
    ++connected;
    if (const auto act = when_connected) act();
  }
  void on_bytes(MutableBytes bytes) noexcept override {
    ++reads;
    if (keep) received.append(as_text(bytes));
    if (const auto act = when_bytes) act(bytes);
  }
  void on_drained() noexcept override {
    ++drained;
    if (const auto act = when_drained) act();
  }
  void on_closed(NetError why) noexcept override {
    ++closings;
    closed = why;
    if (const auto act = when_closed) act();
  }

  Loop& loop;
  std::unique_ptr<Channel> channel;
  bool keep = true;
  std::string received;
  int connected = 0, reads = 0, drained = 0, closings = 0;
  std::optional<NetError> closed;
  std::function<void()> when_connected, when_drained, when_closed;
  std::function<void(MutableBytes)> when_bytes;
};

// A listener whose connections become peers.
struct Listener final : AcceptEvents {
  explicit Listener(Loop& l) : loop(l), acceptor(l, *this) {}
  Listener(Loop& l, const Address& address) : Listener(l) {
    if (auto listening = acceptor.listen(address); !listening) complaint = listening.error();
  }

  void on_accepted(int fd, const Address& peer, const Acceptor&) noexcept override {
    peers.push_back(std::make_unique<Peer>(loop, fd));
    addresses.push_back(peer);
    if (const auto act = when_accepted) act();
  }
  void on_accept_failed(NetError why, int count) noexcept override {
    ++failures;
    last_failure = why;
    refused += count;
  }

  Loop& loop;
  Acceptor acceptor;
  std::string complaint;
  std::vector<std::unique_ptr<Peer>> peers;
  std::vector<Address> addresses;
  std::function<void()> when_accepted;
  int failures = 0, refused = 0;
  NetError last_failure;
};

inline Address loopback(std::uint16_t port = 0) {
  return *Address::from_ip("127.0.0.1", port);
}

// A directory of its own that disappears with it.
struct TemporaryDirectory {
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-net-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

}  // namespace weir::test
