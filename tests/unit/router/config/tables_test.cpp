#include "router/config/tables.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>

using namespace weir;

namespace {

template <class Visit>
void for_each_spec(Visit visit) {
  const Tables none;
  for_each_table(none, [&](const auto& spec, const auto&) { visit(spec); });
  visit(kVariablesTable);
  visit(kCollationsTable);
}

// Some text that a column takes.
template <class Row>
std::string good_text(const Column<Row>& column) {
  if (column.allowed.json) return R"({"a":1})";
  return column.allowed.words.empty() ? "it's" : std::string(column.allowed.words.back());
}

}  // namespace

TEST_CASE("every column of every table is documented, and has a name of its own",
          "[router][config][tables]") {
  for_each_spec([]<class Row>(const TableSpec<Row>& spec) {
    CAPTURE(spec.name);
    CHECK_FALSE(spec.doc.empty());
    std::set<std::string_view> names;
    for (const Column<Row>& column : spec.columns) {
      CAPTURE(column.name);
      CHECK(names.insert(column.name).second);
      CHECK(column.doc.ends_with('.'));
      CHECK(find_column(spec, column.name) == &column);
      if (!column.alias.empty()) CHECK(find_column(spec, column.alias) == &column);
    }
    CHECK(find_column(spec, "no_such_column") == nullptr);
    for (const Key& key : spec.keys) {
      for (std::string_view name : key.columns) CHECK(find_column(spec, name) != nullptr);
    }
    for (const RowCheck<Row>& check : spec.checks) CHECK(find_column(spec, check.column) != nullptr);
  });
}

TEST_CASE("every column reads back what it was set to", "[router][config][tables]") {
  for_each_spec([]<class Row>(const TableSpec<Row>& spec) {
    for (const Column<Row>& column : spec.columns) {
      CAPTURE(spec.name, column.name);
      Row row{};
      const Allowed allowed =
          std::visit([&]<class T>(T Row::*) { return table_spec::bounds<T>(column.allowed); }, column.field);
      const std::int64_t number = std::clamp<std::int64_t>(1, allowed.min, allowed.max);
      const std::string text = is_text_column(column) ? good_text(column) : std::to_string(number);
      REQUIRE(set_column(row, column, std::string_view(text)).has_value());
      CHECK(read_column(row, column) == text);
      Row by_number{};
      const auto set = set_column(by_number, column, number);
      if (!is_text_column(column)) {
        REQUIRE(set.has_value());
        CHECK(by_number == row);
      }
      CHECK(set_column_null(row, column).has_value() == is_nullable_column(column));
      if (is_nullable_column(column)) CHECK_FALSE(read_column(row, column).has_value());
    }
  });
}

TEST_CASE("every bound of every column is kept, and said", "[router][config][tables]") {
  for_each_spec([]<class Row>(const TableSpec<Row>& spec) {
    for (const Column<Row>& column : spec.columns) {
      if (is_text_column(column)) continue;
      CAPTURE(spec.name, column.name);
      Allowed allowed =
          std::visit([&]<class T>(T Row::*) { return table_spec::bounds<T>(column.allowed); }, column.field);
      Row row{};
      CHECK_FALSE(set_column(row, column, std::string_view("many")).has_value());
      CHECK_FALSE(set_column(row, column, std::string_view("")).has_value());
      CHECK_FALSE(set_column(row, column, std::string_view("1.5")).has_value());
      if (allowed.min != std::numeric_limits<std::int64_t>::min()) {
        CHECK(set_column(row, column, allowed.min).has_value());
        const auto below = set_column(row, column, allowed.min - 1);
        REQUIRE_FALSE(below.has_value());
        CHECK_THAT(below.error(), Catch::Contains(std::to_string(allowed.min)));
      }
      if (allowed.max != std::numeric_limits<std::int64_t>::max()) {
        CHECK(set_column(row, column, allowed.max).has_value());
        const auto above = set_column(row, column, allowed.max + 1);
        REQUIRE_FALSE(above.has_value());
        CHECK_THAT(above.error(), Catch::Contains(std::to_string(allowed.max)));
      }
    }
  });
}

