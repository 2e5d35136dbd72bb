// What a worker tells of its present state, besides its counters: plain values, made on its thread when
// somebody asks, to be read on another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/pool/prepared_handles.hpp"

namespace weir {

struct RuleHits {
  std::int64_t rule_id = 0;
  std::uint64_t hits = 0;  // since the rules were loaded
};

// How often one user's sessions hold a prepared text, and how often connections do.
struct PreparedUse {
  PreparedTextPtr text;
  std::string username;
  std::size_t client_handles = 0;
  std::size_t server_handles = 0;
  std::uint16_t columns = 0;  // of its result, as last prepared
  std::uint16_t parameters = 0;
};

// Figures that go up and down. Bytes are about right: what is held in buffers and tables, not the
// allocator's own.
struct WorkerGauges {
  std::uint64_t client_connections = 0;
  std::uint64_t client_connections_busy = 0;
  std::uint64_t client_connections_waiting = 0;
  std::uint64_t client_connections_pinned = 0;
  std::uint64_t active_transactions = 0;
  std::uint64_t server_connections = 0;
  std::uint64_t server_connections_idle = 0;
  std::uint64_t client_statements = 0;
  std::uint64_t client_statement_bytes = 0;
  std::uint64_t server_statements = 0;
  std::uint64_t session_bytes = 0;
  std::uint64_t client_buffer_bytes = 0;
  std::uint64_t server_buffer_bytes = 0;
  std::uint64_t pool_bytes = 0;
  std::uint64_t mirrors_running = 0;
  std::uint64_t mirrors_waiting = 0;
  std::uint64_t digests = 0;
  std::uint64_t digests_evicted = 0;
  std::uint64_t digest_bytes = 0;
  std::uint64_t errors_evicted = 0;
  std::uint64_t route_doubts_evicted = 0;
  std::uint64_t route_surprises_evicted = 0;
  std::uint64_t rule_searches_given_up = 0;
};

struct GaugeSpec {
  std::string_view name;
  std::string_view status_name;  // in stats_mysql_global; empty: not there
  std::uint64_t WorkerGauges::* gauge;
  std::string_view doc;
};

inline constexpr std::array kGauges{
    GaugeSpec{"client_connections", "Client_Connections_connected", &WorkerGauges::client_connections,
              "Clients connected."},
    GaugeSpec{"client_connections_busy", "Client_Connections_non_idle",
              &WorkerGauges::client_connections_busy, "Of these, with a command under way."},
    GaugeSpec{"client_connections_waiting", "", &WorkerGauges::client_connections_waiting,
              "Of these, waiting for a connection to a server."},
    GaugeSpec{"client_connections_pinned", "", &WorkerGauges::client_connections_pinned,
              "Clients that keep their connection to a server."},
    GaugeSpec{"active_transactions", "Active_Transactions", &WorkerGauges::active_transactions,
              "Clients with an open transaction."},
    GaugeSpec{"server_connections", "Server_Connections_connected", &WorkerGauges::server_connections,
              "Connections to servers."},
    GaugeSpec{"server_connections_idle", "", &WorkerGauges::server_connections_idle,
              "Of these, free for anyone."},
    GaugeSpec{"client_statements", "Stmt_Client_Active_Total", &WorkerGauges::client_statements,
              "Prepared statements that clients hold."},
    GaugeSpec{"client_statement_bytes", "", &WorkerGauges::client_statement_bytes,
              "Memory of these; a text that several clients hold counts for each of them."},
    GaugeSpec{"server_statements", "Stmt_Server_Active_Total", &WorkerGauges::server_statements,
              "Prepared statements that connections to servers hold."},
    GaugeSpec{"session_bytes", "mysql_session_internal_bytes", &WorkerGauges::session_bytes,
              "Memory of sessions, their buffers apart."},
    GaugeSpec{"client_buffer_bytes", "mysql_frontend_buffers_bytes", &WorkerGauges::client_buffer_bytes,
              "Bytes waiting to be sent to clients, or received from them and waiting."},
    GaugeSpec{"server_buffer_bytes", "mysql_backend_buffers_bytes", &WorkerGauges::server_buffer_bytes,
              "Bytes waiting to be sent to servers, or received from them and waiting."},
    GaugeSpec{"pool_bytes", "ConnPool_memory_bytes", &WorkerGauges::pool_bytes,
              "Memory of connections to servers, their buffers apart."},
    GaugeSpec{"mirrors_running", "Mirror_concurrency", &WorkerGauges::mirrors_running,
              "Copies of statements that run on mirrors."},
    GaugeSpec{"mirrors_waiting", "Mirror_queue_length", &WorkerGauges::mirrors_waiting,
              "Copies of statements that wait for their turn."},
    GaugeSpec{"digests", "", &WorkerGauges::digests, "Rows of digest statistics, over all workers."},
    GaugeSpec{"digests_evicted", "", &WorkerGauges::digests_evicted,
              "Rows of digest statistics that made room for others, since the start."},
    GaugeSpec{"digest_bytes", "", &WorkerGauges::digest_bytes, "Memory of digest statistics."},
    GaugeSpec{"errors_evicted", "", &WorkerGauges::errors_evicted,
              "Rows of error statistics that made room for others, since the start."},
    GaugeSpec{"route_doubts_evicted", "", &WorkerGauges::route_doubts_evicted,
              "Rows of stats_mysql_route_doubts that made room for others, since the start."},
    GaugeSpec{"route_surprises_evicted", "", &WorkerGauges::route_surprises_evicted,
              "Rows of stats_mysql_route_surprises that made room for others, since the start."},
    GaugeSpec{"rule_searches_given_up", "", &WorkerGauges::rule_searches_given_up,
              "Times that a rule was not applied to a statement because its expression was too expensive on "
              "it, or would have made it too long, since the start."},
};
static_assert(kGauges.size() * sizeof(std::uint64_t) == sizeof(WorkerGauges), "every gauge has a row");

}  // namespace weir
