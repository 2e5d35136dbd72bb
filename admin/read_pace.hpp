// Keeps administrators who read statistics all the time from taking the processors that clients wait for.
//
// A statement that reads live tables runs at once, at full speed: nobody else on the admin port waits longer
// because of it. But while the machine has no processor to spare, its connection waits before its next one,
// so that all such reading together gets a small share of the machine. Reading now and then is never slowed
// down. (A lower priority of the admin thread would do as much for the clients, but a LOAD would wait for a
// slow reader's statement, and only root can raise a priority again.)
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/base/time.hpp"

namespace weir {

// What all processors together have done since the machine started, in microseconds.
struct MachineTimes {
  std::uint64_t total_us = 0;
  std::uint64_t idle_us = 0;
};

// From /proc/stat; nothing if that cannot be read.
std::optional<MachineTimes> read_machine_times();
// Of the calling thread.
std::uint64_t thread_cpu_us();

class ReadPace {
 public:
  struct Limits {
    double share = 0.0025;         // of all processors
    double spare = 0.2;            // of all processors idle: there is no need to wait
    Millis forgiven_ms = 1000;     // that much waiting is not asked for
    Millis longest_ms = 5000;      // for one statement
    std::uint64_t processors = 0;  // 0: as many as the machine has
  };
  using ReadTimes = std::optional<MachineTimes> (*)();

  ReadPace() : ReadPace(Limits{}, read_machine_times) {}
  ReadPace(Limits limits, ReadTimes read_times);

  // A statement took `cpu_us` of a processor. How long its connection is to wait; 0 = not at all. The clock
  // is monotonic.
  Millis after(std::uint64_t cpu_us, std::uint64_t now_us);

 private:
  bool is_machine_busy(std::uint64_t now_us);

  static constexpr std::uint64_t kWindowUs = 200'000;  // over which the machine is looked at

  Limits limits_;
  ReadTimes read_times_;
  std::optional<MachineTimes> times_;  // when it was looked at last
  std::uint64_t looked_at_us_ = 0;
  std::uint64_t own_us_ = 0;  // of after(), since then
  bool busy_ = false;
  std::uint64_t owed_until_us_ = 0;  // when all reading will have had its share and no more
};

}  // namespace weir
