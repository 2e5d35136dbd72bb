#include "monitor/monitor_board.hpp"

namespace weir {

void MonitorBoard::set_report(const Host& host, HostReport report) {
  const std::lock_guard lock(mutex_);
  reports_[host] = std::move(report);
}

void MonitorBoard::forget(const Host& host) {
  const std::lock_guard lock(mutex_);
  reports_.erase(host);
}

std::map<Host, HostReport> MonitorBoard::reports() const {
  const std::lock_guard lock(mutex_);
  return reports_;
}

void MonitorBoard::set_conflicts(std::map<int, std::string> conflicts) {
  const std::lock_guard lock(mutex_);
  conflicts_ = std::move(conflicts);
}

std::map<int, std::string> MonitorBoard::conflicts() const {
  const std::lock_guard lock(mutex_);
  return conflicts_;
}

}  // namespace weir
