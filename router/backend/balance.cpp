#include "router/backend/balance.hpp"

#include <algorithm>
#include <cmath>

namespace weir {
namespace {

// What a server of which nothing is known is taken to need, once somebody is waiting for its first answer:
// until then it is worth a try, and a crowd must not follow.
constexpr double kUnknownUs = 1e6;

}  // namespace

bool usable(const Server& server, Instant now) noexcept {
  return balance::configured_for_use(server) && server.health().eligible(now);
}

bool usable(const Hostgroup& hostgroup, const Server& server, Instant now) noexcept {
  return usable(server, now) && !balance::too_slow(hostgroup, server, now);
}

bool balance::too_many_online(const Hostgroup& hostgroup, Instant now) noexcept {
  if (static_cast<std::int64_t>(hostgroup.servers.size()) <= hostgroup.max_num_online_servers) return false;
  std::int64_t online = 0;
  for (const auto& server : hostgroup.servers) {
    online += server->status == ServerStatus::online && server->health().eligible(now);
  }
  return online > hostgroup.max_num_online_servers;
}

bool balance::too_slow(const Hostgroup& hostgroup, const Server& server, Instant now) noexcept {
  if (!above_max_latency(server, now)) return false;
  std::size_t all = 0;
  std::size_t slower = 0;
  bool before = true;  // of servers that are equally slow the first in the list goes first
  for (const auto& other : hostgroup.servers) {
    if (other.get() == &server) before = false;
    if (!usable(*other, now)) continue;
    ++all;
    if (other.get() == &server || !above_max_latency(*other, now)) continue;
    const std::uint64_t mine = server.ping().mean_us();
    const std::uint64_t its = other->ping().mean_us();
    slower += its > mine || (its == mine && before);
  }
  return slower < all / 2;
}

std::int64_t balance::starting_share(const Hostgroup& hostgroup, const Server& server, Instant now) noexcept {
  return share_since(server.health().back_since(now), hostgroup.slow_start_ms, now);
}

std::int64_t balance::share_since(Instant since, Millis slow_start_ms, Instant now) noexcept {
  if (since == kNever || now - since >= slow_start_ms) return kWholeShare;
  const std::int64_t grown = std::max<std::int64_t>(0, now - since) * kWholeShare / slow_start_ms;
  return std::max(kFirstShare, grown);
}

double balance::cost(const Hostgroup& hostgroup, const Server& server, Instant now) noexcept {
  const auto weight = static_cast<double>(weight_now(hostgroup, server, now));
  const auto in_flight = static_cast<double>(server.load().in_flight());
  // Without the one more: while nothing is under way all are equal, and the weights alone decide.
  if (hostgroup.balance == Balance::least_in_flight) return in_flight / weight;
  const double latency_us = server.load().latency_us(now);
  const bool known = latency_us >= 1;
  if (!known && in_flight < 1) return 0;
  return (known ? latency_us : kUnknownUs) * (in_flight + 1) / weight;
}

// The finalizer of splitmix64 (Steele, Lea, Flood 2014).
double balance::another_random(double random) noexcept {
  auto bits = static_cast<std::uint64_t>(random * 0x1.0p53) + 0x9e3779b97f4a7c15ull;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ull;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebull;
  return static_cast<double>((bits ^ (bits >> 31)) >> 11) * 0x1.0p-53;
}

bool worth_waiting(const Hostgroup& hostgroup, Instant now, Instant until) noexcept {
  if (balance::too_many_online(hostgroup, now)) return true;  // until one of them is out
  return std::ranges::any_of(hostgroup.servers, [&](const auto& server) {
    if (server->status == ServerStatus::offline_hard) return false;
    if (server->weight <= 0 || server->max_connections <= 0) return false;
    if (server->status != ServerStatus::online) return true;
    return server->health().last_resort_from() <= until;
  });
}

const Server* choose(const Hostgroup& hostgroup, Instant now, double random) noexcept {
  return choose(hostgroup, now, random, [](const Server&) { return true; });
}

}  // namespace weir
