// A table of statistics declared once: its columns say how each is read from what was collected.
//
// DDL, rows and documentation follow from it.
#pragma once

#include <concepts>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/live_table.hpp"

namespace weir {

template <class Source>
struct StatColumn {
  std::string_view name;
  std::string_view sql;  // what follows the name in the DDL: "INT NOT NULL"
  Cell (*read)(const Source&);
  std::string_view doc;
};

// Column lists, names and docs outlive the LiveTables made of them.
template <class Source>
struct StatTable {
  std::string_view name;
  std::string_view doc;
  std::span<const StatColumn<Source>> columns;
  std::string_view key = {};  // "PRIMARY KEY (hostname, port)"; empty = none, or said by a column
  std::string_view schema = "stats";
};

// The source of tables that have no rows.
struct Nothing {};

inline Cell to_cell(std::integral auto number) {
  return std::to_string(number);
}
inline Cell to_cell(std::string_view text) {
  return std::string(text);
}

inline Cell text_or_null(std::string_view text) {
  return text.empty() ? Cell() : to_cell(text);
}

template <class Source>
std::string ddl(const StatTable<Source>& table, std::string_view name) {
  std::string sql = "CREATE TABLE " + std::string(name) + " (";
  for (const StatColumn<Source>& column : table.columns) {
    if (&column != &table.columns.front()) sql += ", ";
    sql += column.name;
    if (!column.sql.empty()) (sql += ' ') += column.sql;
  }
  if (!table.key.empty()) (sql += ", ") += table.key;
  return sql + ")";
}

template <class Source>
Row to_row(const StatTable<Source>& table, const Source& source) {
  Row row;
  row.reserve(table.columns.size());
  for (const StatColumn<Source>& column : table.columns) row.push_back(column.read(source));
  return row;
}

// `collect` yields what the rows are read from, as any range of Source. `name` and `doc` differ from the
// table's for its _reset twin.
template <class Source, class Collect>
LiveTable live_table(const StatTable<Source>& table, std::string_view name, std::string_view doc,
                     Collect collect) {
  std::vector<ColumnDoc> column_docs;
  for (const StatColumn<Source>& column : table.columns) {
    const auto type = column.sql.substr(0, column.sql.find(' '));
    column_docs.push_back({std::string(column.name), std::string(type), std::string(column.doc)});
  }
  return {.schema = std::string(table.schema),
          .name = std::string(name),
          .ddl = ddl(table, name),
          .doc = std::string(doc),
          .rows =
              [table, collect = std::move(collect)] {
                std::vector<Row> rows;
                for (const Source& source : collect()) rows.push_back(to_row(table, source));
                return rows;
              },
          .column_docs = std::move(column_docs)};
}

template <class Source, class Collect>
LiveTable live_table(const StatTable<Source>& table, Collect collect) {
  return live_table(table, table.name, table.doc, std::move(collect));
}

inline LiveTable empty_table(const StatTable<Nothing>& table) {
  return live_table(table, [] { return std::span<const Nothing>(); });
}

}  // namespace weir
