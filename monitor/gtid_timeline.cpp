#include "monitor/gtid_timeline.hpp"

#include <algorithm>
#include <utility>

namespace weir {

void GtidTimeline::note_writer(GtidSet position, Instant asked, Millis patience) {
  const Instant before = std::exchange(asked_, asked);
  if (!entries_.empty()) {
    const GtidSet& newest = entries_.back().position;
    if (newest == position) return;
    if (!position.reaches(newest)) entries_.clear();
  }
  const Instant since = entries_.empty() ? asked : std::max(before, asked - patience);
  entries_.push_back({since, std::move(position)});
  if (entries_.size() > kMaxEntries) thin_out();
}

// Neighbours become one, which has what the later one has and is as old as the earlier one, as long as that
// makes it older by no more than a kPrecision-th of its age. The first one says where the timeline begins,
// and stays.
void GtidTimeline::thin_out() {
  std::size_t kept = 1;
  for (std::size_t i = 2; i < entries_.size(); ++i) {
    const Instant since = entries_[kept].since;
    const Instant end = i + 1 < entries_.size() ? entries_[i + 1].since : asked_;
    if ((end - since) * kPrecision <= asked_ - since) {
      entries_[kept].position = std::move(entries_[i].position);
    } else if (++kept != i) {
      entries_[kept] = std::move(entries_[i]);
    }
  }
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(kept) + 1, entries_.end());
}

std::optional<TimelineLag> GtidTimeline::lag_of(const GtidSet& position, Instant at) const {
  if (entries_.empty()) return std::nullopt;
  const auto lacking = std::ranges::partition_point(
      entries_, [&](const Entry& entry) { return position.reaches(entry.position); });
  if (lacking == entries_.end()) return TimelineLag{};
  return TimelineLag{std::max<Millis>(0, at - lacking->since), lacking == entries_.begin()};
}

}  // namespace weir
