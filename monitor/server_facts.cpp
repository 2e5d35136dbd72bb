#include "monitor/server_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {
namespace {

bool tells_of_life(CheckKind check) {
  return check == CheckKind::connect || check == CheckKind::ping;
}

// The questions of the others may be slow by themselves, and their connections are not what clients have.
bool shows_silence(CheckKind check) {
  return check == CheckKind::ping || check == CheckKind::read_only;
}

void note_answer(ServerFacts& facts, const Observation& seen) {
  facts.heard = seen.at;
  const bool dead = facts.dead && !tells_of_life(seen.check);
  if (facts.silent || facts.dead != dead) facts.changed = seen.at;
  facts.silent = false;
  facts.dead = dead;
  if (tells_of_life(seen.check)) facts.unanswered_pings = 0;
}

// A server that does not answer on the connection that it has, and cannot be reached by a new one, is dead.
void note_silence(ServerFacts& facts, const Observation& seen, const Settings& settings) {
  if (seen.check == CheckKind::ping) ++facts.unanswered_pings;
  const bool given_up = facts.unanswered_pings >= settings.monitor_ping_max_failures && seen.fresh;
  const bool dead = facts.dead || given_up;
  if (!facts.silent || facts.dead != dead) facts.changed = seen.at;
  facts.silent = true;
  facts.dead = dead;
}

void note_failure(ServerFacts& facts, const Observation& seen) {
  facts.trouble = seen.failure->message;
  facts.trouble_check = seen.check;
}

void set_read_only(ServerFacts& facts, bool read_only, bool assumed, Instant at) {
  ++facts.readings;
  const bool changed = facts.read_only.has_value() && *facts.read_only != read_only;
  facts.word.note(changed, at);
  facts.read_only = read_only;
  facts.read_only_assumed = assumed;
}

void note_read_only(ServerFacts& facts, const Observation& seen, const Settings& settings) {
  facts.read_only_asked = true;
  if (!seen.failure) {
    facts.read_only_timeouts = 0;
    if (seen.read_only) set_read_only(facts, *seen.read_only, false, seen.at);
    return;
  }
  if (seen.failure->fault != ProbeFault::timed_out) return;
  if (++facts.read_only_timeouts < settings.monitor_read_only_max_timeout_count) return;
  if (facts.read_only == false) set_read_only(facts, true, true, seen.at);
}

void note_replication(ServerFacts& facts, const Observation& seen) {
  facts.replication_error = seen.failure ? seen.failure->message : "";
  if (!seen.replication) return;
  facts.replication = seen.replication;
  ++facts.replication_readings;
  facts.replication_at = seen.at;
  if (!seen.replication->lag_s) return;
  facts.known_lag_s = *seen.replication->lag_s;
  facts.known_lag_at = seen.at;
}

void note_position(ServerFacts& facts, const Observation& seen) {
  if (seen.position) {
    facts.earlier_position = std::exchange(facts.position, seen.position);
    facts.earlier_position_at = facts.position_at;
    facts.position_asked = seen.at - (seen.took_us + 999) / 1000;
    facts.position_at = seen.at;
    facts.position_error.clear();
  } else if (seen.failure) {
    facts.position_error = seen.failure->message;
  }
}

}  // namespace

void note_timeline_lag(ServerFacts& facts, std::optional<TimelineLag> lag) {
  facts.timeline_lag = lag;
  if (lag) ++facts.timeline_readings;
}

LifeSign life_sign(const Observation& seen) {
  if (!seen.failure) return LifeSign::there;
  switch (seen.failure->fault) {
    case ProbeFault::access_denied:
    case ProbeFault::too_many_connections:
    case ProbeFault::server_error:
      return LifeSign::there;
    case ProbeFault::not_asked:
      return LifeSign::none;
    case ProbeFault::not_resolved:
    case ProbeFault::refused:
    case ProbeFault::unreachable:
    case ProbeFault::timed_out:
    case ProbeFault::lost:
    case ProbeFault::protocol:
      return shows_silence(seen.check) ? LifeSign::silent : LifeSign::doubtful;
  }
  return LifeSign::none;
}

const GtidSet* ServerFacts::position_before(Instant then) const {
  if (position && position_at < then) return &*position;
  return earlier_position && earlier_position_at < then ? &*earlier_position : nullptr;
}

void ServerFacts::forget_read_only() {
  read_only.reset();
  read_only_asked = read_only_assumed = false;
  read_only_timeouts = 0;
  word = {};
}

void ServerFacts::forget_position() {
  position.reset();
  earlier_position.reset();
  position_error.clear();
}

void note(ServerFacts& facts, const Observation& seen, const Settings& settings) {
  const LifeSign sign = life_sign(seen);
  if (sign == LifeSign::there) note_answer(facts, seen);
  if (sign == LifeSign::silent) note_silence(facts, seen, settings);
  if (seen.failure) {
    if (seen.check != CheckKind::threads) note_failure(facts, seen);  // who need not tell may keep silent
  } else if (facts.trouble_check == seen.check || facts.trouble_check == CheckKind::ping) {
    facts.trouble.clear();
  }
  switch (seen.check) {
    case CheckKind::connect:
    case CheckKind::ping:
      return;
    case CheckKind::read_only:
      return note_read_only(facts, seen, settings);
    case CheckKind::replication_lag:
      return note_replication(facts, seen);
    case CheckKind::position:
      return note_position(facts, seen);
    case CheckKind::timeline:
      if (seen.failure) note_timeline_lag(facts, std::nullopt);
      return;
    case CheckKind::threads:
      if (seen.replication) facts.threads = seen.replication;
      return;
    case CheckKind::galera:
    case CheckKind::group_replication:
      if (seen.read_only && !facts.read_only_asked) facts.read_only = seen.read_only;
      return note_member(facts.member, seen);
  }
}

}  // namespace weir
