// What a fuzz entry claims about the code under test: a claim that fails ends the process, and is the
// finding.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace weir::fuzz {

inline void require(bool claim, const char* what) {
  if (claim) return;
  std::fprintf(stderr, "claim failed: %s\n", what);
  std::abort();
}

// Whether `part` is a view of `whole`.
inline bool within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace weir::fuzz
