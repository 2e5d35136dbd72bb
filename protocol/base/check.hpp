// WEIR_CHECK: a condition that our own code guarantees; its failure is a bug of ours and ends the process with a
// message. Never used on input: what peers and configurations send is answered with an error.
#pragma once

namespace weir {

[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line) noexcept;

#define WEIR_CHECK(condition, why) \
  (static_cast<bool>(condition) ? void() : ::weir::check_failed(#condition, why, __FILE__, __LINE__))

#ifdef NDEBUG
#define WEIR_ASSERT(condition, why) void()
#else
#define WEIR_ASSERT(condition, why) WEIR_CHECK(condition, why)
#endif

[[noreturn]] inline void unreachable() noexcept { check_failed("unreachable", "enumeration out of range", "", 0); }

}  // namespace weir
