// Threads with loops that stand still, and who says so.
#include "proxy/worker/watchdog.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <thread>

#include "proxy/net/mailbox.hpp"
#include "tests/component/net/net_support.hpp"

namespace weir::test {
namespace {

// A thread with a loop, which stands still while it is told to.
class Worked {
 public:
  Worked() : thread_([this] { loop_.run(); }) {}
  ~Worked() {
    go_on();
    mailbox_.post([this] { loop_.stop(); });
    thread_.join();
  }

  void stand_still() {
    still_ = true;
    mailbox_.post([this] {
      const AtWork::Scope scope(at_work_, 42, "executing");
      still_.wait(true);
    });
  }
  void go_on() {
    still_ = false;
    still_.notify_all();
  }

  Watchdog::Thread watched() {
    return {.name = "worked",
            .post = [this](Task task) { mailbox_.post(std::move(task)); },
            .on_stuck = [this] { ++found_stuck; },
            .at_work = &at_work_};
  }

  int found_stuck = 0;

 private:
  AtWork at_work_;
  std::atomic<bool> still_{false};
  Loop loop_;
  Mailbox mailbox_{loop_};
  std::thread thread_;
};

struct WatchdogScene {
  explicit WatchdogScene(Millis limit_ms) {
    watchdog.set_limit(limit_ms);
    watchdog.set_on_well([this] { ++well; });
  }

  Loop loop;
  Watchdog watchdog{loop};
  int well = 0;
};

TEST_CASE("a thread that stands still is found once, and again when it has gone on meanwhile", "[watchdog]") {
  WatchdogScene s(1);
  Worked still, other;
  s.watchdog.watch({still.watched(), other.watched()});
  REQUIRE(run_until(s.loop, [&] { return s.well >= 2; }));
  CHECK(still.found_stuck == 0);
  for (int times = 1; times <= 2; ++times) {
    still.stand_still();
    REQUIRE(run_until(s.loop, [&] { return still.found_stuck == times; }));
    const int well = s.well;
    struct Alarm final : DeadlineEvents {
      bool rung = false;
      void on_deadline() noexcept override { rung = true; }
    } alarm;
    Deadline looks(s.loop.deadlines(), alarm);
    looks.set(s.loop.now() + 3 * Watchdog::kLookMs);
    REQUIRE(run_until(s.loop, [&] { return alarm.rung; }));
    CHECK(still.found_stuck == times);
    CHECK(s.well == well);
    still.go_on();
    REQUIRE(run_until(s.loop, [&] { return s.well > well + 1; }));
  }
  CHECK(other.found_stuck == 0);
  s.watchdog.forget();
}

TEST_CASE("without a limit nobody is stuck", "[watchdog]") {
  WatchdogScene s(0);
  Worked still;
  s.watchdog.watch({still.watched()});
  still.stand_still();
  CHECK(run_until(s.loop, [&] { return s.well >= 3; }));
  CHECK(still.found_stuck == 0);
  s.watchdog.forget();
}

TEST_CASE("threads that end while they are asked are forgotten", "[watchdog]") {
  WatchdogScene s(1);
  {
    Worked gone;
    gone.stand_still();
    s.watchdog.watch({gone.watched()});
    REQUIRE(run_until(s.loop, [&] { return gone.found_stuck == 1; }));
    s.watchdog.forget();
  }
  const int well = s.well;
  CHECK(run_until(s.loop, [&] { return s.well > well + 1; }));
}

}  // namespace
}  // namespace weir::test
