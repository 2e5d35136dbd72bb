// The configuration in the syntax that read_config_file() reads: what SELECT CONFIG FILE shows.
#pragma once

#include <string>

#include "router/config/settings.hpp"
#include "router/config/tables.hpp"

namespace weir {

// Every row of `tables`, with the columns that differ from what a file has without them, and the variables
// that are not at their defaults. Reading it gives the same rows and settings.
std::string config_text(const Tables& tables, const Settings& settings);

}  // namespace weir
