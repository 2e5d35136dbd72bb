// What a pool shard has of one server: found by the server's state, which is the same before and after a
// reload.
#pragma once

#include <cstddef>
#include <vector>

#include "proxy/pool/refused_passwords.hpp"
#include "proxy/worker/stats.hpp"
#include "router/backend/server_figures.hpp"

namespace weir {

class BackendConnection;

struct ServerShare {
  ServerShareFigures& figures;
  WorkerStats& stats;
  std::vector<BackendConnection*> idle{};  // the most recently used last
  std::size_t opening = 0;
  std::size_t connections = 0;  // whatever they are doing
  RefusedPasswords refused{};
  int asked_back = 0;     // sessions that are about to give a connection back
  bool draining = false;  // not ONLINE any more, or gone: no connection of it becomes idle

  void count_sent(std::size_t bytes) {
    figures.bytes_sent.add(bytes);
    stats.bytes_to_servers.add(bytes);
  }
  void count_received(std::size_t bytes) {
    figures.bytes_received.add(bytes);
    stats.bytes_from_servers.add(bytes);
  }
};

}  // namespace weir
