// What the checks of one server add up to: the monitor's memory of it. Pure.
#pragma once

#include <optional>
#include <string>

#include "monitor/gtid_timeline.hpp"
#include "monitor/member_facts.hpp"
#include "monitor/observation.hpp"
#include "monitor/steadiness.hpp"
#include "router/config/settings.hpp"

namespace weir {

struct ServerFacts {
  // Whether it answers. Dead: so many pings in a row had no answer, the last by a new connection, that it
  // counts as gone.
  bool silent = false;
  bool dead = false;
  Instant changed = kNever;  // one of these two
  int unanswered_pings = 0;  // in a row
  Instant heard = kNever;    // the latest answer of any kind
  std::string trouble;       // the latest failure in words; empty: the latest check of each kind succeeded
  CheckKind trouble_check = CheckKind::ping;

  // What it says of read_only; nothing: it has never said. Kept while it does not answer.
  std::optional<bool> read_only;
  bool read_only_asked = false;    // whatever came of it
  bool read_only_assumed = false;  // from time-outs
  int read_only_timeouts = 0;      // in a row
  std::uint64_t readings = 0;      // of read_only
  Steadiness word;                 // of it
  void forget_read_only();

  // The latest reading of replication, and the latest that knew the lag.
  std::optional<ReplicationReading> replication;
  std::string replication_error;  // it cannot say; empty: it can, or was not asked
  std::uint64_t replication_readings = 0;
  Instant replication_at = kNever;
  double known_lag_s = 0;
  Instant known_lag_at = kNever;

  // The latest reading of a server whose lag has no limit: only to tell that it stands still.
  std::optional<ReplicationReading> threads;

  // How far behind the writer it is by its GTIDs; nothing: it, or the writer, cannot say.
  std::optional<TimelineLag> timeline_lag;
  std::uint64_t timeline_readings = 0;

  // Which transactions it has. An error: it cannot say, as long as that is there.
  std::optional<GtidSet> position;
  std::string position_error;
  Instant position_asked = kNever;
  Instant position_at = kNever;  // when the answer came
  // The answer before that one.
  std::optional<GtidSet> earlier_position;
  Instant earlier_position_at = kNever;

  // The latest of these that had come when something was asked at `then`; null: none. What one server had
  // before another was asked is what the other can lack.
  const GtidSet* position_before(Instant then) const;
  void forget_position();

  // What it says as a member of a cluster.
  MemberFacts member;
};

// What `seen` adds. Of a look at the timeline only whether it had an answer: note_timeline_lag() has the
// rest.
void note(ServerFacts& facts, const Observation& seen, const Settings& settings);
void note_timeline_lag(ServerFacts& facts, std::optional<TimelineLag> lag);

}  // namespace weir
