// Moves are those of ProxySQL, and so is the choice among those who could write: the greatest weight, then
// the first by name, so that several proxies agree. What it leaves open: a member that was out is not
// believed at its first good word, and one that was not asked yet writes beside nobody.
#include "monitor/judge_cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "monitor/member_fitness.hpp"

namespace weir {
namespace {

using Role = MemberPlace::Role;
using Word = Fitness::Word;

struct Candidate {
  Host host;
  bool usable = false;    // the operator lets it work
  bool newcomer = false;  // not asked yet, and was not the writer before
  bool donor = false;
  Instant writable_since = 0;  // of those of which one only can be writable: the latest is
  std::int64_t weight = 0;

  // The least is the first to write.
  auto rank() const { return std::tuple(!usable, newcomer, donor, -writable_since, -weight, host); }
};

class ClusterJudge {
 public:
  ClusterJudge(const JudgeInput& input, const WatchPlan::Cluster& cluster)
      : input_(input), cluster_(cluster) {
    const auto before = input.before.clusters.find(cluster.writer);
    if (before != input.before.clusters.end()) before_ = &before->second;
  }

  ClusterJudgement judge() {
    for (const ServerRow& row : input_.plan.rows) {
      if (cluster_.has(static_cast<int>(row.hostgroup_id))) now_.members.try_emplace(host_of(row));
    }
    for (auto& [host, place] : now_.members) judge_one(host, place);
    choose_writers();
    return std::move(now_);
  }

 private:
  void judge_one(const Host& host, MemberPlace& place) {
    const MemberPlace* was = find_before(host);
    if (was != nullptr) place = *was;
    const ServerRow& row = *cluster_.row_of(input_.plan, host);
    if (!in_operation(row)) return judge_idle(row, place);
    if (!input_.plan.settings.monitor_enabled) return;
    const auto facts = input_.facts.find(host);
    const auto fitness = facts == input_.facts.end() ? std::nullopt : fitness_now(facts->second);
    if (!fitness) return judge_unknown(row, place);
    take(*fitness, facts->second, place);
    if (place.role == Role::backup_writer) candidates_.push_back(candidate(row, facts->second, *fitness));
  }

  const MemberPlace* find_before(const Host& host) const {
    if (before_ == nullptr) return nullptr;
    const auto was = before_->members.find(host);
    return was == before_->members.end() ? nullptr : &was->second;
  }

  // Nothing: it has not been asked yet, or cannot be.
  std::optional<Fitness> fitness_now(const ServerFacts& facts) const {
    const MemberFacts& member = facts.member;
    if (facts.dead) return Fitness{.reason = "it does not answer"};
    if (member.timeouts >= cluster_.max_timeouts)
      return Fitness{.reason = fmt::format("{} checks in a row timed out", cluster_.max_timeouts)};
    if (!member.error.empty()) return Fitness{.reason = "it cannot be checked: " + member.error};
    if (!member.reading) return std::nullopt;
    return fitness_of(*member.reading, cluster_.max_behind);
  }

  // The operator has taken it out of operation. He may put it back at any moment, while another one writes.
  void judge_idle(const ServerRow& row, MemberPlace& place) const {
    place = {};
    if (row.hostgroup_id != cluster_.writer || !input_.plan.settings.monitor_enabled) return;
    place.role = Role::backup_writer;
    place.presumed = true;
    place.reason = "it was out of operation, and is asked before it writes";
  }

  // It stays where it is. In the writers' hostgroup it may be writing, for all that is known.
  void judge_unknown(const ServerRow& row, MemberPlace& place) {
    const bool among_writers = row.hostgroup_id == cluster_.writer;
    if (place.presumed && !among_writers) place = {};  // the operator has put it elsewhere since
    place.presumed |= place.role == Role::as_configured && among_writers;
    const bool wrote = place.role == Role::writer || place.role == Role::backup_writer;
    if (!place.presumed && !wrote) return;
    const bool writes = place.role == Role::writer;
    place.role = Role::backup_writer;
    place.reason = "it has not been asked yet";
    candidates_.push_back(candidate(row, {}, {}));
    candidates_.back().newcomer = place.presumed && !writes;
  }

