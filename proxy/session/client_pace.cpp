#include "proxy/session/client_pace.hpp"

namespace weir {

void ClientPace::await_drain(const PaceLimits& limits) {
  if (awaits_ == Awaits::its_end || (awaits_ == Awaits::drain && limits == limits_)) return;
  awaits_ = Awaits::drain;
  limits_ = limits;
  arm();
}

void ClientPace::await_bytes(const PaceLimits& limits) {
  if (awaits_ == Awaits::its_end) return;
  awaits_ = Awaits::bytes;
  limits_ = limits;
  arm();
}

void ClientPace::come() {
  if (awaits_ == Awaits::its_end) return;
  const bool was_slow = awaits_ == Awaits::drain && limits_.stall_ms > 0 && !takes_enough();
  if (!was_slow) return clear();
  awaits_ = Awaits::its_end;
  deadline_.set(loop_.now());
}

void ClientPace::clear() {
  awaits_ = Awaits::nothing;
  deadline_.clear();
}

void ClientPace::arm() {
  since_ = loop_.now();
  queued_ = client_.queued_bytes();
  if (limits_.stall_ms == 0) return deadline_.clear();
  deadline_.set(since_ + limits_.stall_ms);
}

// Adds up what has been since the last look.
bool ClientPace::takes_enough() {
  const std::size_t queued = client_.queued_bytes();
  taken_ += queued < queued_ ? queued_ - queued : 0;
  waited_ms_ += loop_.now() - since_;
  if (waited_ms_ < limits_.stall_ms) return true;
  const bool enough = static_cast<std::int64_t>(taken_) * 1000 >= limits_.least_bytes_per_second * waited_ms_;
  taken_ = 0;
  waited_ms_ = 0;
  return enough;
}

void ClientPace::on_deadline() noexcept {
  const bool moves = awaits_ == Awaits::drain && client_.queued_bytes() < queued_;
  if (moves && takes_enough()) return arm();
  awaits_ = Awaits::nothing;
  events_.on_client_stalled();
}

}  // namespace weir
