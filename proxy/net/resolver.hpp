// Looks a host's name up without blocking the loop: in what is known of names there, else by getaddrinfo,
// which libuv's threads call.
#pragma once

#include <span>
#include <vector>

#include "proxy/net/address.hpp"
#include "proxy/net/error.hpp"
#include "proxy/net/loop.hpp"

namespace weir {

class LookupEvents {
 public:
  // At least one address, in the order in which they are to be tried; valid during the call. The Lookup may
  // be destroyed or started again in here, as in the other one.
  virtual void on_resolved(std::span<const Address> addresses) noexcept = 0;
  virtual void on_lookup_failed(NetError why) noexcept = 0;

 protected:
  ~LookupEvents() = default;
};

// Before the first look-up of the process: so many names that nobody answers for leave room for others.
void make_room_for_lookups();

// Whether a lookup failed because the name has no address; else nobody knows whether it has.
bool is_no_such_name(NetError why);

// One lookup at a time. Destruction cancels: no event comes after it.
class Lookup final : TurnEnd {
 public:
  // Both outlive this object.
  Lookup(Loop& loop, LookupEvents& events) : loop_(loop), events_(events) {}
  ~Lookup() { cancel(); }

  // Exactly one event follows, never inside the call. What is known, or needs no look-up (see
  // Endpoint::numeric()), uses no thread and arrives at the end of this turn; a caller that cannot wait asks
  // numeric() first.
  void start(const Endpoint& endpoint);
  // The same for a name, without what is known of it.
  void start_afresh(const Endpoint& endpoint);
  void cancel();
  bool running() const { return request_ != nullptr || ready_; }

 private:
  struct Request;
  void on_turn_end() noexcept override;
  void answer_later();
  void answer();  // `this` may be gone afterwards

  Loop& loop_;
  LookupEvents& events_;
  Request* request_ = nullptr;  // with libuv; freed in its callback
  bool ready_ = false;          // the answer below awaits the end of the turn
  std::vector<Address> addresses_;
  NetError failure_;
};

}  // namespace weir
