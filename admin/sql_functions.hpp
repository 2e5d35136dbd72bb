// Functions of SQL on the admin port, beside SQLite's own: hashes of passwords; some of MySQL's; and searches
// in texts whose time SQLite's own versions let grow with the square of the length, or without a look at the
// clock.
#pragma once

#include <span>
#include <string_view>

#include "admin/store.hpp"

namespace weir {

struct AdminFunction {
  std::string_view name;
  int parameters;  // -1 = any number
  Result<Cell, std::string> (*call)(std::span<const Cell> arguments);
  std::string_view doc;  // empty: as SQLite documents it
  SqlValue value = SqlValue::text;
};

std::span<const AdminFunction> admin_functions();
void add_admin_functions(Store& store);

}  // namespace weir
