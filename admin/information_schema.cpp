#include "admin/information_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "admin/client_queries.hpp"
#include "admin/live_table.hpp"
#include "admin/quoting.hpp"
#include "admin/system_variables.hpp"
#include "protocol/wire/charsets.hpp"
#include "router/query/lexer.hpp"

namespace weir {
namespace {

constexpr std::string_view kSchema = "information_schema";
constexpr std::array<std::string_view, 5> kSchemas = {"main", "disk", "stats", "monitor", kSchema};

struct FoundTable {
  std::string_view schema;
  std::string name;
};

std::vector<FoundTable> all_tables(Store& store) {
  std::vector<FoundTable> tables;
  for (const std::string_view schema : kSchemas) {
    const Rows found = store.rows(fmt::format(
        "SELECT name FROM {}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY name",
        schema));
    for (const Row& row : found.rows) tables.push_back({schema, row[0].value_or("")});
  }
  return tables;
}

std::vector<Row> schemata_rows(Store&) {
  std::vector<Row> rows;
  for (const std::string_view schema : kSchemas)
    rows.push_back({"def", std::string(schema), "utf8", "utf8_general_ci", std::nullopt});
  return rows;
}

std::vector<Row> table_rows(Store& store) {
  std::vector<Row> rows;
  for (FoundTable& table : all_tables(store)) {
    const LiveTable* live = find_live_table(store, table.schema, table.name);
    rows.push_back({"def", std::string(table.schema), std::move(table.name), "BASE TABLE", "SQLite", "10",
                    "utf8_general_ci", live == nullptr ? "" : live->doc});
  }
  return rows;
}

// "varchar" of "VARCHAR(64)".
std::string data_type(std::string_view type) {
  const std::string word = lower_case(type.substr(0, type.find_first_of(" (")));
  return word.empty() ? "varchar" : word;
}

std::vector<Row> column_rows(Store& store) {
  std::vector<Row> rows;
  for (const FoundTable& table : all_tables(store)) {
    const Rows columns = store.rows(fmt::format(
        "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info({}, '{}') ORDER BY cid",
        quoted_text(table.name), table.schema));
    std::size_t position = 0;
    for (const Row& column : columns.rows) {
      const std::string type = column[1].value_or("");
      rows.push_back({"def", std::string(table.schema), table.name, column[0], std::to_string(++position),
                      column[3], column[2] == "0" ? "YES" : "NO", data_type(type), type, "utf8",
                      "utf8_general_ci", column[4] == "0" ? "" : "PRI", "", "select,insert,update", ""});
    }
  }
  return rows;
}

std::vector<Row> engine_rows(Store&) {
  return {{"SQLite", "DEFAULT", "Tables of the admin port", "YES", "NO", "NO"}};
}

std::vector<Row> charset_rows(Store&) {
  std::vector<Row> rows;
  for (const Charset& charset : all_charsets()) {
    const Collation* collation = find_collation(charset.default_collation);
    rows.push_back({std::string(charset.name), std::string(collation == nullptr ? "" : collation->name),
                    std::string(charset.name), std::to_string(charset.max_bytes)});
  }
  return rows;
}

std::vector<Row> collation_rows(Store&) {
  std::vector<Row> rows;
  for (const Collation& collation : all_collations()) {
    const bool is_default = collation.charset->default_collation == collation.id;
    rows.push_back({std::string(collation.name), std::string(collation.charset->name),
                    std::to_string(collation.id), is_default ? "Yes" : "", "Yes", "1"});
  }
  return rows;
}

std::vector<Row> no_rows(Store&) {
  return {};
}

struct TableRow {
  std::string_view name, columns;
  std::vector<Row> (*rows)(Store&);
};

// Columns that clients name, of MySQL's tables; what does not exist here is an empty table.
constexpr std::array kTables = {
    TableRow{"SCHEMATA",
             "CATALOG_NAME VARCHAR, SCHEMA_NAME VARCHAR, DEFAULT_CHARACTER_SET_NAME VARCHAR, "
             "DEFAULT_COLLATION_NAME VARCHAR, SQL_PATH VARCHAR, DEFAULT_ENCRYPTION VARCHAR",
             schemata_rows},
    TableRow{"TABLES",
             "TABLE_CATALOG VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, TABLE_TYPE VARCHAR, ENGINE "
             "VARCHAR, VERSION INT, TABLE_COLLATION VARCHAR, TABLE_COMMENT VARCHAR, ROW_FORMAT VARCHAR, "
             "TABLE_ROWS INT, AVG_ROW_LENGTH INT, DATA_LENGTH INT, MAX_DATA_LENGTH INT, INDEX_LENGTH INT, "
             "DATA_FREE INT, AUTO_INCREMENT INT, CREATE_TIME VARCHAR, UPDATE_TIME VARCHAR, CHECK_TIME "
             "VARCHAR, CHECKSUM INT, CREATE_OPTIONS VARCHAR",
             table_rows},
    TableRow{"COLUMNS",
             "TABLE_CATALOG VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, COLUMN_NAME VARCHAR, "
             "ORDINAL_POSITION INT, COLUMN_DEFAULT VARCHAR, IS_NULLABLE VARCHAR, DATA_TYPE VARCHAR, "
             "COLUMN_TYPE VARCHAR, CHARACTER_SET_NAME VARCHAR, COLLATION_NAME VARCHAR, COLUMN_KEY VARCHAR, "
             "EXTRA VARCHAR, PRIVILEGES VARCHAR, COLUMN_COMMENT VARCHAR, CHARACTER_MAXIMUM_LENGTH INT, "
             "CHARACTER_OCTET_LENGTH INT, NUMERIC_PRECISION INT, NUMERIC_SCALE INT, DATETIME_PRECISION INT, "
             "GENERATION_EXPRESSION VARCHAR, SRS_ID VARCHAR",
             column_rows},
    TableRow{"ENGINES",
             "ENGINE VARCHAR, SUPPORT VARCHAR, COMMENT VARCHAR, TRANSACTIONS VARCHAR, XA VARCHAR, SAVEPOINTS "
             "VARCHAR",
             engine_rows},
    TableRow{"CHARACTER_SETS",
             "CHARACTER_SET_NAME VARCHAR, DEFAULT_COLLATE_NAME VARCHAR, DESCRIPTION VARCHAR, MAXLEN INT",
             charset_rows},
    TableRow{"COLLATIONS",
             "COLLATION_NAME VARCHAR, CHARACTER_SET_NAME VARCHAR, ID INT, IS_DEFAULT VARCHAR, IS_COMPILED "
             "VARCHAR, SORTLEN INT, PAD_ATTRIBUTE VARCHAR",
             collation_rows},
    TableRow{"SESSION_VARIABLES", "VARIABLE_NAME VARCHAR, VARIABLE_VALUE VARCHAR", system_variables},
    TableRow{"GLOBAL_VARIABLES", "VARIABLE_NAME VARCHAR, VARIABLE_VALUE VARCHAR", system_variables},
    TableRow{"VIEWS",
             "TABLE_CATALOG VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, VIEW_DEFINITION VARCHAR, "
             "CHECK_OPTION VARCHAR, IS_UPDATABLE VARCHAR, DEFINER VARCHAR, SECURITY_TYPE VARCHAR, "
             "CHARACTER_SET_CLIENT VARCHAR, COLLATION_CONNECTION VARCHAR",
             no_rows},
    TableRow{
        "ROUTINES",
        "SPECIFIC_NAME VARCHAR, ROUTINE_CATALOG VARCHAR, ROUTINE_SCHEMA VARCHAR, ROUTINE_NAME VARCHAR, "
        "ROUTINE_TYPE VARCHAR, DATA_TYPE VARCHAR, CHARACTER_MAXIMUM_LENGTH INT, CHARACTER_OCTET_LENGTH INT, "
        "NUMERIC_PRECISION INT, NUMERIC_SCALE INT, DATETIME_PRECISION INT, CHARACTER_SET_NAME VARCHAR, "
        "COLLATION_NAME VARCHAR, DTD_IDENTIFIER VARCHAR, ROUTINE_BODY VARCHAR, ROUTINE_DEFINITION VARCHAR, "
        "EXTERNAL_NAME VARCHAR, EXTERNAL_LANGUAGE VARCHAR, PARAMETER_STYLE VARCHAR, IS_DETERMINISTIC "
        "VARCHAR, SQL_DATA_ACCESS VARCHAR, SQL_PATH VARCHAR, SECURITY_TYPE VARCHAR, CREATED VARCHAR, "
        "LAST_ALTERED VARCHAR, SQL_MODE VARCHAR, ROUTINE_COMMENT VARCHAR, DEFINER VARCHAR, "
        "CHARACTER_SET_CLIENT VARCHAR, COLLATION_CONNECTION VARCHAR, DATABASE_COLLATION VARCHAR",
        no_rows},
    TableRow{
        "PARAMETERS",
        "SPECIFIC_CATALOG VARCHAR, SPECIFIC_SCHEMA VARCHAR, SPECIFIC_NAME VARCHAR, ORDINAL_POSITION INT, "
        "PARAMETER_MODE VARCHAR, PARAMETER_NAME VARCHAR, DATA_TYPE VARCHAR, CHARACTER_MAXIMUM_LENGTH INT, "
        "CHARACTER_OCTET_LENGTH INT, NUMERIC_PRECISION INT, NUMERIC_SCALE INT, DATETIME_PRECISION INT, "
        "CHARACTER_SET_NAME VARCHAR, COLLATION_NAME VARCHAR, DTD_IDENTIFIER VARCHAR, ROUTINE_TYPE VARCHAR",
        no_rows},
    TableRow{
        "TRIGGERS",
        "TRIGGER_CATALOG VARCHAR, TRIGGER_SCHEMA VARCHAR, TRIGGER_NAME VARCHAR, EVENT_MANIPULATION VARCHAR, "
        "EVENT_OBJECT_CATALOG VARCHAR, EVENT_OBJECT_SCHEMA VARCHAR, EVENT_OBJECT_TABLE VARCHAR, ACTION_ORDER "
        "VARCHAR, ACTION_CONDITION VARCHAR, ACTION_STATEMENT VARCHAR, ACTION_ORIENTATION VARCHAR, "
        "ACTION_TIMING VARCHAR, CREATED VARCHAR, SQL_MODE VARCHAR, DEFINER VARCHAR, CHARACTER_SET_CLIENT "
        "VARCHAR, COLLATION_CONNECTION VARCHAR, DATABASE_COLLATION VARCHAR",
        no_rows},
    TableRow{"EVENTS",
             "EVENT_CATALOG VARCHAR, EVENT_SCHEMA VARCHAR, EVENT_NAME VARCHAR, DEFINER VARCHAR, TIME_ZONE "
             "VARCHAR, EVENT_BODY VARCHAR, EVENT_DEFINITION VARCHAR, EVENT_TYPE VARCHAR, EXECUTE_AT VARCHAR, "
             "INTERVAL_VALUE VARCHAR, INTERVAL_FIELD VARCHAR, SQL_MODE VARCHAR, STARTS VARCHAR, ENDS "
             "VARCHAR, STATUS VARCHAR, ON_COMPLETION VARCHAR, CREATED VARCHAR, LAST_ALTERED VARCHAR, "
             "LAST_EXECUTED VARCHAR, EVENT_COMMENT VARCHAR, ORIGINATOR VARCHAR, CHARACTER_SET_CLIENT "
             "VARCHAR, COLLATION_CONNECTION VARCHAR, DATABASE_COLLATION VARCHAR",
             no_rows},
    TableRow{"STATISTICS",
             "TABLE_CATALOG VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, NON_UNIQUE INT, INDEX_SCHEMA "
             "VARCHAR, INDEX_NAME VARCHAR, SEQ_IN_INDEX INT, COLUMN_NAME VARCHAR, COLLATION VARCHAR, "
             "CARDINALITY VARCHAR, SUB_PART VARCHAR, PACKED VARCHAR, NULLABLE VARCHAR, INDEX_TYPE VARCHAR, "
             "COMMENT VARCHAR, INDEX_COMMENT VARCHAR, IS_VISIBLE VARCHAR, EXPRESSION VARCHAR",
             no_rows},
    TableRow{"KEY_COLUMN_USAGE",
             "CONSTRAINT_CATALOG VARCHAR, CONSTRAINT_SCHEMA VARCHAR, CONSTRAINT_NAME VARCHAR, TABLE_CATALOG "
             "VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, COLUMN_NAME VARCHAR, ORDINAL_POSITION INT, "
             "POSITION_IN_UNIQUE_CONSTRAINT VARCHAR, REFERENCED_TABLE_SCHEMA VARCHAR, REFERENCED_TABLE_NAME "
             "VARCHAR, REFERENCED_COLUMN_NAME VARCHAR",
             no_rows},
    TableRow{"TABLE_CONSTRAINTS",
             "CONSTRAINT_CATALOG VARCHAR, CONSTRAINT_SCHEMA VARCHAR, CONSTRAINT_NAME VARCHAR, TABLE_SCHEMA "
             "VARCHAR, TABLE_NAME VARCHAR, CONSTRAINT_TYPE VARCHAR, ENFORCED VARCHAR",
             no_rows},
    TableRow{"REFERENTIAL_CONSTRAINTS",
             "CONSTRAINT_CATALOG VARCHAR, CONSTRAINT_SCHEMA VARCHAR, CONSTRAINT_NAME VARCHAR, "
             "UNIQUE_CONSTRAINT_CATALOG VARCHAR, UNIQUE_CONSTRAINT_SCHEMA VARCHAR, UNIQUE_CONSTRAINT_NAME "
             "VARCHAR, MATCH_OPTION VARCHAR, UPDATE_RULE VARCHAR, DELETE_RULE VARCHAR, TABLE_NAME VARCHAR, "
             "REFERENCED_TABLE_NAME VARCHAR",
             no_rows},
    TableRow{"COLUMN_STATISTICS",
             "SCHEMA_NAME VARCHAR, TABLE_NAME VARCHAR, COLUMN_NAME VARCHAR, HISTOGRAM VARCHAR", no_rows},
    TableRow{
        "FILES",
        "FILE_ID VARCHAR, FILE_NAME VARCHAR, FILE_TYPE VARCHAR, TABLESPACE_NAME VARCHAR, TABLE_CATALOG "
        "VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, LOGFILE_GROUP_NAME VARCHAR, LOGFILE_GROUP_NUMBER "
        "VARCHAR, ENGINE VARCHAR, FREE_EXTENTS VARCHAR, TOTAL_EXTENTS VARCHAR, EXTENT_SIZE VARCHAR, "
        "INITIAL_SIZE VARCHAR, MAXIMUM_SIZE VARCHAR, AUTOEXTEND_SIZE VARCHAR, STATUS VARCHAR, EXTRA VARCHAR",
        no_rows},
    TableRow{"PARTITIONS",
             "TABLE_CATALOG VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, PARTITION_NAME VARCHAR, "
             "SUBPARTITION_NAME VARCHAR, PARTITION_ORDINAL_POSITION VARCHAR, SUBPARTITION_ORDINAL_POSITION "
             "VARCHAR, PARTITION_METHOD VARCHAR, SUBPARTITION_METHOD VARCHAR, PARTITION_EXPRESSION VARCHAR, "
             "SUBPARTITION_EXPRESSION VARCHAR, PARTITION_DESCRIPTION VARCHAR, TABLE_ROWS INT, AVG_ROW_LENGTH "
             "INT, DATA_LENGTH INT, MAX_DATA_LENGTH INT, INDEX_LENGTH INT, DATA_FREE INT, CREATE_TIME "
             "VARCHAR, UPDATE_TIME VARCHAR, CHECK_TIME VARCHAR, CHECKSUM VARCHAR, PARTITION_COMMENT VARCHAR, "
             "NODEGROUP VARCHAR, TABLESPACE_NAME VARCHAR",
             no_rows},
    TableRow{"PLUGINS",
             "PLUGIN_NAME VARCHAR, PLUGIN_VERSION VARCHAR, PLUGIN_STATUS VARCHAR, PLUGIN_TYPE VARCHAR, "
             "PLUGIN_TYPE_VERSION VARCHAR, PLUGIN_LIBRARY VARCHAR, PLUGIN_LIBRARY_VERSION VARCHAR, "
             "PLUGIN_AUTHOR VARCHAR, PLUGIN_DESCRIPTION VARCHAR, PLUGIN_LICENSE VARCHAR, LOAD_OPTION VARCHAR",
             no_rows},
    TableRow{"COLLATION_CHARACTER_SET_APPLICABILITY", "COLLATION_NAME VARCHAR, CHARACTER_SET_NAME VARCHAR",
             no_rows},
    TableRow{"CHECK_CONSTRAINTS",
             "CONSTRAINT_CATALOG VARCHAR, CONSTRAINT_SCHEMA VARCHAR, CONSTRAINT_NAME VARCHAR, CHECK_CLAUSE "
             "VARCHAR, TABLE_NAME VARCHAR",
             no_rows},
    TableRow{"KEYWORDS", "WORD VARCHAR, RESERVED VARCHAR", no_rows},
    TableRow{"PROCESSLIST",
             "ID VARCHAR, USER VARCHAR, HOST VARCHAR, DB VARCHAR, COMMAND VARCHAR, TIME VARCHAR, STATE "
             "VARCHAR, INFO VARCHAR",
             no_rows},
    TableRow{"SCHEMA_PRIVILEGES",
             "GRANTEE VARCHAR, TABLE_CATALOG VARCHAR, TABLE_SCHEMA VARCHAR, PRIVILEGE_TYPE VARCHAR, "
             "IS_GRANTABLE VARCHAR",
             no_rows},
    TableRow{"TABLE_PRIVILEGES",
             "GRANTEE VARCHAR, TABLE_CATALOG VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, "
             "PRIVILEGE_TYPE VARCHAR, IS_GRANTABLE VARCHAR",
             no_rows},
    TableRow{"USER_PRIVILEGES",
             "GRANTEE VARCHAR, TABLE_CATALOG VARCHAR, PRIVILEGE_TYPE VARCHAR, IS_GRANTABLE VARCHAR", no_rows},
    TableRow{"COLUMN_PRIVILEGES",
             "GRANTEE VARCHAR, TABLE_CATALOG VARCHAR, TABLE_SCHEMA VARCHAR, TABLE_NAME VARCHAR, COLUMN_NAME "
             "VARCHAR, PRIVILEGE_TYPE VARCHAR, IS_GRANTABLE VARCHAR",
             no_rows},
};

// Shorter rows than the table has columns end in NULLs.
std::vector<Row> widened(std::vector<Row> rows, std::size_t columns) {
  for (Row& row : rows) row.resize(columns);
  return rows;
}

}  // namespace

void add_information_schema(Store& store) {
  for (const TableRow& table : kTables) {
    if (find_live_table(store, kSchema, table.name) != nullptr) continue;
    const auto columns = static_cast<std::size_t>(std::ranges::count(table.columns, ',')) + 1;
    add_live_table(store,
                   {.schema = std::string(kSchema),
                    .name = std::string(table.name),
                    .ddl = fmt::format("CREATE TABLE {} ({})", table.name, table.columns),
                    .doc = {},
                    .rows = [&store, &table, columns] { return widened(table.rows(store), columns); }});
  }
}

bool is_schema(std::string_view name) {
  return std::ranges::find(kSchemas, name) != kSchemas.end();
}

std::string schema_of_table(Store& store, std::string_view schema, std::string_view table, bool stats_only) {
  for (const std::string_view candidate : kSchemas) {
    if (stats_only && (candidate == "main" || candidate == "disk")) continue;
    if (!schema.empty() && !equals_caseless(schema, candidate)) continue;
    const Rows found = store.rows(fmt::format("SELECT 1 FROM {}.sqlite_master WHERE name = {} COLLATE NOCASE",
                                              candidate, quoted_text(table)));
    if (!found.rows.empty()) return std::string(candidate);
  }
  return {};
}

}  // namespace weir
