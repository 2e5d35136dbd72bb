#include "router/config/longest_wait.hpp"

#include <algorithm>

#include "router/backend/balance.hpp"

namespace weir {
namespace {

bool may_write(const Server& server) {
  if (balance::configured_for_use(server)) return !server.health().view().refuses_writes;
  const bool for_a_while =
      server.status == ServerStatus::offline_soft || server.status == ServerStatus::shunned;
  return for_a_while && (server.hold == Hold::none || server.hold == Hold::unjudged);
}

}  // namespace

bool may_be_filled(const Snapshot& snapshot, int hostgroup) noexcept {
  return snapshot.pair_of(hostgroup) != nullptr || snapshot.pair_of_reader(hostgroup) != nullptr;
}

bool lacks_writer(const Snapshot& snapshot, int hostgroup) noexcept {
  if (!snapshot.settings().monitor_enabled || snapshot.pair_of(hostgroup) == nullptr) return false;
  const Hostgroup* found = snapshot.find_hostgroup(hostgroup);
  return found == nullptr ||
         std::ranges::none_of(found->servers, [](const auto& server) { return may_write(*server); });
}

Millis longest_wait(const Snapshot& snapshot, int hostgroup) noexcept {
  const Settings& settings = snapshot.settings();
  return lacks_writer(snapshot, hostgroup) ? settings.writer_wait_ms : settings.connect_timeout_server_max;
}

}  // namespace weir
