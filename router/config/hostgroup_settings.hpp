// What the column `hostgroup_settings` says: {"balance":"peak_ewma", "slow_start_ms":30000}.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/time.hpp"
#include "protocol/wire/compression.hpp"
#include "router/backend/balancing.hpp"
#include "router/backend/hostgroup_policy.hpp"

namespace weir {

struct HostgroupSettings {
  static constexpr Millis kMaxSlowStartMs = 3'600'000;
  static constexpr std::int64_t kMaxServers = 1'000'000;
  static constexpr std::int64_t kMaxLagS = 604'800;

  Balance balance = Balance::weighted;
  Millis slow_start_ms = 0;
  TwoWriters two_writers = TwoWriters::newest;
  WhenAllLag when_all_lag = WhenAllLag::writer;
  std::int64_t max_lag_ms = 0;   // of its servers, by the GTID timeline; 0 = no limit
  std::int64_t min_readers = 0;  // so many stay, however far they are behind
  int send_proxy_protocol = 0;   // version of the header; 0 = none
  Compression compression_algorithm = Compression::zlib;  // of its servers that have `compression`
  std::optional<std::int64_t> lag_when_null{};  // seconds; nothing: mysql-monitor_slave_lag_when_null
};

// `text` is the column's, valid JSON or empty. Each value that is not allowed is told to `problems`, as
// "balance must be one of weighted, least_in_flight, peak_ewma", and counts as not given. Other keys are left
// alone; those of ProxySQL without an effect here are told to `without_effect`.
HostgroupSettings parse_hostgroup_settings(std::string_view text, std::vector<std::string>& problems,
                                           std::vector<std::string>& without_effect);

}  // namespace weir
