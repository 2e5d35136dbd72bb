// A configured backend, and what outlives its configuration.
//
// A Server is immutable and part of a Snapshot; connections that outlive the snapshot keep it
// (shared_from_this) or, better, keep its ServerState, which is the same object before and after a reload and
// so the key for pools.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "protocol/wire/compression.hpp"
#include "router/backend/balancing.hpp"
#include "router/backend/health.hpp"
#include "router/backend/ping_latency.hpp"
#include "router/backend/server_figures.hpp"
#include "router/backend/server_load.hpp"
#include "router/backend/server_overlay.hpp"
#include "router/backend/slots.hpp"

namespace weir {

// What survives a reload, one per (hostgroup, host, port). Shared by all threads.
struct ServerState {
  ServerState(int hostgroup_id, std::string host, std::uint16_t tcp_port);

  const int hostgroup;
  const std::string hostname;
  const std::uint16_t port;
  // A hash of the three: what is left of a server where nobody may hold it.
  const std::uint64_t key;
  ServerHealth health;
  PingLatency ping;
  ServerSlots slots;
  ServerFigures figures;
  ServerLoad load;
  std::atomic<bool> told_of_compression{false};  // that it does not offer what it is asked for
};

// Finds or makes the state of a server. Kept by whoever builds snapshots, for the life of the process; a
// state is dropped when neither a snapshot nor a connection holds it. Thread-safe.
class ServerStates {
 public:
  std::shared_ptr<ServerState> find_or_make(int hostgroup, const std::string& hostname, std::uint16_t port);
  // All that a snapshot or a connection holds, by hostgroup, host and port.
  std::vector<std::shared_ptr<ServerState>> alive() const;

 private:
  mutable std::mutex mutex_;  // only when a snapshot is built, or somebody reads statistics
  std::map<std::tuple<int, std::string, std::uint16_t>, std::weak_ptr<ServerState>> states_;
};

// What the operator says about a server, and while the monitor holds it back, what that amounts to. SHUNNED
// so is never lifted by time.
enum class ServerStatus { online, shunned, offline_soft, offline_hard };

struct Server : std::enable_shared_from_this<Server> {
  int hostgroup = 0;
  std::string hostname;    // or the path of a Unix socket
  std::uint16_t port = 0;  // 0 = hostname is the path of a Unix socket
  std::string name;        // "host:port" or the path, for logs and tables
  ServerStatus status = ServerStatus::online;
  Hold hold = Hold::none;   // of a server that the operator has put ONLINE: the monitor's decision
  std::string hold_reason;  // and why, a sentence
  std::int64_t weight = 1;
  std::int64_t max_connections = 0;  // a permit of state->slots for each connection
  std::int64_t max_latency_ms = 0;   // the row's, or the global one; 0 = any
  std::int64_t max_replication_lag = 0;
  bool use_ssl = false;
  int proxy_header = 0;  // its hostgroup's: version of the PROXY header that connections begin with; 0 = none
  Compression compression = Compression::none;  // that it is asked for
  int compression_level = kDefaultCompressionLevel;
  std::string comment;
  Balance balance = Balance::weighted;  // its hostgroup's: what is to be kept in load()
  std::shared_ptr<ServerState> state;   // never null

  ServerHealth& health() const { return state->health; }
  ServerSlots& slots() const { return state->slots; }
  ServerFigures& figures() const { return state->figures; }
  ServerLoad& load() const { return state->load; }
  PingLatency& ping() const { return state->ping; }
};

}  // namespace weir
