#include "router/config/servers_part.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "router/backend/status_word.hpp"
#include "router/config/host_port.hpp"
#include "router/config/hostgroup_pairs.hpp"
#include "router/config/hostgroup_settings.hpp"

namespace weir {
namespace {

// A server that is held back is as one that the operator has taken out, for the time being.
ServerStatus held_status(Hold hold) {
  switch (hold) {
    case Hold::none:
    case Hold::silent:
      return ServerStatus::online;
    case Hold::lagging:
    case Hold::dead:
    case Hold::severed:
    case Hold::spare:
    case Hold::unjudged:
      return ServerStatus::shunned;
    case Hold::leaving:
      return ServerStatus::offline_soft;
    case Hold::fenced:
      return ServerStatus::offline_hard;
  }
  return ServerStatus::online;
}

std::shared_ptr<Server> make_server(const ServerRow& row, const Settings& settings,
                                    const ServerOverlay& overlay, ServerStates& states) {
  auto server = std::make_shared<Server>();
  server->hostgroup = static_cast<int>(row.hostgroup_id);
  server->hostname = row.hostname;
  server->port = static_cast<std::uint16_t>(row.port);
  server->name = to_text(HostPort{server->hostname, server->port});
  server->status = parse_status(row.status);
  server->weight = row.weight;
  server->max_connections = row.max_connections;
  server->max_latency_ms = row.max_latency_ms > 0 ? row.max_latency_ms : settings.default_max_latency_ms;
  server->max_replication_lag = row.max_replication_lag;
  server->use_ssl = row.use_ssl;
  if (row.compression) server->compression = Compression::zlib;
  server->compression_level = static_cast<int>(settings.protocol_compression_level);
  server->comment = row.comment;
  if (const auto decided = overlay.find(key_of(row));
      decided != overlay.end() && server->status == ServerStatus::online) {
    server->hold = decided->second.hold;
    server->hold_reason = decided->second.reason;
    server->status = held_status(server->hold);
  }
  server->state = states.find_or_make(server->hostgroup, server->hostname, server->port);
  return server;
}

std::map<int, Hostgroup> make_hostgroups(const Tables& tables, const std::vector<ServerRow>& rows,
                                         const Settings& settings, const ServerOverlay& overlay,
                                         ServerStates& states) {
  std::unordered_map<std::int64_t, HostgroupSettings> own_settings;
  for (const HostgroupAttributesRow& row : tables.hostgroup_attributes) {
    std::vector<std::string> told;  // by check_hostgroup_settings()
    own_settings[row.hostgroup_id] = parse_hostgroup_settings(row.hostgroup_settings, told, told);
  }
  std::map<int, Hostgroup> hostgroups;
  for (const ServerRow& row : rows) {
    auto server = make_server(row, settings, overlay, states);
    Hostgroup& hostgroup = hostgroups[server->hostgroup];
    hostgroup.id = server->hostgroup;
    if (const auto set = own_settings.find(row.hostgroup_id); set != own_settings.end()) {
      hostgroup.balance = server->balance = set->second.balance;
      hostgroup.slow_start_ms = set->second.slow_start_ms;
      server->proxy_header = set->second.send_proxy_protocol;
      if (server->compression != Compression::none) server->compression = set->second.compression_algorithm;
    }
    hostgroup.free_connections_pct = settings.free_connections_pct;
    hostgroup.servers.push_back(std::move(server));
  }
  for (const HostgroupAttributesRow& row : tables.hostgroup_attributes) {
    const auto found = hostgroups.find(static_cast<int>(row.hostgroup_id));
    if (found == hostgroups.end()) continue;
    found->second.max_num_online_servers = row.max_num_online_servers;
    found->second.free_connections_pct = row.free_connections_pct;
    found->second.multiplex = row.multiplex;
  }
  return hostgroups;
}

}  // namespace

std::shared_ptr<ServersPart> make_servers_part(const Tables& tables, const Settings& settings,
                                               const ServerOverlay& overlay, ServerStates& states) {
  auto part = std::make_shared<ServersPart>();
  part->rows = running_rows(overlay, tables.servers);
  for (auto& [id, hostgroup] : make_hostgroups(tables, part->rows, settings, overlay, states)) {
    part->hostgroups.push_back(std::move(hostgroup));
  }
  part->pairs = hostgroup_pairs(tables);
  return part;
}

void note_returns(const ServersPart& before, const ServersPart& now) {
  for (const Hostgroup& hostgroup : now.hostgroups) {
    const auto old = std::ranges::find(before.hostgroups, hostgroup.id, &Hostgroup::id);
    const bool is_new = old == before.hostgroups.end();
    for (const auto& server : hostgroup.servers) {
      const Server* was = is_new ? nullptr : old->find(*server->state);
      if (was == nullptr) server->health().clear_refused_write(kNever);
      if (is_new) continue;
      const bool worked = was != nullptr && was->status == ServerStatus::online && was->weight > 0;
      if (server->status == ServerStatus::online && !worked) server->health().note_back();
    }
  }
}

}  // namespace weir
