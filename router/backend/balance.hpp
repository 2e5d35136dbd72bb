// Which server of a hostgroup gets a new piece of work.
#pragma once

#include "protocol/base/time.hpp"
#include "router/backend/hostgroup.hpp"

namespace weir {

// A server that the operator put ONLINE, with a weight, and that we have not shunned.
bool usable(const Server& server, Instant now) noexcept;
// The same, and not left out for its latency (balance::too_slow).
bool usable(const Hostgroup& hostgroup, const Server& server, Instant now) noexcept;

// Random choice, by the hostgroup's `balance`, among its usable servers for which may_use(server) is true;
// `random` is in [0, 1). If none is usable, one that has been shunned for a tenth of its time. Null if there
// is no candidate at all, or if more servers are online than the hostgroup allows. No allocation; the pointer
// is the snapshot's.
template <class MayUse>
const Server* choose(const Hostgroup& hostgroup, Instant now, double random, MayUse may_use) noexcept;
const Server* choose(const Hostgroup& hostgroup, Instant now, double random) noexcept;

// Whether somebody who waits until `until` may hope: a server that is merely full, or shunned and to be tried
// again by then. One that the operator holds back for a while (OFFLINE_SOFT, SHUNNED) counts, too: holding a
// hostgroup's statements for a moment is how servers are exchanged without errors.
bool worth_waiting(const Hostgroup& hostgroup, Instant now, Instant until) noexcept;

// ---- the definitions
// --------------------------------------------------------------------------------------------

namespace balance {
// Configured so that it may be chosen, whatever its health.
inline bool configured_for_use(const Server& server) {
  return server.status == ServerStatus::online && server.weight > 0;
}
bool too_many_online(const Hostgroup& hostgroup, Instant now) noexcept;

// Its pings take longer than its max_latency_ms, and it is among the slowest of the usable servers that this
// is true of: never more than half of the usable (rounded down) are left out, so that a network that is slow
// for all of them stops nothing.
bool too_slow(const Hostgroup& hostgroup, const Server& server, Instant now) noexcept;
inline bool above_max_latency(const Server& server, Instant now) noexcept {
  return server.ping().above(server.max_latency_ms, now);
}

// The weight of `server`, in thousandths; while it starts slowly, less: it grows with the time since it came
// back, from kFirstShare to the whole.
inline constexpr std::int64_t kWholeShare = 1000;
inline constexpr std::int64_t kFirstShare = 20;
std::int64_t starting_share(const Hostgroup& hostgroup, const Server& server, Instant now) noexcept;
// The same of a server that has been back since then.
std::int64_t share_since(Instant since, Millis slow_start_ms, Instant now) noexcept;
inline std::int64_t weight_now(const Hostgroup& hostgroup, const Server& server, Instant now) noexcept {
  if (hostgroup.slow_start_ms == 0) return server.weight * kWholeShare;
  return server.weight * starting_share(hostgroup, server, now);
}

// What one more statement on this server would cost, by the hostgroup's balance; less is better.
double cost(const Hostgroup& hostgroup, const Server& server, Instant now) noexcept;

// Another number in [0, 1), as good as independent of `random`.
double another_random(double random) noexcept;

// `admits(server)` may change its mind between two calls (health is shared), so the walk ends at the last
// server that was admitted rather than beyond the list.
template <class Admits>
const Server* weighted(const Hostgroup& hostgroup, Instant now, double random, Admits admits) noexcept {
  std::int64_t total = 0;
  for (const auto& server : hostgroup.servers) {
    if (admits(*server)) total += weight_now(hostgroup, *server, now);
  }
  auto left = static_cast<std::int64_t>(random * static_cast<double>(total));
  const Server* chosen = nullptr;
  for (const auto& server : hostgroup.servers) {
    if (!admits(*server)) continue;
    chosen = server.get();
    left -= weight_now(hostgroup, *server, now);
    if (left < 0) break;
  }
  return chosen;
}

// Of two servers the better one: nearly as good as the best of all, and workers that all see the same figures
// do not all run to the same server. The one drawn first wins a tie.
template <class Admits>
const Server* draw(const Hostgroup& hostgroup, Instant now, double random, Admits admits) noexcept {
  const Server* first = weighted(hostgroup, now, random, admits);
  if (hostgroup.balance == Balance::weighted || first == nullptr) return first;
  const Server* second = weighted(hostgroup, now, another_random(random),
                                  [&](const Server& server) { return &server != first && admits(server); });
  if (second == nullptr) return first;
  return cost(hostgroup, *second, now) < cost(hostgroup, *first, now) ? second : first;
}
}  // namespace balance

template <class MayUse>
const Server* choose(const Hostgroup& hostgroup, Instant now, double random, MayUse may_use) noexcept {
  if (balance::too_many_online(hostgroup, now)) return nullptr;
  const auto fit = [&](const Server& server) { return usable(server, now) && may_use(server); };
  const Server* chosen = balance::draw(hostgroup, now, random, fit);
  if (chosen != nullptr && balance::too_slow(hostgroup, *chosen, now)) {
    // Asked last, for it is rare. Drawing again among the others gives each of them the share that it would
    // have had without the slow ones.
    chosen = balance::draw(hostgroup, now, balance::another_random(1 - random), [&](const Server& server) {
      return fit(server) && !balance::too_slow(hostgroup, server, now);
    });
  }
  if (chosen != nullptr) return chosen;
  return balance::weighted(hostgroup, now, random, [&](const Server& server) {
    return balance::configured_for_use(server) && server.health().eligible_as_last_resort(now) &&
           may_use(server) && !balance::too_slow(hostgroup, server, now);
  });
}

}  // namespace weir
