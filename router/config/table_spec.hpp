// A configuration table declared once: its columns name the members of a row struct.
//
// From a TableSpec follow the DDL, reading and setting a column from text with type and range check,
// validation of whole rows, the configuration file's section, and the documentation. Defaults are those of a
// fresh Row{}. Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "protocol/base/result.hpp"
#include "router/config/complaint.hpp"

namespace weir {

template <class Row>
using ColumnField = std::variant<std::int64_t Row::*, std::string Row::*, std::optional<std::int64_t> Row::*,
                                 std::optional<std::string> Row::*, bool Row::*>;

// What a column takes, as data: it becomes the CHECK of the DDL and our own validation.
struct Allowed {
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> words = {};  // texts: one of these, in any case; empty = any
  bool json = false;                             // texts: valid JSON, or empty; `words` are the keys we know
  bool secret = false;                           // texts: never shown in a complaint
  // The expression of the CHECK, where it is not the one that follows from the above: in ProxySQL's spelling,
  // because it is part of SQLite's messages; empty = the DDL has no CHECK.
  std::optional<std::string_view> check = std::nullopt;
};

// Where a row must give the column. always: it has no default at all. in_files: SQL has one (for
// compatibility), but a row of a configuration file without it is a mistake. in_sql: the contrary.
enum class Required { no, in_files, in_sql, always };

constexpr bool required_in_files(Required required) {
  return required == Required::in_files || required == Required::always;
}
constexpr bool required_in_sql(Required required) {
  return required == Required::in_sql || required == Required::always;
}

template <class Row>
struct Column {
  std::string_view name;
  std::string_view sql_type;  // as SHOW CREATE TABLE has it: INT, VARCHAR, ...
  ColumnField<Row> field;
  Allowed allowed = {};
  Required required = Required::no;
  std::string_view doc;
  std::string_view alias = {};  // another name for it in configuration files
  // Set: nothing acts on the column in this version. A value that is neither the default nor this one, which
  // asks for nothing either, is warned of.
  std::optional<std::string_view> unused = std::nullopt;
};

// A condition over several columns.
template <class Row>
struct RowCheck {
  std::string_view column;  // the one to blame
  std::string_view sql;     // a CHECK of the table; empty = said by the CHECK of a column
  bool (*holds)(const Row&);
  std::string_view text;  // what is allowed
};

struct Key {
  std::string_view kind;  // "PRIMARY KEY" or "UNIQUE"; empty = said by the column's own type
  std::span<const std::string_view> columns;  // names
};

template <class Row>
struct TableSpec {
  std::string_view name;
  std::string_view doc;
  std::span<const Column<Row>> columns;
  std::span<const Key> keys;
  std::span<const RowCheck<Row>> checks = {};
  // Why the rows are kept without being acted on, as "nothing runs them in this version"; empty = they are.
  std::string_view unused = {};
  std::string_view section = {};  // its name in configuration files, where it is another
};

// The parts that know no row type, in table_spec.cpp. Errors say what is allowed.
namespace table_spec {
Result<std::int64_t, std::string> parse_int(std::string_view text);  // decimal; blanks around it are fine
Result<void, std::string> check_int(std::int64_t value, const Allowed& allowed);
Result<void, std::string> check_text(std::string_view text, const Allowed& allowed);
std::string quoted_sql(std::string_view text);
std::string name_sql(std::string_view name);  // of a column; in backticks where it is a word of SQL
std::string check_sql(std::string_view column, bool is_text, const Allowed& allowed);
std::string column_sql(std::string_view name, std::string_view type, bool nullable,
                       std::string_view default_sql, std::string_view check);
std::string key_sql(const Key& key);
std::string table_sql(std::string_view name, std::span<const std::string> parts);
Complaint repeated_key(std::string_view table, std::size_t row, const Key& key, std::size_t earlier);

template <class T>
inline constexpr bool is_text =
    std::is_same_v<T, std::string> || std::is_same_v<T, std::optional<std::string>>;
template <class T>
inline constexpr bool is_nullable =
    std::is_same_v<T, std::optional<std::string>> || std::is_same_v<T, std::optional<std::int64_t>>;

// Bounds of a column of type T: a bool is 0 or 1 whatever its row says.
template <class T>
Allowed bounds(const Allowed& allowed) {
  if constexpr (std::is_same_v<T, bool>) return {.min = 0, .max = 1, .check = allowed.check};
  return allowed;
}
}  // namespace table_spec

// The column of that name or alias, or null.
template <class Row>
const Column<Row>* find_column(const TableSpec<Row>& spec, std::string_view name) {
  for (const Column<Row>& column : spec.columns) {
    if (column.name == name || (!column.alias.empty() && column.alias == name)) return &column;
  }
  return nullptr;
}

// Sets one column from an integer; a text column takes its decimal form. On error the row is unchanged.
template <class Row>
Result<void, std::string> set_column(Row& row, const Column<Row>& column, std::int64_t value);
// Sets one column from text; an integer column takes decimal digits.
template <class Row>
Result<void, std::string> set_column(Row& row, const Column<Row>& column, std::string_view text);
// Sets NULL, where the column may be NULL.
template <class Row>
Result<void, std::string> set_column_null(Row& row, const Column<Row>& column);
// The value as text; nothing stands for NULL. Booleans are 0 and 1.
template <class Row>
std::optional<std::string> read_column(const Row& row, const Column<Row>& column);

// Appends the value to `text`; nothing for NULL.
template <class Row>
void append_column(std::string& text, const Row& row, const Column<Row>& column);

// What names a row to an operator: "hostgroup_id=1, hostname=db1, port=3306", by the table's first key.
template <class Row>
std::string key_text(const TableSpec<Row>& spec, const Row& row);

// The column's doc, and whether anything acts on it.
template <class Row>
std::string documentation(const Column<Row>& column) {
  return std::string(column.doc) + (column.unused ? " No effect in this version." : "");
}

template <class Row>
bool is_text_column(const Column<Row>& column) {
  return std::visit([]<class T>(T Row::*) { return table_spec::is_text<T>; }, column.field);
}
template <class Row>
bool is_nullable_column(const Column<Row>& column) {
  return std::visit([]<class T>(T Row::*) { return table_spec::is_nullable<T>; }, column.field);
}

// Whether the value is within the column's bounds.
template <class Row>
Result<void, std::string> check_column(const Row& row, const Column<Row>& column);
// Appends a complaint for each column out of its bounds and each condition that does not hold.
template <class Row>
void validate_row(const TableSpec<Row>& spec, const Row& row, std::size_t row_number, Complaints& complaints);
// Appends a complaint for each row whose PRIMARY KEY or UNIQUE columns repeat those of an earlier row.
template <class Row>
void validate_keys(const TableSpec<Row>& spec, std::span<const Row> rows, Complaints& complaints);
// One column as CREATE TABLE has it: name, type, CHECK, NOT NULL, DEFAULT.
template <class Row>
std::string column_ddl(const Column<Row>& column);
// CREATE TABLE as SHOW CREATE TABLE prints it, one column per line, for the table or a twin of another name.
template <class Row>
std::string ddl(const TableSpec<Row>& spec, std::string_view name);
template <class Row>
std::string ddl(const TableSpec<Row>& spec) {
  return ddl(spec, spec.name);
}

}  // namespace weir
