// Moves are those of ProxySQL, and so is the choice among those who could write: the greatest weight, then
// the first by name, so that several proxies agree. What it leaves open: a member that was out is not
// believed at its first good word, and one that was not asked yet writes beside nobody.
#include "monitor/judge_cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "monitor/member_fitness.hpp"

namespace weir {
namespace {

using Role = MemberPlace::Role;
using Word = Fitness::Word;

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

struct Candidate {
  Host host;
  bool usable = false;          // the operator lets it work
  int turn = 0;                 // by what is known of it: see turn_of_unknown()
  bool restless = false;        // changes its word too often, and was not the writer before
  bool busy = false;            // a donor, or has too long a queue to write
  bool of_one_primary = false;  // the word of a group with one primary is not that of one member
  Instant writable_since = 0;   // of those: the latest is
  std::int64_t weight = 0;

  // The least is the first to write.
  auto rank() const {
    return std::tuple(!usable, turn, restless && !of_one_primary, busy && !of_one_primary, -writable_since,
                      -weight, host);
  }
};

class ClusterJudge {
 public:
  ClusterJudge(const JudgeInput& input, const WatchPlan::Cluster& cluster)
      : input_(input), cluster_(cluster) {
    const auto before = input.before.clusters.find(cluster.writer);
    if (before == input.before.clusters.end()) return;
    before_ = &before->second;
    was_judged_ = std::ranges::any_of(
        before_->members, [](const auto& member) { return member.second.role != Role::as_configured; });
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
    const auto facts = input_.facts.find(host);
    const auto fitness = facts == input_.facts.end() ? std::nullopt : fitness_now(facts->second);
    if (!in_operation(row)) return judge_idle(fitness, facts, place);
    if (!input_.plan.settings.monitor_enabled) return judge_unwatched(row, place);
    place.row_in = static_cast<int>(row.hostgroup_id);
    if (!fitness) return judge_unknown(row, place);
    const bool wrote = place.role == Role::writer;
    take(*fitness, facts->second, place);
    if (const ServerRow* idle = find_idle_writer_row(host)) keep_from_writing(*idle, place);
    if (place.role != Role::backup_writer) return;
    candidates_.push_back(candidate(row, facts->second));
    candidates_.back().restless = !wrote && !place.word.steady(input_.now);
    candidates_.back().busy = fitness->donor || too_slow(place);
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
    if (member.unanswered >= cluster_.max_timeouts)
      return Fitness{.reason = fmt::format("{} checks in a row had no answer", cluster_.max_timeouts)};
    if (!member.error.empty()) return Fitness{.reason = "it cannot be checked: " + member.error};
    if (!member.reading) return std::nullopt;
    return fitness_of(*member.reading, cluster_.max_behind);
  }

  // The operator lets what runs there finish, which it cannot once the member is cut off.
  void judge_idle(const std::optional<Fitness>& fitness, AllFacts::const_iterator facts,
                  MemberPlace& place) const {
    place = {.reading = place.reading, .cut_off_at = place.cut_off_at, .severed = place.severed};
    if (!input_.plan.settings.monitor_enabled || facts == input_.facts.end()) return mend(place);
    if (!fitness) return;
    const std::uint64_t readings = facts->second.member.readings;
    const bool new_reading = std::exchange(place.reading, readings) != readings;
    sever(*fitness, new_reading, place);
    place.reason = fitness->reason;
  }

  // Nobody asks it. What was decided goes on by the rows there are, and where one of them says otherwise now
  // that is what the operator wants.
  void judge_unwatched(const ServerRow& row, MemberPlace& place) {
    const bool same_row = place.row_in == row.hostgroup_id;
    if (!same_row) place = {};
    place.behind = 0;  // nobody would say when that is over
    mend(place);
    if (!was_judged_ || (!same_row && row.hostgroup_id != cluster_.writer)) return;
    place.row_in = static_cast<int>(row.hostgroup_id);
    judge_unknown(row, place);
  }

  // The operator has taken it out of the writers, and left it elsewhere.
  const ServerRow* find_idle_writer_row(const Host& host) const {
    const ServerRow* row = input_.plan.find_row(cluster_.writer, host);
    return row == nullptr || in_operation(*row) ? nullptr : row;
  }

  void keep_from_writing(const ServerRow& idle, MemberPlace& place) {
    std::erase(returning_, &place);
    if (place.role != Role::backup_writer) return;
    place.role = Role::reader;
    place.reason = fmt::format("its status among the writers is {}", idle.status);
  }

