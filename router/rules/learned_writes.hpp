// Digests whose text looked like a read, and which a read-only server refused: writes in disguise, such as a
// stored function that nobody declared, or SQL that the classifier does not know yet.
//
// One per worker; its thread. Bounded: beyond kMost the oldest goes. An entry holds for kHoldMs after the
// last refusal, for the function behind it may have changed.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "protocol/base/time.hpp"

namespace weir {

struct LearnedWrite {
  std::uint64_t digest = 0;
  std::string digest_text{};
  std::uint16_t error_code = 0;  // of the last refusal
  std::uint64_t refusals = 0;
  Instant first_seen = 0;
  Instant last_seen = 0;
};

class LearnedWrites {
 public:
  static constexpr std::size_t kMost = 4096;
  static constexpr Millis kHoldMs = 3'600'000;

  // A load and a compare while nothing has been learned, as is usual.
  bool empty() const { return by_digest_.empty(); }
  bool contains(std::uint64_t digest, Instant now) const;
  void add(std::uint64_t digest, std::string_view digest_text, std::uint16_t error_code, Instant now);
  const std::list<LearnedWrite>& all() const { return entries_; }  // the latest first
  void clear();

 private:
  std::list<LearnedWrite> entries_;
  std::unordered_map<std::uint64_t, std::list<LearnedWrite>::iterator> by_digest_;
};

}  // namespace weir
