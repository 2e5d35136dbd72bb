// What a worker counts. One writer, the worker; anybody may read.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace weir {

// add() is a plain load and store: the owner is the only writer, so no locked instruction is needed.
class Counter {
 public:
  void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct WorkerStats {
  Counter client_connections_created;
  Counter client_connections_aborted;  // ended before they could log in
  Counter access_denied;
  Counter questions;
  Counter questions_local;
  Counter routed_by_rule;
  Counter routed_to_readers;
  Counter routed_to_writer;
  Counter routed_to_default;
  Counter reader_fallbacks;
  Counter misroutes_corrected;
  Counter backend_connections_created;
  Counter backend_connect_errors;
  Counter backend_connections_lost;
  Counter backend_connections_handed_over;
  Counter pool_hits;
  Counter pool_waits;
  Counter syncs;
  Counter retries;
  Counter errors_generated;
  Counter bytes_from_clients;
  Counter bytes_to_clients;
  Counter statements_prepared_again;
};

struct CounterSpec {
  std::string_view name;
  Counter WorkerStats::* counter;
  std::string_view doc;
};

inline constexpr std::array kCounters{
    CounterSpec{"client_connections_created", &WorkerStats::client_connections_created, "Clients accepted."},
    CounterSpec{"client_connections_aborted", &WorkerStats::client_connections_aborted,
                "Clients that went away, or were refused, before they had logged in."},
    CounterSpec{"access_denied", &WorkerStats::access_denied, "Logins refused for a wrong user or password."},
    CounterSpec{"questions", &WorkerStats::questions, "Commands received from clients that have logged in."},
    CounterSpec{"questions_local", &WorkerStats::questions_local, "Of these, answered without a server."},
    CounterSpec{"routed_by_rule", &WorkerStats::routed_by_rule,
                "Statements whose hostgroup a query rule chose."},
    CounterSpec{"routed_to_readers", &WorkerStats::routed_to_readers,
                "Statements that automatic splitting sent to a reader hostgroup."},
    CounterSpec{"routed_to_writer", &WorkerStats::routed_to_writer,
                "Statements that automatic splitting kept on the writer."},
    CounterSpec{"routed_to_default", &WorkerStats::routed_to_default,
                "Statements that went to the user's default hostgroup, or stayed on a pinned connection."},
    CounterSpec{"reader_fallbacks", &WorkerStats::reader_fallbacks,
                "Reads that went to the writer because no reader could serve."},
    CounterSpec{"misroutes_corrected", &WorkerStats::misroutes_corrected,
                "Statements that a replica refused as read-only, and the writer carried out instead."},
    CounterSpec{"backend_connections_created", &WorkerStats::backend_connections_created,
                "Connections to servers that were established."},
    CounterSpec{"backend_connect_errors", &WorkerStats::backend_connect_errors,
                "Attempts to connect to a server that failed."},
    CounterSpec{"backend_connections_lost", &WorkerStats::backend_connections_lost,
                "Established connections that a server or the network ended."},
    CounterSpec{"backend_connections_handed_over", &WorkerStats::backend_connections_handed_over,
                "Connections given to another worker whose sessions had waited longer."},
    CounterSpec{"pool_hits", &WorkerStats::pool_hits, "Statements that found an idle connection at once."},
    CounterSpec{"pool_waits", &WorkerStats::pool_waits, "Statements that had to wait for a connection."},
    CounterSpec{"syncs", &WorkerStats::syncs,
                "Times a connection was brought in step with its session before a statement."},
    CounterSpec{"retries", &WorkerStats::retries,
                "Reads that were sent again because their connection was lost before any answer."},
    CounterSpec{"errors_generated", &WorkerStats::errors_generated,
                "Errors that Weir itself sent to clients."},
    CounterSpec{"bytes_from_clients", &WorkerStats::bytes_from_clients, "Bytes received from clients."},
    CounterSpec{"bytes_to_clients", &WorkerStats::bytes_to_clients, "Bytes of results sent to clients."},
    CounterSpec{"statements_prepared_again", &WorkerStats::statements_prepared_again,
                "Prepared statements that had to be prepared on a further connection."},
};
static_assert(kCounters.size() * sizeof(Counter) == sizeof(WorkerStats), "every counter has a row");

}  // namespace weir
