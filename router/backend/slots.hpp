// Who may open a connection to one server: a counter of permits shared by all workers, and marks of who
// waits.
//
// A permit stands for one connection to the server, used or idle, whichever worker owns it. All members are
// lock-free and may be called by any thread; worker numbers are 0..kMaxWorkers-1.
//
// To wait without missing a wake-up: set_waiting(), then try_acquire() once more, then wait. Whoever frees
// something (a permit, or an idle connection) does so first, then asks anyone_waiting(). Both sides are
// sequentially consistent, so at least one of them sees the other.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocol/base/check.hpp"
#include "protocol/base/time.hpp"

namespace weir {

class ServerSlots {
 public:
  static constexpr std::size_t kMaxWorkers = 256;

  // Takes a permit if fewer than `limit` are out. The limit is an argument because a reload may change it; a
  // lower one revokes nothing.
  bool try_acquire(std::int64_t limit) noexcept {
    std::int64_t used = used_.load(std::memory_order_seq_cst);
    while (used < limit) {
      if (used_.compare_exchange_weak(used, used + 1, std::memory_order_seq_cst)) return true;
    }
    return false;
  }

  // Gives one permit back.
  void release() noexcept {
    [[maybe_unused]] const std::int64_t before = used_.fetch_sub(1, std::memory_order_seq_cst);
    WEIR_ASSERT(before > 0, "a permit is given back once");
  }

  std::int64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

  // `worker` has had a session waiting for this server since `since` (not kNever). Repeating it moves the
  // mark.
  void set_waiting(std::size_t worker, Instant since) noexcept {
    WEIR_ASSERT(worker < kMaxWorkers && since != kNever, "a worker's number, and a time");
    if (oldest_waiter_[worker].exchange(since, std::memory_order_seq_cst) == kNever) {
      waiting_workers_.fetch_add(1, std::memory_order_seq_cst);
    }
  }

  // `worker` waits no longer. Harmless if it did not.
  void clear_waiting(std::size_t worker) noexcept {
    WEIR_ASSERT(worker < kMaxWorkers, "a worker's number");
    if (oldest_waiter_[worker].exchange(kNever, std::memory_order_seq_cst) != kNever) {
      waiting_workers_.fetch_sub(1, std::memory_order_seq_cst);
    }
  }

  // One load; cheap enough to ask after every query.
  bool anyone_waiting() const noexcept { return waiting_workers_.load(std::memory_order_seq_cst) > 0; }

  // Since when `worker` waits, or kNever.
  Instant waiting_since(std::size_t worker) const noexcept {
    return oldest_waiter_[worker].load(std::memory_order_seq_cst);
  }

  // The worker whose session has waited longest, `except` left out; the lowest number if several are as old.
  // Looks at every mark, so ask anyone_waiting() first.
  std::optional<std::size_t> oldest_waiting_worker(std::size_t except) const noexcept {
    std::optional<std::size_t> oldest;
    Instant since = kNever;
    for (std::size_t worker = 0; worker < kMaxWorkers; ++worker) {
      const Instant mark = oldest_waiter_[worker].load(std::memory_order_seq_cst);
      if (worker == except || mark == kNever || (oldest && mark >= since)) continue;
      oldest = worker;
      since = mark;
    }
    return oldest;
  }

 private:
  // Apart, so that workers asking anyone_waiting() after each query do not share a line with the counters.
  alignas(64) std::atomic<std::int64_t> used_{0};
  alignas(64) std::atomic<std::int64_t> waiting_workers_{0};
  alignas(64) std::array<std::atomic<Instant>, kMaxWorkers> oldest_waiter_{};
};

}  // namespace weir
