#include "monitor/lag_timelines.hpp"

#include <algorithm>

namespace weir {
namespace {

bool writes(const std::pair<const Host, Placement>& place) {
  return place.second.writer && !place.second.fenced;
}

}  // namespace

std::optional<TimelineLag> LagTimelines::note(const Host& host, const Observation& seen,
                                              const WatchPlan& plan, const Judgement& judgement) {
  for (const WatchPlan::Pair& pair : plan.pairs) {
    const auto judged = judgement.pairs.find(pair.writer);
    if (plan.settings_of(pair.reader).max_lag_ms == 0 || judged == judgement.pairs.end()) continue;
    const auto& places = judged->second.places;
    const auto writer = std::ranges::find_if(places, writes);
    if (writer == places.end() || !places.contains(host)) continue;
    OfPair& known = timelines_[pair.writer];
    if (known.writer != writer->first) known = {writer->first, {}};
    if (host != writer->first) return known.timeline.lag_of(*seen.position, seen.at);
    const Millis patience = kPatientLooks * plan.settings.monitor_gtid_interval_ms;
    known.timeline.note_writer(*seen.position, seen.at - seen.took_us / 1000, patience);
  }
  return std::nullopt;
}

}  // namespace weir
