// Servers that can stand in for each other, and what is set for all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/base/time.hpp"
#include "router/backend/balancing.hpp"
#include "router/backend/hostgroup_pair.hpp"
#include "router/backend/server.hpp"

namespace weir {

struct Hostgroup {
  int id = 0;
  std::vector<std::shared_ptr<const Server>> servers;  // never null
  // From mysql_hostgroup_attributes, or the global settings.
  std::int64_t max_num_online_servers = 1'000'000;  // more than this online: none is used (two writers)
  std::int64_t free_connections_pct = 10;           // idle connections kept, in per cent of max_connections
  bool multiplex = true;
  Balance balance = Balance::weighted;
  Millis slow_start_ms = 0;  // how long a server that comes back takes to get its whole share; 0 = none

  // The server of this hostgroup that has this state, or null.
  const Server* find(const ServerState& state) const noexcept {
    for (const auto& server : servers) {
      if (server->state.get() == &state) return server.get();
    }
    return nullptr;
  }
};

}  // namespace weir
