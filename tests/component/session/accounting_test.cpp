// What statements cost, as the statistics tables count it.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

// "hostgroup digest text xcount affected/sent", sorted; of all digests of worker 0.
std::vector<std::string> digests(Scene& scene) {
  std::vector<std::string> lines;
  for (const DigestRow& row : scene.worker(0).digest_stats().copy(scene.worker(0).clock())) {
    lines.push_back(std::to_string(row.identity->hostgroup) + " " + *row.identity->text + " x" +
                    std::to_string(row.figures.count) + " " + std::to_string(row.figures.rows_affected) +
                    "/" + std::to_string(row.figures.rows_sent));
  }
  std::ranges::sort(lines);
  return lines;
}

ServerTotals totals(Scene& scene, std::size_t server = 0) {
  const Hostgroup& hostgroup = scene.worker(0).snapshot().hostgroups()[server];
  return hostgroup.servers.front()->figures().totals();
}

std::uint64_t commands(Scene& scene, CommandClass command) {
  return scene.worker(0).command_stats().of(command).total.value();
}

TEST_CASE("statements are counted by digest, schema and hostgroup, with their rows") {
  Scene scene;
  scene.server().on("SELECT", [](ServerSide& side) { side.rows("v", {"1", "2"}); });
  scene.server().on("UPDATE", [](ServerSide& side) { side.ok(3); });
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  scene.ask(client, "SELECT v FROM t WHERE id = 1");
  scene.ask(client, "SELECT v FROM t WHERE id = 22");
  scene.ask(client, "UPDATE t SET v = 5");
  CHECK(digests(scene) ==
        std::vector<std::string>{"1 SELECT v FROM t WHERE id = ? x2 0/4", "1 UPDATE t SET v = ? x1 3/0"});
  CHECK(commands(scene, CommandClass::select) == 2);
  CHECK(commands(scene, CommandClass::update) == 1);
}

TEST_CASE("what is executed from a prepared statement is counted, its preparation is not") {
  Scene scene;
  scene.server().on(Command::stmt_execute, [](ServerSide& side) { side.rows("v", {"1"}); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("SELECT v FROM t"));
  scene.reply_of(client);
  for (int i = 0; i < 3; ++i) scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex);
  CHECK(digests(scene) == std::vector<std::string>{"1 SELECT v FROM t x3 0/3"});
  CHECK(scene.count(&WorkerStats::client_prepares) == 1);
  CHECK(scene.count(&WorkerStats::client_executes) == 3);
  CHECK(scene.count(&WorkerStats::backend_executes) == 3);
}

TEST_CASE("a statement that its server did not answer is counted where it was sent") {
  Scene scene;
  scene.server().on("UPDATE", [](ServerSide& side) { side.reset(); });
  scene.start();
  CHECK(scene.ask(scene.log_in(), "UPDATE t SET v = 1").starts_with("1927"));
  CHECK(digests(scene) == std::vector<std::string>{"1 UPDATE t SET v = ? x1 0/0"});
}

TEST_CASE("a statement that no server was asked for has no hostgroup") {
  Scene scene;
  QueryRuleRow rule;
  rule.rule_id = 1;
  rule.active = true;
  rule.match_digest = "^DROP";
  rule.error_msg = "not here";
  scene.tables().query_rules.push_back(rule);
  scene.start();
  scene.ask(scene.log_in(), "DROP TABLE t");
  CHECK(digests(scene) == std::vector<std::string>{"-1 DROP TABLE t x1 0/0"});
}

TEST_CASE("nothing is counted that the settings do not want") {
  Scene scene;
  scene.settings().query_digests = false;
  scene.settings().commands_stats = false;
  scene.start();
  scene.ask(scene.log_in(), "SELECT 1");
  CHECK(digests(scene).empty());
  CHECK(commands(scene, CommandClass::select) == 0);
}

TEST_CASE("errors are counted with the server that sent them") {
  Scene scene;
  scene.server().on("SELECT", [](ServerSide& side) { side.err(1146, "Table 'd.t' doesn't exist", "42S02"); });
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  scene.ask(client, "SELECT 1 FROM t");
  scene.ask(client, "SELECT 2 FROM t");
  const auto errors = scene.worker(0).error_stats().copy(scene.worker(0).clock());
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().code == 1146);
  CHECK(errors.front().count == 2);
  CHECK(errors.front().hostgroup == 1);
  CHECK(errors.front().username == "ann");
  CHECK(errors.front().port != 0);
  CHECK(errors.front().last_error == "Table 'd.t' doesn't exist");
}

TEST_CASE("a server's figures follow its connections and statements") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "SELECT 1");
  ServerTotals idle = totals(scene);
  CHECK(idle.queries == 1);
  CHECK(idle.connections_used == 0);
  CHECK(idle.connections_idle == scene.idle_connections());
  CHECK(idle.connects == scene.connections());
  CHECK(idle.bytes_sent >= 13);
  CHECK(idle.bytes_received > 0);
  scene.ask(client, "BEGIN");
  ServerTotals used = totals(scene);
  CHECK(used.queries == 2);
  CHECK(used.connections_used == 1);
  CHECK(used.most_used == 1);
  CHECK(used.connections_idle == scene.idle_connections());
  client.close();
  scene.until([&] { return scene.sessions() == 0; });
  scene.settle();
  CHECK(totals(scene).connections_used == 0);
  CHECK(totals(scene).connections_idle == scene.idle_connections());
  CHECK(scene.count(&WorkerStats::pool_requests) ==
        scene.count(&WorkerStats::pool_served) + scene.count(&WorkerStats::pool_failures));
}

}  // namespace
}  // namespace weir::test
