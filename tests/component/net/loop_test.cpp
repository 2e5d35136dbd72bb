#include "proxy/net/loop.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "proxy/net/fd_limit.hpp"
#include "proxy/net/mailbox.hpp"
#include "proxy/net/signals.hpp"
#include "tests/component/net/net_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

struct Hook final : TurnEnd {
  explicit Hook(std::function<void()> f) : run(std::move(f)) {}
  void on_turn_end() noexcept override { run(); }
  std::function<void()> run;
};

struct Alarm final : DeadlineEvents {
  explicit Alarm(std::function<void()> f) : ring(std::move(f)) {}
  void on_deadline() noexcept override { ring(); }
  std::function<void()> ring;
};

}  // namespace

TEST_CASE("a hook runs once per request, in order of request", "[net][loop]") {
  Loop loop;
  std::string ran;
  Hook a([&] { ran += 'a'; });
  Hook b([&] { ran += 'b'; });
  loop.at_turn_end(b);
  loop.at_turn_end(a);
  loop.at_turn_end(b);
  run_turns(loop, 3);
  CHECK(ran == "ba");
}

TEST_CASE("hooks requested by hooks run before the loop sleeps", "[net][loop]") {
  Loop loop;
  int runs = 0;
  Hook again([&] {
    if (++runs < 10) loop.at_turn_end(again);
  });
  loop.at_turn_end(again);
  CHECK(run_until(loop, [&] { return runs == 10; }));
}

TEST_CASE("a destroyed hook does not run", "[net][loop]") {
  const int victim = GENERATE(0, 1, 2, 3);
  CAPTURE(victim);
  Loop loop;
  std::string ran;
  std::vector<std::unique_ptr<Hook>> hooks;
  hooks.push_back(std::make_unique<Hook>([&] {
    ran += '0';
    hooks[static_cast<std::size_t>(victim)].reset();
  }));
  for (const char name : {'1', '2', '3'})
    hooks.push_back(std::make_unique<Hook>([&ran, name] { ran += name; }));
  for (const auto& hook : hooks) loop.at_turn_end(*hook);
  run_turns(loop, 2);
  std::string expected = "0123";
  if (victim > 0) expected.erase(static_cast<std::size_t>(victim), 1);
  CHECK(ran == expected);
}

TEST_CASE("run returns after stop, and may be called again", "[net][loop]") {
  Loop loop;
  for (int i = 0; i < 2; ++i) {
    Hook stop([&] { loop.stop(); });
    loop.at_turn_end(stop);
    loop.run();
  }
  CHECK(loop.now() > 0);
  CHECK(loop.now_us() / 1000 >= static_cast<std::uint64_t>(loop.now()));
}

TEST_CASE("deadlines ring on the loop, not early", "[net][loop]") {
  Loop loop;
  run_turns(loop, 1);
  std::string rang;
  Instant at = 0;
  Alarm first([&] { rang += '1'; });
  Alarm second([&] {
    rang += '2';
    at = loop.now();
  });
  Deadline late(loop.deadlines(), second);
  Deadline early(loop.deadlines(), first);
  const Instant due = loop.now() + 40;
  late.set(due);
  early.set(due - 20);
  CHECK(run_until(loop, [&] { return rang.size() == 2; }));
  CHECK(rang == "12");
  CHECK(at >= due);
  CHECK_FALSE(late.is_set());
}

TEST_CASE("a hook requested by a deadline runs before the loop sleeps", "[net][loop]") {
  Loop loop;
  bool ran = false;
  Hook hook([&] { ran = true; });
  Alarm alarm([&] { loop.at_turn_end(hook); });
  Deadline deadline(loop.deadlines(), alarm);
  deadline.set(loop.now() + 1);
  CHECK(run_until(loop, [&] { return ran; }));
}

TEST_CASE("a loop that looks for work before it sleeps hardly sleeps between questions and answers",
          "[net][loop]") {
  constexpr int kRounds = 1000;
  Loop loop;
  loop.set_busy_poll_us(10'000'000);
  SocketPair sockets;
  Peer here(loop, sockets.take(0));
  int rounds = 0;
  here.when_bytes = [&](MutableBytes) {
    if (++rounds < kRounds) here.channel->send(as_bytes("?"));
  };
  std::thread other([fd = sockets.fds[1]] {
    pollfd question{fd, POLLIN, 0};
    for (char byte; ::poll(&question, 1, -1) == 1 && ::recv(fd, &byte, 1, 0) == 1;)
      ::send(fd, &byte, 1, MSG_NOSIGNAL);
  });
  run_turns(loop, 1);  // from here on the socket is watched
  rusage before{}, after{};
  getrusage(RUSAGE_THREAD, &before);
  here.channel->send(as_bytes("?"));
  CHECK(run_until(loop, [&] { return rounds == kRounds; }));
  getrusage(RUSAGE_THREAD, &after);
  CHECK(after.ru_nvcsw - before.ru_nvcsw < kRounds / 2);
  here.channel->close();
  other.join();
}

TEST_CASE("a deadline does not wait for the end of a look", "[net][loop]") {
  Loop loop;
  loop.set_busy_poll_us(3'600'000'000);
  bool rang = false;
  Alarm alarm([&] { rang = true; });
  Deadline deadline(loop.deadlines(), alarm);
  deadline.set(loop.now() + 2);
  CHECK(run_until(loop, [&] { return rang; }));
}

TEST_CASE("posts of four threads arrive complete and in each thread's order", "[net][mailbox][threads]") {
  constexpr int kThreads = 4, kPosts = 2000;
  Loop loop;
  auto box = std::make_unique<Mailbox>(loop);
  std::array<int, kThreads> seen{};
  bool in_order = true;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        box->post([&, t, owned = std::make_unique<int>(i)] { in_order = in_order && seen[t]++ == *owned; });
      }
    });
  }
  CHECK(run_until(loop, [&] { return std::ranges::all_of(seen, [](int n) { return n == kPosts; }); }));
  CHECK(in_order);
  for (auto& thread : threads) thread.join();
}

TEST_CASE("a task may post, stop the loop, or destroy the mailbox", "[net][mailbox]") {
  Loop loop;
  auto box = std::make_unique<Mailbox>(loop);
  std::string ran;
  auto carried = std::make_shared<int>();
  box->post([&] {
    ran += '1';
    box->post([&] {
      ran += '3';
      box.reset();
      loop.stop();
    });
    box->post([&, carried] { ran += "never"; });
  });
  box->post([&] { ran += '2'; });
  loop.run();
  CHECK(ran == "123");
  CHECK(carried.use_count() == 1);  // what was not run was destroyed
}

TEST_CASE("signals arrive on the loop", "[net][signals]") {
  struct Heard final : SignalEvents {
    void on_signal(int signal) noexcept override { signals.push_back(signal); }
    std::vector<int> signals;
  } heard;
  Loop loop;
  const Signals signals(loop, heard, {SIGTERM, SIGHUP, SIGUSR1});
  ::raise(SIGHUP);
  CHECK(run_until(loop, [&] { return heard.signals.size() == 1; }));
  ::raise(SIGTERM);
  CHECK(run_until(loop, [&] { return heard.signals.size() == 2; }));
  CHECK(heard.signals == std::vector<int>{SIGHUP, SIGTERM});
}

TEST_CASE("the limit of descriptors is raised to the hard one", "[net][fd_limit]") {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlimit lower{limit.rlim_max - 1, limit.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &lower) == 0);
  const FdLimit raised = raise_fd_limit();
  CHECK(raised.before == limit.rlim_max - 1);
  CHECK(raised.now == limit.rlim_max);
  CHECK(raised.hard == limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
}
