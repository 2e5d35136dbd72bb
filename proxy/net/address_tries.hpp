// The addresses of one server, one attempt to connect each, until one of them succeeds.
#pragma once

#include <span>
#include <vector>

#include "protocol/base/time.hpp"
#include "proxy/net/address.hpp"

namespace weir {

class AddressTries {
 public:
  // At least one address. All attempts together end at `until`.
  void start(std::span<const Address> addresses, Instant until) {
    addresses_.assign(addresses.begin(), addresses.end());
    tried_ = 0;
    until_ = until;
  }

  bool any_left() const { return tried_ < addresses_.size(); }
  // any_left() only.
  const Address& take() { return addresses_[tried_++]; }
  // Of the one that was taken last: an equal share of the time that is left, so that one address without an
  // answer leaves some for the others.
  Instant deadline(Instant now) const {
    const auto shares = static_cast<Millis>(addresses_.size() - tried_ + 1);
    return now + (until_ - now) / shares;
  }
  Instant until() const { return until_; }

 private:
  std::vector<Address> addresses_;
  std::size_t tried_ = 0;
  Instant until_ = kNever;
};

}  // namespace weir
