// A number that one thread changes and all may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

// add() is a plain load and store: the owner is the only writer, so no locked instruction is needed. Always
// inline: a query adds to 14, and a call costs more than the addition.
class Counter {
 public:
  [[gnu::always_inline]] void add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  void set(std::uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  void raise_to(std::uint64_t n) {
    if (n > value()) set(n);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace weir
