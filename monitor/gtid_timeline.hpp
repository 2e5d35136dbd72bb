// When the writer had which transactions, so that a follower's GTIDs say how far behind it is: in
// milliseconds, without writing anything, and by this process's clock alone.
//
// A follower is as far behind as the oldest transaction that it lacks is old. Readings of the writer have
// their limits: a transaction is taken to be as old as the question before the one that showed it, so that
// the lag is rather said too large than too small, by no more than the interval between two questions. Pure;
// times are those of the loop.
#pragma once

#include <optional>
#include <vector>

#include "monitor/gtid_set.hpp"
#include "protocol/base/time.hpp"

namespace weir {

struct TimelineLag {
  Millis ms = 0;
  bool at_least = false;  // what it lacks was there before the timeline began

  bool operator==(const TimelineLag&) const = default;
};

class GtidTimeline {
 public:
  // When there are more moments than this, those become one that are near each other for their age: lags grow
  // by no more than a kPrecision-th of themselves.
  static constexpr std::size_t kMaxEntries = 2048;
  static constexpr Millis kPrecision = 100;

  // The writer had `position` when it answered a question of `asked`. After a pause in the answers of more
  // than `patience` nobody knows when in it something came: what is new counts as `patience` old. A position
  // that lacks what was there before begins a new timeline.
  void note_writer(GtidSet position, Instant asked, Millis patience);
  // How far behind one is that had `position` at `at`. Nothing: nothing is known of the writer.
  std::optional<TimelineLag> lag_of(const GtidSet& position, Instant at) const;

 private:
  struct Entry {
    Instant since = kNever;  // when the newest of `position` came
    GtidSet position;
  };
  void thin_out();

  std::vector<Entry> entries_;  // each contains the one before
  Instant asked_ = kNever;      // the latest question that was answered
};

}  // namespace weir
