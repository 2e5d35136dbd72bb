#include "monitor/steadiness.hpp"

#include <algorithm>

namespace weir {

void Steadiness::note(bool changed, Instant at) {
  same_readings = changed ? 1 : same_readings + 1;
  if (changed) flips.push_back(at);
  while (!flips.empty() && at - flips.front() > kMemoryMs) flips.pop_front();
}

bool Steadiness::steady(Instant now) const {
  const auto recent = std::ranges::count_if(flips, [&](Instant at) { return now - at <= kMemoryMs; });
  return static_cast<std::size_t>(recent) <= kCalmFlips || same_readings >= kSteadyReadings;
}

}  // namespace weir
