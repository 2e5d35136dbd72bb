// Where statistics come from: what the tables and metrics ask of the process. Implemented by whoever owns the
// fleet; admin thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "router/config/snapshot.hpp"

namespace weir {

struct AdminLogins;
class Fleet;
class MonitorBoard;

// A row of runtime_checksums_values: what a part of the configuration in force is, for detecting drift.
struct PartChecksum {
  std::string name;          // "mysql_servers"
  std::int64_t version = 0;  // LOAD ... TO RUNTIME since the start; 0 = never loaded
  std::int64_t epoch = 0;    // unix time of the last load
  std::string checksum{};    // "0x" and 16 hex digits
};

class StatsSources {
 public:
  virtual ~StatsSources() = default;
  // The workers that run, or null while there are none (PROXYSQL STOP): tables of what they do are then
  // empty. Valid until the admin thread itself stops or replaces them.
  virtual Fleet* fleet() = 0;
  // The configuration in force; never null.
  virtual std::shared_ptr<const Snapshot> snapshot() = 0;
  // Of the servers in it, and of removed ones that still have connections.
  virtual const ServerStates& server_states() = 0;
  virtual std::vector<PartChecksum> checksums() = 0;
  virtual std::int64_t uptime_s() = 0;
  virtual bool listeners_paused() = 0;
  // Microseconds since 1970.
  virtual std::int64_t wall_clock_us() { return 0; }
  // What checks have found, or null without a monitor.
  virtual const MonitorBoard* monitor_board() { return nullptr; }
  // Of the admin port, or null without one.
  virtual const AdminLogins* admin_logins() { return nullptr; }
  // By the clock of the workers' loops.
  virtual Instant now() = 0;
};

}  // namespace weir
