// Says when questions are due at a fixed rate: what an open loop needs. A timer of the kernel, finer than
// libuv's.
#pragma once

#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>

#include "proxy/net/poll_handle.hpp"

namespace weir::bench {

class PacerEvents {
 public:
  // So many more are due: late, if the loop was busy, but none is left out.
  virtual void on_due(std::uint64_t count) = 0;

 protected:
  ~PacerEvents() = default;
};

class Pacer final : Readiness {
 public:
  Pacer(Loop& loop, PacerEvents& events) : events_(events), poll_(loop, *this) {}
  ~Pacer() { stop(); }

  // The first is due one interval after `from_us` (of Loop::now_us()). False: the system has no timer.
  bool start(std::uint64_t from_us, std::uint64_t interval_ns) {
    fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd_ < 0) return false;
    const std::uint64_t first_ns = from_us * 1000 + interval_ns;
    const itimerspec plan{.it_interval = moment(interval_ns), .it_value = moment(first_ns)};
    if (timerfd_settime(fd_, TFD_TIMER_ABSTIME, &plan, nullptr) != 0 || poll_.open(fd_) != 0) return false;
    poll_.watch(PollHandle::Watch::readable);
    return true;
  }
  void stop() {
    poll_.release();
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  static timespec moment(std::uint64_t ns) {
    return {.tv_sec = static_cast<time_t>(ns / 1'000'000'000),
            .tv_nsec = static_cast<long>(ns % 1'000'000'000)};
  }

  void on_ready(bool, bool, bool) noexcept override {
    std::uint64_t count = 0;
    if (::read(fd_, &count, sizeof count) == sizeof count) events_.on_due(count);
  }

  PacerEvents& events_;
  PollHandle poll_;
  int fd_ = -1;
};

}  // namespace weir::bench
