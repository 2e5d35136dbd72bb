// Bytes written in tests: "01 37"_hex, and text with zero bytes in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace weir::test {

using Blob = std::vector<std::uint8_t>;

// Pairs of hexadecimal digits; white space between pairs is skipped. Anything else throws
// std::invalid_argument.
Blob parse_hex(std::string_view text);

inline Blob operator""_hex(const char* text, std::size_t length) {
  return parse_hex({text, length});
}
// The literal's characters, zero bytes included.
inline Blob operator""_bytes(const char* text, std::size_t length) {
  const Bytes bytes = as_bytes({text, length});
  return {bytes.begin(), bytes.end()};
}

inline Blob to_blob(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}
Blob operator+(Blob left, const Blob& right);

}  // namespace weir::test
