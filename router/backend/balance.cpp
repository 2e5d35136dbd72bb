#include "router/backend/balance.hpp"

#include <fmt/format.h>

namespace weir {
namespace {

struct Tally {
  std::size_t usable = 0, shunned = 0, shunned_by_hand = 0, offline = 0, weightless = 0;
  std::int64_t last_error_code = 0;
};

Tally tally(const Hostgroup& hostgroup, Instant now) {
  Tally tally;
  for (const auto& server : hostgroup.servers) {
    if (server->status == ServerStatus::shunned) {
      ++tally.shunned_by_hand;
    } else if (server->status != ServerStatus::online) {
      ++tally.offline;
    } else if (server->weight <= 0) {
      ++tally.weightless;
    } else if (!server->health().eligible(now)) {
      ++tally.shunned;
      tally.last_error_code = server->health().view().last_error_code;
    } else {
      ++tally.usable;
    }
  }
  return tally;
}

}  // namespace

bool usable(const Server& server, Instant now) noexcept {
  return balance::configured_for_use(server) && server.health().eligible(now);
}

bool balance::too_many_online(const Hostgroup& hostgroup, Instant now) noexcept {
  if (static_cast<std::int64_t>(hostgroup.servers.size()) <= hostgroup.max_num_online_servers) return false;
  std::int64_t online = 0;
  for (const auto& server : hostgroup.servers) {
    online += server->status == ServerStatus::online && server->health().eligible(now);
  }
  return online > hostgroup.max_num_online_servers;
}

const Server* choose(const Hostgroup& hostgroup, Instant now, double random) noexcept {
  return choose(hostgroup, now, random, [](const Server&) { return true; });
}

std::string explain_no_server(const Hostgroup& hostgroup, Instant now) {
  const Tally found = tally(hostgroup, now);
  if (balance::too_many_online(hostgroup, now)) {
    return fmt::format("more servers are online than max_num_online_servers {}",
                       hostgroup.max_num_online_servers);
  }
  std::string text = fmt::format("{} of {} servers usable", found.usable, hostgroup.servers.size());
  const char* separator = ": ";
  const auto add = [&](std::size_t count, std::string_view what) {
    if (count == 0) return;
    text += fmt::format("{}{} {}", separator, count, what);
    separator = ", ";
  };
  add(found.shunned, fmt::format("shunned (last error {})", found.last_error_code));
  add(found.shunned_by_hand, "SHUNNED by configuration");
  add(found.offline, "OFFLINE");
  add(found.weightless, "with weight 0");
  return text;
}

}  // namespace weir
