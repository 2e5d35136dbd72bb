// A fixed set of names, looked up without regard to case: one multiplication and usually one comparison.
//
// Built at compile time from lower-case ASCII names of letters, digits and _; the position of a name in the
// list is its value. Nothing here allocates.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir {

// The first eight bytes of `name`, zero-padded.
constexpr std::uint64_t load_head(std::string_view name) {
  const std::size_t n = name.size();
  std::uint64_t head = 0;
  if consteval {
    for (std::size_t i = 0; i < n && i < 8; ++i) {
      head |= std::uint64_t{static_cast<unsigned char>(name[i])} << (8 * i);
    }
    return head;
  }
  if (n >= 8) {
    std::memcpy(&head, name.data(), 8);
  } else if (n >= 4) {  // two reads that overlap: never past the end of the text
    std::uint32_t low = 0, high = 0;
    std::memcpy(&low, name.data(), 4);
    std::memcpy(&high, name.data() + n - 4, 4);
    head = low | (std::uint64_t{high} << (8 * (n - 4)));
  } else if (n > 0) {
    head = std::uint64_t{static_cast<unsigned char>(name[0])} |
           std::uint64_t{static_cast<unsigned char>(name[n / 2])} << (8 * (n / 2)) |
           std::uint64_t{static_cast<unsigned char>(name[n - 1])} << (8 * (n - 1));
  }
  static_assert(std::endian::native == std::endian::little);
  return head;
}

// load_head with the bit set that tells lower-case letters from upper-case ones. It changes no digit, and of
// the other characters of names only _, which it maps to one that no name has.
constexpr std::uint64_t name_head(std::string_view name) {
  constexpr std::uint64_t kLowerCase = 0x2020202020202020;
  const std::size_t n = name.size();
  return load_head(name) | (n >= 8 ? kLowerCase : kLowerCase & ((std::uint64_t{1} << (8 * n)) - 1));
}

template <std::size_t kNames, std::size_t kSlots>
class NameTable {
  static_assert(std::has_single_bit(kSlots) && kSlots >= 2 * kNames);

 public:
  consteval explicit NameTable(const std::array<std::string_view, kNames>& names) {
    for (std::size_t i = 0; i < kNames; ++i) {
      std::size_t at = slot_of(name_head(names[i]), names[i].size());
      while (slots_[at].name.size() != 0) at = (at + 1) % kSlots;
      slots_[at] = {name_head(names[i]), names[i], static_cast<std::uint16_t>(i)};
      if (names[i].size() > longest_) longest_ = names[i].size();
    }
  }

  // The position of `text` in the list, or -1.
  int find(std::string_view text) const {
    if (text.empty() || text.size() > longest_) return -1;
    const std::uint64_t head = name_head(text);
    for (std::size_t at = slot_of(head, text.size()); slots_[at].name.size() != 0; at = (at + 1) % kSlots) {
      const Slot& slot = slots_[at];
      if (slot.head == head && slot.name.size() == text.size() && same_tail(text, slot.name))
        return slot.value;
    }
    return -1;
  }

 private:
  struct Slot {
    std::uint64_t head = 0;
    std::string_view name;
    std::uint16_t value = 0;
  };

  static constexpr std::size_t slot_of(std::uint64_t head, std::size_t size) {
    return static_cast<std::size_t>(((head ^ (size << 56)) * 0x9e3779b97f4a7c15) >>
                                    (64 - std::countr_zero(kSlots)));
  }
  static bool same_tail(std::string_view text, std::string_view name) {
    for (std::size_t i = 8; i < text.size(); ++i) {
      if ((text[i] | 0x20) != (name[i] | 0x20)) return false;
    }
    return true;
  }

  std::array<Slot, kSlots> slots_{};
  std::size_t longest_ = 0;
};

}  // namespace weir
