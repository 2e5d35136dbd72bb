// The configuration tables in the store: those of memory and disk, and their runtime_ twins.
//
// Loops over the table specs; a new table needs nothing here. Admin thread.
#pragma once

#include <string_view>

#include "admin/runtime_target.hpp"
#include "admin/store.hpp"
#include "router/config/complaint.hpp"
#include "router/config/settings.hpp"
#include "router/config/snapshot.hpp"
#include "router/config/tables.hpp"

namespace weir {

// Makes all configuration tables, empty, in "main" or "disk"; in main also mysql_collations, with its rows.
void create_config_tables(Store& store, std::string_view schema);
// Writes all of them, instead of what they hold: a row for every variable, and those of `tables`.
void write_config_tables(Store& store, std::string_view schema, const Tables& tables,
                         const Settings& settings);
// Reads all of them. Variables that are not there keep their defaults; what cannot be used is complained of.
void read_config_tables(Store& store, std::string_view schema, Tables& tables, Settings& settings,
                        Complaints& complaints);

// Sets what the rows of global_variables whose names begin with `prefix` say. Unknown and retired names are
// warnings, values that are not allowed errors. The number of rows.
std::size_t read_variables(Store& store, std::string_view schema, std::string_view prefix, Settings& settings,
                           Complaints& complaints);
// Rows for the variables with that prefix: their values in `settings`. A row that says the same in other
// words ("007", "TRUE") stays as it is.
void write_variables(Store& store, std::string_view schema, std::string_view prefix,
                     const Settings& settings);

// The text that variable_text() would give for a variable set from `text`; `text` itself if it cannot be.
std::string normal_text(std::string_view name, std::string_view text);

// The runtime_ tables of "main": always the snapshot in force. runtime_mysql_servers shows servers that are
// shunned for now, too; runtime_mysql_users has a row per credential; only active rules are shown.
// `target` must outlive the store's use.
void add_runtime_tables(Store& store, const RuntimeTarget& target);

}  // namespace weir
