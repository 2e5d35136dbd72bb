#include "monitor/judge_lag.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir {
namespace {

// A server that was out comes back when it is no more than half as far behind as allowed, or within what is
// allowed for so many readings in a row.
constexpr int kReadingsToReturn = 2;

struct Reader {
  ServerKey key;
  LagLimit limit;
  LagJudgement* lag = nullptr;
};

std::string to_reason(const Reader& reader) {
  const double lag_s = reader.lag->lag_s.value_or(0);
  if (!reader.limit.by_timeline)
    return fmt::format("{:.0f} s behind, more than max_replication_lag {:.0f}", lag_s, reader.limit.s);
  return fmt::format("{:.0f} ms behind, more than max_replication_lag_ms {:.0f}", lag_s * 1000,
                     reader.limit.s * 1000);
}

bool source_is_gone(const ReplicationReading& reading, const AllFacts& all) {
  return std::ranges::any_of(reading.sources, [&](const Host& source) {
    const auto known = all.find(source);
    return known != all.end() && known->second.silent;
  });
}

class LagJudge {
 public:
  LagJudge(const JudgeInput& input, Judgement& now)
      : input_(input), now_(now), running_(running_rows(now.overlay, input.plan.rows)) {}

  void judge() {
    std::map<int, std::vector<Reader>> behind;
    for (const ServerRow& row : running_) {
      const auto limit = lag_limit(input_.plan, row);
      if (!limit || row.status != "ONLINE" || is_ahead(row)) continue;
      const ServerKey key = key_of(row);
      LagJudgement& lag = now_.lags[key];
      judge_one(row, *limit, lag);
      if (lag.out && !is_out(key)) behind[key.hostgroup].push_back({key, *limit, &lag});
    }
    for (auto& [hostgroup, readers] : behind) take_out(hostgroup, readers);
  }

 private:
  // A writer is not behind, whatever is left of the replication that it had: all the others follow it. That
  // goes for its place among the readers, too.
  bool is_ahead(const ServerRow& row) const {
    const auto leads = [&](const auto& pair) {
      if (row.hostgroup_id == pair.writer) return true;
      return row.hostgroup_id == pair.reader && writes(pair, host_of(row));
    };
    return std::ranges::any_of(input_.plan.pairs, leads) || std::ranges::any_of(input_.plan.clusters, leads);
  }
  bool writes(const WatchPlan::Pair& pair, const Host& host) const {
    const auto& places = now_.pairs.at(pair.writer).places;
    const auto at = places.find(host);
    return at != places.end() && at->second.writer;
  }
  bool writes(const WatchPlan::Cluster& cluster, const Host& host) const {
    const auto& members = now_.clusters.at(cluster.writer).members;
    const auto at = members.find(host);
    return at != members.end() && at->second.role == MemberPlace::Role::writer;
  }

  void judge_one(const ServerRow& row, const LagLimit& limit, LagJudgement& lag) {
    if (const auto before = input_.before.lags.find(key_of(row)); before != input_.before.lags.end())
      lag = before->second;
    const auto facts = input_.facts.find(host_of(row));
    if (facts == input_.facts.end()) return;
    const std::uint64_t reading =
        facts->second.replication_readings + (limit.by_timeline ? facts->second.timeline_readings : 0);
    if (reading == lag.reading) return;
    lag.reading = reading;
    lag.lag_s = measured(facts->second, row, limit);
    if (lag.lag_s) count(lag, limit.s);
  }

  // The timeline knows better, unless the server lacks what was there before the timeline began.
  std::optional<double> measured(const ServerFacts& facts, const ServerRow& row,
                                 const LagLimit& limit) const {
    const auto timeline = limit.by_timeline ? facts.timeline_lag : std::nullopt;
    const double timeline_s = timeline ? static_cast<double>(timeline->ms) / 1000 : 0;
    if (timeline && !timeline->at_least) return timeline_s;
    const HostgroupSettings& own = input_.plan.settings_of(static_cast<int>(row.hostgroup_id));
    const auto said =
        lag_of(facts, own.lag_when_null.value_or(input_.plan.settings.monitor_slave_lag_when_null),
               facts.replication && source_is_gone(*facts.replication, input_.facts), input_.now);
    if (timeline) return std::max(timeline_s, said.value_or(0));
    return said;
  }

  void count(LagJudgement& lag, double limit_s) const {
    const bool above = *lag.lag_s > limit_s;
    lag.above = above ? lag.above + 1 : 0;
    lag.below = above ? 0 : lag.below + 1;
    if (above) {
      lag.out |= lag.above >= input_.plan.settings.monitor_replication_lag_count;
    } else if (*lag.lag_s <= limit_s / 2 || lag.below >= kReadingsToReturn) {
      lag.out = false;
    }
  }

