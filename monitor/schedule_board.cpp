#include "monitor/schedule_board.hpp"

#include <ranges>

namespace weir {

void ScheduleBoard::set(ProgramReport report) {
  const std::lock_guard lock(mutex_);
  reports_[report.id] = std::move(report);
}

void ScheduleBoard::forget(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  reports_.erase(id);
}

std::vector<ProgramReport> ScheduleBoard::reports() const {
  const std::lock_guard lock(mutex_);
  const auto values = std::views::values(reports_);
  return {values.begin(), values.end()};
}

}  // namespace weir
