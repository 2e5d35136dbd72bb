// Where one of two bytes stands next: eight bytes at a time, because what is sought is mostly the end of a
// string.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace weir {

// The first byte in [at, end) that is `a` or `b`; `end` if there is none. Never reads at or behind `end`.
inline const char* find_either(const char* at, const char* end, char a, char b) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  const std::uint64_t all_a = kOnes * static_cast<unsigned char>(a),
                      all_b = kOnes * static_cast<unsigned char>(b);
  for (; end - at >= 8; at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, sizeof eight);
    const std::uint64_t is_a = eight ^ all_a, is_b = eight ^ all_b;  // a zero byte where it is
    const std::uint64_t found = (((is_a - kOnes) & ~is_a) | ((is_b - kOnes) & ~is_b)) & kHighs;
    if (found != 0) return at + std::countr_zero(found) / 8;
  }
  while (at != end && *at != a && *at != b) ++at;
  return at;
}

}  // namespace weir
