// Tables of statistics and metrics, read while a small fleet serves clients.
#include <algorithm>
#include <catch2/catch.hpp>

#include "admin/metrics.hpp"
#include "admin/stats/all.hpp"
#include "tests/component/session/route_steps.hpp"
#include "tests/support/prometheus.hpp"
#include "tests/support/recorded_digests.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

class Statistics final : public StatsSources {
 public:
  explicit Statistics(Scene& scene) : scene_(scene) { add_stats_tables(store_, *this); }

  std::vector<Row> rows(std::string_view sql) { return store_.rows(sql).rows; }
  std::string value(std::string_view sql) {
    const std::vector<Row> all = rows(sql);
    return all.empty() || all[0].empty() ? "nothing" : all[0][0].value_or("NULL");
  }
  std::string figure(const std::string& name) {
    return value("SELECT Variable_Value FROM stats_mysql_global WHERE Variable_Name = '" + name + "'");
  }

  Fleet* fleet() override { return &scene_.fleet(); }
  std::shared_ptr<const Snapshot> snapshot() override { return scene_.fleet().snapshot(); }
  const ServerStates& server_states() override { return scene_.states(); }
  std::vector<PartChecksum> checksums() override { return {}; }
  Instant now() override { return scene_.worker(0).loop().now(); }
  std::int64_t uptime_s() override { return 1; }
  bool listeners_paused() override { return false; }

 private:
  Scene& scene_;
  Store store_;
};

QueryRuleRow rule(std::int64_t id, const std::string& pattern) {
  QueryRuleRow row;
  row.rule_id = id;
  row.active = row.apply = true;
  row.match_pattern = pattern;
  row.destination_hostgroup = 1;
  return row;
}

TEST_CASE("sessions, connections, users and figures of several workers", "[admin][stats]") {
  Scene scene(2);
  scene.start();
  Statistics statistics(scene);
  ScriptedClient& ann = scene.log_in("ann", "shop");
  ScriptedClient& bob = scene.log_in("bob");
  CHECK(scene.ask(ann, "SELECT 1") == "a");
  CHECK(scene.ask(bob, "SELECT 1") == "a");
  struct Case {
    const char* sql;
    std::vector<Row> rows;
  };
  for (const auto& [sql, rows] : std::initializer_list<Case>{
           {"SELECT ThreadID, user, db, cli_host, hostgroup, command, info FROM stats_mysql_processlist",
            {{"0", "ann", "shop", "127.0.0.1", "1", "Sleep", std::nullopt},
             {"1", "bob", std::nullopt, "127.0.0.1", "1", "Sleep", std::nullopt}}},
           {"SELECT stage, pins, pin_causes FROM stats_weir_sessions", {{"idle", "", ""}, {"idle", "", ""}}},
           {"SELECT username, frontend_connections FROM stats_mysql_users", {{"ann", "1"}, {"bob", "1"}}},
           {"SELECT user, schema, hostgroup FROM stats_mysql_free_connections ORDER BY user",
            {{"ann", "shop", "1"}, {"bob", std::nullopt, "1"}}},
       }) {
    CAPTURE(sql);
    CHECK(statistics.rows(sql) == rows);
  }
  CHECK(statistics.figure("Client_Connections_connected") == "2");
  CHECK(statistics.figure("Server_Connections_connected") == "2");
  CHECK(statistics.figure("Questions") == "2");
  CHECK(statistics.figure("MySQL_Thread_Workers") == "2");
}

TEST_CASE("causes of pins are counted, with the statements that were it", "[admin][stats]") {
  Scene scene(2);
  scene.start();
  Statistics statistics(scene);
  ScriptedClient& ann = scene.log_in("ann");
  ScriptedClient& bob = scene.log_in("bob");
  for (int i = 0; i < 2; ++i) {
    CHECK(scene.ask(bob, "BEGIN") == "ok");
    CHECK(scene.ask(bob, "COMMIT") == "ok");
  }
  scene.ask(ann, "SELECT GET_LOCK('a', 1)");
  scene.ask(ann, "SELECT GET_LOCK('a', 1)");
  CHECK(scene.ask(ann, "BEGIN") == "ok");
  CHECK(statistics.rows("SELECT user, pin_causes FROM stats_weir_sessions JOIN stats_mysql_processlist "
                        "USING (SessionID) ORDER BY user") ==
        std::vector<Row>{{"ann", "in_transaction: BEGIN; named_lock: SELECT GET_LOCK(?,?)"}, {"bob", ""}});
  CHECK(statistics.rows("SELECT cause, sessions, times, digest_text FROM stats_mysql_pins WHERE times > 0") ==
        std::vector<Row>{{"in_transaction", "1", "3", "BEGIN"},
                         {"named_lock", "1", "1", "SELECT GET_LOCK(?,?)"}});
  CHECK(statistics.value("SELECT count(*) FROM stats_mysql_pins") == std::to_string(kPins));
}

