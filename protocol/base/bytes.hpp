// Views of bytes, and the little-endian integers of MySQL's wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace weir {

using Bytes = std::span<const std::uint8_t>;   // whoever hands one out says until when it is valid
using MutableBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads the first `width` (1..8) bytes at `from` as a little-endian integer. The caller has checked the size.
inline std::uint64_t load_le(const std::uint8_t* from, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{from[i]} << (8 * i);
  return value;
}

// Writes the low `width` (1..8) bytes of `value` at `to`, little-endian.
inline void store_le(std::uint8_t* to, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// "03 64 65 66", for logs and test failures.
std::string hex(Bytes bytes);

}  // namespace weir