  // Writers are chosen later among the backup writers.
  void take(const Fitness& fitness, const ServerFacts& facts, MemberPlace& place) {
    const bool new_reading = facts.member.readings != place.reading;
    place.reading = facts.member.readings;
    place.presumed = false;
    const bool fit = fitness.word == Word::reads || fitness.word == Word::writes;
    if (fit && place.role == Role::offline) {
      if (new_reading) ++place.fit_readings;
      if (place.fit_readings < readings_to_return(place)) return keep_out(fitness, place);
    }
    if (!fit) {
      depart(fitness, place);
      return;
    }
    place.fit_readings = 0;
    place.leaving = false;
    place.role = fitness.word == Word::reads ? Role::reader : Role::backup_writer;
    place.reason = fitness.reason;
    if (new_reading) place.behind = fitness.behind ? place.behind + 1 : 0;
  }

  // What it said before it went counts for nothing.
  void keep_out(const Fitness& fitness, MemberPlace& place) {
    if (place.fit_readings == 0) return;
    place.reason = fmt::format("it is fit again, and comes back when {} checks in a row have said so",
                               readings_to_return(place));
    if (fitness.word == Word::writes) returning_.push_back(&place);
  }

  void depart(const Fitness& fitness, MemberPlace& place) {
    if (place.role != Role::offline) {
      place.left = place.role;
      place.departures.push_back(input_.now);
      while (input_.now - place.departures.front() > kDepartureMemoryMs) place.departures.pop_front();
    }
    place.leaving = fitness.word == Word::leaving && (place.role != Role::offline || place.leaving);
    place.role = Role::offline;
    place.fit_readings = 0;
    place.behind = 0;
    place.reason = fitness.reason;
  }

  int readings_to_return(const MemberPlace& place) const {
    const auto recent = std::ranges::count_if(
        place.departures, [&](Instant at) { return input_.now - at <= kDepartureMemoryMs; });
    return static_cast<std::size_t>(recent) > kCalmDepartures ? kReadingsOfTheRestless : kReadingsToReturn;
  }

  Candidate candidate(const ServerRow& row, const ServerFacts& facts, const Fitness& fitness) const {
    Candidate candidate{.host = host_of(row), .weight = row.weight};
    candidate.usable = row.status == "ONLINE" && row.weight > 0;
    candidate.donor = fitness.donor;
    const auto* group = facts.member.reading ? std::get_if<GroupReading>(&*facts.member.reading) : nullptr;
    if (group != nullptr && group->single_primary) candidate.writable_since = facts.member.writable_since;
    return candidate;
  }

  void choose_writers() {
    if (!input_.plan.settings.monitor_enabled) return;
    if (std::ranges::none_of(candidates_, &Candidate::usable)) take_returning();
    std::ranges::sort(candidates_, {}, &Candidate::rank);
    const auto writers = std::min(candidates_.size(), static_cast<std::size_t>(cluster_.max_writers));
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      MemberPlace& place = now_.members.at(candidates_[i].host);
      if (i < writers) {
        place.role = Role::writer;
      } else {
        place.reason = writers == 0 ? "max_writers is 0"
                                    : fmt::format("it could write, but {} does", candidates_[0].host.text());
      }
    }
    const bool anybody = std::ranges::any_of(candidates_, &Candidate::usable);  // who writes, then
    if (!anybody && cluster_.max_writers > 0) now_.conflict = why_nobody_writes();
  }

  // Somebody must write, and these could: by their latest reading.
  void take_returning() {
    for (auto& [host, place] : now_.members) {
      if (std::ranges::find(returning_, &place) == returning_.end()) continue;
      place.role = Role::backup_writer;
      place.leaving = false;
      place.fit_readings = 0;
      place.reason = "read_only=0, and nobody else could write";
      const ServerFacts& facts = input_.facts.at(host);
      candidates_.push_back(candidate(*cluster_.row_of(input_.plan, host), facts, *fitness_now(facts)));
    }
  }

  // Empty as long as not all have been asked.
  std::string why_nobody_writes() const {
    std::string text;
    for (const auto& [host, place] : now_.members) {
      const ServerRow& row = *cluster_.row_of(input_.plan, host);
      if (!in_operation(row)) continue;
      const std::string why = why_not(host, place, row);
      if (why.empty()) return "";
      text += fmt::format("{}{}: {}", text.empty() ? "no member writes: " : "; ", host.text(), why);
    }
    return text;
  }

  // Empty: it has not been asked yet.
  std::string why_not(const Host& host, const MemberPlace& place, const ServerRow& row) const {
    const bool could = place.role == Role::writer || place.role == Role::backup_writer;
    if (could && !place.presumed)
      return row.weight > 0 ? fmt::format("its status is {}", row.status) : "its weight is 0";
    if (place.role != Role::as_configured && !place.presumed) return place.reason;
    const auto facts = input_.facts.find(host);
    const bool asked = facts != input_.facts.end() && !facts->second.trouble.empty();
    return asked ? "it could not be asked: " + facts->second.trouble : "";
  }

