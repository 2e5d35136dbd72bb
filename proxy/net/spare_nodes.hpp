// The nodes of PollHandle that a loop keeps for the next descriptor of their number. For poll_handle.cpp and
// loop.cpp only; the loop's thread.
#pragma once

#include <cstddef>
#include <vector>

#include "proxy/net/poll_handle.hpp"

namespace weir {

class SpareNodes {
 public:
  static constexpr std::size_t kMostDescriptors = 1024;  // of higher numbers none is kept

  static SpareNodes& of(Loop& loop);

  // One that is stopped, and the caller's now. Null: there is none for this descriptor.
  PollHandle::Node* take(int fd);
  // Takes `node`, which is stopped: keeps it, or has libuv free it.
  void keep(PollHandle::Node* node);
  // The loop ends: libuv frees all of them.
  void close();

 private:
  std::vector<PollHandle::Node*> by_descriptor_;  // null: none
};

}  // namespace weir
