// Which server of a hostgroup gets a new piece of work.
#pragma once

#include <string>

#include "protocol/base/time.hpp"
#include "router/backend/hostgroup.hpp"

namespace weir {

// A server that the operator put ONLINE, with a weight, and that we have not shunned.
bool usable(const Server& server, Instant now) noexcept;

// Weighted random choice among the usable servers of `hostgroup` for which may_use(server) is true; `random`
// is in [0, 1). If none is usable, one that has been shunned for a tenth of its time. Null if there is no
// candidate at all, or if more servers are online than the hostgroup allows. No allocation; the pointer is
// the snapshot's.
template <class MayUse>
const Server* choose(const Hostgroup& hostgroup, Instant now, double random, MayUse may_use) noexcept;
const Server* choose(const Hostgroup& hostgroup, Instant now, double random) noexcept;

// Why choose() found nothing, for the text of error 9001: "0 of 3 servers usable: 2 shunned (last error
// 2003), 1 OFFLINE_SOFT". Allocates; for the failure path.
std::string explain_no_server(const Hostgroup& hostgroup, Instant now);

// ---- the definitions
// --------------------------------------------------------------------------------------------

namespace balance {
// Configured so that it may be chosen, whatever its health.
inline bool configured_for_use(const Server& server) {
  return server.status == ServerStatus::online && server.weight > 0;
}
bool too_many_online(const Hostgroup& hostgroup, Instant now) noexcept;

// `admits(server)` may change its mind between two calls (health is shared), so the walk ends at the last
// server that was admitted rather than beyond the list.
template <class Admits>
const Server* weighted(const Hostgroup& hostgroup, double random, Admits admits) noexcept {
  std::int64_t total = 0;
  for (const auto& server : hostgroup.servers) {
    if (admits(*server)) total += server->weight;
  }
  auto left = static_cast<std::int64_t>(random * static_cast<double>(total));
  const Server* chosen = nullptr;
  for (const auto& server : hostgroup.servers) {
    if (!admits(*server)) continue;
    chosen = server.get();
    left -= server->weight;
    if (left < 0) break;
  }
  return chosen;
}
}  // namespace balance

template <class MayUse>
const Server* choose(const Hostgroup& hostgroup, Instant now, double random, MayUse may_use) noexcept {
  if (balance::too_many_online(hostgroup, now)) return nullptr;
  const Server* chosen = balance::weighted(
      hostgroup, random, [&](const Server& server) { return usable(server, now) && may_use(server); });
  if (chosen != nullptr) return chosen;
  return balance::weighted(hostgroup, random, [&](const Server& server) {
    return balance::configured_for_use(server) && server.health().eligible_as_last_resort(now) &&
           may_use(server);
  });
}

}  // namespace weir
