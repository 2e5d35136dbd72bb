// A replica refuses a statement because it is read-only: the client never hears of it.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

constexpr std::string_view kReadOnly = "The MySQL server is running with the --read-only option";

// Server 0 writes, server 1 is its replica and refuses what reads a view that calls a writing function.
void make_pair(Scene& scene) {
  scene.add_server(2, "replica").on("SELECT v FROM sneaky", [](ServerSide& side) {
    side.err(1290, kReadOnly, "HY000");
  });
  scene.split_reads_to(2);
  scene.server(0).on("SELECT v FROM sneaky", [](ServerSide& side) { side.rows("v", {"written"}); });
}

TEST_CASE("a statement that a replica refuses as read-only is carried out by the writer") {
  Scene scene;
  make_pair(scene);
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT v FROM sneaky WHERE id = 1") == "written");
  CHECK(scene.server(1).count("SELECT v FROM sneaky") == 1);
  CHECK(scene.server(0).count("SELECT v FROM sneaky") == 1);
  CHECK(scene.count(&WorkerStats::misroutes_corrected) == 1);
  CHECK(scene.idle_connections() == scene.connections());
}

TEST_CASE("its digest is known as a write from then on, other reads are not") {
  Scene scene;
  make_pair(scene);
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT v FROM sneaky WHERE id = 1") == "written");
  CHECK(scene.ask(client, "SELECT v FROM sneaky WHERE id = 22") == "written");
  CHECK(scene.server(1).count("SELECT v FROM sneaky") == 1);
  const auto& learned = scene.worker(0).learned_writes().all();
  REQUIRE(learned.size() == 1);
  CHECK(learned.front().digest_text == "SELECT v FROM sneaky WHERE id = ?");
  CHECK(learned.front().error_code == 1290);
  CHECK(learned.front().refusals == 1);
  scene.ask(client, "SELECT 1");
  CHECK(scene.server(1).count("SELECT 1") == 1);
}

TEST_CASE("a prepared statement is prepared and carried out on the writer") {
  Scene scene;
  make_pair(scene);
  scene.server(1).on(Command::stmt_execute, [](ServerSide& side) { side.err(1290, kReadOnly, "HY000"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("SELECT v FROM sneaky"));
  scene.until([&] { return !client.replies().empty(); });
  client.take_reply();
  CHECK(scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex) == "ok");
  CHECK(scene.server(1).count(Command::stmt_execute) == 1);
  CHECK(scene.server(0).count(Command::stmt_execute) == 1);
  CHECK(scene.count(&WorkerStats::misroutes_corrected) == 1);
}

TEST_CASE("what the client must hear, it hears") {
  struct Case {
    const char* name;
    std::uint16_t code;
    std::string_view message;
  };
  for (const Case& c : {Case{"another error", 1146, "Table 'x' doesn't exist"},
                        Case{"1290 of another option", 1290, "--secure-file-priv"}}) {
    CAPTURE(c.name);
    Scene scene;
    scene.add_server(2, "replica").on("SELECT", [&](ServerSide& side) {
      side.err(c.code, c.message, "HY000");
    });
    scene.split_reads_to(2);
    scene.start();
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, "SELECT 1").starts_with(std::to_string(c.code)));
    CHECK(scene.server(0).count("SELECT") == 0);
    CHECK(scene.count(&WorkerStats::misroutes_corrected) == 0);
  }
}

