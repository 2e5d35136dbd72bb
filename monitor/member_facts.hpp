// What the checks of one member of a cluster add up to. Pure.
#pragma once

#include <optional>
#include <string>

#include "monitor/observation.hpp"

namespace weir {

struct MemberFacts {
  std::optional<MemberReading> reading{};  // the latest
  std::uint64_t readings = 0;
  Instant writable_since = kNever;  // by them; kNever: it is read-only
  int unanswered = 0;               // questions in a row: timed out, ended, or lost with their connection
  // It has answered that it cannot be asked so: it does not work as a member. Empty: it has not. A server
  // that does not let the monitor in, or does not let it see, says nothing of the kind.
  std::string error{};

  bool operator==(const MemberFacts&) const = default;
};

// `seen` is the outcome of a check of a cluster.
void note_member(MemberFacts& facts, const Observation& seen);

}  // namespace weir