TEST_CASE("a statement under way is in the process list, with its server", "[admin][stats]") {
  Scene scene;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  Statistics statistics(scene);
  ScriptedClient& client = scene.log_in();
  client.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  CHECK(statistics.rows("SELECT command, info, srv_host, srv_port FROM stats_mysql_processlist") ==
        std::vector<Row>{{"Query", "SELECT held", "127.0.0.1", std::to_string(scene.server().port())}});
  CHECK(statistics.value("SELECT stage FROM stats_weir_sessions") == "executing");
  CHECK(statistics.figure("Client_Connections_non_idle") == "1");
  CHECK(statistics.value("SELECT count(*) FROM stats_mysql_free_connections") == "0");
}

TEST_CASE("hits of rules are added up over workers, and shown for rules that have none", "[admin][stats]") {
  Scene scene(2);
  scene.tables().query_rules = {rule(3, "^SELECT"), rule(5, "nobody asks this")};
  scene.start();
  Statistics statistics(scene);
  for (const char* user : {"ann", "bob"}) CHECK(scene.ask(scene.log_in(user), "SELECT 1") == "a");
  CHECK(statistics.rows("SELECT * FROM stats_mysql_query_rules") == std::vector<Row>{{"3", "2"}, {"5", "0"}});
}

TEST_CASE("what the limits of rules let run and hold back is shown", "[admin][stats]") {
  Scene scene;
  QueryRuleRow of_rule = rule(3, "^SELECT held");
  of_rule.attributes = R"({"max_in_flight":1})";
  QueryRuleRow of_users = rule(5, "^UPDATE");
  of_users.attributes = R"({"max_in_flight":7,"max_in_flight_per":"user"})";
  scene.tables().query_rules = {of_rule, of_users, rule(9, "^SELECT")};
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  Statistics statistics(scene);
  const auto shown = [&] { return statistics.rows("SELECT * FROM stats_mysql_rules_in_flight"); };
  const Row nothing_of_users{"5", "7", "user", "0", "0", "0"};
  CHECK(shown() == std::vector<Row>{{"3", "1", "rule", "0", "0", "0"}, nothing_of_users});
  ScriptedClient& first = scene.log_in();
  ScriptedClient& second = scene.log_in();
  first.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  second.query("SELECT held");
  scene.settle();
  CHECK(shown() == std::vector<Row>{{"3", "1", "rule", "1", "1", "1"}, nothing_of_users});
}

TEST_CASE("prepared statements of several workers are one row", "[admin][stats]") {
  Scene scene(2);
  scene.start();
  Statistics statistics(scene);
  for (int i = 0; i < 2; ++i) {
    ScriptedClient& client = scene.log_in();
    client.command(Command::stmt_prepare, as_bytes("SELECT a FROM t WHERE id = ?"));
    scene.reply_of(client);
  }
  const auto rows = statistics.rows(
      "SELECT username, ref_count_client, ref_count_server, query FROM stats_mysql_prepared_statements_info");
  CHECK(rows == std::vector<Row>{{"ann", "2", "2", "SELECT a FROM t WHERE id = ?"}});
}

TEST_CASE("digests of several workers are added up; the twin starts them anew", "[admin][stats]") {
  Scene scene(2);
  scene.server().on("SELECT a", [](ServerSide& side) { side.rows("a", {"1", "2"}); });
  scene.start();
  Statistics statistics(scene);
  ScriptedClient& first = scene.log_in("ann", "shop");
  ScriptedClient& second = scene.log_in("ann", "shop");
  for (int i = 0; i < 3; ++i) scene.ask(first, "SELECT a FROM t WHERE id = " + std::to_string(i));
  scene.ask(second, "SELECT a FROM t WHERE id = 7");
  const std::string columns = "hostgroup, schemaname, username, digest_text, count_star, sum_rows_sent";
  const std::vector<Row> counted{{"1", "shop", "ann", "SELECT a FROM t WHERE id = ?", "4", "8"}};
  CHECK(statistics.rows("SELECT " + columns + " FROM stats_mysql_query_digest") == counted);
  CHECK(statistics.rows("SELECT " + columns + " FROM stats_mysql_query_digest") == counted);
  const std::string both =
      "SELECT (SELECT sum(count_star) FROM stats_mysql_query_digest_reset),"
      " (SELECT sum(count_star) FROM stats_mysql_query_digest)";
  CHECK(statistics.rows(both) == std::vector<Row>{{"4", "4"}});
  CHECK(statistics.rows("SELECT * FROM stats_mysql_query_digest").empty());
  scene.ask(second, "SELECT a FROM t WHERE id = 8");
  CHECK(statistics.value("SELECT count_star FROM stats_mysql_query_digest") == "1");
}

