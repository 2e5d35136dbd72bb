// The files of this folder: what each adds to all.cpp. `store` and `sources` outlive what they return.
#pragma once

#include <vector>

#include "admin/live_table.hpp"
#include "admin/stats/sources.hpp"
#include "proxy/worker/pin_stats.hpp"
#include "proxy/worker/report.hpp"

namespace weir {

std::vector<LiveTable> checksum_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> commands_counters_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> connection_pool_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> empty_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> error_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> free_connection_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> global_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> name_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> pin_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> prepared_statement_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> processlist_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> query_digest_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> query_rule_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> route_note_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> rules_in_flight_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> scheduled_program_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> server_choice_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> server_status_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> stored_function_tables(Store& store, StatsSources& sources);
std::vector<LiveTable> user_tables(Store& store, StatsSources& sources);

// What stats_mysql_pins and the metrics show: one per cause; asks all workers.
std::vector<PinUse> pin_uses(StatsSources& sources);

// What stats_mysql_query_rules and the metrics show: one per active rule, by rule_id; asks all workers.
std::vector<RuleHits> rule_hits(StatsSources& sources);

}  // namespace weir
