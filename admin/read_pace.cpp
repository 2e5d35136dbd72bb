#include "admin/read_pace.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <string>

namespace weir {

// Linux: proc_stat(5). The first line sums up all processors: user, nice, system, idle, iowait, irq, softirq,
// steal, in ticks.
std::optional<MachineTimes> read_machine_times() {
  std::ifstream file("/proc/stat");
  std::string name;
  std::array<std::uint64_t, 8> ticks{};
  file >> name;
  for (std::uint64_t& value : ticks) file >> value;
  if (!file || name != "cpu") return std::nullopt;
  const auto tick_us = 1'000'000 / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  MachineTimes times;
  for (const std::uint64_t value : ticks) times.total_us += value * tick_us;
  times.idle_us = (ticks[3] + ticks[4]) * tick_us;
  return times;
}

std::uint64_t thread_cpu_us() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec) / 1000;
}

ReadPace::ReadPace(Limits limits, ReadTimes read_times) : limits_(limits), read_times_(read_times) {
  if (limits_.processors == 0) {
    limits_.processors = static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  }
}

Millis ReadPace::after(std::uint64_t cpu_us, std::uint64_t now_us) {
  own_us_ += cpu_us;
  if (!is_machine_busy(now_us)) {
    owed_until_us_ = 0;
    return 0;
  }
  const double owed_us =
      static_cast<double>(cpu_us) / (limits_.share * static_cast<double>(limits_.processors));
  owed_until_us_ = std::max(owed_until_us_, now_us) + static_cast<std::uint64_t>(owed_us);
  const auto wait_ms = static_cast<Millis>((owed_until_us_ - now_us) / 1000) - limits_.forgiven_ms;
  return std::clamp(wait_ms, Millis{0}, limits_.longest_ms);
}

// Without the admin thread's own part: a machine that is busy with nothing else has time for it.
bool ReadPace::is_machine_busy(std::uint64_t now_us) {
  if (times_ && now_us - looked_at_us_ < kWindowUs) return busy_;
  const auto times = read_times_();
  busy_ = false;
  if (times && times_ && times->total_us > times_->total_us) {
    const auto total = static_cast<double>(times->total_us - times_->total_us);
    const auto free = static_cast<double>(times->idle_us - times_->idle_us + own_us_);
    busy_ = free < total * limits_.spare;
  }
  times_ = times;
  looked_at_us_ = now_us;
  own_us_ = 0;
  return busy_;
}

}  // namespace weir
