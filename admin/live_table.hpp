// Read-only tables whose rows are made when a statement reads them: runtime_ and stats_ tables.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "admin/reply.hpp"
#include "admin/store.hpp"

namespace weir {

struct LiveTable {
  std::string schema;  // main (runtime_ tables), stats or monitor
  std::string name;
  std::string
      ddl;  // what SHOW CREATE TABLE shows: "CREATE TABLE name (...)"; columns and types are taken from it
  std::string doc;
  // Called on the admin thread, once per statement that reads the table.
  std::function<std::vector<Row>()> rows;
};

// Makes `table` readable by SQL. Writes to it are refused.
void add_live_table(Store& store, LiveTable table);

}  // namespace weir
