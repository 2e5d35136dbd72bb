// The log tables of the schema monitor: what each check of a server found.
#pragma once

#include <vector>

#include "admin/live_table.hpp"

namespace weir {

// Empty as long as nothing checks servers.
std::vector<LiveTable> monitor_tables();

}  // namespace weir