TEST_CASE("texts of a fixed set, and JSON, are checked", "[router][config][tables]") {
  ServerRow server;
  const auto& status = *find_column(kServersTable, "status");
  CHECK(set_column(server, status, std::string_view("offline_soft")).has_value());
  const auto set = set_column(server, status, std::string_view("DOWN"));
  REQUIRE_FALSE(set.has_value());
  CHECK(set.error() == "'DOWN' is not one of ONLINE, SHUNNED, OFFLINE_SOFT, OFFLINE_HARD");
  CHECK(server.status == "offline_soft");

  UserRow user;
  const auto& attributes = *find_column(kUsersTable, "attributes");
  CHECK(set_column(user, attributes, std::string_view("")).has_value());
  CHECK_FALSE(set_column(user, attributes, std::string_view("{not json")).has_value());
  CHECK_FALSE(set_column(user, attributes, std::string_view("a\0b", 3)).has_value());
}

TEST_CASE("the DDL of a table, as SHOW CREATE TABLE prints it", "[router][config][tables]") {
  CHECK(ddl(kReplicationHostgroupsTable, "runtime_x") ==
        "CREATE TABLE runtime_x (\n"
        "    writer_hostgroup INT CHECK (writer_hostgroup >= 0) NOT NULL,\n"
        "    reader_hostgroup INT CHECK (reader_hostgroup<>writer_hostgroup AND reader_hostgroup>=0) NOT "
        "NULL,\n"
        "    check_type VARCHAR CHECK (LOWER(check_type) IN "
        "('read_only','innodb_read_only','super_read_only','read_only|innodb_read_only',"
        "'read_only&innodb_read_only')) NOT NULL DEFAULT 'read_only',\n"
        "    comment VARCHAR NOT NULL DEFAULT '',\n"
        "    PRIMARY KEY (writer_hostgroup),\n"
        "    UNIQUE (reader_hostgroup) )");
  CHECK_THAT(ddl(kCollationsTable), Catch::Contains("`Default` VARCHAR NOT NULL"));
}

namespace {

std::string without_blanks(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c != ' ') result += c;
  }
  return result;
}

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields(1);
  for (char c : line) {
    if (c == '\t') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

// The columns of a table in the form of the golden file, blanks in expressions aside.
template <class Row>
std::vector<std::vector<std::string>> described(const TableSpec<Row>& spec) {
  std::vector<std::vector<std::string>> lines;
  const Row fresh{};
  for (const Column<Row>& column : spec.columns) {
    const auto initial = required_in_sql(column.required) ? std::nullopt : read_column(fresh, column);
    const bool is_text = is_text_column(column);
    const std::string value = !initial ? "" : is_text ? table_spec::quoted_sql(*initial) : *initial;
    const Allowed allowed =
        std::visit([&]<class T>(T Row::*) { return table_spec::bounds<T>(column.allowed); }, column.field);
    std::string check = table_spec::check_sql(column.name, is_text, allowed);
    if (!check.empty()) check = check.substr(7, check.size() - 8);
    lines.push_back({std::string(spec.name), std::string(column.name), std::string(column.sql_type),
                     is_nullable_column(column) ? "NULL" : "NOT NULL", value, without_blanks(check)});
  }
  std::string keys;
  for (const Key& key : spec.keys) {
    const Key named{key.kind.empty() ? "PRIMARY KEY" : key.kind, key.columns};
    keys += (keys.empty() ? "" : "; ") + table_spec::key_sql(named);
  }
  lines.push_back({std::string(spec.name), keys});
  return lines;
}

}  // namespace

TEST_CASE("columns, order, types, defaults, checks and keys are ProxySQL's", "[router][config][tables]") {
  std::map<std::string, std::vector<std::vector<std::string>>> golden;
  std::ifstream file("tests/golden/admin-schema.tsv");
  std::string line;
  REQUIRE(std::getline(file, line));
  while (std::getline(file, line)) {
    auto fields = split(line);
    if (fields.size() == 6) fields[5] = without_blanks(fields[5]);
    golden[fields[0]].push_back(fields);
  }
  for_each_spec([&](const auto& spec) {
    CAPTURE(spec.name);
    CHECK(described(spec) == golden[std::string(spec.name)]);
    golden.erase(std::string(spec.name));
  });
  CHECK(golden.empty());
}

