// Whether what a server says again and again is to be taken now: one that keeps changing its word is not
// followed each time. Pure.
#pragma once

#include <cstddef>
#include <deque>

#include "protocol/base/time.hpp"

namespace weir {

struct Steadiness {
  // A change counts as part of a flapping for so long.
  static constexpr Millis kMemoryMs = 60'000;
  // More changes than this within that time, and it must say the same for kSteadyReadings.
  static constexpr std::size_t kCalmFlips = 3;
  static constexpr int kSteadyReadings = 3;

  int same_readings = 0;        // in a row
  std::deque<Instant> flips{};  // within kMemoryMs

  // One more reading.
  void note(bool changed, Instant at);
  bool steady(Instant now) const;

  bool operator==(const Steadiness&) const = default;
};

}  // namespace weir
