#include "monitor/scheduled_program.hpp"

#include <csignal>
#include <utility>

#include "monitor/wall_clock.hpp"

namespace weir {
namespace {

std::vector<std::string> words_of(const SchedulerRow& row) {
  std::vector<std::string> words{row.filename};
  for (const auto* argument : {&row.arg1, &row.arg2, &row.arg3, &row.arg4, &row.arg5}) {
    if (!*argument) break;
    words.push_back(**argument);
  }
  return words;
}

std::string to_text(const ProgramEnd& end) {
  return end.signal ? "signal " + std::to_string(*end.signal)
                    : "exit code " + std::to_string(end.exit_code.value_or(0));
}

}  // namespace

ScheduledProgram::ScheduledProgram(Loop& loop, ScheduleBoard& board, SchedulerRow row)
    : loop_(loop),
      board_(board),
      row_(std::move(row)),
      words_(words_of(row_)),
      report_{.id = row_.id, .filename = row_.filename},
      due_(loop.deadlines(), due_alarm_),
      limit_(loop.deadlines(), limit_alarm_),
      program_(loop, *this) {
  due_.set(loop_.now() + row_.interval_ms);
  report();
}

ScheduledProgram::~ScheduledProgram() {
  if (!retired_) board_.forget(row_.id);
}

void ScheduledProgram::set_timeout(Millis timeout) {
  timeout_ = timeout;
  if (running() && !asked_to_end_) set_limit();
}

void ScheduledProgram::retire() {
  due_.clear();
  board_.forget(row_.id);
  retired_ = true;
}

void ScheduledProgram::on_due() {
  // By the clock and not by the last end: a slow program does not move the others of its kind.
  due_.set(loop_.now() + row_.interval_ms);
  if (running()) {
    ++report_.skipped;
  } else {
    start();
  }
  report();
}

void ScheduledProgram::start() {
  asked_to_end_ = false;
  lines_ = 0;
  started_ = loop_.now();
  report_.started_us = wall_clock_us();
  if (const auto error = program_.start(words_)) {
    report_.error = error->text();
    ++report_.failures;
    note_failure("a scheduled program cannot be started", report_.error);
    return;
  }
  report_.error.clear();
  ++report_.starts;
  set_limit();
}

void ScheduledProgram::set_limit() {
  limit_.set(timeout_ == 0 ? kNever : started_ + timeout_);
}

void ScheduledProgram::on_limit() {
  if (std::exchange(asked_to_end_, true)) {
    program_.send(SIGKILL);
    return;
  }
  ++report_.timeouts;
  note_failure("a scheduled program is ended", "it ran longer than admin-scheduler_timeout_ms");
  program_.send(SIGTERM);
  limit_.set(loop_.now() + kGraceMs);
  report();
}

void ScheduledProgram::on_program_line(std::string_view line) noexcept {
  report_.last_line = line;
  if (++lines_ > kLoggedLines) return;
  log::info("a scheduled program says", {{"id", row_.id}, {"program", row_.filename}, {"line", line}});
  if (lines_ == kLoggedLines)
    log::warn("a scheduled program says too much, the rest of this run is not logged", {{"id", row_.id}});
}

void ScheduledProgram::on_program_end(ProgramEnd end) noexcept {
  limit_.clear();
  if (asked_to_end_) program_.kill_rest();
  report_.took_ms = loop_.now() - started_;
  report_.end = end;
  if (!end.well()) {
    ++report_.failures;
    note_failure("a scheduled program has failed", to_text(end));
  }
  report();
}

void ScheduledProgram::note_failure(std::string_view sentence, std::string_view why) {
  std::int64_t suppressed = 0;
  if (!failures_.allow(loop_.now(), &suppressed)) return;
  log::warn(sentence,
            {{"id", row_.id}, {"program", row_.filename}, {"why", why}, {"not_logged", suppressed}});
}

void ScheduledProgram::report() {
  report_.running = running();
  if (!retired_) board_.set(report_);
}

}  // namespace weir
