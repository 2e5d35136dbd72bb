#include "proxy/worker/pin_stats.hpp"

namespace weir {

void PinStats::count(Pins pins, std::uint64_t digest, std::uint64_t now_us) {
  for_each_pin(pins, [&](Pin pin) {
    Cause& cause = causes_[index_of(pin)];
    ++cause.times;
    cause.latest_us = now_us;
    cause.digest = digest;
  });
}

std::vector<PinUse> PinStats::uses() const {
  std::vector<PinUse> uses;
  for (std::size_t i = 0; i < causes_.size(); ++i) {
    const Cause& cause = causes_[i];
    uses.push_back({.pin = static_cast<Pin>(1u << i),
                    .times = cause.times,
                    .latest_us = cause.latest_us,
                    .digest = cause.digest});
  }
  return uses;
}

}  // namespace weir
