// The code of table_spec.hpp that knows the row type. For the tables of the configuration it is compiled
// once, beside their specs (WEIR_TABLE_ROWS in tables_*.cpp): everything else takes table_spec.hpp. Tests
// with rows of their own include this.
#pragma once

#include <unordered_map>

#include "protocol/base/check.hpp"
#include "router/config/table_spec.hpp"

namespace weir {

template <class Row>
Result<void, std::string> set_column(Row& row, const Column<Row>& column, std::int64_t value) {
  return std::visit(
      [&]<class T>(T Row::* field) -> Result<void, std::string> {
        if constexpr (table_spec::is_text<T>) {
          return set_column(row, column, std::string_view(std::to_string(value)));
        } else {
          auto checked = table_spec::check_int(value, table_spec::bounds<T>(column.allowed));
          if (!checked) return checked;
          if constexpr (std::is_same_v<T, bool>) {
            row.*field = value != 0;
          } else {
            row.*field = value;
          }
          return {};
        }
      },
      column.field);
}

template <class Row>
Result<void, std::string> set_column(Row& row, const Column<Row>& column, std::string_view text) {
  return std::visit(
      [&]<class T>(T Row::* field) -> Result<void, std::string> {
        if constexpr (table_spec::is_text<T>) {
          auto checked = table_spec::check_text(text, column.allowed);
          if (checked) row.*field = std::string(text);
          return checked;
        } else {
          const auto value = table_spec::parse_int(text);
          if (!value) return std::unexpected(value.error());
          return set_column(row, column, *value);
        }
      },
      column.field);
}

template <class Row>
Result<void, std::string> set_column_null(Row& row, const Column<Row>& column) {
  return std::visit(
      [&]<class T>(T Row::* field) -> Result<void, std::string> {
        if constexpr (table_spec::is_nullable<T>) {
          row.*field = std::nullopt;
          return {};
        } else {
          return std::unexpected("may not be NULL");
        }
      },
      column.field);
}

template <class Row>
std::optional<std::string> read_column(const Row& row, const Column<Row>& column) {
  return std::visit(
      [&]<class T>(T Row::* field) -> std::optional<std::string> {
        const T& value = row.*field;
        if constexpr (std::is_same_v<T, bool>) return value ? "1" : "0";
        if constexpr (std::is_same_v<T, std::int64_t>) return std::to_string(value);
        if constexpr (std::is_same_v<T, std::optional<std::int64_t>>) {
          return value ? std::optional(std::to_string(*value)) : std::nullopt;
        }
        if constexpr (table_spec::is_text<T>) return value;
      },
      column.field);
}

template <class Row>
void append_column(std::string& text, const Row& row, const Column<Row>& column) {
  std::visit(
      [&]<class T>(T Row::* field) {
        if constexpr (std::is_same_v<T, std::string>) {
          text += row.*field;
        } else {
          text += read_column(row, column).value_or("");
        }
      },
      column.field);
}

template <class Row>
std::string key_text(const TableSpec<Row>& spec, const Row& row) {
  std::string text;
  if (spec.keys.empty()) return text;
  for (std::string_view name : spec.keys.front().columns) {
    const Column<Row>* column = find_column(spec, name);
    WEIR_CHECK(column != nullptr, "keys name columns of their own table");
    if (!text.empty()) text += ", ";
    text += std::string(name) + '=' + read_column(row, *column).value_or("NULL");
  }
  return text;
}

template <class Row>
Result<void, std::string> check_column(const Row& row, const Column<Row>& column) {
  return std::visit(
      [&]<class T>(T Row::* field) -> Result<void, std::string> {
        const T& value = row.*field;
        if constexpr (table_spec::is_nullable<T>) {
          if (!value) return {};
          if constexpr (table_spec::is_text<T>) return table_spec::check_text(*value, column.allowed);
          if constexpr (!table_spec::is_text<T>) return table_spec::check_int(*value, column.allowed);
        } else if constexpr (table_spec::is_text<T>) {
          return table_spec::check_text(value, column.allowed);
        } else if constexpr (std::is_same_v<T, bool>) {
          return {};
        } else {
          return table_spec::check_int(value, column.allowed);
        }
      },
      column.field);
}

template <class Row>
void validate_row(const TableSpec<Row>& spec, const Row& row, std::size_t row_number,
                  Complaints& complaints) {
  const auto complain = [&](std::string_view column, std::string text) {
    complaints.push_back({.table = std::string(spec.name),
                          .row = row_number,
                          .column = std::string(column),
                          .text = std::move(text)});
  };
  for (const Column<Row>& column : spec.columns) {
    const auto checked = check_column(row, column);
    if (!checked) complain(column.name, checked.error());
  }
  for (const RowCheck<Row>& check : spec.checks) {
    if (!check.holds(row)) complain(check.column, std::string(check.text));
  }
}

template <class Row>
void validate_keys(const TableSpec<Row>& spec, std::span<const Row> rows, Complaints& complaints) {
  for (const Key& key : spec.keys) {
    std::vector<const Column<Row>*> columns;
    for (std::string_view name : key.columns) columns.push_back(find_column(spec, name));
    std::unordered_map<std::string, std::size_t> seen;
    seen.reserve(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::string values;
      for (const Column<Row>* column : columns) {
        WEIR_CHECK(column != nullptr, "keys name columns of their own table");
        append_column(values, rows[i], *column);
        values += '\0';  // which no value holds
      }
      const auto [earlier, is_new] = seen.emplace(std::move(values), i + 1);
      if (!is_new) complaints.push_back(table_spec::repeated_key(spec.name, i + 1, key, earlier->second));
    }
  }
}

template <class Row>
std::string column_ddl(const Column<Row>& column) {
  static const Row fresh{};
  const bool is_text = is_text_column(column);
  const auto value = required_in_sql(column.required) ? std::nullopt : read_column(fresh, column);
  const std::string initial = !value ? "" : is_text ? table_spec::quoted_sql(*value) : *value;
  const Allowed allowed =
      std::visit([&]<class T>(T Row::*) { return table_spec::bounds<T>(column.allowed); }, column.field);
  return table_spec::column_sql(column.name, column.sql_type, is_nullable_column(column), initial,
                                table_spec::check_sql(column.name, is_text, allowed));
}

template <class Row>
std::string ddl(const TableSpec<Row>& spec, std::string_view name) {
  std::vector<std::string> parts;
  for (const Column<Row>& column : spec.columns) parts.push_back(column_ddl(column));
  for (const RowCheck<Row>& check : spec.checks) {
    if (!check.sql.empty()) parts.push_back("CHECK (" + std::string(check.sql) + ")");
  }
  for (const Key& key : spec.keys) {
    if (!key.kind.empty()) parts.push_back(table_spec::key_sql(key));
  }
  return table_spec::table_sql(name, parts);
}

}  // namespace weir

// Compiles all of the above for a table's rows; once in the program, in namespace weir.
#define WEIR_TABLE_ROWS(Row)                                                                 \
  template Result<void, std::string> set_column(Row&, const Column<Row>&, std::int64_t);     \
  template Result<void, std::string> set_column(Row&, const Column<Row>&, std::string_view); \
  template Result<void, std::string> set_column_null(Row&, const Column<Row>&);              \
  template std::optional<std::string> read_column(const Row&, const Column<Row>&);           \
  template void append_column(std::string&, const Row&, const Column<Row>&);                 \
  template std::string key_text(const TableSpec<Row>&, const Row&);                          \
  template Result<void, std::string> check_column(const Row&, const Column<Row>&);           \
  template void validate_row(const TableSpec<Row>&, const Row&, std::size_t, Complaints&);   \
  template void validate_keys(const TableSpec<Row>&, std::span<const Row>, Complaints&);     \
  template std::string column_ddl(const Column<Row>&);                                       \
  template std::string ddl(const TableSpec<Row>&, std::string_view)
