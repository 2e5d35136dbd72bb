// Servers to put topologies together from: portrait("db1", 1), then replicates(it, "db0", 0).
#pragma once

#include <string>

#include "monitor/topology/topology.hpp"

namespace weir::test {

inline ServerPortrait portrait(const std::string& name, std::uint32_t server_id) {
  ServerPortrait portrait{.host = {name, 3306}};
  portrait.variables = {{"version", "8.4.0"},
                        {"server_id", std::to_string(server_id)},
                        {"server_uuid", "uuid-" + std::to_string(server_id)},
                        {"hostname", name},
                        {"port", "3306"},
                        {"datadir", "/var/lib/mysql/"},
                        {"read_only", "OFF"},
                        {"log_bin", "ON"},
                        {"log_replica_updates", "ON"},
                        {"gtid_mode", "ON"}};
  return portrait;
}

inline ServerPortrait unreachable(const std::string& name) {
  ServerPortrait portrait{.host = {name, 3306}};
  portrait.failure = ProbeFailure{ProbeFault::refused, 0, "Connection refused"};
  return portrait;
}

inline ReplicationLink link_to(const std::string& source, std::uint32_t server_id) {
  return {.source = {source, 3306},
          .source_uuid = "uuid-" + std::to_string(server_id),
          .source_server_id = server_id,
          .io = {"Yes", 0, ""},
          .sql = {"Yes", 0, ""},
          .lag_s = 0,
          .by_gtid = true};
}

inline ServerPortrait replica(const std::string& name, std::uint32_t server_id, const std::string& source,
                              std::uint32_t source_id) {
  ServerPortrait replica = portrait(name, server_id);
  replica.variables["read_only"] = "ON";
  replica.links.push_back(link_to(source, source_id));
  return replica;
}

// All of them in hostgroups 0 and 1.
inline ConfiguredServers configured(std::initializer_list<const char*> names) {
  ConfiguredServers servers;
  for (const char* name : names) servers[{name, 3306}] = {.hostgroups = {0, 1}, .reader_hostgroup = 1};
  return servers;
}

}  // namespace weir::test
