// Why sessions of a worker have kept their connections: how often each cause came up, and by which statement.
// Belongs to one worker; no allocation while counting.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "router/session/pinning.hpp"

namespace weir {

// One cause, as statistics show it.
struct PinUse {
  Pin pin = Pin::in_transaction;
  std::uint64_t sessions = 0;   // that keep a connection for it now
  std::uint64_t times = 0;      // that it came up
  std::uint64_t latest_us = 0;  // when it did last; by the loop's clock, which all workers share
  std::uint64_t digest = 0;     // of the statement that was it; 0: none is known
  std::string text{};           // of that digest; empty if it is not kept any more
};

class PinStats {
 public:
  // A session has come to be pinned by each of `pins`. `digest`: of the statement; 0 if there is none.
  void count(Pins pins, std::uint64_t digest, std::uint64_t now_us);

  // All causes, in the order of Pin. Sessions and texts are the worker's to fill in.
  std::vector<PinUse> uses() const;

 private:
  struct Cause {
    std::uint64_t times = 0;
    std::uint64_t latest_us = 0;
    std::uint64_t digest = 0;
  };
  std::array<Cause, kPins> causes_{};
};

// Calls each(pin) for those that are set.
template <class Each>
void for_each_pin(Pins pins, Each each) {
  for (std::uint32_t bits = pins.bits(); bits != 0; bits &= bits - 1) {
    each(static_cast<Pin>(bits & (~bits + 1)));
  }
}

// The place of a pin among all.
constexpr std::size_t index_of(Pin pin) {
  return static_cast<std::size_t>(std::countr_zero(static_cast<std::uint32_t>(pin)));
}

}  // namespace weir
