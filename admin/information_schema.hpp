// information_schema, as far as drivers and GUIs look into it: live tables about the admin port's own.
#pragma once

#include <string>
#include <string_view>

#include "admin/store.hpp"

namespace weir {

// Makes information_schema readable in `store`; once is enough, and more do no harm. Names of schemas are
// those of the store: main, disk, stats, monitor.
void add_information_schema(Store& store);

// One of the store's schemas, in exactly these letters.
bool is_schema(std::string_view name);

// Where `table` is ("main", "stats", ...), the way SQLite finds it: in any case, the first schema that has
// it, or in `schema` unless that is empty. Empty if it is nowhere. Stats accounts see no table of main and
// disk.
std::string schema_of_table(Store& store, std::string_view schema, std::string_view table, bool stats_only);

}  // namespace weir
