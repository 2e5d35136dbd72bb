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
    add(static_cast<std::uint64_t>(text.size()));
    while (text.size() >= 8) {
      add(load(text.data(), 8));
      text.remove_prefix(8);
    }
    return text.empty() ? *this : add(load(text.data(), text.size()));
  }
  std::uint64_t value() const { return state_ ^ state_ >> 32; }

 private:
  static constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;

  static std::uint64_t load(const char* from, std::size_t count) {
    std::uint64_t value = 0;
    std::memcpy(&value, from, count);
    return value;
  }

  std::uint64_t state_;
};

}  // namespace weir