TEST_CASE("commands are counted by class and latency", "[admin][stats]") {
  Scene scene(2);
  scene.start();
  Statistics statistics(scene);
  for (const char* user : {"ann", "bob"}) scene.ask(scene.log_in(user), "SELECT 1");
  const auto row =
      statistics.rows("SELECT * FROM stats_mysql_commands_counters WHERE Command = 'SELECT'").at(0);
  CHECK(row.at(2) == "2");
  std::uint64_t in_buckets = 0;
  for (std::size_t i = 3; i < row.size(); ++i) in_buckets += std::stoull(*row[i]);
  CHECK(in_buckets == 2);
}

TEST_CASE("errors by server, user and number; the twin starts them anew", "[admin][stats]") {
  Scene scene;
  scene.server().on("SELECT", [](ServerSide& side) { side.err(1146, "no such table", "42S02"); });
  scene.start();
  Statistics statistics(scene);
  ScriptedClient& client = scene.log_in();
  for (int i = 0; i < 2; ++i) scene.ask(client, "SELECT 1 FROM t");
  const std::string columns = "SELECT hostgroup, port, username, errno, count_star, last_error FROM ";
  const std::vector<Row> counted{
      {"1", std::to_string(scene.server().port()), "ann", "1146", "2", "no such table"}};
  CHECK(statistics.rows(columns + "stats_mysql_errors") == counted);
  CHECK(statistics.rows(columns + "stats_mysql_errors_reset") == counted);
  CHECK(statistics.rows("SELECT * FROM stats_mysql_errors").empty());
}

TEST_CASE("reads left on the writer, and reads refused by a replica, of several workers", "[admin][stats]") {
  Scene scene(2);
  scene.add_server(2, "replica").on("SELECT v FROM sneaky", [](ServerSide& side) {
    side.err(1836, "Running in read-only mode", "HY000");
  });
  scene.split_reads_to(2);
  scene.start();
  Statistics statistics(scene);
  for (int i = 0; i < 2; ++i) {
    ScriptedClient& client = scene.log_in("ann", "shop");
    scene.ask(client, "SELECT f(1)");
    scene.ask(client, "SELECT v FROM sneaky");
  }
  const std::string doubts =
      "SELECT hostgroup, schemaname, username, digest_text, reason, detail, count_star FROM "
      "stats_mysql_route_doubts";
  const std::string surprises =
      "SELECT hostgroup, username, digest_text, count_star, hostname, errno, last_error, first_seen > 0, "
      "last_seen >= first_seen FROM stats_mysql_route_surprises";
  const std::vector<Row> doubt{{"1", "shop", "ann", "SELECT f(?)", "unknown_function", "f", "2"}};
  const std::vector<Row> surprise{
      {"2", "ann", "SELECT v FROM sneaky", "2", "127.0.0.1", "1836", "Running in read-only mode", "1", "1"}};
  for (const char* reset : {"", "_reset"}) {
    CHECK(statistics.rows(doubts + reset) == doubt);
    CHECK(statistics.rows(surprises + reset) == surprise);
  }
  CHECK(statistics.rows(doubts).empty());
  CHECK(statistics.rows(surprises).empty());
  CHECK(statistics.figure("weir_reads_left_on_writer") == "2");
}

TEST_CASE("the pool's counters start anew, what is connected stays", "[admin][stats]") {
  Scene scene;
  scene.start();
  Statistics statistics(scene);
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  const std::string columns = "SELECT status, ConnUsed, ConnFree, ConnOK, Queries FROM ";
  const std::vector<Row> counted{{"ONLINE", "0", "1", "1", "1"}};
  CHECK(statistics.rows(columns + "stats_mysql_connection_pool") == counted);
  CHECK(statistics.rows(columns + "stats_mysql_connection_pool_reset") == counted);
  CHECK(statistics.rows(columns + "stats_mysql_connection_pool") ==
        std::vector<Row>{{"ONLINE", "0", "1", "0", "0"}});
}

TEST_CASE("servers that may be chosen are shown, with what speaks against others, and slow starts",
          "[admin][stats]") {
  Scene scene;
  scene.add_server(1, "b");
  scene.server_row(0).status = "OFFLINE_SOFT";
  HostgroupAttributesRow attributes;
  attributes.hostgroup_id = 1;
  attributes.hostgroup_settings = R"({"slow_start_ms":3600000})";
  scene.tables().hostgroup_attributes.push_back(attributes);
  scene.start();
  Statistics statistics(scene);
  const std::string columns = "SELECT choice, reason, weight, share_pct FROM stats_mysql_server_choice ";
  const std::string first = columns + "WHERE srv_port = " + std::to_string(scene.server(0).port());
  CHECK(statistics.rows(first) == std::vector<Row>{{"not used", "OFFLINE_SOFT", "1", "100.0"}});
  CHECK(statistics.rows("SELECT choice, share_pct FROM stats_mysql_server_choice WHERE reason = ''") ==
        std::vector<Row>{{"candidate", "100.0"}});
  scene.server_row(0).status = "ONLINE";
  scene.publish();
  CHECK(statistics.rows(first) == std::vector<Row>{{"candidate", "", "1", "2.0"}});
  ScriptedClient& client = scene.log_in();
  const std::string explained = written(steps_of(scene, client, "EXPLAIN ROUTE SELECT 1"));
  CHECK(explained.contains("weight 1, of which 2.0 % count now (slow start); "));
}

