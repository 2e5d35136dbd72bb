// The calendar, for what people read; durations are measured by the loop's clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace weir {

// Microseconds since 1970.
inline std::int64_t wall_clock_us() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
}

}  // namespace weir
