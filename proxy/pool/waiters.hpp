// Who waits for a connection, and the queues they wait in.
#pragma once

#include <cstddef>
#include <string>

#include "protocol/auth/account.hpp"
#include "proxy/pool/backend_connection.hpp"
#include "proxy/pool/lease.hpp"
#include "router/session/sync_plan.hpp"

namespace weir {

// What a statement needs of its connection. The pointers are the waiter's and valid while it waits.
struct PoolNeeds {
  int hostgroup = 0;
  int fallback_hostgroup = -1;  // taken if no server of `hostgroup` can serve; -1: none
  Instant until = kNever;       // when the wait ends, whatever comes: what comes back later does not help
  Caps key = 0;                 // the session's bits of kConnKey
  const Credentials* credentials = nullptr;
  const SessionState* wants = nullptr;
  const std::string* attributes = nullptr;  // of a client, as attributes_for_client() makes them; null: none
  CarryInsertId carry = CarryInsertId::no;
};

class PoolWaiter;

// A waiter's place in its queue.
class WaitLink {
 public:
  bool queued() const { return queued_; }
  Instant waiting_since() const { return since_; }
  // The wait began elsewhere, before this queue was entered.
  void count_wait_from(Instant since) { since_ = since; }
  // Connection attempts on its behalf that failed.
  int failures() const { return failures_; }

 private:
  friend class WaitQueue;
  friend class PoolShard;
  PoolWaiter* previous_ = nullptr;
  PoolWaiter* next_ = nullptr;
  Instant since_ = kNever;
  int failures_ = 0;
  bool queued_ = false;
};

class PoolWaiter : public WaitLink {
 public:
  // Exactly one of these ends the wait.
  virtual void on_connection(Lease lease) noexcept = 0;
  virtual void on_no_connection(const ConnectFailure& failure) noexcept = 0;
  // Who will use the connection.
  virtual BackendUser& backend_user() noexcept = 0;

  PoolNeeds& needs() { return needs_; }
  const PoolNeeds& needs() const { return needs_; }

 protected:
  PoolWaiter() = default;
  ~PoolWaiter() = default;
  PoolNeeds needs_;
};

// Why the last attempt to connect to a hostgroup failed.
struct LastFailure {
  std::string text;       // "2003 Can't connect to ..."; empty: it did not fail
  bool personal = false;  // the server works, and refused this account or schema: nobody else's business
  std::string user;
  std::string schema;
  Instant at = kNever;
};

// First come, first served; a waiter may leave from anywhere. Intrusive: no allocation.
class WaitQueue {
 public:
  PoolWaiter* front() const { return first_; }
  static PoolWaiter* after(const PoolWaiter& waiter) { return waiter.next_; }
  bool empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_; }
  void push(PoolWaiter& waiter, Instant now);
  void remove(PoolWaiter& waiter);

  std::size_t opening = 0;      // connections being opened for whoever is first when they are ready
  Instant not_before = kNever;  // after a failure: when to try again
  LastFailure last_failure;

 private:
  PoolWaiter* first_ = nullptr;
  PoolWaiter* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weir