TEST_CASE("a writer that is read-only, too, is asked once") {
  Scene scene;
  make_pair(scene);
  scene.server(0).on("SELECT v FROM sneaky",
                     [](ServerSide& side) { side.err(1836, "Running in read-only mode", "HY000"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT v FROM sneaky WHERE id = 1").starts_with("1836 "));
  CHECK(scene.server(0).count("SELECT v FROM sneaky") == 1);
}

TEST_CASE("an error behind a first result has no second chance") {
  Scene scene;
  scene.add_server(2, "replica").on("SELECT", [](ServerSide& side) {
    side.head({"v"});
    side.row({"one"});
    side.err(1290, kReadOnly, "HY000");
  });
  scene.split_reads_to(2);
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "SELECT 1");
  CHECK(scene.server(0).count("SELECT") == 0);
}

constexpr std::uint16_t kReadOnlyTransaction = kStatusInTransaction | kStatusInReadOnlyTransaction;

// Session of a client in a transaction READ ONLY, which the replica carries out.
ScriptedClient& in_read_only_transaction(Scene& scene) {
  scene.add_server(2, "replica").on("START", [](ServerSide& side) { side.ok(0, 0, kReadOnlyTransaction); });
  scene.split_reads_to(2);
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "START TRANSACTION READ ONLY") == "ok");
  CHECK(scene.server(1).count("START") == 1);
  return client;
}

TEST_CASE("a read in a read-only transaction on a replica is not one that was left on the writer") {
  Scene scene;
  ScriptedClient& client = in_read_only_transaction(scene);
  CHECK(scene.ask(client, "SELECT 1") == "replica");
  CHECK(scene.server(1).count("SELECT 1") == 1);
  CHECK(scene.count(&WorkerStats::reads_left_on_writer) == 0);
}

TEST_CASE("a view that writes is refused as the writer would, in a read-only transaction") {
  Scene scene;
  ScriptedClient& client = in_read_only_transaction(scene);
  scene.server(1).on("SELECT v", [](ServerSide& side) { side.err(1290, kReadOnly, "HY000"); });
  CHECK(scene.ask(client, "SELECT v FROM sneaky") ==
        "1792 Cannot execute statement in a READ ONLY transaction.");
  CHECK(scene.server(0).count("SELECT v") == 0);
}

TEST_CASE("a read-only transaction goes on at the writer when it asks for more than reads") {
  for (const char* sql : {"UPDATE t SET a = 1", "SET @a = 1", "SELECT a INTO @a FROM t",
                          "SELECT GET_LOCK('a', 1)", "SAVEPOINT p", "SELECT a FROM t FOR UPDATE",
                          "PREPARE p FROM 'SELECT 1'", "CALL p()", "COMMIT; SELECT 1"}) {
    CAPTURE(sql);
    Scene scene;
    ScriptedClient& client = in_read_only_transaction(scene);
    scene.server(1).on("SELECT 1", [](ServerSide& side) { side.rows("v", {"1"}, kReadOnlyTransaction); });
    scene.ask(client, "SELECT 1");
    CHECK(scene.server(1).count("SELECT 1") == 1);
    scene.server(0).forget();
    for (const char* text : {"START", sql})
      scene.server(0).on(text, [](ServerSide& side) { side.ok(0, 0, kReadOnlyTransaction); });
    scene.ask(client, sql);
    CHECK(scene.server(0).texts() == std::vector<std::string>{"START TRANSACTION READ ONLY", sql});
    CHECK(scene.server(1).count(sql) == 0);
    scene.ask(client, "SELECT 2");
    CHECK(scene.server(0).count("SELECT 2") == 1);
  }
}

TEST_CASE("the connection of a transaction that has left its replica is rolled back, and used again") {
  Scene scene;
  ScriptedClient& client = in_read_only_transaction(scene);
  const std::size_t accepted = scene.server(1).accepted();
  for (int round = 0; round < 3; ++round) {
    scene.server(0).on("START", [](ServerSide& side) { side.ok(0, 0, kReadOnlyTransaction); });
    CHECK(scene.ask(client, "SAVEPOINT p") == "ok");
    CHECK(scene.ask(client, "ROLLBACK") == "ok");
    scene.until([&] { return scene.idle_connections() == scene.connections(); });
    CHECK(scene.server(1).count("ROLLBACK AND NO CHAIN NO RELEASE") == static_cast<std::size_t>(round + 1));
    CHECK(scene.ask(client, "START TRANSACTION READ ONLY") == "ok");
  }
  CHECK(scene.server(1).accepted() == accepted);
}

