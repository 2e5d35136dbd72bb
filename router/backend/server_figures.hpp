// What each worker did with one server: the figures of stats_mysql_connection_pool.
//
// A worker writes to a share of its own, a cache line that no other worker touches; anybody may read the sums
// at any time. Part of ServerState, so it outlives reloads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "protocol/base/counter.hpp"

namespace weir {

// One worker's share; its own to write.
struct alignas(64) ServerShareFigures {
  Counter connections_used;  // leased to a session; now
  Counter connections_idle;  // now
  Counter most_used;         // the highest connections_used
  Counter connects;          // connections established
  Counter connect_errors;
  Counter queries;
  Counter bytes_sent;
  Counter bytes_received;

  void take_into_use() {
    connections_used.add();
    most_used.raise_to(connections_used.value());
  }
};

struct ServerTotals {
  std::uint64_t connections_used = 0;
  std::uint64_t connections_idle = 0;
  // The sum of each worker's highest: with several workers an upper bound of what was in use at one time.
  std::uint64_t most_used = 0;
  std::uint64_t connects = 0;
  std::uint64_t connect_errors = 0;
  std::uint64_t queries = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
};

class ServerFigures {
 public:
  // The share of worker number `worker`, at the same place for the life of this object. Takes a lock: once
  // per connection, not per query.
  ServerShareFigures& share(std::size_t worker);

  // Since the start, or the last reset.
  ServerTotals totals() const;
  // What totals() returns; all but what is in use and idle now counts from zero again.
  ServerTotals reset();

 private:
  ServerTotals sum() const;
  ServerTotals since_reset() const;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<ServerShareFigures>> shares_;  // by worker; null: it never used this server
  ServerTotals at_reset_;
};

}  // namespace weir
