// Options of TCP sockets. On others, and where the system refuses them, without effect.
//
// What is set on a socket that listens, those have that come to it from then on: Linux has them inherit it.
#pragma once

#include "protocol/base/time.hpp"

namespace weir {

// How a silent peer is detected: probes after `idle_s` seconds of silence, every `idle_s`/3 seconds (at least
// 1), thrice. 0: as the system does it.
struct Keepalive {
  bool on = false;
  int idle_s = 0;

  friend bool operator==(const Keepalive&, const Keepalive&) = default;
};

// What is sent goes at once.
void set_no_delay(int fd);
// Whatever was set before.
void set_keepalive(int fd, const Keepalive& keepalive);
// The same on a new socket, which has the system's values.
void enable_keepalive(int fd, int idle_s);
// Gives up when sent bytes stay unacknowledged for this long; 0: the system's default.
void set_user_timeout(int fd, Millis timeout_ms);

}  // namespace weir
