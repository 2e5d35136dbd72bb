#include "monitor/routine_rows.hpp"

#include <charconv>

#include "router/query/function.hpp"

namespace weir {
namespace {

// In the order of kFunctionsQuery.
enum Column : std::size_t { schema, name, language, data_access, deterministic, sql_mode, body, columns };

constexpr std::string_view kLoadable = "SELECT name FROM mysql.func";
// From MySQL 8.0 on those of components are in another table, and only there.
constexpr std::string_view kLoadableOfMysql8 =
    "SELECT UDF_NAME FROM performance_schema.user_defined_functions UNION SELECT name FROM mysql.func";

// Of SHOW CREATE FUNCTION.
enum ShownColumn : std::size_t { shown_name, shown_sql_mode, shown_create, shown_columns };

// Without quotes there is no string and no quoted name, and nothing to leave out.
bool is_exact(std::string_view definition) {
  return definition.find_first_of("'\"`\\") == std::string_view::npos;
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "`";
  for (char c : name) {
    if (c == '`') quoted += '`';
    quoted += c;
  }
  return quoted += '`';
}

}  // namespace

const std::string_view kFunctionsQuery =
    "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_BODY, SQL_DATA_ACCESS, IS_DETERMINISTIC, SQL_MODE, "
    "IF(SQL_DATA_ACCESS IN ('NO SQL', 'READS SQL DATA') AND LENGTH(ROUTINE_DEFINITION) <= 32768, "
    "ROUTINE_DEFINITION, NULL) FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'FUNCTION'";

std::vector<StoredFunction> to_functions(std::span<const SimpleQuery::Row> rows) {
  std::vector<StoredFunction> functions;
  functions.reserve(rows.size());
  for (const SimpleQuery::Row& row : rows) {
    if (row.size() < Column::columns || !row[Column::schema] || !row[Column::name]) continue;
    StoredFunction& function = functions.emplace_back();
    function.schema = *row[Column::schema];
    function.name = *row[Column::name];
    function.deterministic = row[Column::deterministic] == "YES";
    const auto declared = parse_data_access(row[Column::data_access].value_or(""));
    function.data_access = declared.value_or(DataAccess::contains_sql);
    std::optional<std::string_view> text;
    if (row[Column::language] == "SQL" && row[Column::body]) text = *row[Column::body];
    const std::string modes = row[Column::sql_mode].value_or("");
    const RoutineVerdict verdict = judge_function(function.data_access, text, modes);
    const bool by_body = verdict == RoutineVerdict::reads || verdict == RoutineVerdict::body_in_doubt;
    function.verdict = by_body && !is_exact(*text) ? RoutineVerdict::body_inexact : verdict;
  }
  return functions;
}

std::string shown_query(const StoredFunction& function) {
  return "SHOW CREATE FUNCTION " + quoted_name(function.schema) + "." + quoted_name(function.name);
}

RoutineVerdict shown_verdict(const StoredFunction& function, std::span<const SimpleQuery::Row> rows) {
  if (rows.size() != 1 || rows[0].size() < ShownColumn::shown_columns || !rows[0][ShownColumn::shown_create])
    return RoutineVerdict::body_inexact;
  return judge_shown(function.data_access, *rows[0][ShownColumn::shown_create],
                     rows[0][ShownColumn::shown_sql_mode].value_or(""));
}

std::string_view loadable_query(std::string_view server_version) {
  if (family_of(server_version) == ServerFamily::mariadb) return kLoadable;
  int major = 0;
  std::from_chars(server_version.data(), server_version.data() + server_version.size(), major);
  return major < 8 ? kLoadable : kLoadableOfMysql8;
}

std::vector<std::string> to_names(std::span<const SimpleQuery::Row> rows) {
  std::vector<std::string> names;
  for (const SimpleQuery::Row& row : rows) {
    if (!row.empty() && row.front()) names.push_back(*row.front());
  }
  return names;
}

}  // namespace weir
