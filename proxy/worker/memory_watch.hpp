// How much memory the process has, against how much it may have: what can be spared is given up in time, and
// then nobody new is let in. Who is in goes on; the kernel's killer spares nobody.
#pragma once

#include <cstdint>

#include "proxy/net/deadlines.hpp"
#include "router/config/settings.hpp"

namespace weir {

class Worker;

enum class MemoryLevel : std::uint8_t {
  calm,
  tight,  // nothing is kept that is only there to save time
  full,   // and no new clients
};
std::string_view to_text(MemoryLevel level);

// From the level before: each level is left at a little less than where it begins.
MemoryLevel judge_memory(std::uint64_t resident, std::uint64_t limit, MemoryLevel before);

// Bytes; 0 if the system does not tell.
std::uint64_t resident_memory();
// mysql-memory_limit_mb, or nine tenths of what the machine has or, if that is less, the process's control
// group.
std::uint64_t memory_limit(const Settings& settings);

// Looks every kLookMs, as one worker of a fleet, and tells the fleet.
class MemoryWatch final : DeadlineEvents {
 public:
  static constexpr Millis kLookMs = 500;
  static constexpr Millis kTrimMs = 2000;

  explicit MemoryWatch(Worker& worker);
  void start();

 private:
  void on_deadline() noexcept override;

  Worker& worker_;
  Deadline next_look_;
  Instant next_trim_ = 0;
};

}  // namespace weir