TEST_CASE("a full server is no candidate, as long as none of its connections is free", "[admin][stats]") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  Statistics statistics(scene);
  const auto shown = [&] { return statistics.rows("SELECT choice, reason FROM stats_mysql_server_choice"); };
  CHECK(shown() == std::vector<Row>{{"candidate", ""}});
  ScriptedClient& client = scene.log_in();
  client.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  CHECK(shown() == std::vector<Row>{{"full", "at max_connections 1, none of them free"}});
  scene.server().find_held()->ok();
  scene.server().find_held()->release();
  scene.reply_of(client);
  CHECK(shown() == std::vector<Row>{{"candidate", "at max_connections 1, 1 of them free"}});
}

TEST_CASE("a removed server is shown as long as it has connections", "[admin][stats]") {
  Scene scene;
  scene.add_server(2, "b");
  scene.start();
  Statistics statistics(scene);
  const std::string servers = "SELECT hostgroup, status, ConnUsed FROM stats_mysql_connection_pool";
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  scene.tables().servers.erase(scene.tables().servers.begin());
  scene.publish();
  CHECK(statistics.rows(servers) == std::vector<Row>{{"1", "OFFLINE_HARD", "1"}, {"2", "ONLINE", "0"}});
  client.close();
  scene.until([&] { return scene.sessions() == 0; });
  scene.settle();
  CHECK(statistics.rows(servers) == std::vector<Row>{{"2", "ONLINE", "0"}});
}

TEST_CASE("digests are those that ProxySQL shows", "[admin][stats]") {
  Scene scene;
  scene.start();
  Statistics statistics(scene);
  for (const RecordedDigest& recorded : recorded_digests()) {
    CAPTURE(recorded.sql);
    scene.ask(scene.log_in(), recorded.sql);
    CHECK(statistics.rows("SELECT digest, digest_text FROM stats_mysql_query_digest_reset") ==
          std::vector<Row>{{recorded.hash, recorded.text}});
  }
}

TEST_CASE("workers in threads are asked while they serve", "[admin][stats]") {
  Scene scene(2, Scene::Threads::own);
  scene.start();
  Statistics statistics(scene);
  ScriptedClient& client = scene.log_in();
  for (int i = 0; i < 20; ++i) {
    client.query("SELECT 1");
    CHECK(statistics.value("SELECT count(*) FROM stats_mysql_processlist") == "1");
    CHECK(scene.reply_of(client) == "a");
  }
  CHECK(statistics.figure("Questions") == "20");
}

TEST_CASE("metrics of a working fleet are well formed, and agree with the tables", "[admin][prometheus]") {
  Scene scene(2);
  scene.tables().query_rules = {rule(3, "^SELECT")};
  scene.start();
  Statistics statistics(scene);
  ScriptedClient& client = scene.log_in();
  for (int i = 0; i < 3; ++i) CHECK(scene.ask(client, "SELECT 1") == "a");
  const PrometheusReading reading = read_prometheus(prometheus_text(statistics));
  CHECK(reading.faults == std::vector<std::string>{});
  CHECK(reading.samples.at("weir_questions_total") == 3);
  CHECK(reading.samples.at("proxysql_questions_total") == 3);
  CHECK(reading.samples.at("weir_query_rule_hits_total{rule_id=\"3\"}") == 3);
  CHECK(reading.samples.at("weir_sessions_pinned{cause=\"in_transaction\"}") == 0);
  CHECK(reading.samples.at("weir_session_pins_total{cause=\"role\"}") == 0);
  const std::string server =
      "{hostgroup=\"1\",endpoint=\"127.0.0.1:" + std::to_string(scene.server().port()) + "\"}";
  CHECK(reading.samples.at("proxysql_connpool_conns_status" + server) == 1);
  for (const Figure& figure : read_figures(statistics)) {
    if (figure.name.empty()) continue;
    CAPTURE(figure.name);
    CHECK(reading.samples.contains(prometheus_name(figure)));
    CHECK(metrics_reference().contains('`' + prometheus_name(figure) + '`'));
  }
}

}  // namespace
}  // namespace weir::test
