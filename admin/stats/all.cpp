#include "admin/stats/all.hpp"

#include <array>
#include <iterator>
#include <ranges>

#include "admin/monitor_tables.hpp"
#include "admin/stats/tables.hpp"

namespace weir {
namespace {

constexpr std::array kTables{
    checksum_tables,      commands_counters_tables,  connection_pool_tables, empty_tables,
    error_tables,         free_connection_tables,    global_tables,          name_tables,
    pin_tables,           prepared_statement_tables, processlist_tables,     query_digest_tables,
    query_rule_tables,    route_note_tables,         rules_in_flight_tables, scheduled_program_tables,
    server_choice_tables, server_status_tables,      stored_function_tables, user_tables,
};

}  // namespace

std::vector<LiveTable> stats_tables(Store& store, StatsSources& sources) {
  std::vector<LiveTable> all = monitor_tables(sources);
  for (const auto tables : kTables) std::ranges::move(tables(store, sources), std::back_inserter(all));
  return all;
}

void add_stats_tables(Store& store, StatsSources& sources) {
  for (LiveTable& table : stats_tables(store, sources)) add_live_table(store, std::move(table));
}

}  // namespace weir
