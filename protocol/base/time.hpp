// Time as the product sees it: monotonic, in milliseconds, always passed in by the caller.
#pragma once

#include <cstdint>

namespace weir {

using Millis = std::int64_t;   // a duration
using Instant = std::int64_t;  // milliseconds on a monotonic clock whose zero means nothing; 0 is "never"

inline constexpr Instant kNever = 0;

}  // namespace weir
