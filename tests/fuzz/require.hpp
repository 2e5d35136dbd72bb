// What a fuzz entry claims about the code under test: a claim that fails ends the process, and is the
// finding.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace weir::fuzz {

inline void require(bool claim, const char* what) {
  if (claim) return;
  std::fprintf(stderr, "claim failed: %s\n", what);
  std::abort();
}

}  // namespace weir::fuzz
