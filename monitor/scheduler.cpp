#include "monitor/scheduler.hpp"

#include <algorithm>
#include <utility>

namespace weir {

void Scheduler::adopt(const Snapshot& snapshot) {
  std::vector<std::unique_ptr<ScheduledProgram>> kept;
  std::vector<const SchedulerRow*> fresh;
  for (const SchedulerRow& row : snapshot.tables().scheduler) {
    if (!row.active || !starts_) continue;
    if (auto program = take(row)) {
      kept.push_back(std::move(program));
    } else {
      fresh.push_back(&row);
    }
  }
  // The old ones leave the board before a new one of the same id comes.
  for (auto& program : programs_) {
    program->retire();
    retired_.push_back(std::move(program));
  }
  std::erase_if(retired_, [](const auto& program) { return !program->running(); });
  programs_ = std::move(kept);
  for (const SchedulerRow* row : fresh)
    programs_.push_back(std::make_unique<ScheduledProgram>(loop_, board_, *row));
  for (auto* programs : {&programs_, &retired_}) {
    for (const auto& program : *programs) program->set_timeout(snapshot.settings().scheduler_timeout_ms);
  }
}

void Scheduler::retire() {
  starts_ = false;
  for (auto& program : programs_) {
    program->retire();
    retired_.push_back(std::move(program));
  }
  programs_.clear();
}

std::unique_ptr<ScheduledProgram> Scheduler::take(const SchedulerRow& row) {
  const auto found =
      std::ranges::find_if(programs_, [&](const auto& program) { return program->row() == row; });
  if (found == programs_.end()) return nullptr;
  auto program = std::move(*found);
  programs_.erase(found);
  return program;
}

}  // namespace weir
