// Statements by class and latency: read by stats_mysql_commands_counters and the metrics.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "admin/stats/sources.hpp"
#include "proxy/worker/command_stats.hpp"

namespace weir {

struct CommandRow {
  CommandClass command{};
  std::uint64_t total_time_us = 0;
  std::uint64_t total = 0;
  std::array<std::uint64_t, kLatencyBuckets.size()> by_latency{};
};

// One per class, in their order; asks no worker.
std::vector<CommandRow> command_rows(StatsSources& sources);

}  // namespace weir
