// Read-only tables whose rows are made when a statement reads them: runtime_ and stats_ tables.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/reply.hpp"
#include "admin/store.hpp"

namespace weir {

struct ColumnDoc {
  std::string name;
  std::string type;
  std::string doc;
};

struct LiveTable {
  std::string schema;  // main (runtime_ tables), stats or monitor
  std::string name;
  // What SHOW CREATE TABLE shows: "CREATE TABLE name (...)"; columns and types are taken from it.
  std::string ddl;
  std::string doc;
  // Called on the admin thread, once per statement that reads the table, however often the statement names
  // it. Every row has as many cells as there are columns. May read the store; an exception fails the
  // statement with its text. `store.statement_number()` tells whether two calls serve the same statement.
  std::function<std::vector<Row>()> rows;
  std::vector<ColumnDoc> column_docs{};  // for documentation: of all columns, or none
};

// Makes `table` readable by SQL. Writes to it are refused. SqlError if its ddl is none, or the name is taken.
void add_live_table(Store& store, LiveTable table);

// The table of that name, in any case, or null. `schema` empty = any. Lives as long as the store.
const LiveTable* find_live_table(Store& store, std::string_view schema, std::string_view name);

}  // namespace weir
