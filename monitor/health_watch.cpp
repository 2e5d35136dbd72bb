#include "monitor/health_watch.hpp"

#include <algorithm>
#include <array>

#include "monitor/judge_cluster.hpp"
#include "monitor/judge_lag.hpp"
#include "monitor/member_fitness.hpp"
#include "monitor/tell.hpp"
#include "monitor/wall_clock.hpp"
#include "protocol/base/log.hpp"

namespace weir {
namespace {

// Readings of a ping count for max_latency_ms as long as there are newer ones.
constexpr int kPingsToForget = 3;
// A server that has refused a write is asked again so long after that if it says that it is writable.
constexpr Millis kRefusalSettlesMs = 200;

Credentials monitor_account(const Settings& settings) {
  Credentials credentials;
  credentials.user = settings.monitor_username;
  credentials.cleartext = settings.monitor_password;
  return credentials;
}

bool same_account(const Credentials& a, const Credentials& b) {
  return a.user == b.user && a.cleartext == b.cleartext;
}

// Why each server is asked. Those that are OFFLINE_HARD are not.
std::map<Host, CheckReasons> wanted_hosts(const WatchPlan& plan) {
  std::map<Host, CheckReasons> wanted;
  if (!plan.settings.monitor_enabled) return wanted;
  for (const ServerRow& row : plan.rows) {
    if (row.status == "OFFLINE_HARD") continue;
    CheckReasons& reasons = wanted[host_of(row)];
    for (const WatchPlan::Cluster& cluster : plan.clusters) {
      if (cluster.has(static_cast<int>(row.hostgroup_id))) reasons.cluster = cluster.kind;
    }
    if (!in_operation(row)) continue;
    reasons.in_operation = true;
    reasons.limits_lag |= lag_limit(plan, row).has_value();
    for (const WatchPlan::Pair& pair : plan.pairs) {
      if (row.hostgroup_id != pair.writer && row.hostgroup_id != pair.reader) continue;
      reasons.check_type = pair.check_type;
      reasons.timed |= plan.settings_of(pair.reader).max_lag_ms > 0;
    }
  }
  return wanted;
}

// What it said while nobody asked is not known, and what a member said while it was not to work may be old.
bool is_asked_anew(const CheckReasons& before, const CheckReasons& now) {
  const bool in_pair = before.check_type.empty() && !now.check_type.empty();
  const bool in_cluster = now.cluster != ClusterKind::none && !before.in_operation && now.in_operation;
  return in_pair || in_cluster;
}

// The checks that say whether a server takes writes; each is asked of those that it is for.
constexpr std::array kWordChecks{CheckKind::read_only, CheckKind::galera, CheckKind::group_replication};

void ask_for_word(ServerWatch& watch, Instant at) {
  for (const CheckKind check : kWordChecks) watch.ask_at(check, at);
}

// It is a member of a cluster in which nobody writes.
bool lacks_writer(const Judgement& judgement, const Host& host) {
  return std::ranges::any_of(judgement.clusters, [&](const auto& entry) {
    return !entry.second.conflict.empty() && entry.second.members.contains(host);
  });
}

bool is_out(const MemberReading& reading) {
  const Fitness::Word word = fitness_of(reading, 0).word;
  return word == Fitness::Word::out || word == Fitness::Word::leaving;
}

// The members of clusters in which nobody writes any more.
std::vector<Host> left_without_writer(const Judgement& before, const Judgement& now) {
  std::vector<Host> members;
  for (const auto& [writer, cluster] : now.clusters) {
    for (const auto& [host, place] : cluster.members) {
      if (!cluster.conflict.empty() && !lacks_writer(before, host)) members.push_back(host);
    }
  }
  return members;
}

// What of the facts can change a judgement, as far as it shows in them. Of hundreds of servers that say the
// same as before nothing is to be judged; the lag that they tell is lag_matters()', and what a member of a
// cluster says once more member_matters()'.
struct Essence {
  bool dead, silent;
  bool read_only_asked;
  std::optional<bool> read_only;
  std::optional<ReplicationReading> replication;
  bool replication_known, read_since_change;
  std::size_t flips;
  std::optional<MemberReading> member;
  int member_unanswered;
  std::string member_error;

