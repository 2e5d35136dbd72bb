// A session's hold on a connection. Move-only; its end gives the connection back to the pool, or closes it if
// suspect() was called.
#pragma once

#include <utility>

namespace weir {

class BackendConnection;
class PoolShard;

class Lease {
 public:
  Lease() = default;
  Lease(PoolShard& shard, BackendConnection& connection) : shard_(&shard), connection_(&connection) {}
  Lease(Lease&& other) noexcept
      : shard_(other.shard_),
        connection_(std::exchange(other.connection_, nullptr)),
        suspect_(other.suspect_) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      end();
      shard_ = other.shard_;
      connection_ = std::exchange(other.connection_, nullptr);
      suspect_ = other.suspect_;
    }
    return *this;
  }
  ~Lease() { end(); }

  explicit operator bool() const { return connection_ != nullptr; }
  BackendConnection& operator*() const { return *connection_; }
  BackendConnection* operator->() const { return connection_; }

  // Something happened after which nobody can be sure of the connection's state: it is closed, not given
  // back.
  void suspect() { suspect_ = true; }
  // Ends the hold now, on a connection of which nothing is to be undone but an open transaction.
  void end_and_roll_back();
  // Ends the hold now. Idempotent.
  void end() {
    if (connection_ != nullptr) give_back();
  }

 private:
  void give_back();

  PoolShard* shard_ = nullptr;
  BackendConnection* connection_ = nullptr;
  bool suspect_ = false;
};

}  // namespace weir
