// What rows of servers, pairs and hostgroups mean together with the monitor's decisions: the ServersPart of a
// Snapshot.
#pragma once

#include <memory>

#include "router/config/snapshot.hpp"

namespace weir {

// Servers take their state from `states`, where it is kept by hostgroup, host and port.
std::shared_ptr<ServersPart> make_servers_part(const Tables& tables, const Settings& settings,
                                               const ServerOverlay& overlay, ServerStates& states);

// Servers that work now and did not before, in hostgroups that did, start slowly. What one refused when it
// was in a hostgroup before says nothing now that it is put there again. To be called before a worker sees
// `now`: what it refuses from then on counts.
void note_returns(const ServersPart& before, const ServersPart& now);

}  // namespace weir
