// When something was seen, for people: the monotonic clock that we measure with, beside the calendar.
#pragma once

#include <cstdint>

namespace weir {

// Both clocks at one moment. What is recorded in microseconds of the monotonic clock is turned into unix time
// when it is read, so that recording costs nothing more, and a calendar that is set right shows right.
struct ClockReading {
  std::uint64_t monotonic_us = 0;
  std::int64_t unix_us = 0;

  // The unix time, in seconds, of a moment on the monotonic clock.
  std::int64_t unix_s_of(std::uint64_t monotonic) const {
    return (unix_us + static_cast<std::int64_t>(monotonic - monotonic_us)) / 1'000'000;
  }
};

}  // namespace weir
