// What a member of a cluster is good for, by what it says of itself. Pure.
#pragma once

#include <string>

#include "monitor/cluster_reading.hpp"

namespace weir {

struct Fitness {
  // out: for nothing. leaving: for nothing new; what runs there may finish.
  enum class Word : std::uint8_t { out, leaving, reads, writes };

  Word word = Word::out;
  std::string reason{};  // a sentence for operators; the same as long as it means the same: no figures
  bool behind = false;   // it has more to apply than `max_behind`
  bool donor = false;    // it sends its data to another one: it may stand still meanwhile
  bool cut_off = false;  // out, and what runs there may stand still until its cluster decides

  bool operator==(const Fitness&) const = default;
};

// `max_behind` of zero: any.
Fitness fitness_of(const MemberReading& reading, std::int64_t max_behind);

}  // namespace weir
