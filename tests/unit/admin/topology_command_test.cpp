// SHOW TOPOLOGY as operators see it.
#include <catch2/catch.hpp>

#include "monitor/topology/topology.hpp"
#include "tests/unit/admin/executor_scene.hpp"
#include "tests/unit/monitor/topology/portraits.hpp"

namespace weir::test {
namespace {

struct TopologyScene {
  ExecutorScene scene;
  std::optional<HostPort> asked_from;
  Result<Topology, std::string> found = std::unexpected(std::string("nobody was asked"));

  // The rows of the answer, or the words of a refusal.
  std::vector<Row> rows(std::string_view sql) {
    CommandTools tools{.store = scene.store, .layers = scene.layers, .process = scene.process};
    tools.survey_topology = [this](const auto& from, auto done) {
      asked_from = from;
      done(found);
    };
    SqlExecutor executor(std::move(tools));
    const Reply reply = executor.run(scene.session, sql, {});
    if (const auto* refusal = std::get_if<Refusal>(&reply)) return {{refusal->message}};
    std::optional<Answer> answer;
    std::get<Later>(reply).ask([&](Answer now) { answer = std::move(now); });
    REQUIRE(answer.has_value());
    if (const auto* refusal = std::get_if<Refusal>(&*answer)) return {{refusal->message}};
    columns = std::get<Rows>(*answer).columns;
    return std::get<Rows>(*answer).rows;
  }
  // Column `name` of the rows.
  std::vector<Cell> column(std::string_view sql, std::string_view name) {
    std::vector<Cell> cells;
    for (const Row& row : rows(sql))
      cells.push_back(row.at(static_cast<std::size_t>(std::ranges::find(columns, name) - columns.begin())));
    return cells;
  }
  std::vector<std::string> columns;
};

TEST_CASE("SHOW TOPOLOGY tells of each server in its place", "[admin][topology]") {
  TopologyScene s;
  ServerPortrait primary = portrait("a", 1);
  primary.status = {{"rpl_semi_sync_source_status", "ON"}, {"rpl_semi_sync_replica_status", "OFF"}};
  primary.log_position = "binlog.000001:158";
  primary.refused.push_back({"replicas", 1227, "Access denied"});
  ServerPortrait broken = replica("b", 2, "a", 1);
  broken.links[0].channel = "east";
  broken.links[0].sql = {"No", 1062, "Duplicate entry"};
  broken.links[0].lag_s.reset();
  broken.variables["super_read_only"] = "ON";
  broken.variables["gtid_executed"] = "x:1-5,\ny:1-2";
  broken.variables["version"] = "10.11.19-MariaDB-0+deb12u1-log";
  s.found = Topology({primary, broken, replica("c", 3, "gone", 9), unreachable("gone")},
                     configured({"a", "b"}), {});
  const char* sql = "SHOW TOPOLOGY";
  CHECK(s.column(sql, "server") == std::vector<Cell>{"a:3306", "`- b:3306", "gone:3306", "`- c:3306"});
  CHECK(s.column(sql, "role") == std::vector<Cell>{"primary", "replica", "not reached", "replica"});
  CHECK(s.column(sql, "hostgroups") == std::vector<Cell>{"0,1", "0,1", std::nullopt, std::nullopt});
  CHECK(s.column(sql, "version") ==
        std::vector<Cell>{"MySQL 8.4.0", "MariaDB 10.11.19", std::nullopt, "MySQL 8.4.0"});
  CHECK(s.column(sql, "read_only") == std::vector<Cell>{"OFF", "super", std::nullopt, "ON"});
  CHECK(s.column(sql, "source") ==
        std::vector<Cell>{std::nullopt, "a:3306 (east)", std::nullopt, "gone:3306"});
  CHECK(s.column(sql, "sql_thread") == std::vector<Cell>{std::nullopt, "No", std::nullopt, "Yes"});
  CHECK(s.column(sql, "lag_s") == std::vector<Cell>{std::nullopt, std::nullopt, std::nullopt, "0"});
  CHECK(s.column(sql, "position") ==
        std::vector<Cell>{"binlog.000001:158", "x:1-5,y:1-2", std::nullopt, std::nullopt});
  CHECK(s.column(sql, "semi_sync") == std::vector<Cell>{"source", std::nullopt, std::nullopt, std::nullopt});
  CHECK(s.column(sql, "note") == std::vector<Cell>{"it does not list its replicas: Access denied",
                                                   "SQL thread: 1062 Duplicate entry",
                                                   "Connection refused; not configured, and not used",
                                                   "not configured, and not used"});
}

TEST_CASE("CHECK TOPOLOGY tells of each item", "[admin][topology]") {
  TopologyScene s;
  ServerPortrait broken = replica("b", 2, "a", 1);
  broken.links[0].sql = {"No", 1062, "Duplicate entry"};
  s.found = Topology({portrait("a", 1), broken}, configured({"a", "b"}), {});
  bool seen = false;
  for (const Row& row : s.rows("CHECK TOPOLOGY FROM 'a'")) {
    CHECK(row[2] == (row[0] == "threads" || row[0] == "overall" ? "ERROR" : "OK"));
    if (row[0] != "threads") continue;
    seen = true;
    CHECK(row[1] == "b:3306");
    CHECK(row[3] == "its SQL thread from a:3306 does not run: No; error 1062: Duplicate entry");
  }
  CHECK(seen);
  CHECK(s.columns == std::vector<std::string>{"item", "server", "verdict", "detail"});
  CHECK(s.asked_from == HostPort{"a", 3306});
}

TEST_CASE("SHOW TOPOLOGY FROM: one server, as people write it", "[admin][topology]") {
  struct Case {
    const char* sql;
    std::optional<HostPort> from;
  };
  const Case cases[] = {
      {"SHOW TOPOLOGY", std::nullopt},
      {"show topology from 'db1:3307';", HostPort{"db1", 3307}},
      {"SHOW TOPOLOGY FROM db1:3307", HostPort{"db1", 3307}},
      {"SHOW TOPOLOGY FROM 'db1'", HostPort{"db1", 3306}},
      {"SHOW TOPOLOGY FROM '[::1]:3307'", HostPort{"::1", 3307}},
      {"SHOW TOPOLOGY FROM '/run/mysqld.sock'", HostPort{"/run/mysqld.sock", 0}},
  };
  for (const Case& c : cases) {
    INFO(c.sql);
    TopologyScene s;
    s.rows(c.sql);
    CHECK(s.asked_from == c.from);
  }
  TopologyScene s;
  CHECK(s.rows("SHOW TOPOLOGY")[0][0] == "ProxySQL Admin Error: nobody was asked");
  CHECK(s.rows("SHOW TOPOLOGY FROM 'db1:x'")[0][0]->contains("FROM: "));
  CHECK(s.scene.told("SHOW TOPOLOGY").starts_with("1235 "));
}

}  // namespace
}  // namespace weir::test
