// How many descriptors the process may have: two per session, and some.
#pragma once

#include <cstdint>

namespace weir {

struct FdLimit {
  std::uint64_t before;  // the soft limit we were started with
  std::uint64_t now;     // after raising it
  std::uint64_t hard;    // what an administrator allows at most
};

// Raises the soft limit to the hard one. If the system refuses, `now` equals `before`.
FdLimit raise_fd_limit();

}  // namespace weir
