#include "admin/client_listings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "admin/information_schema.hpp"
#include "admin/quoting.hpp"
#include "admin/refusals.hpp"
#include "protocol/base/number_text.hpp"
#include "router/query/lexer.hpp"

namespace weir::client_listings {
namespace {

constexpr std::uint16_t kUnspecificCode = 1105;

struct TableName {
  std::string schema, table;
};

// x, `x`, y.x, `y`.`x`. What DATABASE() answers stands for the first schema that the session sees.
TableName table_name(const AdminSession& session, std::string_view text, std::string_view schema) {
  Lexer lexer(text, {});
  const Token first = lexer.next();
  TableName name{std::string(schema), std::string(without_quotes(first.text))};
  if (lexer.next().is('.')) {
    name.schema = std::exchange(name.table, std::string(without_quotes(lexer.next().text)));
  }
  if (equals_caseless(name.schema, "admin")) name.schema = "main";
  if (session.stats_only && equals_caseless(name.schema, "main")) name.schema = "stats";
  return name;
}

struct Place {
  std::string schema, table;
};

std::optional<Place> find_table(ClientQueryContext& context, Captured captured) {
  const TableName name = table_name(context.session, captured["table"], captured["schema"]);
  std::string schema = schema_of_table(context.store, name.schema, name.table, context.session.stats_only);
  if (schema.empty()) return std::nullopt;
  return Place{std::move(schema), name.table};
}

Refusal unknown_table(Captured captured) {
  return refuse(AdminError::unknown_table, "no such table: " + std::string(captured["table"]));
}

// MySQL's columns of SHOW COLUMNS. As the session may: the condition is its own text.
Reply list_columns(ClientQueryContext& context, Captured captured, std::string_view columns) {
  const auto place = find_table(context, captured);
  if (!place) return unknown_table(captured);
  std::string condition = filter(captured, "Field");
  if (const std::string_view column = captured["column"]; !column.empty())
    condition = " WHERE Field LIKE " + quoted_text(column);
  return context.run_sql(fmt::format(
      "SELECT * FROM (SELECT {} FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {} "
      "COLLATE NOCASE ORDER BY ORDINAL_POSITION){}",
      columns, quoted_text(place->schema), quoted_text(place->table), condition));
}

Rows messages(const AdminSession& session, bool errors_only) {
  Rows rows{{"Level", "Code", "Message"}};
  for (Complaint complaint : session.warnings) {
    if (errors_only && complaint.severity != Severity::error) continue;
    const std::string_view level = complaint.severity == Severity::error     ? "Error"
                                   : complaint.severity == Severity::warning ? "Warning"
                                                                             : "Note";
    complaint.severity = Severity::note;  // the level says it, the text need not
    rows.rows.push_back({std::string(level), std::to_string(kUnspecificCode), to_text(complaint)});
  }
  return rows;
}

// LIMIT [offset,] count, or count OFFSET offset.
Rows limited(Rows rows, std::string_view limit) {
  std::size_t number[2] = {rows.rows.size(), 0};
  std::size_t given = 0;
  bool offset_first = false;
  Lexer lexer(limit, {});
  for (Token token = lexer.next(); token.kind != TokenKind::end && given < 2; token = lexer.next()) {
    if (token.is(',')) offset_first = true;
    if (token.kind != TokenKind::number) continue;
    // More than fit are all, and so is what is no row's number.
    number[given++] = to_integer<std::size_t>(token.text).value_or(rows.rows.size());
  }
  if (offset_first) std::swap(number[0], number[1]);
  auto& list = rows.rows;
  list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(std::min(number[1], list.size())));
  list.resize(std::min(number[0], list.size()));
  return rows;
}

Rows one_value(std::string_view column, std::size_t value) {
  return Rows{{std::string(column)}, {{std::to_string(value)}}};
}

}  // namespace

std::string filter(Captured captured, std::string_view column) {
  if (const std::string_view like = captured["like"]; !like.empty())
    return fmt::format(" WHERE {} LIKE {} ESCAPE '\\'", quoted_name(column), quoted_text(like));
  if (const std::string_view condition = captured["condition"]; !condition.empty())
    return fmt::format(" WHERE ({}\n)", condition);  // the end of the line ends a comment, if there is one
  return {};
}

Reply columns(ClientQueryContext& context, Captured captured) {
  return list_columns(
      context, captured,
      "COLUMN_NAME AS Field, COLUMN_TYPE AS Type, IS_NULLABLE AS \"Null\", COLUMN_KEY AS \"Key\", "
      "COLUMN_DEFAULT AS \"Default\", EXTRA AS Extra");
}

