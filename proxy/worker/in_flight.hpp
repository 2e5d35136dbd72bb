// How many statements of a kind run at one time, over all workers: max_in_flight of a rule's attributes.
//
// Statements beyond the limit wait in the order of their arrival; whoever ends hands its place to the next.
// Only statements of such rules come here, and each takes the lock for the time of a look-up. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace weir {

// Who waits: a session of a worker, with one of its statements.
struct InFlightTicket {
  std::size_t worker = 0;
  std::uint32_t session_id = 0;
  std::uint64_t number = 0;  // unique

  bool operator==(const InFlightTicket&) const = default;
};

// What runs and waits now because of one rule.
struct InFlightUse {
  std::int64_t running = 0;
  std::int64_t waiting = 0;
  std::int64_t keys = 0;  // that the two are the sums of: users, or digests
};

class InFlight {
 public:
  using Grant = std::function<void(const InFlightTicket&)>;

  // `grant` tells the worker that the statement of this ticket has a place now; called by leave(), outside of
  // the lock.
  explicit InFlight(Grant grant) : grant_(std::move(grant)) {}

  // A place among the `limit` of `key`, which belongs to the rule. Nothing: the place is taken at once;
  // leave() gives it back. Otherwise the ticket with which it waits: a grant or cancel() follows.
  std::optional<InFlightTicket> enter(std::uint64_t key, std::int64_t rule_id, std::int64_t limit,
                                      std::size_t worker, std::uint32_t session_id);
  // Takes a place whatever the limit.
  void enter_anyway(std::uint64_t key, std::int64_t rule_id);
  void leave(std::uint64_t key);
  // It waits no longer; a place that was granted meanwhile is given back.
  void cancel(std::uint64_t key, const InFlightTicket& ticket);

  std::int64_t running(std::uint64_t key) const;
  std::size_t waiting(std::uint64_t key) const;
  // Of all keys, by rule; rules of which nothing runs or waits are not there.
  std::map<std::int64_t, InFlightUse> uses() const;

 private:
  struct Lane {
    std::int64_t rule_id = 0;
    std::int64_t running = 0;
    std::int64_t limit = 0;
    std::deque<InFlightTicket> waiting;
  };

  Grant grant_;
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, Lane> lanes_;  // only of keys that somebody runs or waits for
  std::uint64_t last_number_ = 0;
};

}  // namespace weir
