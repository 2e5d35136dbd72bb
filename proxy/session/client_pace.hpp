// A client that keeps others waiting and gets nowhere: it does not take what is there for it, or does not
// send the rest of what it has begun. A server may be held for it, and memory is.
//
// One worker's, like its session.
#pragma once

#include <cstddef>
#include <cstdint>

#include "proxy/net/channel.hpp"
#include "proxy/net/deadlines.hpp"
#include "proxy/net/loop.hpp"

namespace weir {

class ClientStallEvents {
 public:
  virtual void on_client_stalled() noexcept = 0;

 protected:
  ~ClientStallEvents() = default;
};

struct PaceLimits {
  Millis stall_ms = 0;  // that may pass without a byte; 0: any time
  // On average, of the time in which something waited for the client: judged whenever that adds up to
  // stall_ms.
  std::int64_t least_bytes_per_second = 0;

  bool operator==(const PaceLimits&) const = default;
};

class ClientPace final : DeadlineEvents {
 public:
  // All of them outlive this object.
  ClientPace(Loop& loop, const Channel& client, ClientStallEvents& events)
      : loop_(loop), client_(client), events_(events), deadline_(loop.deadlines(), *this) {}

  // The client has to take what is queued for it; next to nothing is added meanwhile. Idempotent.
  void await_drain(const PaceLimits& limits);
  // The client has to send; each call says that it did.
  void await_bytes(const PaceLimits& limits);
  // Nothing is awaited any more: it has been taken, or sent. If that was too slow it is said in a coming
  // turn.
  void come();
  // Whatever comes of it does not matter any more.
  void clear();

 private:
  enum class Awaits : unsigned char { nothing, drain, bytes, its_end };

  void on_deadline() noexcept override;
  void arm();
  bool takes_enough();

  Loop& loop_;
  const Channel& client_;
  ClientStallEvents& events_;
  Deadline deadline_;
  PaceLimits limits_;
  Instant since_ = 0;       // when the look before was
  std::size_t queued_ = 0;  // at that look
  Millis waited_ms_ = 0;    // summed up for the average
  std::size_t taken_ = 0;   // the same
  Awaits awaits_ = Awaits::nothing;
};

}  // namespace weir
