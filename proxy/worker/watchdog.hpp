// Says when a thread with a loop has not come to the end of a turn for too long: those that it serves hear
// nothing meanwhile, and nothing but the log can tell why.
//
// Each thread is asked each second to answer; one that does not gets a line in the log, with the session for
// which it works, and the calls that it is in. A second line tells when it goes on. On one loop, which is
// watched by nobody.
#pragma once

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/crash/at_work.hpp"
#include "proxy/net/deadlines.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/net/task.hpp"

namespace weir {

class Watchdog final : DeadlineEvents {
 public:
  static constexpr Millis kLookMs = 1000;

  // All of it outlives the watch.
  struct Thread {
    std::string name{};
    std::function<void(Task)> post{};  // to its loop
    std::function<void()> on_stuck{};  // counts, asks for a trace
    const AtWork* at_work = nullptr;   // null: it does not say for whom it works
  };

  explicit Watchdog(Loop& loop) : loop_(loop), look_(loop.deadlines(), *this) {}

  // How long a thread may take for a turn; 0: it is not asked.
  void set_limit(Millis limit_ms);
  // Called at each look that finds nobody stuck.
  void set_on_well(std::function<void()> on_well) { on_well_ = std::move(on_well); }
  // These threads, which run, instead of those before.
  void watch(std::vector<Thread> threads);
  // The threads are about to end.
  void forget() { watch({}); }

 private:
  struct Watched {
    Thread thread;
    Instant asked_at = 0;
    bool told = false;
    std::shared_ptr<std::atomic<bool>> answered{};  // shared with the question, which may outlive this
  };

  void on_deadline() noexcept override;
  bool look_after(Watched& watched);
  void ask(Watched& watched);

  Loop& loop_;
  Deadline look_;
  Millis limit_ms_ = 0;
  Instant due_ = 0;
  std::function<void()> on_well_;
  std::vector<Watched> watched_;
};

}  // namespace weir
