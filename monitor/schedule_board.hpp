// What came of the programs of the table scheduler, for those who show it. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proxy/net/program.hpp"

namespace weir {

// Of one row, since it has been in force as it is.
struct ProgramReport {
  std::int64_t id = 0;  // scheduler.id
  std::string filename{};
  bool running = false;
  std::uint64_t starts = 0;
  std::uint64_t failures = 0;  // not started, ended by a signal, or with an exit code other than 0
  std::uint64_t timeouts = 0;
  std::uint64_t skipped = 0;              // starts left out, because it still ran
  std::int64_t started_us = 0;            // the latest start, since 1970; 0 = none
  std::optional<std::int64_t> took_ms{};  // of the latest run that has ended, as what follows
  ProgramEnd end{};
  std::string error{};      // why it could not be started, if the latest attempt failed
  std::string last_line{};  // that it has written
};

class ScheduleBoard {
 public:
  void set(ProgramReport report);
  void forget(std::int64_t id);
  // By id.
  std::vector<ProgramReport> reports() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::int64_t, ProgramReport> reports_;
};

}  // namespace weir
