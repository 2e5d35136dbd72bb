// Databases, tables and their definitions.
#include <algorithm>
#include <array>
#include <vector>

#include "admin/commands/sql_text.hpp"
#include "admin/commands/topics.hpp"
#include "admin/live_table.hpp"
#include "admin/refusals.hpp"

namespace weir::commands {
namespace {

// Databases with the numbers that ProxySQL shows; to a stats account, stats is main.
struct Database {
  int number;
  std::string_view name, shown_to_stats;
};
constexpr std::array kDatabases = {Database{0, "main", ""}, Database{2, "disk", ""},
                                   Database{3, "stats", "main"}, Database{4, "monitor", "monitor"}};

bool visible(const Database& database, const AdminSession& session) {
  return !session.stats_only || !database.shown_to_stats.empty();
}

// The database that the session calls `name`; its first if that is empty, "" if there is none.
std::string_view database_of(const AdminSession& session, std::string_view name) {
  for (const Database& database : kDatabases) {
    if (!visible(database, session)) continue;
    if (name.empty() || equals_caseless(name, database.name)) return database.name;
    if (session.stats_only && equals_caseless(name, database.shown_to_stats)) return database.name;
  }
  return {};
}

Refusal unknown_database(std::string_view name) {
  return refuse(AdminError::unknown_database, "unknown database " + std::string(name));
}

// The tables of a database that users made or see: without SQLite's own.
std::string tables_of(std::string_view database) {
  return quoted_name(database) +
         ".sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
}

// "mysql_users", "disk.mysql_users", `disk`.`mysql_users`.
struct TableName {
  std::string_view database{}, table{};
};
TableName table_name(std::string_view text) {
  Lexer lexer(text, {});
  const Token first = lexer.next();
  if (!lexer.next().is('.')) return {{}, without_quotes(first.text)};
  return {without_quotes(first.text), without_quotes(lexer.next().text)};
}

// The canonical layout: a line for each column and key, four blanks before it.
std::string laid_out(std::string_view ddl) {
  std::string text;
  int depth = 0;
  char quote = 0;
  for (std::size_t at = 0; at < ddl.size(); ++at) {
    const char c = ddl[at];
    if (quote != 0 ? c == quote : (c == '\'' || c == '"' || c == '`')) quote = quote != 0 ? '\0' : c;
    if (quote == 0 && c == '(') ++depth;
    if (quote == 0 && c == ')') --depth;
    const bool ends_line = quote == 0 && depth == 1 && (c == ',' || (c == '(' && !text.contains('\n')));
    if (ends_line && c == ',') text.erase(text.find_last_not_of(" \n") + 1);
    text += c;
    if (!ends_line) continue;
    text += "\n    ";
    at = std::min(ddl.find_first_not_of(" \n", at + 1), ddl.size()) - 1;
  }
  return text;
}

}  // namespace

Reply show_databases(CommandCall& call) {
  Rows rows{{"seq", "name", "file"}};
  for (const Database& database : kDatabases) {
    if (!visible(database, call.session)) continue;
    const bool stands_for_main = database.shown_to_stats == "main" && call.session.stats_only;
    const Rows file = call.tools.store.rows("SELECT file FROM pragma_database_list WHERE name = " +
                                            quoted_text(database.name));
    rows.rows.push_back({std::to_string(stands_for_main ? 0 : database.number),
                         std::string(stands_for_main ? "main" : database.name),
                         file.rows.empty() ? Cell("") : file.rows[0][0]});
  }
  return rows;
}

Reply show_tables(CommandCall& call) {
  const std::string_view database = database_of(call.session, call.captures["schema"]);
  if (database.empty()) return unknown_database(call.captures["schema"]);
  return call.tools.store.rows("SELECT name AS tables FROM " + tables_of(database) + filter(call, "name") +
                               " ORDER BY name");
}

Reply show_create_table(CommandCall& call) {
  const TableName wanted = table_name(call.captures["table"]);
  for (const Database& database : kDatabases) {
    if (!visible(database, call.session)) continue;
    if (!wanted.database.empty() && database.name != database_of(call.session, wanted.database)) continue;
    const Rows found = call.tools.store.rows("SELECT name, sql FROM " + tables_of(database.name) +
                                             " AND name = " + quoted_text(wanted.table) + " COLLATE NOCASE");
    if (found.rows.empty()) continue;
    const Cell& name = found.rows[0][0];
    const LiveTable* live = find_live_table(call.tools.store, database.name, name.value_or(""));
    return Rows{{"table", "Create Table"},
                {{name, laid_out(live != nullptr ? live->ddl : found.rows[0][1].value_or(""))}}};
  }
  return refuse(AdminError::unknown_table, "no such table: " + std::string(call.captures["table"]));
}

Reply show_table_status(CommandCall& call) {
  const std::string_view database = database_of(call.session, call.captures["schema"]);
  if (database.empty()) return unknown_database(call.captures["schema"]);
  Rows status{{"Name", "Engine", "Version", "Row_format", "Rows", "Avg_row_length", "Data_length",
               "Max_data_length", "Index_length", "Data_free", "Auto_increment", "Create_time", "Update_time",
               "Check_time", "Collation", "Checksum", "Create_options", "Comment"}};
  const Rows tables = call.tools.store.rows("SELECT name FROM " + tables_of(database) + filter(call, "name") +
                                            " ORDER BY name");
  for (const Row& table : tables.rows) {
    const std::string name = table[0].value_or("");
    const LiveTable* live = find_live_table(call.tools.store, database, name);
    Row row(status.columns.size());
    row[0] = name;
    row[1] = "SQLite";
    row[2] = "10";
    row[3] = "Dynamic";
    if (live == nullptr) {  // reading a live table may cost, or reset it
      row[4] =
          call.tools.store.rows("SELECT COUNT(*) FROM " + quoted_name(database) + "." + quoted_name(name))
              .rows[0][0];
    }
    row[14] = "utf8_general_ci";
    row[16] = "";
    row[17] = live != nullptr ? live->doc : "";
    status.rows.push_back(std::move(row));
  }
  return status;
}

}  // namespace weir::commands
