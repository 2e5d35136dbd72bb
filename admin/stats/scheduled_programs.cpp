// What came of the programs of the table scheduler.
#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "monitor/monitor_board.hpp"

namespace weir {
namespace {

template <class Number>
Cell number_or_null(const std::optional<Number>& number) {
  return number ? to_cell(*number) : Cell();
}

constexpr StatColumn<ProgramReport> kColumns[] = {
    {"id", "INT NOT NULL PRIMARY KEY", [](const ProgramReport& r) { return to_cell(r.id); },
     "As in runtime_scheduler."},
    {"filename", "VARCHAR NOT NULL", [](const ProgramReport& r) { return to_cell(r.filename); },
     "The program."},
    {"running", "INT NOT NULL", [](const ProgramReport& r) { return to_cell(r.running ? 1 : 0); },
     "1 = it runs now."},
    {"starts", "INT NOT NULL", [](const ProgramReport& r) { return to_cell(r.starts); },
     "Since the row is in force as it is, as the following."},
    {"failures", "INT NOT NULL", [](const ProgramReport& r) { return to_cell(r.failures); },
     "Runs that ended with an exit code other than 0 or by a signal, and failed starts."},
    {"timeouts", "INT NOT NULL", [](const ProgramReport& r) { return to_cell(r.timeouts); },
     "Runs that were ended because of admin-scheduler_timeout_ms."},
    {"skipped", "INT NOT NULL", [](const ProgramReport& r) { return to_cell(r.skipped); },
     "Starts left out because it still ran."},
    {"started_us", "INT",
     [](const ProgramReport& r) -> Cell { return r.started_us == 0 ? Cell() : to_cell(r.started_us); },
     "The latest start, microseconds since 1970; NULL = none yet."},
    {"took_ms", "INT", [](const ProgramReport& r) { return number_or_null(r.took_ms); },
     "How long the latest run took that has ended; NULL = none has."},
    {"exit_code", "INT", [](const ProgramReport& r) { return number_or_null(r.end.exit_code); },
     "Its exit code; NULL = a signal ended it, or none has ended."},
    {"exit_signal", "INT", [](const ProgramReport& r) { return number_or_null(r.end.signal); },
     "The number of the signal that ended it, or NULL."},
    {"error", "VARCHAR", [](const ProgramReport& r) { return text_or_null(r.error); },
     "Why the latest start failed; NULL = it did not."},
    {"last_line", "VARCHAR", [](const ProgramReport& r) { return text_or_null(r.last_line); },
     "The last line that it wrote; the log has the first hundred of each run."},
};
constexpr StatTable<ProgramReport> kTable{"stats_weir_scheduler",
                                          "What came of the programs of the table scheduler.", kColumns};

std::vector<ProgramReport> reports(StatsSources& sources) {
  const MonitorBoard* board = sources.monitor_board();
  return board == nullptr ? std::vector<ProgramReport>() : board->schedule().reports();
}

}  // namespace

std::vector<LiveTable> scheduled_program_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return reports(sources); })};
}

}  // namespace weir
