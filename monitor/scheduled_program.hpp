// One row of the table scheduler: starts its program at its interval, never twice at a time, and ends it when
// it takes too long. On one loop; never blocks it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "monitor/schedule_board.hpp"
#include "protocol/base/log.hpp"
#include "router/config/rows.hpp"

namespace weir {

class ScheduledProgram final : ProgramEvents {
 public:
  // Between the request to end and the end.
  static constexpr Millis kGraceMs = 2000;
  // Of what a run writes, the lines that are logged.
  static constexpr int kLoggedLines = 100;

  // The first start comes one interval from now. `loop` and `board` outlive this object.
  ScheduledProgram(Loop& loop, ScheduleBoard& board, SchedulerRow row);
  ~ScheduledProgram();

  const SchedulerRow& row() const { return row_; }
  bool running() const { return program_.running(); }
  // Of a run, from its start; also of the one under way. 0 = none.
  void set_timeout(Millis timeout);
  // Starts it no more. What runs may run on, and is no longer reported.
  void retire();

 private:
  struct Alarm final : DeadlineEvents {
    Alarm(ScheduledProgram& o, void (ScheduledProgram::*r)()) : owner(o), ring(r) {}
    void on_deadline() noexcept override { (owner.*ring)(); }
    ScheduledProgram& owner;
    void (ScheduledProgram::* const ring)();
  };

  void on_program_line(std::string_view line) noexcept override;
  void on_program_end(ProgramEnd end) noexcept override;
  void on_due();
  void on_limit();
  void start();
  void set_limit();
  void note_failure(std::string_view sentence, std::string_view why);
  void report();

  Loop& loop_;
  ScheduleBoard& board_;
  const SchedulerRow row_;
  const std::vector<std::string> words_;
  Millis timeout_ = 0;
  bool retired_ = false;
  bool asked_to_end_ = false;
  int lines_ = 0;  // of the run under way
  Instant started_ = kNever;
  ProgramReport report_;
  log::RateLimit failures_{60'000};
  Alarm due_alarm_{*this, &ScheduledProgram::on_due};
  Alarm limit_alarm_{*this, &ScheduledProgram::on_limit};
  Deadline due_;
  Deadline limit_;
  Program program_;
};

}  // namespace weir
