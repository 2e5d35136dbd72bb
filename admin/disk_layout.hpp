// Tables of an older layout, of ours or of ProxySQL's: brought up to date by the names of their columns.
#pragma once

#include <cstddef>
#include <string_view>

#include "admin/store.hpp"

namespace weir {

// True if `schema` has at least one of the configuration tables.
bool has_config_tables(Store& store, std::string_view schema);

// Copies the rows of all configuration tables of `from` into those of `to`, column by column by name; tables
// of other names (such as mysql_servers_v200c) stay where they are. A row that the table of today does not
// take is logged and left out. How many rows were copied.
std::size_t copy_by_name(Store& store, std::string_view from, std::string_view to);

// Makes tables that are missing in `schema`, and rebuilds those that are not defined as today, with their
// rows. One transaction. How many tables were made or rebuilt.
std::size_t update_layout(Store& store, std::string_view schema);

}  // namespace weir
