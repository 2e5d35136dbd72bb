// What the monitor knows, for those who show it. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "monitor/check_log.hpp"
#include "monitor/name_board.hpp"
#include "monitor/schedule_board.hpp"

namespace weir {

// Of one server, whatever its hostgroups.
struct HostReport {
  bool dead = false;
  bool silent = false;
  std::optional<bool> read_only{};  // as it said last
  bool replica = false;
  std::optional<double> lag_s{};   // as it said last
  std::optional<Millis> lag_ms{};  // by its GTIDs
  std::string error{};             // why a check failed, if the latest of its kind did
  std::string standstill{};        // of a replica that is read from although it stands still: why it does
  Instant heard = kNever;          // the latest answer; by the clock of the loops
  Instant next_ping = kNever;
};

class MonitorBoard {
 public:
  CheckLog& log() { return log_; }
  const CheckLog& log() const { return log_; }
  ScheduleBoard& schedule() { return schedule_; }
  const ScheduleBoard& schedule() const { return schedule_; }
  NameBoard& names() { return names_; }
  const NameBoard& names() const { return names_; }

  void set_report(const Host& host, HostReport report);
  void forget(const Host& host);
  std::map<Host, HostReport> reports() const;
  // Pairs of which it is not clear who writes, with what came of it, and clusters without a writer, with the
  // reason; by writer hostgroup.
  void set_conflicts(std::map<int, std::string> conflicts);
  std::map<int, std::string> conflicts() const;

 private:
  CheckLog log_;
  ScheduleBoard schedule_;
  NameBoard names_;
  mutable std::mutex mutex_;
  std::map<Host, HostReport> reports_;
  std::map<int, std::string> conflicts_;
};

}  // namespace weir
