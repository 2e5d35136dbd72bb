#include "tests/support/hex.hpp"

#include <stdexcept>

namespace weir::test {
namespace {

bool blank(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

std::uint8_t digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  throw std::invalid_argument(std::string("not a hexadecimal digit: '") + c + "'");
}

}  // namespace

Blob parse_hex(std::string_view text) {
  Blob bytes;
  for (std::size_t i = 0; i < text.size();) {
    if (blank(text[i])) {
      ++i;
      continue;
    }
    if (i + 1 == text.size()) throw std::invalid_argument("half a byte at the end of hexadecimal text");
    bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
    i += 2;
  }
  return bytes;
}

Blob operator+(Blob left, const Blob& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace weir::test
