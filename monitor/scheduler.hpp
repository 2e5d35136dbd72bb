// Runs the programs of the table scheduler. On one loop; never blocks it.
#pragma once

#include <memory>
#include <vector>

#include "monitor/scheduled_program.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class Scheduler {
 public:
  // Both outlive this object. Its end asks the programs to end that run.
  Scheduler(Loop& loop, ScheduleBoard& board) : loop_(loop), board_(board) {}

  // A row that stays as it is keeps its rhythm; what a row that has gone or changed runs may run on to its
  // end.
  void adopt(const Snapshot& snapshot);
  // Starts nothing any more; what runs may run on to its end.
  void retire();

 private:
  std::unique_ptr<ScheduledProgram> take(const SchedulerRow& row);

  Loop& loop_;
  ScheduleBoard& board_;
  std::vector<std::unique_ptr<ScheduledProgram>> programs_;
  bool starts_ = true;
  std::vector<std::unique_ptr<ScheduledProgram>> retired_;  // that still ran when they were looked at last
};

}  // namespace weir
