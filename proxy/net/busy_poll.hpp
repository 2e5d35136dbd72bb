// Whether a loop looks for a while before it sleeps. Who sleeps is woken by an interrupt and the scheduler,
// tens of microseconds later, on a virtual machine more, and a query of a client alone waits for that twice.
// Looking costs a processor for as long, so that it is for machines that have one to spare, and only while it
// is not in vain.
//
// One thread, its loop's. No I/O.
#pragma once

#include <cstdint>

namespace weir {

class BusyPoll {
 public:
  static constexpr int kPatience = 8;  // looks in vain, one after the other, until only few are made
  static constexpr int kPause = 32;    // then one for so many sleeps, until one is not in vain

  // How long to look, in microseconds; 0: not at all.
  void set_limit_us(std::uint64_t limit_us) { limit_us_ = limit_us; }
  std::uint64_t limit_us() const { return limit_us_; }

  // Once before each sleep: whether to look. Then note() says how it went.
  bool before_sleep() {
    if (limit_us_ == 0) return false;
    return in_vain_ < kPatience || ++passed_over_ % kPause == 0;
  }
  void note(bool found) { in_vain_ = found ? 0 : in_vain_ + (in_vain_ < kPatience ? 1 : 0); }

 private:
  std::uint64_t limit_us_ = 0;
  int in_vain_ = 0;
  unsigned passed_over_ = 0;
};

}  // namespace weir
