// What one check of one server has found.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/cluster_reading.hpp"
#include "monitor/gtid_set.hpp"
#include "monitor/probe_failure.hpp"
#include "protocol/base/time.hpp"
#include "router/config/host_port.hpp"

namespace weir {

// A server, whatever its hostgroups.
struct Host {
  std::string name;        // or the path of a Unix socket
  std::uint16_t port = 0;  // 0 = a Unix socket

  auto operator<=>(const Host&) const = default;
  std::string text() const { return to_text(HostPort{name, port}); }
};

enum class CheckKind : std::uint8_t {
  connect,
  ping,
  read_only,
  replication_lag,
  position,
  timeline,
  galera,
  group_replication,
  threads,
};
inline constexpr std::size_t kCheckKinds = 9;

// What a server says of its replication, or a heartbeat table of how old its newest row is.
struct ReplicationReading {
  bool replica = false;           // it has a source, or a heartbeat
  bool sql_stopped = false;       // for at least one source
  bool io_stopped = false;        // not running, or not connected
  std::optional<double> lag_s{};  // behind the source that it is furthest behind; nothing: NULL
  std::string error{};            // of the thread that stopped, in the server's words
  std::vector<Host> sources{};    // as the server calls them

  bool operator==(const ReplicationReading&) const = default;
};

struct Observation {
  CheckKind check = CheckKind::ping;
  Instant at = kNever;          // when it ended
  std::int64_t started_us = 0;  // since 1970
  std::int64_t took_us = 0;
  bool fresh = false;  // on a connection that was opened for it
  std::optional<ProbeFailure> failure{};
  // Without a failure, by check.
  std::optional<bool> read_only{};
  std::optional<ReplicationReading> replication{};
  std::optional<GtidSet> position{};
  std::optional<MemberReading> member{};  // with `read_only`
};

// What the outcome of a check says of whether the server is there.
enum class LifeSign : std::uint8_t {
  there,     // it spoke, if only to refuse
  silent,    // no answer to a ping, or to the question for read_only
  doubtful,  // none to something else: a ping will tell
  none,      // it was not asked
};
LifeSign life_sign(const Observation& seen);

}  // namespace weir
