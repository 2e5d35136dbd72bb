// How many statements of each class there were, and how long they took: stats_mysql_commands_counters, of one
// worker.
//
// The worker writes; anybody may read at any time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/base/counter.hpp"
#include "router/query/command_class.hpp"

namespace weir {

// A latency range: longer than the one before, and up to this.
struct LatencyBucket {
  std::string_view column;
  std::uint64_t up_to_us;
};
inline constexpr std::array kLatencyBuckets{
    LatencyBucket{"cnt_100us", 100},      LatencyBucket{"cnt_500us", 500},
    LatencyBucket{"cnt_1ms", 1'000},      LatencyBucket{"cnt_5ms", 5'000},
    LatencyBucket{"cnt_10ms", 10'000},    LatencyBucket{"cnt_50ms", 50'000},
    LatencyBucket{"cnt_100ms", 100'000},  LatencyBucket{"cnt_500ms", 500'000},
    LatencyBucket{"cnt_1s", 1'000'000},   LatencyBucket{"cnt_5s", 5'000'000},
    LatencyBucket{"cnt_10s", 10'000'000}, LatencyBucket{"cnt_INFs", ~std::uint64_t{0}},
};

struct CommandFigures {
  Counter total_time_us;
  Counter total;
  std::array<Counter, kLatencyBuckets.size()> by_latency;
};

class CommandStats {
 public:
  void count(CommandClass command, std::uint64_t time_us) {
    CommandFigures& figures = figures_[static_cast<std::size_t>(command)];
    figures.total_time_us.add(time_us);
    figures.total.add();
    std::size_t bucket = 0;
    while (time_us > kLatencyBuckets[bucket].up_to_us) ++bucket;
    figures.by_latency[bucket].add();
  }

  const CommandFigures& of(CommandClass command) const { return figures_[static_cast<std::size_t>(command)]; }

 private:
  std::array<CommandFigures, kCommandClasses> figures_;
};

}  // namespace weir
