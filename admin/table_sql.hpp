// The rows of a TableSpec in SQLite: its table, writing and reading rows, by schema ("main", "disk").
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/store.hpp"
#include "router/config/complaint.hpp"
#include "router/config/table_spec.hpp"

namespace weir {

namespace table_sql {
// "a", "b"
std::string name_list(std::span<const std::string_view> names);
// The CREATE TABLE statement `ddl` for a table of another name: "disk.mysql_servers",
// "runtime_mysql_servers".
std::string renamed_ddl(std::string_view ddl, std::string_view name);
// "hostgroup_id=1, hostname=db1"
std::string key_text(std::span<const std::string_view> columns, std::span<const Cell> values);
}  // namespace table_sql

template <class Row>
std::vector<std::string_view> column_names(const TableSpec<Row>& spec) {
  std::vector<std::string_view> names;
  for (const Column<Row>& column : spec.columns) names.push_back(column.name);
  return names;
}

// The columns that tell rows apart: the first key's.
template <class Row>
std::span<const std::string_view> key_columns(const TableSpec<Row>& spec) {
  return spec.keys.empty() ? std::span<const std::string_view>{} : spec.keys.front().columns;
}

template <class Row>
weir::Row cells_of(const TableSpec<Row>& spec, const Row& row) {
  weir::Row cells;
  cells.reserve(spec.columns.size());
  for (const Column<Row>& column : spec.columns) cells.push_back(read_column(row, column));
  return cells;
}

template <class Row>
void create_table(Store& store, std::string_view schema, const TableSpec<Row>& spec) {
  store.run(table_sql::renamed_ddl(ddl(spec), fmt::format("{}.{}", schema, spec.name)));
  store.protect(std::string(spec.name));
}

// Existing rows with one of the keys give way.
template <class Row>
void insert_rows(Store& store, std::string_view schema, const TableSpec<Row>& spec,
                 std::span<const Row> rows) {
  const auto names = column_names(spec);
  std::string marks;
  for (std::size_t i = 0; i < names.size(); ++i) marks += i == 0 ? "?" : ", ?";
  SqlStatement statement = store.prepare(fmt::format("INSERT OR REPLACE INTO {}.{} ({}) VALUES ({})", schema,
                                                     spec.name, table_sql::name_list(names), marks));
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      statement.bind(static_cast<int>(i) + 1, read_column(row, spec.columns[i]));
    }
    statement.step();
  }
}

// All rows, in the order of `SELECT *`. A value that the column cannot take is complained of; its row is
// there with the default.
template <class Row>
std::vector<Row> read_rows(Store& store, std::string_view schema, const TableSpec<Row>& spec,
                           Complaints& complaints) {
  std::vector<Row> rows;
  SqlStatement statement = store.prepare(fmt::format(
      "SELECT {} FROM {}.{} ORDER BY rowid", table_sql::name_list(column_names(spec)), schema, spec.name));
  while (statement.step()) {
    Row& row = rows.emplace_back();
    for (std::size_t i = 0; i < spec.columns.size(); ++i) {
      const auto text = statement.text(static_cast<int>(i));
      const auto set = text ? set_column(row, spec.columns[i], *text) : set_column_null(row, spec.columns[i]);
      if (set) continue;
      complaints.push_back({.table = std::string(spec.name),
                            .row = rows.size(),
                            .column = std::string(spec.columns[i].name),
                            .text = set.error()});
    }
  }
  return rows;
}

}  // namespace weir
