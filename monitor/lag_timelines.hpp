// One timeline per pair whose lag is limited in milliseconds: of the server that writes there.
#pragma once

#include <map>
#include <optional>

#include "monitor/gtid_timeline.hpp"
#include "monitor/judge.hpp"

namespace weir {

class LagTimelines {
 public:
  // What GTIDs that `host` had say: of it, if it follows a writer; else of how far behind others are from now
  // on. Nothing: it writes, or there is nobody to compare it with. `seen` is a look at the timeline, with an
  // answer.
  std::optional<TimelineLag> note(const Host& host, const Observation& seen, const WatchPlan& plan,
                                  const Judgement& judgement);

 private:
  // Of looks at the writer, those that may be missing before nobody knows when something came.
  static constexpr Millis kPatientLooks = 4;

  struct OfPair {
    Host writer;
    GtidTimeline timeline;
  };
  std::map<int, OfPair> timelines_;  // by writer hostgroup
};

}  // namespace weir
