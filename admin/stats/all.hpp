// All stats_ tables, runtime_checksums_values, and the log tables of the monitor.
//
// Names, columns, order and types are ProxySQL's: tools read them with SELECT *. What only Weir knows stands
// in tables of its own, stats_weir_*. Rows are made when a statement reads the table: one question to all
// workers per table and statement, which no query waits for. Reading a _reset table returns what its twin
// would and starts its counters anew; a statement that names both sees one set of rows.
#pragma once

#include <vector>

#include "admin/live_table.hpp"
#include "admin/stats/sources.hpp"

namespace weir {

// The definitions, with their rows. `store` tells which reads belong to one statement; it and `sources`
// outlive them.
std::vector<LiveTable> stats_tables(Store& store, StatsSources& sources);
// Makes them readable in `store`; `sources` outlives it.
void add_stats_tables(Store& store, StatsSources& sources);

}  // namespace weir
