// The log tables of the schema monitor: what each check of a server found.
#pragma once

#include <vector>

#include "admin/live_table.hpp"
#include "admin/stats/sources.hpp"

namespace weir {

// `sources` outlive them. Those of clusters that nothing checks yet are empty.
std::vector<LiveTable> monitor_tables(StatsSources& sources);

}  // namespace weir
