// Which statements were the causes of a session's pins, for statistics and process lists.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "proxy/worker/pin_stats.hpp"
#include "router/session/pinning.hpp"

namespace weir {

class PinCauses {
 public:
  // Nothing has changed since the last note().
  bool noted(Pins pins) const { return pins == noted_; }
  // The session's pins are these now; those that have been added, which the statement of this digest was the
  // cause of.
  Pins note(Pins pins, std::uint64_t digest) {
    Pins added = pins;
    added.remove(noted_);
    noted_ = pins;
    if (added.empty()) return added;
    if (!digests_) digests_ = std::make_unique<Digests>();
    for_each_pin(added, [&](Pin pin) { (*digests_)[index_of(pin)] = digest; });
    return added;
  }
  // Others have come off: whoever sets them again is their cause.
  void keep(Pins pins) { noted_.keep(pins); }
  // Of a pin that has been noted; 0: not known.
  std::uint64_t digest_of(Pin pin) const { return digests_ ? (*digests_)[index_of(pin)] : 0; }

 private:
  using Digests = std::array<std::uint64_t, kPins>;

  Pins noted_;
  std::unique_ptr<Digests> digests_;  // from the first pin on: many sessions never have one
};

}  // namespace weir
