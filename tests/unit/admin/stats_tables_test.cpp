#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "admin/statistics_reference.hpp"
#include "admin/stats/all.hpp"
#include "router/config/snapshot_builder.hpp"
#include "router/config/variables.hpp"

using namespace weir;

namespace {

// As after PROXYSQL STOP: a configuration, and no workers.
class Stopped final : public StatsSources {
 public:
  Stopped() {
    ServerRow server;
    server.hostname = "db1";
    tables_.servers.push_back(server);
    UserRow user;
    user.username = "ann";
    tables_.users.push_back(user);
    snapshot_ = build_snapshot(tables_, defaults(), states_, nullptr).value();
  }
  Fleet* fleet() override { return nullptr; }
  std::shared_ptr<const Snapshot> snapshot() override { return snapshot_; }
  const ServerStates& server_states() override { return states_; }
  std::vector<PartChecksum> checksums() override { return {{"mysql_servers", 2, 1700000000, "0x01"}}; }
  Instant now() override { return 1; }
  std::int64_t uptime_s() override { return 7; }
  bool listeners_paused() override { return true; }

 private:
  Tables tables_;
  ServerStates states_;
  std::shared_ptr<const Snapshot> snapshot_;
};

struct Scene {
  Scene() { add_stats_tables(store, sources); }
  std::vector<Row> rows(std::string_view sql) { return store.rows(sql).rows; }

  Stopped sources;
  Store store;
};

// Columns by "schema table", as tests/oracle/stats_columns.tsv has them and as SQLite shows them.
using Columns = std::map<std::string, std::vector<Row>>;

Columns recorded() {
  Columns columns;
  std::ifstream file("tests/oracle/stats_columns.tsv");
  for (std::string line; std::getline(file, line);) {
    std::istringstream cells(line);
    std::string schema, table;
    std::getline(cells, schema, '\t');
    std::getline(cells, table, '\t');
    Row row;
    for (std::string cell; std::getline(cells, cell, '\t');) {
      row.push_back(cell == "-" ? Cell() : Cell(cell));
    }
    columns[schema + " " + table].push_back(row);
  }
  return columns;
}

}  // namespace

TEST_CASE("columns of statistics are ProxySQL's: names, order, types, NOT NULL, defaults", "[admin][stats]") {
  // Virtual tables of SQLite have neither NOT NULL nor defaults: the definitions are looked at.
  Stopped sources;
  Store live, plain;
  std::map<std::string, std::string> ddl;
  for (const LiveTable& table : stats_tables(live, sources)) ddl[table.schema + " " + table.name] = table.ddl;
  const Columns all = recorded();
  REQUIRE(all.size() > 30);
  for (const auto& [name, columns] : all) {
    CAPTURE(name);
    REQUIRE(ddl.contains(name));
    plain.run(ddl[name]);
    const std::string table = name.substr(name.find(' ') + 1);
    CHECK(plain.rows("SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info('" + table + "')")
              .rows == columns);
    plain.run("DROP TABLE \"" + table + "\"");
  }
}

TEST_CASE("every table can be read while no workers run", "[admin][stats]") {
  Scene scene;
  for (const LiveTable& table : stats_tables(scene.store, scene.sources)) {
    CAPTURE(table.name);
    const Rows rows = scene.store.rows("SELECT * FROM " + table.schema + "." + table.name);
    for (const Row& row : rows.rows) CHECK(row.size() == rows.columns.size());
    CHECK(table.column_docs.size() == rows.columns.size());
    for (std::size_t i = 0; i < rows.columns.size(); ++i) CHECK(table.column_docs[i].name == rows.columns[i]);
    CHECK_FALSE(table.doc.empty());
  }
}

TEST_CASE("what is known without workers is shown", "[admin][stats]") {
  Scene scene;
  struct Case {
    const char* sql;
    std::vector<Row> rows;
  };
  for (const auto& [sql, rows] : std::initializer_list<Case>{
           {"SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name IN ('ProxySQL_Uptime', "
            "'MySQL_Thread_Workers', 'mysql_listener_paused', 'Servers_table_version') ORDER BY "
            "Variable_Name",
            {{"0"}, {"7"}, {"2"}, {"1"}}},
           {"SELECT hostgroup, srv_host, srv_port, status, ConnUsed FROM stats_mysql_connection_pool",
            {{"0", "db1", "3306", "ONLINE", "0"}}},
           {"SELECT * FROM stats_mysql_users", {{"ann", "0", "10000"}}},
           {"SELECT name, version FROM runtime_checksums_values", {{"mysql_servers", "2"}}},
           {"SELECT * FROM stats.global_variables", {{"mysql-max_allowed_packet", "4194304"}}},
           {"SELECT Total_cnt FROM stats_mysql_commands_counters WHERE Command = 'SELECT'", {{"0"}}},
           {"SELECT count(*) FROM stats_mysql_query_digest", {{"0"}}},
       }) {
    CAPTURE(sql);
    CHECK(scene.rows(sql) == rows);
  }
}

TEST_CASE("the reference of statistics is current", "[admin][stats]") {
  std::ifstream in("etc/statistics.md", std::ios::binary);
  const std::string committed((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  INFO("refresh it with: weir --print-statistics > etc/statistics.md");
  const bool current = committed == statistics_reference();
  CHECK(current);
}
