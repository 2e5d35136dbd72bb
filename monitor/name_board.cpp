#include "monitor/name_board.hpp"

#include <ranges>

namespace weir {

void NameBoard::set(NameReport report) {
  const std::lock_guard lock(mutex_);
  std::string name = report.name;
  reports_[std::move(name)] = std::move(report);
}

void NameBoard::forget(const std::string& name) {
  const std::lock_guard lock(mutex_);
  reports_.erase(name);
}

std::vector<NameReport> NameBoard::reports() const {
  const std::lock_guard lock(mutex_);
  const auto values = std::views::values(reports_);
  return {values.begin(), values.end()};
}

void NameBoard::count_news() {
  const std::lock_guard lock(mutex_);
  ++news_;
}

std::uint64_t NameBoard::news() const {
  const std::lock_guard lock(mutex_);
  return news_;
}

}  // namespace weir
