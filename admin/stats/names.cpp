// What is known of the names of servers.
#include <algorithm>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "monitor/monitor_board.hpp"

namespace weir {
namespace {

struct NameRow {
  NameReport report;
  Instant now = kNever;
};

Cell since(const NameRow& row, Instant at) {
  return at == kNever ? Cell() : to_cell(row.now - at);
}

constexpr StatColumn<NameRow> kColumns[] = {
    {"name", "VARCHAR NOT NULL PRIMARY KEY", [](const NameRow& r) { return to_cell(r.report.name); },
     "As in mysql_servers.hostname."},
    {"addresses", "VARCHAR", [](const NameRow& r) { return text_or_null(r.report.addresses); },
     "What it stands for, in the order in which connections try them; NULL = that is not known, and looked "
     "up at each connect."},
    {"age_ms", "INT", [](const NameRow& r) { return since(r, r.report.answered); },
     "Milliseconds since the latest answer; NULL = there was none yet."},
    {"changes", "INT NOT NULL", [](const NameRow& r) { return to_cell(r.report.changes); },
     "Answers that were not the same as the one before."},
    {"changed_ms", "INT", [](const NameRow& r) { return since(r, r.report.changed); },
     "Milliseconds since the latest of them; NULL = there was none."},
    {"next_ms", "INT",
     [](const NameRow& r) -> Cell {
       return r.report.next == kNever ? Cell() : to_cell(std::max<Millis>(0, r.report.next - r.now));
     },
     "Milliseconds until it is looked up again; NULL = now."},
    {"failures", "INT NOT NULL", [](const NameRow& r) { return to_cell(r.report.failures); },
     "Look-ups without an answer since the latest answer."},
    {"last_error", "VARCHAR", [](const NameRow& r) { return text_or_null(r.report.error); },
     "Why; NULL = the latest had an answer."},
};
constexpr StatTable<NameRow> kTable{
    "stats_weir_names", "What is known of the servers' names: mysql-monitor_local_dns_cache_ttl.", kColumns};

std::vector<NameRow> rows(StatsSources& sources) {
  std::vector<NameRow> rows;
  const MonitorBoard* board = sources.monitor_board();
  if (board == nullptr) return rows;
  for (NameReport& report : board->names().reports()) rows.push_back({std::move(report), sources.now()});
  return rows;
}

}  // namespace

std::vector<LiveTable> name_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return rows(sources); })};
}

}  // namespace weir
