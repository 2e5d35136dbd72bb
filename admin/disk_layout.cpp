#include "admin/disk_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "admin/table_sql.hpp"
#include "protocol/base/log.hpp"
#include "router/config/tables.hpp"

namespace weir {
namespace {

constexpr std::string_view kOld = "weir_old_layout";  // a table's name while it is rebuilt

struct ConfigTable {
  std::string name;
  std::string ddl;
  std::vector<std::string_view> columns;
};

std::vector<ConfigTable> config_tables() {
  std::vector<ConfigTable> found;
  const auto add = [&](const auto& spec) {
    found.push_back(
        {std::string(spec.name), table_sql::renamed_ddl(ddl(spec), spec.name), column_names(spec)});
  };
  Tables tables;
  for_each_table(tables, [&](const auto& spec, const auto&) { add(spec); });
  add(kVariablesTable);
  return found;
}

// The definition of a table, or an empty text.
std::string stored_ddl(Store& store, std::string_view schema, std::string_view table) {
  SqlStatement statement = store.prepare(
      fmt::format("SELECT sql FROM {}.sqlite_master WHERE type = 'table' AND name = ?", schema));
  statement.bind(1, Cell(table));
  const Rows found = store.rows(statement);
  return found.rows.empty() ? std::string{} : found.rows[0][0].value_or("");
}

std::vector<std::string_view> shared_columns(Store& store, std::string_view schema, std::string_view table,
                                             const ConfigTable& target) {
  const Rows present =
      store.rows(fmt::format("SELECT name FROM pragma_table_info('{}', '{}')", table, schema));
  std::vector<std::string_view> shared;
  for (std::string_view column : target.columns) {
    const bool found = std::ranges::any_of(present.rows, [&](const Row& row) { return row[0] == column; });
    if (found) shared.push_back(column);
  }
  return shared;
}

// From the table `source` of one schema to the one that is defined as `target` in another.
std::size_t copy_rows(Store& store, std::string_view from, std::string_view source, std::string_view to,
                      const ConfigTable& target) {
  const auto columns = shared_columns(store, from, source, target);
  if (columns.empty()) return 0;
  std::string marks;
  for (std::size_t i = 0; i < columns.size(); ++i) marks += i == 0 ? "?" : ", ?";
  const std::string names = table_sql::name_list(columns);
  SqlStatement insert =
      store.prepare(fmt::format("INSERT INTO {}.{} ({}) VALUES ({})", to, target.name, names, marks));
  std::size_t copied = 0;
  for (const Row& row :
       store.rows(fmt::format("SELECT {} FROM {}.{} ORDER BY rowid", names, from, source)).rows) {
    try {
      for (std::size_t i = 0; i < row.size(); ++i) insert.bind(static_cast<int>(i) + 1, row[i]);
      insert.step();
      ++copied;
    } catch (const SqlError& error) {
      if (!error.is_constraint()) throw;
      log::warn("a row of an older layout was left out",
                {{"table", target.name},
                 {"row", table_sql::key_text(columns, std::span(row).first(1))},
                 {"error", error.what()}});
    }
  }
  return copied;
}

void rebuild(Store& store, std::string_view schema, const ConfigTable& table) {
  store.run(fmt::format("ALTER TABLE {}.{} RENAME TO {}", schema, table.name, kOld));
  store.run(table_sql::renamed_ddl(table.ddl, fmt::format("{}.{}", schema, table.name)));
  copy_rows(store, schema, kOld, schema, table);
  store.run(fmt::format("DROP TABLE {}.{}", schema, kOld));
}

}  // namespace

bool has_config_tables(Store& store, std::string_view schema) {
  return std::ranges::any_of(config_tables(), [&](const ConfigTable& table) {
    return !stored_ddl(store, schema, table.name).empty();
  });
}

std::size_t copy_by_name(Store& store, std::string_view from, std::string_view to) {
  std::size_t copied = 0;
  SqlTransaction transaction(store);
  for (const ConfigTable& table : config_tables()) {
    if (!stored_ddl(store, from, table.name).empty()) copied += copy_rows(store, from, table.name, to, table);
  }
  transaction.commit();
  return copied;
}

std::size_t update_layout(Store& store, std::string_view schema) {
  std::size_t updated = 0;
  SqlTransaction transaction(store);
  for (const ConfigTable& table : config_tables()) {
    const std::string stored = stored_ddl(store, schema, table.name);
    if (stored == table.ddl) continue;
    ++updated;
    if (stored.empty()) {
      store.run(table_sql::renamed_ddl(table.ddl, fmt::format("{}.{}", schema, table.name)));
    } else {
      rebuild(store, schema, table);
      log::info("a table on disk was brought up to date", {{"table", table.name}});
    }
  }
  transaction.commit();
  return updated;
}

}  // namespace weir