TEST_CASE("the list of collations has every number once, and one default per character set",
          "[router][config][tables]") {
  std::set<std::int64_t> ids;
  std::map<std::string, int> defaults;
  for (const CollationRow& row : collation_rows()) {
    CAPTURE(row.collation);
    CHECK(ids.insert(row.id).second);
    defaults[row.charset] += row.is_default == "Yes" ? 1 : 0;
  }
  CHECK(ids.size() > 250);
  for (const auto& [charset, count] : defaults) {
    CAPTURE(charset);
    CHECK(count == 1);
  }
}

TEST_CASE("rules have an automatic key, and NULL where nothing is given", "[router][config][tables]") {
  const std::string sql = ddl(kQueryRulesTable);
  CHECK_THAT(
      sql, Catch::Contains(
               "rule_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,\n    active INT CHECK (active IN (0,1)) "
               "NOT NULL DEFAULT 0,\n    username VARCHAR,\n"));
  CHECK_THAT(sql, Catch::Contains("re_modifiers VARCHAR DEFAULT 'CASELESS'"));
  CHECK_THAT(sql, !Catch::Contains("PRIMARY KEY ("));
  CHECK(kQueryRulesTable.columns.size() == 35);
}

TEST_CASE("conditions over several columns and repeated keys are complained of", "[router][config][tables]") {
  Complaints complaints;
  validate_row(kReplicationHostgroupsTable, {.writer_hostgroup = 3, .reader_hostgroup = 3}, 2, complaints);
  QueryRuleRow rule;
  rule.replace_pattern = "x";
  validate_row(kQueryRulesTable, rule, 1, complaints);
  ServerRow server;
  server.hostname = "a";
  server.gtid_port = server.port;
  server.port = 70000;
  server.gtid_port = 70000;
  validate_row(kServersTable, server, 4, complaints);
  const std::vector<UserRow> users{
      {.username = "u"}, {.username = "v"}, {.username = "u", .frontend = false}};
  validate_keys(kUsersTable, std::span(users), complaints);

  std::vector<std::string> texts;
  for (const Complaint& complaint : complaints) texts.push_back(to_text(complaint));
  CHECK(texts ==
        std::vector<std::string>{
            "mysql_replication_hostgroups row 2, reader_hostgroup: must differ from writer_hostgroup",
            "mysql_query_rules row 1, replace_pattern: needs match_pattern",
            "mysql_servers row 4, port: 70000 is not in 0..65535",
            "mysql_servers row 4, gtid_port: 70000 is not in 0..65535",
            "mysql_servers row 4, gtid_port: must differ from port, or be 0",
            "mysql_users row 3, username, backend: repeats row 1; each may occur once"});
}

TEST_CASE("a row is named by its first key", "[router][config][tables]") {
  CHECK(key_text(kServersTable, {.hostgroup_id = 1, .hostname = "db1"}) ==
        "hostgroup_id=1, hostname=db1, port=3306");
  CHECK(key_text(kQueryRulesTable, {.rule_id = 10}) == "rule_id=10");
}

TEST_CASE("a complaint says where, what and how bad", "[router][config]") {
  CHECK(to_text(Complaint{"mysql_users", 2, "password", "is odd", Severity::warning, "weir.cnf:7"}) ==
        "weir.cnf:7: warning: mysql_users row 2, password: is odd");
  CHECK(to_text(Complaint{"mysql_query_rules", 2, "apply", "x", Severity::error, "", "rule_id=7"}) ==
        "mysql_query_rules (rule_id=7), apply: x");
  CHECK(to_text(Complaint{"", 0, "datadir", "x", Severity::error, ""}) == "datadir: x");
  CHECK(to_text(Complaint{"", 0, "", "cannot be read", Severity::error, "f"}) == "f: cannot be read");
}
