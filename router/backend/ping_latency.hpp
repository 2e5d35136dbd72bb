// How long a server takes to answer a ping: what max_latency_ms is compared with.
//
// Fed by whoever pings: the pool, when connections have been idle for mysql-ping_interval_server_msec. Any
// thread; no locks. A server that nobody pings has no latency.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "protocol/base/time.hpp"

namespace weir {

class PingLatency {
 public:
  // An answer came after `took_us`. It counts until `valid_until`, unless the next one comes before.
  void note(std::uint64_t took_us, Instant valid_until) noexcept {
    const std::uint64_t number = count_.fetch_add(1, std::memory_order_relaxed);
    last_[number % kKept].store(took_us, std::memory_order_relaxed);
    std::uint64_t sum = 0;
    for (const auto& each : last_) sum += each.load(std::memory_order_relaxed);
    mean_us_.store(sum / (number < kKept ? number + 1 : kKept), std::memory_order_relaxed);
    valid_until_.store(valid_until, std::memory_order_relaxed);
  }

  // The mean of the last three, as ProxySQL has it, however old; 0 = none yet.
  std::uint64_t mean_us() const noexcept { return mean_us_.load(std::memory_order_relaxed); }

  // Known to be above `limit_ms` (0 = no limit).
  bool above(std::int64_t limit_ms, Instant now) const noexcept {
    const std::uint64_t mean = mean_us();
    if (mean <= static_cast<std::uint64_t>(limit_ms) * 1000) return false;
    return limit_ms > 0 && now < valid_until_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kKept = 3;

  std::atomic<std::uint64_t> mean_us_{0};
  std::atomic<Instant> valid_until_{kNever};
  std::atomic<std::uint64_t> count_{0};
  std::array<std::atomic<std::uint64_t>, kKept> last_{};
};

}  // namespace weir
