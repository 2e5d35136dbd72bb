// How many descriptors the process may have, and for whom the last of them are kept.
//
// A client takes one, and most of the time another one to a server. When clients have taken what they may,
// those to servers can still be had; and when these, too, are used up, the administrator and the monitor
// still get theirs.
#pragma once

#include <cstdint>

namespace weir {

struct FdLimit {
  std::uint64_t before;  // the soft limit we were started with
  std::uint64_t now;     // after raising it
  std::uint64_t hard;    // what an administrator allows at most
};

// Raises the soft limit to the hard one. If the system refuses, `now` equals `before`. From then on
// fd_allowed() knows.
FdLimit raise_fd_limit();

// What a descriptor is for: upkeep is everything but clients and what is opened to servers for them.
enum class FdUse { client, server, upkeep };

// How many of `limit` descriptors may be open when one is taken for this.
std::uint64_t fd_share(std::uint64_t limit, FdUse use);

// Whether the descriptor `fd`, just had, may be used for this. The system gives the lowest number that is
// free: one as high as that says that all below are in use. Always true before raise_fd_limit(). Any thread.
bool fd_allowed(int fd, FdUse use);

// One to give back when there are no more: whoever waits in a listener's queue can then be let in and told,
// or sent away. -1: there is none.
int open_reserved_fd();

}  // namespace weir
