#include "monitor/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "monitor/judge_cluster.hpp"
#include "monitor/judge_lag.hpp"
#include "monitor/judge_pair.hpp"

namespace weir {
namespace {

using Presence = ServerDecision::Presence;

// What a placement means for one of the pair's two hostgroups.
void place(ServerOverlay& overlay, const ServerKey& key, int other_hostgroup, bool configured, bool present,
           bool fenced, const std::string& reason) {
  const Presence presence = configured == present ? Presence::as_configured
                            : present             ? Presence::added
                                                  : Presence::removed;
  if (presence == Presence::as_configured && !fenced) return;
  ServerDecision& decision = overlay[key];
  decision.presence = presence;
  if (presence == Presence::added) decision.like = other_hostgroup;
  if (fenced) decision.hold = Hold::fenced;
  decision.reason = reason;
}

void place_pairs(const JudgeInput& input, Judgement& now) {
  for (const WatchPlan::Pair& pair : input.plan.pairs) {
    PairJudgement& judged = now.pairs[pair.writer] = judge_pair(input, pair);
    for (const auto& [host, at] : judged.places) {
      place(now.overlay, {pair.writer, host.name, host.port}, pair.reader, at.configured_writer,
            at.writer || at.fenced, at.fenced, at.reason);
      place(now.overlay, {pair.reader, host.name, host.port}, pair.writer, at.configured_reader, at.reader,
            false, at.reason);
    }
    if (!judged.compares) continue;
    for (const auto& [host, at] : judged.places) now.positions_wanted.insert(host);
  }
}

void place_clusters(const JudgeInput& input, Judgement& now) {
  for (const WatchPlan::Cluster& cluster : input.plan.clusters) {
    const ClusterJudgement& judged = now.clusters[cluster.writer] = judge_cluster(input, cluster);
    place_members(input.plan, cluster, judged, now.overlay);
  }
}

void add_clusters(ClusterKind kind, const std::vector<ClusterHostgroupRow>& rows, WatchPlan& plan) {
  const bool galera = kind == ClusterKind::galera;
  for (const ClusterHostgroupRow& row : rows) {
    if (!row.active) continue;
    plan.clusters.push_back({.kind = kind,
                             .writer = static_cast<int>(row.writer_hostgroup),
                             .backup_writer = static_cast<int>(row.backup_writer_hostgroup),
                             .reader = static_cast<int>(row.reader_hostgroup),
                             .offline = static_cast<int>(row.offline_hostgroup),
                             .max_writers = row.max_writers,
                             .writer_is_also_reader = row.writer_is_also_reader,
                             .max_behind = row.max_transactions_behind,
                             .max_timeouts = galera ? plan.settings.monitor_galera_max_timeout_count
                                                    : plan.settings.monitor_group_max_timeout_count});
  }
}

void hold_dead_and_silent(const JudgeInput& input, Judgement& now) {
  for (const ServerRow& row : running_rows(now.overlay, input.plan.rows)) {
    const auto facts = input.facts.find(host_of(row));
    if (facts == input.facts.end() || !(facts->second.dead || facts->second.silent)) continue;
    ServerDecision& decision = now.overlay[key_of(row)];
    const bool held = decision.hold != Hold::none;
    if (decision.hold == Hold::fenced || (held && !facts->second.dead)) continue;
    decision.hold = facts->second.dead ? Hold::dead : Hold::silent;
    decision.reason = facts->second.trouble;
  }
}

// What stays decided keeps its time, and its reason unless that has something new to say.
void date(const JudgeInput& input, Judgement& now) {
  for (auto& [key, decision] : now.overlay) {
    const auto before = input.before.overlay.find(key);
    const bool same = before != input.before.overlay.end() && before->second.same_effect(decision);
    decision.since_us = same ? before->second.since_us : input.now_us;
  }
}

}  // namespace

Host host_of(const ServerRow& row) {
  return {row.hostname, static_cast<std::uint16_t>(row.port)};
}

bool WatchPlan::Cluster::has(int hostgroup) const {
  const auto all = hostgroups();
  return std::ranges::find(all, hostgroup) != all.end();
}

const ServerRow* WatchPlan::Cluster::row_of(const WatchPlan& plan, const Host& host) const {
  const ServerRow* idle = nullptr;
  for (const int hostgroup : hostgroups()) {
    const ServerRow* row = plan.find_row(hostgroup, host);
    if (row != nullptr && in_operation(*row)) return row;
    if (idle == nullptr) idle = row;
  }
  return idle;
}

const ServerRow* WatchPlan::find_row(int hostgroup, const Host& host) const {
  const auto row = std::ranges::find_if(rows, [&](const ServerRow& candidate) {
    return candidate.hostgroup_id == hostgroup && host_of(candidate) == host;
  });
  return row == rows.end() ? nullptr : &*row;
}

const HostgroupSettings& WatchPlan::settings_of(int hostgroup) const {
  static const HostgroupSettings kNone;
  const auto own = hostgroups.find(hostgroup);
  return own == hostgroups.end() ? kNone : own->second;
}

std::optional<LagLimit> lag_limit(const WatchPlan& plan, const ServerRow& row) {
  const std::int64_t max_ms = plan.settings_of(static_cast<int>(row.hostgroup_id)).max_lag_ms;
  if (max_ms > 0) return LagLimit{static_cast<double>(max_ms) / 1000, true};
  if (row.max_replication_lag > 0) return LagLimit{static_cast<double>(row.max_replication_lag), false};
  return std::nullopt;
}

WatchPlan plan_of(const Snapshot& snapshot) {
  WatchPlan plan{.settings = snapshot.settings(), .rows = snapshot.tables().servers};
  for (ServerRow& row : plan.rows) {
    std::ranges::transform(row.status, row.status.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  }
  for (const ReplicationHostgroupRow& row : snapshot.tables().replication_hostgroups) {
    plan.pairs.push_back(
        {static_cast<int>(row.writer_hostgroup), static_cast<int>(row.reader_hostgroup), row.check_type});
    std::ranges::transform(plan.pairs.back().check_type, plan.pairs.back().check_type.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  std::ranges::sort(plan.pairs, {}, &WatchPlan::Pair::writer);
  add_clusters(ClusterKind::galera, snapshot.tables().galera_hostgroups, plan);
  add_clusters(ClusterKind::group_replication, snapshot.tables().group_replication_hostgroups, plan);
  std::ranges::sort(plan.clusters, {}, &WatchPlan::Cluster::writer);
  for (const HostgroupAttributesRow& row : snapshot.tables().hostgroup_attributes) {
    std::vector<std::string> told;  // when it was loaded
    plan.hostgroups[static_cast<int>(row.hostgroup_id)] =
        parse_hostgroup_settings(row.hostgroup_settings, told, told);
  }
  return plan;
}

Judgement judge(const JudgeInput& input) {
  Judgement now;
  place_pairs(input, now);
  place_clusters(input, now);
  hold_dead_and_silent(input, now);
  if (input.plan.settings.monitor_enabled) judge_lags(input, now);  // else nobody would say when it is over
  date(input, now);
  return now;
}

}  // namespace weir
