// How busy one server is, and how fast it has answered of late: what `balance` chooses by, apart from
// weights.
//
// Kept for servers of hostgroups whose balance needs it; shared by all workers, without locks. Approximate by
// design: a reader may see what was true a moment ago.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "protocol/base/time.hpp"

namespace weir {

class ServerLoad {
 public:
  // Connections that sessions of all workers have in use.
  std::int64_t in_flight() const noexcept { return in_flight_.load(std::memory_order_relaxed); }

  // A reply has begun `took_us` after its statement was sent. A time above the mean replaces it at once;
  // below, the mean moves towards it, within a few seconds.
  void note_first_byte(std::uint64_t took_us, Instant now) noexcept;

  // The mean in microseconds. It fades while nothing new is known, so that a server that was slow is tried
  // again; but it is no less than the time for which a server that was asked has been silent. 0 = nothing is
  // known, or it was long ago.
  double latency_us(Instant now) const noexcept;

 private:
  friend class LoadMark;

  alignas(64) std::atomic<std::int64_t> in_flight_{0};
  // The mean, a float, in the upper half, and the lower half of when it was found; 0 = none yet.
  std::atomic<std::uint64_t> latency_{0};
  std::atomic<std::int64_t> unanswered_{0};  // statements without a first byte
  std::atomic<Instant> heard_{kNever};       // the last first byte, or when there was nothing to wait for
};

// One connection in use, as long as this lives; and the statement that it has sent, until it is answered.
class LoadMark {
 public:
  LoadMark() = default;
  explicit LoadMark(ServerLoad& load) noexcept : load_(&load) {
    load.in_flight_.fetch_add(1, std::memory_order_relaxed);
  }
  LoadMark(LoadMark&& other) noexcept
      : load_(std::exchange(other.load_, nullptr)), asked_(std::exchange(other.asked_, false)) {}
  LoadMark& operator=(LoadMark&& other) noexcept {
    std::swap(load_, other.load_);
    std::swap(asked_, other.asked_);
    return *this;
  }
  ~LoadMark() { clear(); }

  explicit operator bool() const noexcept { return load_ != nullptr; }
  void ask(Instant now) noexcept;
  void hear(std::uint64_t took_us, Instant now) noexcept;
  void clear() noexcept {
    if (load_ == nullptr) return;
    take_back();
    load_->in_flight_.fetch_sub(1, std::memory_order_relaxed);
    load_ = nullptr;
  }

 private:
  void take_back() noexcept {
    if (std::exchange(asked_, false)) load_->unanswered_.fetch_sub(1, std::memory_order_relaxed);
  }

  ServerLoad* load_ = nullptr;  // outlives this
  bool asked_ = false;
};

}  // namespace weir