  // It stays where it is. In the writers' hostgroup it may be writing, for all that is known.
  void judge_unknown(const ServerRow& row, MemberPlace& place) {
    if (find_idle_writer_row(host_of(row)) != nullptr) {
      place = {};
      return;
    }
    const bool among_writers = row.hostgroup_id == cluster_.writer;
    if (place.presumed && !among_writers) place = {};  // the operator has put it elsewhere since
    place.presumed |= place.role == Role::as_configured && among_writers;
    const bool wrote = place.role == Role::writer || place.role == Role::backup_writer;
    if (!place.presumed && !wrote) return;
    const bool writes = place.role == Role::writer;
    place.role = Role::backup_writer;
    if (place.presumed) place.reason = "it has not been asked yet";
    candidates_.push_back(candidate(row, {}));
    candidates_.back().turn = writes ? 0 : turn_of_unknown(place);
  }

  // After the writer: who has said that it could write, then who has not been asked. If nobody asks, whom the
  // operator has put there comes first.
  int turn_of_unknown(const MemberPlace& place) const {
    if (!input_.plan.settings.monitor_enabled) return place.presumed ? 1 : 2;
    return place.presumed ? 1 : 0;
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
      sever(fitness, new_reading, place);
      return;
    }
    mend(place);
    place.fit_readings = 0;
    place.leaving = place.indispensable = false;
    place.role = fitness.word == Word::reads ? Role::reader : Role::backup_writer;
    place.reason = fitness.reason;
    if (!new_reading) return;
    place.behind = fitness.behind ? place.behind + 1 : 0;
    const bool says_writer = fitness.word == Word::writes && !fitness.donor && !too_slow(place);
    place.word.note(place.says_writer.value_or(says_writer) != says_writer, input_.now);
    place.says_writer = says_writer;
  }

  // For a writer.
  bool too_slow(const MemberPlace& place) const {
    return lag_rule(input_.plan, cluster_).writers && place.behind >= behind_count(input_.plan, cluster_);
  }

  // Statements that run there wait until the cluster decides, and that may be never. It may be for a moment
  // only: it has been asked again by then.
  void sever(const Fitness& fitness, bool asked, MemberPlace& place) const {
    if (!fitness.cut_off) return mend(place);
    if (place.cut_off_at == kNever) place.cut_off_at = input_.now;
    place.severed |= asked && input_.now - place.cut_off_at >= kSeverAfterMs;
  }
  static void mend(MemberPlace& place) {
    place.cut_off_at = kNever;
    place.severed = false;
  }

