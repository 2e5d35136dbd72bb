// A hash of several values, for tables in memory: quick on short texts, seeded, not for storage.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {

class KeyHash {
 public:
  explicit KeyHash(std::uint64_t seed) : state_(seed ^ kOdd) {}

  KeyHash& add(std::uint64_t value) {
    state_ = (state_ ^ value) * kOdd;
    state_ ^= state_ >> 29;
    return *this;
  }
  KeyHash& add(std::string_view text) {
    const std::size_t size = text.size();
    const char* at = text.data();
    state_ += size * kOtherOdd;  // apart from the first bytes, which are XORed
    if (size < 8) return add(load_few(at, size));
    for (const char* const last = at + size - 8; at < last; at += 8) add(load<std::uint64_t>(at));
    return add(load<std::uint64_t>(text.data() + size - 8));
  }
  std::uint64_t value() const { return state_ ^ state_ >> 32; }

 private:
  static constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  static constexpr std::uint64_t kOtherOdd = 0xc2b2ae3d27d4eb4f;

  template <class Integer>
  static std::uint64_t load(const char* from) {
    Integer value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  // All of fewer than eight bytes, some of them twice: not a copy of any length, which is a loop or a call.
  static std::uint64_t load_few(const char* from, std::size_t count) {
    if (count >= 4) return load<std::uint32_t>(from) | load<std::uint32_t>(from + count - 4) << 32;
    if (count >= 2) return load<std::uint16_t>(from) | load<std::uint16_t>(from + count - 2) << 16;
    return count == 0 ? 0 : load<std::uint8_t>(from);
  }

  std::uint64_t state_;
};

}  // namespace weir
