// stats_mysql_global, stats_memory_metrics and the stats schema's global_variables: names with values.
#include <algorithm>
#include <array>

#include "admin/metrics.hpp"
#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"

namespace weir {
namespace {

struct NamedValue {
  std::string name;
  std::string value;
};

constexpr std::array kColumns{
    StatColumn<NamedValue>{"Variable_Name", "VARCHAR NOT NULL PRIMARY KEY",
                           [](const NamedValue& row) { return to_cell(row.name); }, "Name."},
    StatColumn<NamedValue>{"Variable_Value", "VARCHAR NOT NULL",
                           [](const NamedValue& row) { return to_cell(row.value); }, "Value."},
};

constexpr std::array kVariableColumns{
    StatColumn<NamedValue>{"variable_name", kColumns[0].sql, kColumns[0].read, kColumns[0].doc},
    StatColumn<NamedValue>{"variable_value", kColumns[1].sql, kColumns[1].read, kColumns[1].doc},
};

constexpr StatTable<NamedValue> kGlobal{"stats_mysql_global",
                                        "Counters and other figures of the whole process.", kColumns};
constexpr StatTable<NamedValue> kMemory{"stats_memory_metrics", "Memory, in bytes.", kColumns};
// Client libraries that log in as a reader of statistics ask for max_allowed_packet.
constexpr StatTable<NamedValue> kVariables{"global_variables", "For client libraries: one variable.",
                                           kVariableColumns};

struct MemoryRow {
  std::string_view name;    // ProxySQL's where it has one
  std::string_view figure;  // its name in metrics.hpp
};
constexpr MemoryRow kMemoryRows[] = {
    {"SQLite3_memory_bytes", "sqlite_bytes"},  {"query_digest_memory", "digest_bytes"},
    {"session_memory", "session_bytes"},       {"connection_pool_memory", "pool_bytes"},
    {"client_buffers", "client_buffer_bytes"}, {"server_buffers", "server_buffer_bytes"},
    {"process_resident", "resident_bytes"},
};

std::vector<NamedValue> global_rows(StatsSources& sources) {
  std::vector<NamedValue> rows;
  for (const Figure& figure : read_figures(sources)) {
    rows.push_back({status_name(figure), std::to_string(figure.value)});
  }
  return rows;
}

std::vector<NamedValue> memory_rows(StatsSources& sources) {
  const std::vector<Figure> figures = read_figures(sources);
  std::vector<NamedValue> rows;
  for (const MemoryRow& row : kMemoryRows) {
    const auto figure = std::ranges::find(figures, row.figure, &Figure::name);
    if (figure != figures.end()) rows.push_back({std::string(row.name), std::to_string(figure->value)});
  }
  return rows;
}

}  // namespace

std::vector<LiveTable> global_tables(Store&, StatsSources& sources) {
  return {live_table(kGlobal, [&sources] { return global_rows(sources); }),
          live_table(kMemory, [&sources] { return memory_rows(sources); }), live_table(kVariables, [] {
            return std::vector<NamedValue>{{"mysql-max_allowed_packet", "4194304"}};
          })};
}

}  // namespace weir