  // What it said before it went counts for nothing.
  void keep_out(const Fitness& fitness, MemberPlace& place) {
    mend(place);
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

  Candidate candidate(const ServerRow& row, const ServerFacts& facts) const {
    Candidate candidate{.host = host_of(row), .weight = row.weight};
    candidate.usable = row.status == "ONLINE" && row.weight > 0;
    const auto* group = facts.member.reading ? std::get_if<GroupReading>(&*facts.member.reading) : nullptr;
    candidate.of_one_primary = group != nullptr && group->single_primary;
    if (candidate.of_one_primary) candidate.writable_since = facts.member.writable_since;
    return candidate;
  }

  void choose_writers() {
    if (!input_.plan.settings.monitor_enabled && !was_judged_) return;
    if (std::ranges::none_of(candidates_, &Candidate::usable)) take_returning();
    std::ranges::sort(candidates_, {}, &Candidate::rank);
    const auto writers = std::min(candidates_.size(), static_cast<std::size_t>(cluster_.max_writers));
    // The first has a long queue if all have, or if those without may not be used.
    const bool all_busy = writers > 0 && candidates_[0].busy;
    for (std::size_t i = 0; i < candidates_.size(); ++i) {
      MemberPlace& place = now_.members.at(candidates_[i].host);
      if (i < writers) {
        place.role = Role::writer;
        place.indispensable = all_busy;
      } else {
        place.reason = why_not_chosen(candidates_[i], writers);
      }
    }
    const bool anybody = std::ranges::any_of(candidates_, &Candidate::usable);  // who writes, then
    if (!anybody && cluster_.max_writers > 0) now_.conflict = why_nobody_writes();
  }

  std::string why_not_chosen(const Candidate& candidate, std::size_t writers) const {
    if (writers == 0) return "max_writers is 0";
    if (candidate.restless)
      return fmt::format("its read_only or state changes too often: it writes when {} checks in a row agree",
                         Steadiness::kSteadyReadings);
    return fmt::format("it could write, but {} does", candidates_[0].host.text());
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
      candidates_.push_back(candidate(*cluster_.row_of(input_.plan, host), facts));
      candidates_.back().busy = fitness_now(facts)->donor;
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
  bool was_judged_ = false;                   // where its members are was decided, not only configured
  ClusterJudgement now_;
  std::vector<Candidate> candidates_;
  std::vector<const MemberPlace*> returning_;  // could write, but have not said so for long enough
};

// ---- places

// Where a member is to be, and what holds it back there. Nothing: not there.
using Wanted = std::map<int, Hold>;

Wanted wanted_places(const WatchPlan& plan, const WatchPlan::Cluster& cluster, const MemberPlace& place,
                     Role role) {
  const bool behind = place.behind >= behind_count(plan, cluster);
  const LagRule rule = lag_rule(plan, cluster);
  const Hold as_reader = behind && rule.readers ? Hold::lagging : Hold::none;
  switch (role) {
    case Role::as_configured:
      return {};
    case Role::writer: {
      Wanted wanted{
          {cluster.writer, behind && rule.writers && !place.indispensable ? Hold::lagging : Hold::none}};
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
      wanted[cluster.offline] = place.severed ? Hold::severed : Hold::none;
      return wanted;
    }
  }
  return {};
}

// It is where the operator put it, and has no new place before it was asked.
void hold_presumed(const WatchPlan::Cluster& cluster, const Host& host, const std::string& reason,
                   ServerOverlay& overlay) {
  ServerDecision& decision = overlay[{cluster.writer, host.name, host.port}];
  decision.hold = Hold::spare;
  decision.reason = reason;
}

// In one hostgroup of the cluster.
void place_member(const WatchPlan& plan, const WatchPlan::Cluster& cluster, const Host& host,
                  const MemberPlace& place, int hostgroup, std::optional<Hold> wanted,
                  ServerOverlay& overlay) {
  using Presence = ServerDecision::Presence;
  const ServerRow* row = plan.find_row(hostgroup, host);
  const bool ended = ends_connections(wanted.value_or(Hold::none));
  if (row != nullptr && !in_operation(*row) && !ended) return;
  const bool configured = row != nullptr;
  const bool present = wanted.has_value();
  const Hold hold = wanted.value_or(Hold::none);
  if (configured == present && hold == Hold::none) return;
  ServerDecision& decision = overlay[{hostgroup, host.name, host.port}];
  decision.presence = configured == present ? Presence::as_configured
                      : present             ? Presence::added
                                            : Presence::removed;
  if (decision.presence == Presence::added)
    decision.like = static_cast<int>(cluster.row_of(plan, host)->hostgroup_id);
  decision.hold = hold;
  decision.reason = hold == Hold::lagging ? "its queue is longer than max_transactions_behind" : place.reason;
}

// It gets nothing new anyway; what runs there ends.
void sever_idle(const WatchPlan& plan, const WatchPlan::Cluster& cluster, const Host& host,
                const MemberPlace& place, ServerOverlay& overlay) {
  const auto hostgroup = static_cast<int>(cluster.row_of(plan, host)->hostgroup_id);
  ServerDecision& decision = overlay[{hostgroup, host.name, host.port}];
  decision.hold = Hold::severed;
  decision.reason = place.reason;
}

}  // namespace

ClusterJudgement judge_cluster(const JudgeInput& input, const WatchPlan::Cluster& cluster) {
  return ClusterJudge(input, cluster).judge();
}

void place_members(const WatchPlan& plan, const WatchPlan::Cluster& cluster, const ClusterJudgement& judged,
                   ServerOverlay& overlay) {
  for (const auto& [host, place] : judged.members) {
    const ServerRow* writers_row = plan.find_row(cluster.writer, host);
    const bool idle = writers_row != nullptr && !in_operation(*writers_row);
    // The operator may put it back at any moment, while another one writes.
    if (idle && plan.settings.monitor_enabled)
      hold_presumed(cluster, host, "it was out of operation, and is asked before it writes", overlay);
    if (place.role == Role::as_configured) {
      if (place.severed) sever_idle(plan, cluster, host, place, overlay);
      continue;
    }
    if (place.presumed) {
      if (place.role != Role::writer) hold_presumed(cluster, host, place.reason, overlay);
      continue;
    }
    const Wanted wanted = wanted_places(plan, cluster, place, place.role);
    for (const int hostgroup : cluster.hostgroups()) {
      const auto want = wanted.find(hostgroup);
      place_member(plan, cluster, host, place, hostgroup,
                   want == wanted.end() ? std::nullopt : std::optional(want->second), overlay);
    }
  }
}

}  // namespace weir
