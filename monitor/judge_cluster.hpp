// Which members of a cluster write, could write, read, or are out. Pure; see judge.hpp.
#pragma once

#include "monitor/judge.hpp"

namespace weir {

ClusterJudgement judge_cluster(const JudgeInput& input, const WatchPlan::Cluster& cluster);

// What that means for the cluster's hostgroups.
void place_members(const WatchPlan& plan, const WatchPlan::Cluster& cluster, const ClusterJudgement& judged,
                   ServerOverlay& overlay);

// A member that was out comes back after so many readings in a row that speak for it; after more if it was
// out more than kCalmDepartures times within kDepartureMemoryMs. With nobody else to write, it writes at
// once.
inline constexpr int kReadingsToReturn = 2;
inline constexpr int kReadingsOfTheRestless = 10;
inline constexpr std::size_t kCalmDepartures = 3;
inline constexpr Millis kDepartureMemoryMs = 60'000;

// What runs on a member that has been cut off from its cluster for so long is ended.
inline constexpr Millis kSeverAfterMs = 1000;

}  // namespace weir