  const JudgeInput& input_;
  const WatchPlan::Cluster& cluster_;
  const ClusterJudgement* before_ = nullptr;  // null: this cluster is new
  ClusterJudgement now_;
  std::vector<Candidate> candidates_;
  std::vector<const MemberPlace*> returning_;  // could write, but have not said so for long enough
};

// ---- places

// Where a member is to be, and what holds it back there. Nothing: not there.
using Wanted = std::map<int, Hold>;

// Whether one that has too much to apply is to be held back among the writers, or the readers.
struct LagRule {
  bool writers = false;
  bool readers = false;
};

LagRule lag_rule(const WatchPlan& plan, const WatchPlan::Cluster& cluster) {
  if (cluster.kind == ClusterKind::galera) return {.readers = true};
  const std::int64_t which = plan.settings.monitor_group_behind_for_read_only;
  return {.writers = which != 1, .readers = which != 0};
}

int behind_count(const WatchPlan& plan, const WatchPlan::Cluster& cluster) {
  if (cluster.kind == ClusterKind::galera) return 1;
  return static_cast<int>(plan.settings.monitor_group_behind_count);
}

Wanted wanted_places(const WatchPlan& plan, const WatchPlan::Cluster& cluster, const MemberPlace& place,
                     Role role) {
  const bool behind = place.behind >= behind_count(plan, cluster);
  const LagRule rule = lag_rule(plan, cluster);
  const Hold as_reader = behind && rule.readers ? Hold::lagging : Hold::none;
  switch (role) {
    case Role::as_configured:
      return {};
    case Role::writer: {
      Wanted wanted{{cluster.writer, behind && rule.writers ? Hold::lagging : Hold::none}};
      if (cluster.writer_is_also_reader == 1) wanted[cluster.reader] = as_reader;
      return wanted;
    }
    case Role::backup_writer: {
      Wanted wanted{{cluster.backup_writer, Hold::none}};
      if (cluster.kind == ClusterKind::galera) wanted[cluster.writer] = Hold::spare;
      if (cluster.writer_is_also_reader != 0) wanted[cluster.reader] = as_reader;
      return wanted;
    }
    case Role::reader:
      return {{cluster.reader, as_reader}};
    case Role::offline: {
      Wanted wanted;
      if (place.leaving) wanted = wanted_places(plan, cluster, place, place.left);
      for (auto& [hostgroup, hold] : wanted) hold = Hold::leaving;
      wanted[cluster.offline] = Hold::none;
      return wanted;
    }
  }
  return {};
}

// It is where the operator put it, and has no new place before it was asked.
void hold_presumed(const WatchPlan::Cluster& cluster, const Host& host, const MemberPlace& place,
                   ServerOverlay& overlay) {
  ServerDecision& decision = overlay[{cluster.writer, host.name, host.port}];
  decision.hold = Hold::spare;
  decision.reason = place.reason;
}

}  // namespace

ClusterJudgement judge_cluster(const JudgeInput& input, const WatchPlan::Cluster& cluster) {
  return ClusterJudge(input, cluster).judge();
}

void place_members(const WatchPlan& plan, const WatchPlan::Cluster& cluster, const ClusterJudgement& judged,
                   ServerOverlay& overlay) {
  using Presence = ServerDecision::Presence;
  for (const auto& [host, place] : judged.members) {
    if (place.role == Role::as_configured) continue;
    if (place.presumed) {
      if (place.role != Role::writer) hold_presumed(cluster, host, place, overlay);
      continue;
    }
    const Wanted wanted = wanted_places(plan, cluster, place, place.role);
    for (const int hostgroup : cluster.hostgroups()) {
      const auto want = wanted.find(hostgroup);
      const bool configured = std::ranges::any_of(plan.rows, [&](const ServerRow& row) {
        return row.hostgroup_id == hostgroup && host_of(row) == host;
      });
      const bool present = want != wanted.end();
      const Hold hold = present ? want->second : Hold::none;
      if (configured == present && hold == Hold::none) continue;
      ServerDecision& decision = overlay[{hostgroup, host.name, host.port}];
      decision.presence = configured == present ? Presence::as_configured
                          : present             ? Presence::added
                                                : Presence::removed;
      if (decision.presence == Presence::added)
        decision.like = static_cast<int>(cluster.row_of(plan, host)->hostgroup_id);
      decision.hold = hold;
      decision.reason =
          hold == Hold::lagging ? "its queue is longer than max_transactions_behind" : place.reason;
    }
  }
}

}  // namespace weir
