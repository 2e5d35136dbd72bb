#include "router/config/tables.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace weir;

namespace {

template <class Visit>
void for_each_spec(Visit visit) {
  const Tables none;
  for_each_table(none, [&](const auto& spec, const auto&) { visit(spec); });
  visit(kVariablesTable);
}

// Some text that a column takes.
template <class Row>
std::string good_text(const Column<Row>& column) {
  if (!column.allowed.words.empty()) return std::string(column.allowed.words.back());
  return column.allowed.json ? R"({"a":1})" : "it's";
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
      const std::string text = is_text_column(column) ? good_text(column) : "1";
      REQUIRE(set_column(row, column, std::string_view(text)).has_value());
      CHECK(read_column(row, column) == text);
      Row by_number{};
      const auto set = set_column(by_number, column, std::int64_t{1});
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

TEST_CASE("the DDL of mysql_servers", "[router][config][tables]") {
  CHECK(ddl(kServersTable) ==
        "CREATE TABLE mysql_servers ("
        "hostgroup_id INT CHECK (hostgroup_id >= 0 AND hostgroup_id <= 2147483647) NOT NULL DEFAULT 0, "
        "hostname VARCHAR NOT NULL, "
        "port INT CHECK (port >= 0 AND port <= 65535) NOT NULL DEFAULT 3306, "
        "gtid_port INT CHECK (gtid_port >= 0 AND gtid_port <= 65535) NOT NULL DEFAULT 0, "
        "status VARCHAR CHECK (LOWER(status) IN ('online','shunned','offline_soft','offline_hard')) NOT NULL "
        "DEFAULT 'ONLINE', "
        "weight INT CHECK (weight >= 0 AND weight <= 10000000) NOT NULL DEFAULT 1, "
        "compression INT CHECK (compression IN (0,1)) NOT NULL DEFAULT 0, "
        "max_connections INT CHECK (max_connections >= 0) NOT NULL DEFAULT 1000, "
        "max_replication_lag INT CHECK (max_replication_lag >= 0 AND max_replication_lag <= 126144000) NOT "
        "NULL "
        "DEFAULT 0, "
        "use_ssl INT CHECK (use_ssl IN (0,1)) NOT NULL DEFAULT 0, "
        "max_latency_ms INT UNSIGNED CHECK (max_latency_ms >= 0) NOT NULL DEFAULT 0, "
        "comment VARCHAR NOT NULL DEFAULT '', "
        "CHECK (gtid_port <> port OR gtid_port = 0), "
        "PRIMARY KEY (hostgroup_id, hostname, port))");
}

TEST_CASE("rules have an automatic key, and NULL where nothing is given", "[router][config][tables]") {
  const std::string sql = ddl(kQueryRulesTable);
  CHECK_THAT(sql,
             Catch::Contains(
                 "rule_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, active INT CHECK (active IN (0,1)) "
                 "NOT NULL DEFAULT 0, username VARCHAR, "));
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

TEST_CASE("a complaint says where, what and how bad", "[router][config]") {
  CHECK(to_text(Complaint{"mysql_users", 2, "password", "is odd", Severity::warning, "weir.cnf:7"}) ==
        "weir.cnf:7: warning: mysql_users row 2, password: is odd");
  CHECK(to_text(Complaint{"", 0, "datadir", "x", Severity::error, ""}) == "datadir: x");
  CHECK(to_text(Complaint{"", 0, "", "cannot be read", Severity::error, "f"}) == "f: cannot be read");
}
