// Waits for a descriptor to become readable or writable. The building block of Channel and Acceptor; nothing
// outside proxy/net uses it.
//
// libuv frees a handle only in its close callback, later than its owner may be destroyed. This class is where
// that rule is kept: the handle is a node of its own, and once released it calls nobody. So a receiver may
// release or destroy its PollHandle inside on_ready().
//
// Cost: readiness is level-triggered and costs nothing per event; changing what is watched is two epoll_ctl
// calls (libuv 1.44 removes the descriptor and adds it again), opening the same two, releasing one. Making a
// node is three more: libuv tries the descriptor. So a node that is released stays with the loop, and serves
// whatever gets that descriptor's number next; the system gives low numbers again and again.
#pragma once

#include "proxy/net/loop.hpp"

namespace weir {

class Readiness {
 public:
  // `broken`: the system reports an error; the descriptor is no longer watched, read it to learn why.
  virtual void on_ready(bool readable, bool writable, bool broken) noexcept = 0;

 protected:
  ~Readiness() = default;
};

class PollHandle {
 public:
  PollHandle(Loop& loop, Readiness& receiver) : loop_(loop), receiver_(receiver) {}
  ~PollHandle() { release(); }
  PollHandle(const PollHandle&) = delete;
  PollHandle& operator=(const PollHandle&) = delete;

  enum class Watch : unsigned char {
    nothing,  // not even errors
    errors,   // errors and hang-ups only
    readable,
    writable,
    both,
  };

  // Binds to `fd`, which stays the caller's, is non-blocking, and can be polled; watches nothing yet. 0, or
  // an errno.
  int open(int fd);
  // Free if it is what is watched already.
  void watch(Watch what);
  Watch watched() const { return watched_; }
  // Stops. The descriptor may be closed, or used by another loop, at once.
  void release();

 private:
  friend class SpareNodes;
  struct Node;

  Loop& loop_;
  Readiness& receiver_;
  Node* node_ = nullptr;
  Watch watched_ = Watch::nothing;
};

}  // namespace weir
