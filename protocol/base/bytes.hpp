// Views of bytes, and the little-endian integers of MySQL's wire.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace weir {

using Bytes = std::span<const std::uint8_t>;  // whoever hands one out says until when it is valid
using MutableBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads the first `width` (1..8) bytes at `from` as a little-endian integer. The caller has checked the size.
// Inline, and a choice of widths: most are constants, and then it is one load and not a loop.
[[gnu::always_inline]] inline std::uint64_t load_le(const std::uint8_t* from, std::size_t width) {
  const auto load = [from]<class Integer>(Integer value) {
    std::memcpy(&value, from, sizeof value);
    return std::endian::native == std::endian::little ? value : std::byteswap(value);
  };
  switch (width) {
    case 1:
      return from[0];
    case 2:
      return load(std::uint16_t{});
    case 3:
      return load(std::uint16_t{}) | std::uint64_t{from[2]} << 16;
    case 4:
      return load(std::uint32_t{});
    case 8:
      return load(std::uint64_t{});
    default:
      break;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{from[i]} << (8 * i);
  return value;
}

// Writes the low `width` (1..8) bytes of `value` at `to`, little-endian.
[[gnu::always_inline]] inline void store_le(std::uint8_t* to, std::uint64_t value, std::size_t width) {
  const auto store = [to]<class Integer>(Integer low) {
    if (std::endian::native != std::endian::little) low = std::byteswap(low);
    std::memcpy(to, &low, sizeof low);
  };
  switch (width) {
    case 1:
      to[0] = static_cast<std::uint8_t>(value);
      return;
    case 2:
      return store(static_cast<std::uint16_t>(value));
    case 3:
      to[2] = static_cast<std::uint8_t>(value >> 16);
      return store(static_cast<std::uint16_t>(value));
    case 4:
      return store(static_cast<std::uint32_t>(value));
    case 8:
      return store(value);
    default:
      break;
  }
  for (std::size_t i = 0; i < width; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

// "03 64 65 66", for logs and test failures.
std::string hex(Bytes bytes);

}  // namespace weir