TEST_CASE("a replica that does not roll back loses the connection, and nobody else gets it") {
  Scene scene;
  ScriptedClient& client = in_read_only_transaction(scene);
  const std::function<void(ServerSide&)> answers[] = {
      [](ServerSide& side) { side.ok(0, 0, kReadOnlyTransaction); },
      [](ServerSide& side) { side.err(1064, "what?"); },
      [](ServerSide& side) { side.close(); },
  };
  scene.server(1).on("ROLLBACK AND", answers[GENERATE(0, 1, 2)]);
  scene.server(0).on("START", [](ServerSide& side) { side.ok(0, 0, kReadOnlyTransaction); });
  CHECK(scene.ask(client, "SAVEPOINT p") == "ok");
  scene.until([&] { return scene.connections() == 1; });
  CHECK(scene.ask(client, "ROLLBACK") == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "replica");
}

TEST_CASE("what a rule answers itself does not make a read-only transaction leave its replica") {
  Scene scene;
  QueryRuleRow rule;
  rule.rule_id = 1;
  rule.active = true;
  rule.match_digest = "^UPDATE";
  const bool fine = GENERATE(true, false);
  (fine ? rule.ok_msg : rule.error_msg) = "not here";
  scene.tables().query_rules.push_back(rule);
  ScriptedClient& client = in_read_only_transaction(scene);
  scene.server(1).on("SELECT 1", [](ServerSide& side) { side.rows("v", {"1"}, kReadOnlyTransaction); });
  const std::size_t written = scene.server(0).received().size();
  CHECK(scene.ask(client, "UPDATE t SET a = 1") == (fine ? "ok" : "1148 not here"));
  CHECK(scene.ask(client, "SELECT 1") == "1");
  CHECK(scene.server(1).count("SELECT 1") == 1);
  CHECK(scene.server(0).received().size() == written);
  CHECK(scene.ask(client, "COMMIT") == "ok");
  CHECK(scene.server(1).count("COMMIT") == 1);
}

TEST_CASE("a change of user forgets where the last transaction was sent") {
  Scene scene;
  ScriptedClient& client = in_read_only_transaction(scene);
  client.change_user(Scene::request("bob"));
  scene.until([&] { return client.logged_in(); });
  CHECK(scene.ask(client, "UPDATE t SET a = 1") == "ok");
  CHECK(scene.server(0).count("UPDATE") == 1);
  CHECK(scene.server(0).count("START") == 0);
}

TEST_CASE("a read-only transaction that no writer can go on with ends its session") {
  for (const char* sql : {"UPDATE t SET a = 1", "USE shop"}) {
    CAPTURE(sql);
    Scene scene;
    scene.settings().connect_retries_on_failure = 1;
    scene.settings().connect_timeout_server_max = 200;
    ScriptedClient& client = in_read_only_transaction(scene);
    scene.server(0).stop_listening();
    scene.server(0).close_all();
    CHECK_FALSE(scene.ask(client, sql) == "ok");
    scene.until([&] { return client.ended(); });
  }
}

TEST_CASE("a read-only transaction ends where it is") {
  for (const char* sql : {"COMMIT", "ROLLBACK"}) {
    Scene scene;
    ScriptedClient& client = in_read_only_transaction(scene);
    CHECK(scene.ask(client, sql) == "ok");
    CHECK(scene.server(1).count(sql) == 1);
    CHECK(scene.idle_connections() == scene.connections());
  }
}

TEST_CASE("BEGIN within a read-only transaction begins on the writer") {
  Scene scene;
  ScriptedClient& client = in_read_only_transaction(scene);
  CHECK(scene.ask(client, "BEGIN") == "ok");
  CHECK(scene.server(0).count("BEGIN") == 1);
  CHECK(scene.server(1).count("BEGIN") == 0);
}

}  // namespace
}  // namespace weir::test