  bool is_out(const ServerKey& key) const {
    const auto decided = now_.overlay.find(key);
    return decided != now_.overlay.end() && decided->second.hold != Hold::none &&
           decided->second.hold != Hold::silent;
  }

  // Those that are not dead, or kept by the operator from serving.
  std::size_t serving(int hostgroup) const {
    return static_cast<std::size_t>(std::ranges::count_if(running_, [&](const ServerRow& row) {
      return row.hostgroup_id == hostgroup && row.status == "ONLINE" && row.weight > 0 &&
             !is_out(key_of(row));
    }));
  }

  void take_out(int hostgroup, std::vector<Reader>& behind) {
    const HostgroupSettings& own = input_.plan.settings_of(hostgroup);
    std::ranges::stable_sort(behind, {}, [](const Reader& reader) { return reader.lag->lag_s.value_or(0); });
    const std::size_t others = serving(hostgroup) - std::min(serving(hostgroup), behind.size());
    std::size_t keep = static_cast<std::size_t>(own.min_readers);
    keep -= std::min(keep, others);
    if (keep == 0 && others == 0) {
      if (own.when_all_lag == WhenAllLag::least_behind) keep = 1;
      if (own.when_all_lag == WhenAllLag::writer && !let_writer_read(hostgroup)) keep = 0;
    }
    for (std::size_t i = keep; i < behind.size(); ++i) hold(behind[i]);
  }

  void hold(const Reader& reader) {
    ServerDecision& decision = now_.overlay[reader.key];
    decision.hold = Hold::lagging;
    decision.reason = to_reason(reader);
  }

  // False: there is none.
  bool let_writer_read(int hostgroup) {
    const auto writers = writers_for(hostgroup);
    if (!writers) return false;
    bool any = false;
    for (const ServerRow& row : running_) {
      if (row.hostgroup_id != writers || row.status != "ONLINE" || is_out(key_of(row))) continue;
      let_read(key_of(row), hostgroup);
      any = true;
    }
    return any;
  }

  std::optional<int> writers_for(int readers) const {
    const auto pair = std::ranges::find(input_.plan.pairs, readers, &WatchPlan::Pair::reader);
    if (pair != input_.plan.pairs.end()) return pair->writer;
    const auto cluster = std::ranges::find(input_.plan.clusters, readers, &WatchPlan::Cluster::reader);
    return cluster == input_.plan.clusters.end() ? std::nullopt : std::optional(cluster->writer);
  }

  void let_read(const ServerKey& writer, int hostgroup) {
    const ServerKey reader{hostgroup, writer.hostname, writer.port};
    const auto is_written = [&](const ServerKey& key) {
      return std::ranges::find(input_.plan.rows, key, key_of_row) != input_.plan.rows.end();
    };
    if (is_written(reader)) {
      now_.overlay.erase(reader);  // configured here, and taken out when it became the writer
      return;
    }
    const auto decided = now_.overlay.find(writer);
    ServerDecision& decision = now_.overlay[reader];
    decision.presence = ServerDecision::Presence::added;
    decision.like =
        is_written(writer) || decided == now_.overlay.end() ? writer.hostgroup : decided->second.like;
    decision.reason = "all servers here are too far behind: the writer reads";
  }

  static ServerKey key_of_row(const ServerRow& row) { return key_of(row); }

  const JudgeInput& input_;
  Judgement& now_;
  const std::vector<ServerRow> running_;
};

}  // namespace

std::optional<double> lag_of(const ServerFacts& facts, std::int64_t when_null, bool source_is_gone,
                             Instant now) {
  if (!facts.replication) return std::nullopt;
  const ReplicationReading& reading = *facts.replication;
  if (!reading.replica) return 0;
  if (reading.lag_s) return *reading.lag_s;
  // It has applied what there was to get. Who has no source is as good as the others of that source.
  if (!reading.sql_stopped && source_is_gone) return std::nullopt;
  if (when_null == 0) return 0;
  const Millis stopped_ms = facts.known_lag_at == kNever ? 0 : now - facts.known_lag_at;
  return std::max(static_cast<double>(when_null), facts.known_lag_s + static_cast<double>(stopped_ms) / 1000);
}

std::optional<std::string> standstill(const ServerFacts& facts, const AllFacts& all) {
  if (!facts.threads || facts.read_only == false) return "";
  const ReplicationReading& seen = *facts.threads;
  if (!seen.sql_stopped && !seen.io_stopped) return "";
  if (!seen.sql_stopped && source_is_gone(seen, all)) return std::nullopt;
  return fmt::format("its replication stands still ({} thread{}{}), and it has no max_replication_lag",
                     seen.sql_stopped ? "SQL" : "IO", seen.error.empty() ? "" : ": ", seen.error);
}

void judge_lags(const JudgeInput& input, Judgement& now) {
  LagJudge(input, now).judge();
}

}  // namespace weir