  explicit Essence(const ServerFacts& facts)
      : dead(facts.dead),
        silent(facts.silent),
        read_only_asked(facts.read_only_asked),
        read_only(facts.read_only),
        replication(facts.replication),
        replication_known(facts.replication_error.empty()),
        read_since_change(facts.replication_at != kNever && facts.replication_at >= facts.changed),
        flips(facts.word.flips.size()),
        member_unanswered(facts.member.unanswered),
        member_error(facts.member.error) {
    if (replication) replication->lag_s.reset();
    if (facts.member.reading) member = without_queue(*facts.member.reading);
  }
  bool operator==(const Essence&) const = default;
};

}  // namespace

HealthWatch::HealthWatch(Loop& loop, MonitorBoard& board, Decided on_decided)
    : loop_(loop), board_(board), on_decided_(std::move(on_decided)) {}

void HealthWatch::adopt(std::shared_ptr<const Snapshot> snapshot) {
  const auto old = std::exchange(snapshot_, std::move(snapshot));
  const auto before = std::exchange(plan_, std::make_shared<const WatchPlan>(plan_of(*snapshot_)));
  watch_hosts();  // `before` outlives it: watches hold its settings
  if (old) set_silence_of_new(*old);
  // What is in force now is more, or less, than what was said: it is said anew.
  if (old && old->loaded_as() != snapshot_->loaded_as()) told_ = snapshot_->overlay();
  loop_.at_turn_end(*this);
}

void HealthWatch::watch_hosts() {
  const Credentials account = monitor_account(plan_->settings);
  std::map<Host, Watched> before = std::exchange(watched_, {});
  for (const auto& [host, reasons] : wanted_hosts(*plan_)) {
    Watched& watched = watched_[host];
    const auto known = before.find(host);
    const bool asked_anew = known != before.end() && is_asked_anew(known->second.reasons, reasons);
    if (known == before.end() || asked_anew || known->second.reasons.cluster != reasons.cluster) {
      const bool asked = known != before.end() && !known->second.reasons.check_type.empty();
      forget_word(host, asked && !reasons.check_type.empty());
    }
    if (known != before.end() && same_account(known->second.credentials, account)) {
      watched = std::move(known->second);
    } else {
      if (known != before.end()) {
        watched.refusal = known->second.refusal;
      }
      ServerWatchOwner& owner = *this;
      watched.host = std::make_shared<const Host>(host);
      watched.watch = std::make_unique<ServerWatch>(loop_, owner, host, account);
      watched.credentials = account;
    }
    watched.reasons = reasons;
    watched.asked_anew = asked_anew;
    watched.places.clear();
    watched.limits.clear();
  }
  forget_others(before);
  for (const ServerRow& row : running_rows(snapshot_->overlay(), plan_->rows)) {
    const auto limit = lag_limit(*plan_, row);
    const auto limited = limit ? watched_.find(host_of(row)) : watched_.end();
    if (limited != watched_.end()) limited->second.limits.emplace_back(key_of(row), *limit);
  }
  for (const Hostgroup& hostgroup : snapshot_->hostgroups()) {
    for (const auto& server : hostgroup.servers) {
      const auto place = watched_.find({server->hostname, server->port});
      if (place != watched_.end()) place->second.places.push_back(server);
    }
  }
  for (auto& [host, watched] : watched_) {
    CheckReasons reasons = watched.reasons;
    reasons.compared = judgement_.positions_wanted.contains(host);
    watched.watch->set(reasons, plan_->settings);
    if (watched.asked_anew) ask_for_word(*watched.watch, loop_.now());
    const auto facts = facts_.find(host);
    if (facts == facts_.end()) continue;
    if (!reasons.timed) facts->second.timeline_lag.reset();
    if (!check_spec(CheckKind::threads).wanted(reasons)) {
      facts->second.threads.reset();
      watched.standstill.clear();
    }
  }
}

// Of a server that has become a member of a cluster, or is none any more. Its read_only is asked by another
// question now, unless it is in a pair as before.
void HealthWatch::forget_word(const Host& host, bool but_for_read_only) {
  const auto facts = facts_.find(host);
  if (facts == facts_.end()) return;
  facts->second.member = {};
  if (!but_for_read_only) facts->second.forget_read_only();
}

void HealthWatch::forget_others(const std::map<Host, Watched>& before) {
  for (const auto& [host, watched] : before) {
    if (watched_.contains(host)) continue;
    leave_alone(watched);
    facts_.erase(host);
    board_.forget(host);
  }
}

// Nobody would end what only the monitor ends.
void HealthWatch::leave_alone(const Watched& watched) {
  for (const auto& server : watched.places) {
    server->health().set_silent(false, loop_.now());
    server->health().clear_refused_write(loop_.now());
  }
}

// A server may have fallen silent, or spoken again, while it was not in a hostgroup.
void HealthWatch::set_silence_of_new(const Snapshot& before) {
  for (const Hostgroup& hostgroup : snapshot_->hostgroups()) {
    for (const auto& server : hostgroup.servers) {
      if (before.find_server(*server->state) != nullptr) continue;
      const auto facts = facts_.find({server->hostname, server->port});
      server->health().set_silent(facts != facts_.end() && facts->second.silent, loop_.now());
    }
  }
}

// Who can make a server say so can do it as often as he likes: that puts off no answer. Only the first write
// for which it is held back counts anew.
void HealthWatch::on_refused_write(const Host& host) {
  const auto found = watched_.find(host);
  if (found == watched_.end()) {
    for (const Hostgroup& hostgroup : snapshot_->hostgroups()) {
      for (const auto& server : hostgroup.servers) {
        if (server->hostname == host.name && server->port == host.port)
          server->health().clear_refused_write(loop_.now());
      }
    }
    return;
  }
  Watched& watched = found->second;
  const bool held_back = std::ranges::any_of(
      watched.places, [](const auto& server) { return server->health().view().refuses_writes; });
  const auto facts = facts_.find(host);
  const bool says_so = facts != facts_.end() && facts->second.read_only == true;
  const bool is_asked = watched.refusal.at != kNever && !says_so;
  if (is_asked && (watched.refusal.holds_back || !held_back)) return;
  log::info("a write was refused as read-only, or by a node that is not ready", {{"server", host.text()}});
  watched.refusal = {.at = loop_.now(), .holds_back = held_back, .confirmed = says_so};
  ask_for_word(*watched.watch, loop_.now());
}

void HealthWatch::on_name_moved(const std::string& name) {
  for (const auto& [host, watched] : watched_) {
    if (host.name == name) watched.watch->ask_elsewhere();
  }
}

void HealthWatch::on_observation(const Host& host, const Observation& seen) noexcept {
  const auto found = watched_.find(host);
  if (found == watched_.end()) return;
  Watched& watched = found->second;
  ServerFacts& facts = facts_[host];
  const Essence before(facts);
  const std::string trouble = facts.trouble;
  note(facts, seen, plan_->settings);
  if (seen.check == CheckKind::timeline && seen.position)
    note_timeline_lag(facts, timelines_.note(host, seen, *plan_, judgement_));
  add_to_log(watched, seen, facts);
  log_trouble(host, trouble, facts);
  if (seen.failure && is_unreachable(seen.failure->fault)) on_unreachable_(host.name);
  take_effect(watched, seen, facts);
  look_into_refusal(watched, seen);
  set_pace(watched, facts);
  note_standstill(watched, facts);
  report(watched, facts);
  if (before.dead && !facts.dead) {
    ask_for_word(*watched.watch, loop_.now());
    watched.watch->ask_now(CheckKind::replication_lag);
  }
  if (life_sign(seen) == LifeSign::doubtful) watched.watch->ask_now(CheckKind::ping);
  if (seen.check == CheckKind::position) watched.watch->ask_now(CheckKind::replication_lag);
  if (seen.member && lacks_writer(judgement_, host))
    ask_for_word(*watched.watch, loop_.now() + ServerWatch::kTroubleMs);
  const bool unsettled = !facts.word.flips.empty() || !judgement_.positions_wanted.empty();
  const bool matters = lag_matters(watched, facts) || (seen.member && member_matters(host, *seen.member));
  if (unsettled || before != Essence(facts) || matters) loop_.at_turn_end(*this);
}

// Of looks at the timeline, those that say how far behind a replica is, or fail.
void HealthWatch::add_to_log(const Watched& watched, const Observation& seen, const ServerFacts& facts) {
  if (seen.check == CheckKind::threads) return;  // is said once and for all
  std::optional<Millis> lag_ms;
  if (seen.check == CheckKind::timeline) {
    if (!seen.failure && !facts.timeline_lag) return;
    if (facts.timeline_lag && !facts.timeline_lag->at_least) lag_ms = facts.timeline_lag->ms;
  }
  board_.log().add(watched.host, seen, plan_->settings.monitor_history_ms * 1000, lag_ms);
}

bool HealthWatch::member_matters(const Host& host, const MemberReading& reading) const {
  return std::ranges::any_of(plan_->clusters, [&](const WatchPlan::Cluster& cluster) {
    const auto judged = judgement_.clusters.find(cluster.writer);
    if (judged == judgement_.clusters.end()) return false;
    const auto place = judged->second.members.find(host);
    if (place == judged->second.members.end()) return false;
    const bool behind = cluster.max_behind > 0 && queue_of(reading) > cluster.max_behind;
    return behind || place->second.behind > 0 || place->second.role == MemberPlace::Role::offline ||
           place->second.cut_off_at != kNever || !place->second.word.flips.empty();
  });
}

bool HealthWatch::lag_matters(const Watched& watched, const ServerFacts& facts) const {
  return std::ranges::any_of(watched.limits, [&](const auto& entry) {
    const auto& [key, limit] = entry;
    const auto judged = judgement_.lags.find(key);
    const bool counted = judged != judgement_.lags.end() && (judged->second.out || judged->second.above > 0);
    if (counted) return true;
    const bool by_timeline = limit.by_timeline && facts.timeline_lag && !facts.timeline_lag->at_least;
    if (by_timeline) return static_cast<double>(facts.timeline_lag->ms) > limit.s * 1000;
    return facts.replication && facts.replication->replica &&
           facts.replication->lag_s.value_or(limit.s + 1) > limit.s;
  });
}

void HealthWatch::take_effect(const Watched& watched, const Observation& seen, const ServerFacts& facts) {
  const Instant now = loop_.now();
  const bool pinged = seen.check == CheckKind::ping && !seen.failure && !seen.fresh;
  for (const auto& server : watched.places) {
    server->health().set_silent(facts.silent, now);
    if (!seen.failure && seen.fresh) server->health().note_success(now);
    if (pinged) {
      const Instant valid_until = now + kPingsToForget * plan_->settings.monitor_ping_interval_ms;
      server->ping().note(static_cast<std::uint64_t>(seen.took_us), valid_until);
    }
  }
}

// The answer to a question that was asked before, or at the same moment, says nothing: MariaDB refuses writes
// before it shows read_only=1. Once it has shown that the refusal was no false alarm, and is over when it
// shows something else.
void HealthWatch::look_into_refusal(Watched& watched, const Observation& seen) {
  Refusal& refusal = watched.refusal;
  const bool is_word = std::ranges::find(kWordChecks, seen.check) != kWordChecks.end();
  if (refusal.at == kNever || !is_word) return;
  const bool refuses = seen.read_only == true || (seen.member && is_out(*seen.member));
  refusal.confirmed |= refuses;
  if (refuses) return;
  const bool over = refusal.confirmed && seen.read_only == false;
  const Instant asked = seen.at - seen.took_us / 1000;
  const Instant counts_from = refusal.at + kRefusalSettlesMs;
  if (!over && asked < counts_from) return watched.watch->ask_at(seen.check, counts_from);
  refusal = {};
  for (const auto& server : watched.places) server->health().clear_refused_write(over ? kNever : loop_.now());
}

void HealthWatch::set_pace(const Watched& watched, const ServerFacts& facts) {
  using enum ServerWatch::Pace;
  bool shunned = false;
  for (const auto& server : watched.places) shunned |= server->health().view().shunned;
  watched.watch->set_pace(facts.dead ? dead : facts.silent ? hurry : shunned ? trouble : usual);
}

// Once when it begins, and once when it ends.
void HealthWatch::note_standstill(Watched& watched, const ServerFacts& facts) {
  const auto now = standstill(facts, facts_);
  if (!now) return;
  const std::string before = std::exchange(watched.standstill, *now);
  if (before.empty() == now->empty()) return;
  if (now->empty()) {
    log::info("a replica does not stand still any more", {{"server", watched.host->text()}});
  } else {
    log::warn("a replica stands still", {{"server", watched.host->text()}, {"reason", *now}});
  }
}

void HealthWatch::report(const Watched& watched, const ServerFacts& facts) {
  HostReport report{.dead = facts.dead, .silent = facts.silent, .read_only = facts.read_only};
  if (facts.replication) {
    report.replica = facts.replication->replica;
    report.lag_s = facts.replication->lag_s;
  }
  if (facts.timeline_lag) report.lag_ms = facts.timeline_lag->ms;
  report.error = facts.trouble;
  report.standstill = watched.standstill;
  report.heard = facts.heard;
  report.next_ping = watched.watch->next_ping();
  board_.set_report(*watched.host, std::move(report));
}

void HealthWatch::on_turn_end() noexcept {
  if (!snapshot_) return;
  Judgement now = judge({*plan_, facts_, judgement_, loop_.now(), wall_clock_us()});
  const Judgement before = std::exchange(judgement_, std::move(now));
  compare_positions();
  log_conflicts(before, judgement_);
  board_.set_conflicts(conflicts_of(judgement_));
  // The cluster may have another one already: that is not to be learnt when the checks are due.
  for (const Host& host : left_without_writer(before, judgement_)) {
    const auto member = watched_.find(host);
    if (member != watched_.end()) ask_for_word(*member->second.watch, loop_.now());
  }
  ask_those_cut_off();
  if (says_the_same(judgement_.overlay, told_)) return;
  log_decisions(told_, judgement_.overlay);
  told_ = judgement_.overlay;
  on_decided_(told_, snapshot_->loaded_as());
}

// What runs there is ended when they have said so for long enough.
void HealthWatch::ask_those_cut_off() {
  for (const auto& [writer, cluster] : judgement_.clusters) {
    for (const auto& [host, place] : cluster.members) {
      const auto member = watched_.find(host);
      if (place.cut_off_at == kNever || place.severed || member == watched_.end()) continue;
      const Instant due = place.cut_off_at + kSeverAfterMs;
      const Instant now = loop_.now();
      ask_for_word(*member->second.watch, due > now ? due : now + ServerWatch::kTroubleMs);
    }
  }
}

// Whose transactions matter is asked for them, from the moment that they do.
void HealthWatch::compare_positions() {
  for (auto& [host, watched] : watched_) {
    CheckReasons reasons = watched.reasons;
    reasons.compared = judgement_.positions_wanted.contains(host);
    if (reasons == watched.watch->reasons()) continue;
    watched.watch->set(reasons, plan_->settings);
    watched.watch->ask_now(CheckKind::position);
    if (reasons.compared) continue;
    ServerFacts& facts = facts_[host];
    facts.forget_position();
    if (!reasons.limits_lag) facts.replication.reset();
  }
}

}  // namespace weir
