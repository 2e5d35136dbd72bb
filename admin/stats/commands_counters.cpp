#include "admin/stats/commands_counters.hpp"

#include <utility>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

using Column = StatColumn<CommandRow>;

constexpr std::array kFirstColumns{
    Column{"Command", "VARCHAR NOT NULL PRIMARY KEY",
           [](const CommandRow& c) { return to_cell(to_text(c.command)); }, "Class of statement."},
    Column{"Total_Time_us", "INT NOT NULL", [](const CommandRow& c) { return to_cell(c.total_time_us); },
           "Microseconds of all executions."},
    Column{"Total_cnt", "INT NOT NULL", [](const CommandRow& c) { return to_cell(c.total); }, "Executions."},
};

// ProxySQL gives the last column no type.
template <std::size_t bucket>
constexpr Column latency_column() {
  constexpr bool is_last = bucket + 1 == kLatencyBuckets.size();
  return {kLatencyBuckets[bucket].column, is_last ? "" : "INT NOT NULL",
          [](const CommandRow& c) { return to_cell(c.by_latency[bucket]); },
          is_last ? "Executions that took longer." : "Executions that took up to this, and no less."};
}

constexpr auto kColumns = []<std::size_t... bucket>(std::index_sequence<bucket...>) {
  return std::array{kFirstColumns[0], kFirstColumns[1], kFirstColumns[2], latency_column<bucket>()...};
}(std::make_index_sequence<kLatencyBuckets.size()>());

constexpr StatTable<CommandRow> kTable{"stats_mysql_commands_counters",
                                       "Statements by class, and how long they took.", kColumns};

}  // namespace

std::vector<CommandRow> command_rows(StatsSources& sources) {
  std::vector<CommandRow> rows;
  for (int i = 0; i < kCommandClasses; ++i) rows.push_back({.command = static_cast<CommandClass>(i)});
  Fleet* fleet = sources.fleet();
  for (std::size_t worker = 0; fleet != nullptr && worker < fleet->size(); ++worker) {
    for (CommandRow& row : rows) {
      const CommandFigures& figures = std::as_const(fleet->worker(worker)).command_stats().of(row.command);
      row.total_time_us += figures.total_time_us.value();
      row.total += figures.total.value();
      for (std::size_t i = 0; i < row.by_latency.size(); ++i)
        row.by_latency[i] += figures.by_latency[i].value();
    }
  }
  return rows;
}

std::vector<LiveTable> commands_counters_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return command_rows(sources); })};
}

}  // namespace weir