Reply full_columns(ClientQueryContext& context, Captured captured) {
  return list_columns(
      context, captured,
      "COLUMN_NAME AS Field, COLUMN_TYPE AS Type, COLLATION_NAME AS Collation, IS_NULLABLE AS "
      "\"Null\", COLUMN_KEY AS \"Key\", COLUMN_DEFAULT AS \"Default\", EXTRA AS Extra, PRIVILEGES "
      "AS \"Privileges\", COLUMN_COMMENT AS Comment");
}

Reply full_tables(ClientQueryContext& context, Captured captured) {
  std::string schema = std::string(captured["schema"]);
  if (schema.empty() || equals_caseless(schema, "admin")) schema = "main";
  if (context.session.stats_only && equals_caseless(schema, "main")) schema = "stats";
  const std::string title = "Tables_in_" + schema;
  return context.run_sql(fmt::format(
      "SELECT * FROM (SELECT TABLE_NAME AS {}, TABLE_TYPE AS Table_type FROM information_schema.TABLES "
      "WHERE TABLE_SCHEMA = {} COLLATE NOCASE ORDER BY TABLE_NAME){}",
      quoted_name(title), quoted_text(schema), filter(captured, title)));
}

Reply indexes(ClientQueryContext& context, Captured captured) {
  const auto place = find_table(context, captured);
  if (!place) return unknown_table(captured);
  return context.store.rows(fmt::format(
      "SELECT {0} AS \"Table\", 0 AS Non_unique, 'PRIMARY' AS Key_name, pk AS Seq_in_index, name AS "
      "Column_name, "
      "'A' AS Collation, NULL AS Cardinality, NULL AS Sub_part, NULL AS Packed, '' AS \"Null\", 'BTREE' AS "
      "Index_type, '' AS Comment, '' AS Index_comment FROM pragma_table_info({0}, {1}) WHERE pk > 0 ORDER BY "
      "pk",
      quoted_text(place->table), quoted_text(place->schema)));
}

Reply databases(ClientQueryContext& context, Captured captured) {
  return context.run_sql(
      "SELECT * FROM (SELECT SCHEMA_NAME AS \"Database\" FROM information_schema.SCHEMATA)" +
      filter(captured, "Database"));
}

Reply create_database(ClientQueryContext&, Captured captured) {
  const std::string name(captured["schema"]);
  return Rows{{"Database", "Create Database"}, {{name, "CREATE DATABASE `" + name + "`"}}};
}

Reply charsets(ClientQueryContext& context, Captured captured) {
  return context.run_sql(
      "SELECT * FROM (SELECT CHARACTER_SET_NAME AS Charset, DESCRIPTION AS Description, DEFAULT_COLLATE_NAME "
      "AS "
      "\"Default collation\", MAXLEN AS Maxlen FROM information_schema.CHARACTER_SETS)" +
      filter(captured, "Charset"));
}

Reply collations(ClientQueryContext& context, Captured captured) {
  return context.run_sql(
      "SELECT * FROM (SELECT COLLATION_NAME AS Collation, CHARACTER_SET_NAME AS Charset, ID AS Id, "
      "IS_DEFAULT AS "
      "\"Default\", IS_COMPILED AS Compiled, SORTLEN AS Sortlen FROM information_schema.COLLATIONS)" +
      filter(captured, "Collation"));
}

Reply engines(ClientQueryContext& context, Captured) {
  return context.run_sql(
      "SELECT ENGINE AS Engine, SUPPORT AS Support, COMMENT AS Comment, TRANSACTIONS AS Transactions, XA, "
      "SAVEPOINTS "
      "AS Savepoints FROM information_schema.ENGINES");
}

Reply grants(ClientQueryContext& context, Captured) {
  const std::string account = "'" + context.session.user + "'@'" + context.session.address + "'";
  const std::string_view what = context.session.stats_only ? "SELECT ON stats.*" : "ALL PRIVILEGES ON *.*";
  return Rows{{"Grants for " + context.session.user + "@" + context.session.address},
              {{fmt::format("GRANT {} TO {}", what, account)}}};
}

Reply warnings(ClientQueryContext& context, Captured captured) {
  return limited(messages(context.session, false), captured["limit"]);
}

Reply errors(ClientQueryContext& context, Captured captured) {
  return limited(messages(context.session, true), captured["limit"]);
}

Reply warning_count(ClientQueryContext& context, Captured) {
  return one_value("@@session.warning_count", context.session.warnings.size());
}

Reply error_count(ClientQueryContext& context, Captured) {
  return one_value("@@session.error_count", messages(context.session, true).rows.size());
}

}  // namespace weir::client_listings
