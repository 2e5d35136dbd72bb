// What a rule does to a statement besides choosing its hostgroup.
#include <catch2/catch.hpp>

#include "tests/component/session/applied_rule.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

void add(Scene& scene, QueryRuleRow row) {
  scene.tables().query_rules.push_back(std::move(row));
}

// Statements are answered with how many of their beginning there have been.
void count_asked(ScriptedServer& server, std::string_view begin) {
  server.on(std::string(begin), [&server, begin](ServerSide& side) {
    side.rows("n", {std::to_string(server.count(std::string(begin)))});
  });
}

TEST_CASE("a rule rewrites a statement before its server sees it") {
  Scene scene;
  QueryRuleRow row = applied_rule(1, "^SELECT (.*) FROM old_table");
  row.replace_pattern = "SELECT \\1 FROM new_table";
  add(scene, row);
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "SELECT a, b FROM old_table WHERE id = 7");
  CHECK(scene.server().count("SELECT a, b FROM new_table WHERE id = 7") == 1);
  const auto digests = scene.worker(0).digest_stats().copy(scene.worker(0).clock());
  REQUIRE(digests.size() == 1);
  CHECK(*digests.front().identity->text == "SELECT a,b FROM old_table WHERE id = ?");
}

TEST_CASE("a statement is rewritten when it is prepared, and executed as that") {
  Scene scene;
  QueryRuleRow row = applied_rule(1, "old_table");
  row.replace_pattern = "new_table";
  add(scene, row);
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("SELECT v FROM old_table"));
  scene.reply_of(client);
  scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex);
  CHECK(scene.server().count(Command::stmt_prepare) == 1);
  bool rewritten = false;
  for (const Received& received : scene.server().received())
    rewritten |= received.command == Command::stmt_prepare && received.text == "SELECT v FROM new_table";
  CHECK(rewritten);
}

TEST_CASE("a rule's cache_ttl lets a reply be given again") {
  Scene scene;
  QueryRuleRow row = applied_rule(1, "^SELECT v");
  row.cache_ttl = 60'000;
  add(scene, row);
  count_asked(scene.server(), "SELECT v");
  scene.start();
  ScriptedClient& ann = scene.log_in("ann");
  CHECK(scene.ask(ann, "SELECT v FROM t") == "1");
  CHECK(scene.ask(ann, "SELECT v FROM t") == "1");
  SECTION("to all sessions of the account") {
    CHECK(scene.ask(scene.log_in("ann"), "SELECT v FROM t") == "1");
    CHECK(scene.server().count("SELECT v") == 1);
  }
  SECTION("not to another account") {
    CHECK(scene.ask(scene.log_in("bob"), "SELECT v FROM t") == "2");
  }
  SECTION("not for another text") {
    CHECK(scene.ask(ann, "SELECT v  FROM t") == "2");
  }
  SECTION("not under other variables") {
    scene.ask(ann, "SET sql_mode = 'ANSI_QUOTES'");
    CHECK(scene.ask(ann, "SELECT v FROM t") == "2");
  }
  SECTION("not in another form of results") {
    CHECK(scene.ask(scene.log_in("ann", "", kUsualClient & ~kDeprecateEof), "SELECT v FROM t") == "2");
  }
  SECTION("not within a transaction") {
    scene.server().on("BEGIN", [](ServerSide& side) {
      side.set_status(kStatusAutocommit | kStatusInTransaction);
      side.ok();
    });
    scene.ask(ann, "BEGIN");
    CHECK(scene.ask(ann, "SELECT v FROM t") == "2");
  }
  SECTION("not after it was flushed") {
    CHECK(scene.fleet().query_cache().flush() == 1);
    CHECK(scene.ask(ann, "SELECT v FROM t") == "2");
  }
  const auto digests = scene.worker(0).digest_stats().copy(scene.worker(0).clock());
  CHECK(std::ranges::any_of(digests, [](const DigestRow& each) { return each.identity->hostgroup == -1; }));
}

TEST_CASE("replies that are nobody else's are not kept") {
  struct Case {
    const char* name;
    std::string_view sql;
    ScriptedServer::Handler answer;
  };
  const Case cases[] = {
      {"an error", "SELECT v FROM gone", [](ServerSide& side) { side.err(1146, "gone", "42S02"); }},
      {"a clock", "SELECT v, NOW()", [](ServerSide& side) { side.rows("v", {"1"}); }},
      {"a user variable", "SELECT v, @a", [](ServerSide& side) { side.rows("v", {"1"}); }},
      {"a write", "INSERT INTO v VALUES (1)", [](ServerSide& side) { side.ok(1); }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Scene scene;
    QueryRuleRow row = applied_rule(1, ".");
    row.cache_ttl = 60'000;
    add(scene, row);
    scene.server().on(std::string(c.sql), c.answer);
    scene.start();
    ScriptedClient& client = scene.log_in();
    scene.ask(client, c.sql);
    scene.ask(client, c.sql);
    CHECK(scene.server().count(std::string(c.sql)) == 2);
    CHECK(scene.fleet().query_cache().figures().entries == 0);
  }
}

TEST_CASE("a statement that is routed again is kept only if the rules of now say so") {
  Scene scene;
  QueryRuleRow row = applied_rule(1, "^SELECT v");
  row.cache_ttl = 60'000;
  row.destination_hostgroup = 7;
  add(scene, row);
  scene.add_server(7, "b").on("SELECT v", [](ServerSide& side) { side.hold(); });
  scene.server_row(1).max_connections = 1;
  scene.start();
  scene.log_in().query("SELECT v FROM u");
  scene.until([&] { return scene.server(1).count("SELECT v") == 1; });
  ScriptedClient& client = scene.log_in();
  client.query("SELECT v FROM t");
  scene.settle();
  scene.tables().query_rules.clear();
  scene.tables().servers.pop_back();
  scene.publish();
  CHECK(scene.reply_of(client) == "a");
  CHECK(scene.fleet().query_cache().figures().entries == 0);
}

TEST_CASE("a statement is copied to a mirror, whose answer nobody sees") {
  Scene scene;
  scene.add_server(9, "mirror").on("INSERT", [](ServerSide& side) { side.err(1062, "Duplicate entry"); });
  QueryRuleRow row = applied_rule(1, "^INSERT");
  row.mirror_hostgroup = 9;
  add(scene, row);
  scene.server().on("INSERT", [](ServerSide& side) { side.ok(1); });
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  CHECK(scene.ask(client, "INSERT INTO t VALUES (1)") == "ok");
  scene.until([&] { return scene.count(&WorkerStats::mirrored) == 1; });
  CHECK(scene.server(1).count("INSERT INTO t VALUES (1)") == 1);
  CHECK(scene.count(&WorkerStats::mirror_errors) == 1);
  const auto errors = scene.worker(0).error_stats().copy(scene.worker(0).clock());
  REQUIRE(errors.size() == 1);
  CHECK((errors[0].hostgroup == 9 && errors[0].code == 1062 && errors[0].username == "ann" &&
         errors[0].port == scene.server(1).port() && errors[0].last_error == "Duplicate entry"));
  CHECK(scene.server(0).count("INSERT INTO t VALUES (1)") == 1);
  scene.settle();
  CHECK(scene.idle_connections() == scene.connections());
}

TEST_CASE("what a mirror's copy has to warn of is told to nobody") {
  for (const bool fails : {true, false}) {
    CAPTURE(fails);
    Scene scene;
    scene.add_server(9, "mirror").on("INSERT", [fails](ServerSide& side) {
      if (fails) return side.err(1146, "Table 'secret' doesn't exist");
      side.ok(1, 0, 0, 2);
    });
    QueryRuleRow copied = applied_rule(1, "^INSERT");
    copied.mirror_hostgroup = 9;
    add(scene, copied);
    QueryRuleRow there = applied_rule(2, "^SHOW WARNINGS");
    there.destination_hostgroup = 9;
    add(scene, there);
    scene.server().on("INSERT", [](ServerSide& side) { side.ok(1); });
    scene.start();
    scene.ask(scene.log_in(), "INSERT INTO t VALUES (1)");
    scene.until([&] { return scene.count(&WorkerStats::mirrored) == 1; });
    scene.settle();
    CHECK(scene.ask(scene.log_in(), "SHOW WARNINGS") == "ok");
    CHECK(scene.server(1).count("DO ") == 1);  // which clears what the copy has left
    CHECK(scene.server(1).accepted() == 1);
  }
}

TEST_CASE("a statement that may be cached, and takes too long, is no reply to keep") {
  Scene scene;
  QueryRuleRow row = applied_rule(1, "held");
  row.cache_ttl = 60'000;
  row.timeout = 30;
  add(scene, row);
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT held FROM t").starts_with("1907 "));
  scene.until([&] { return scene.server().count("KILL 1") == 1; });
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.fleet().query_cache().figures().entries == 0);
}

TEST_CASE("a mirror that hangs costs its copies, and no client's time") {
  Scene scene;
  scene.add_server(9, "mirror").on("SELECT", [](ServerSide& side) { side.hold(); });
  scene.settings().mirror_max_concurrency = 1;
  scene.settings().mirror_max_queue_length = 2;
  QueryRuleRow row = applied_rule(1, "^SELECT");
  row.mirror_hostgroup = 9;
  add(scene, row);
  scene.start();
  ScriptedClient& client = scene.log_in();
  for (int i = 0; i < 10; ++i) CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.count(&WorkerStats::mirror_dropped) >= 7);
  CHECK(scene.worker(0).mirrors().running() <= 1);
}

TEST_CASE("a mirror's connection is brought in step in several steps, and knows its insert ids") {
  Scene scene;
  scene.add_server(9, "mirror").on("INSERT", [](ServerSide& side) { side.ok(1, 42); });
  QueryRuleRow row = applied_rule(1, "^INSERT");
  row.mirror_hostgroup = 9;
  add(scene, row);
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  for (std::uint64_t i = 1; i <= 3; ++i) {
    scene.ask(client, "SET sql_mode = '', time_zone = '+0" + std::to_string(i) + ":00'");
    scene.ask(client, i % 2 == 0 ? "USE shop" : "USE other");
    scene.ask(client, "INSERT INTO t VALUES (1)");
    scene.until([&] { return scene.count(&WorkerStats::mirrored) == i; });
  }
  scene.settle();
  CHECK(scene.count(&WorkerStats::mirror_failures) == 0);
  CHECK(scene.idle_connections() == scene.connections());
}

TEST_CASE("a mirror that does not exist is given up") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 1000;
  QueryRuleRow row = applied_rule(1, "^SELECT");
  row.mirror_hostgroup = 99;
  add(scene, row);
  scene.start();
  CHECK(scene.ask(scene.log_in(), "SELECT 1") == "a");
  scene.until([&] { return scene.count(&WorkerStats::mirror_failures) == 1; });
  CHECK(scene.worker(0).mirrors().running() == 0);
  const auto errors = scene.worker(0).error_stats().copy(scene.worker(0).clock());
  REQUIRE(errors.size() == 1);
  CHECK((errors[0].hostgroup == 99 && errors[0].code == 9001));
}

TEST_CASE("what would stay with a connection is not mirrored") {
  for (const std::string_view sql : {"SELECT @a := 1", "SELECT GET_LOCK('x', 1)"}) {
    CAPTURE(sql);
    Scene scene;
    scene.add_server(9, "mirror");
    QueryRuleRow row = applied_rule(1, "^SELECT");
    row.mirror_hostgroup = 9;
    add(scene, row);
    scene.start();
    scene.ask(scene.log_in(), sql);
    scene.settle();
    CHECK(scene.server(1).count("SELECT") == 0);
  }
}

TEST_CASE("a copy may go its own way through the rules") {
  Scene scene;
  scene.add_server(9, "mirror");
  QueryRuleRow row = applied_rule(1, "^SELECT 1");
  row.mirror_flag_out = 100;
  add(scene, row);
  QueryRuleRow second = applied_rule(2, "^SELECT 1");
  second.flag_in = 100;
  second.destination_hostgroup = 9;
  second.replace_pattern = "SELECT 2";
  add(scene, second);
  scene.start();
  CHECK(scene.ask(scene.log_in(), "SELECT 1") == "a");
  scene.until([&] { return scene.count(&WorkerStats::mirrored) == 1; });
  CHECK(scene.server(1).count("SELECT 2") == 1);
  CHECK(scene.server(0).count("SELECT 2") == 0);
}

TEST_CASE("a delayed statement is sent, and may be killed while it waits") {
  Scene scene;
  QueryRuleRow row = applied_rule(1, "slow");
  row.delay = 30;
  add(scene, row);
  QueryRuleRow never = applied_rule(2, "never");
  never.delay = 3'000'000;
  add(scene, never);
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.query("SELECT slow");
  scene.turn(1);
  CHECK(scene.server().count("SELECT slow") == 0);
  CHECK(scene.reply_of(client) == "a");
  client.query("SELECT never");
  scene.settle();
  CHECK(scene.server().count("SELECT never") == 0);
  const auto row_of_client = scene.worker(0).processes(100);
  REQUIRE(row_of_client.size() == 1);
  CHECK(row_of_client.front().stage == "delayed");
  scene.worker(0).kill(row_of_client.front().session_id, true);
  CHECK(scene.reply_of(client).starts_with("1317"));
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("a delayed statement of a transaction is killed without the transaction") {
  Scene scene;
  QueryRuleRow never = applied_rule(2, "never");
  never.delay = 3'000'000;
  add(scene, never);
  scene.server().on("BEGIN", [](ServerSide& side) {
    side.set_status(kStatusAutocommit | kStatusInTransaction);
    side.ok();
  });
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "BEGIN");
  client.query("SELECT never");
  scene.settle();
  scene.worker(0).kill(scene.worker(0).processes(100).at(0).session_id, true);
  CHECK(scene.reply_of(client).starts_with("1317"));
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("an OK_msg answers executions, not preparations") {
  Scene scene;
  QueryRuleRow row = applied_rule(1, "SELECT v");
  row.ok_msg = "fine";
  add(scene, row);
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("SELECT v FROM t"));
  scene.reply_of(client);
  CHECK(scene.server().count(Command::stmt_prepare) == 1);
  CHECK(scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex) == "ok");
  CHECK(scene.server().count(Command::stmt_execute) == 0);
}

TEST_CASE("a client that leaves while its statement is delayed leaves nothing behind") {
  Scene scene;
  QueryRuleRow row = applied_rule(1, "never");
  row.delay = 3'000'000;
  add(scene, row);
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.query("SELECT never");
  scene.settle();
  client.close();
  scene.until([&] { return scene.sessions() == 0; });
  CHECK(scene.idle_connections() == scene.connections());
}

TEST_CASE("a rule says how often a lost read is sent again") {
  for (const std::int64_t retries : {0, 3}) {
    CAPTURE(retries);
    Scene scene;
    QueryRuleRow row = applied_rule(1, "^SELECT v");
    row.retries = retries;
    add(scene, row);
    scene.server().on("SELECT v", [](ServerSide& side) { side.reset(); });
    scene.start();
    CHECK(scene.ask(scene.log_in(), "SELECT v").starts_with("1927"));
    CHECK(scene.server().count("SELECT v") == static_cast<std::size_t>(retries) + 1);
  }
}

QueryRuleRow one_at_a_time() {
  QueryRuleRow row = applied_rule(1, "^SELECT report");
  row.attributes = R"({"max_in_flight": 1})";
  return row;
}

TEST_CASE("statements beyond a rule's max_in_flight wait until one has ended") {
  Scene scene(2);
  add(scene, one_at_a_time());
  bool hold = true;
  scene.server().on("SELECT report", [&](ServerSide& side) {
    side.rows("v", {"report"});
    if (hold) side.hold();
  });
  scene.start();
  ScriptedClient& first = scene.log_in();
  ScriptedClient& second = scene.log_in();
  first.query("SELECT report 1");
  scene.until([&] { return scene.server().count("SELECT report") == 1; });
  hold = false;
  second.query("SELECT report 2");
  scene.settle();
  CHECK(scene.server().count("SELECT report") == 1);
  SECTION("and then run") {
    scene.server().find_held()->release();
    CHECK(scene.reply_of(first) == "report");
    CHECK(scene.reply_of(second) == "report");
  }
  SECTION("also if it ends because its client left") {
    first.close();
    CHECK(scene.reply_of(second) == "report");
  }
  SECTION("and cost nothing if their client leaves before that") {
    second.close();
    scene.until([&] { return scene.sessions() == 1; });
    scene.server().find_held()->release();
    CHECK(scene.reply_of(first) == "report");
    CHECK(scene.ask(first, "SELECT 1") == "a");
  }
}

TEST_CASE("a statement that waits too long for its place says so") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 1000;
  add(scene, one_at_a_time());
  scene.server().on("SELECT report", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& first = scene.log_in();
  ScriptedClient& second = scene.log_in();
  first.query("SELECT report 1");
  scene.until([&] { return scene.server().count("SELECT report") == 1; });
  const std::string answer = scene.ask(second, "SELECT report 2");
  CHECK(answer == "9050 No place among the 1 statements that query rule 1 allows at one time in 1000ms");
  CHECK(scene.ask(second, "SELECT 1") == "a");
}

TEST_CASE("within a transaction nothing waits for a place") {
  Scene scene;
  add(scene, one_at_a_time());
  scene.server().on("BEGIN", [](ServerSide& side) {
    side.set_status(kStatusAutocommit | kStatusInTransaction);
    side.ok();
  });
  bool hold = true;
  scene.server().on("SELECT report", [&](ServerSide& side) {
    side.rows("v", {"report"});
    if (hold) side.hold();
  });
  scene.start();
  ScriptedClient& first = scene.log_in();
  ScriptedClient& second = scene.log_in();
  scene.ask(second, "BEGIN");
  first.query("SELECT report 1");
  scene.until([&] { return scene.server().count("SELECT report") == 1; });
  hold = false;
  CHECK(scene.ask(second, "SELECT report 2") == "report");
}

// ProxySQL refuses such statements with 9006.
TEST_CASE("a rule does not move the statements of a session that keeps its connection, nor refuse them") {
  Scene scene;
  scene.add_server(2, "other");
  QueryRuleRow row = applied_rule(1, "elsewhere");
  row.destination_hostgroup = 2;
  add(scene, row);
  scene.start();
  for (const char* reason : {"BEGIN", "CREATE TEMPORARY TABLE x (v INT)", "LOCK TABLES t READ",
                             "SELECT GET_LOCK('l', 1)", "SET @v = NOW()"}) {
    CAPTURE(reason);
    scene.server(0).on("BEGIN", [](ServerSide& side) {
      side.set_status(kStatusAutocommit | kStatusInTransaction);
      side.ok();
    });
    ScriptedClient& client = scene.log_in();
    scene.ask(client, reason);
    CHECK(scene.ask(client, "SELECT v FROM elsewhere") == "a");
    CHECK(scene.ask(client, "UPDATE elsewhere SET v = 1") == "ok");
    client.close();
    scene.settle();
  }
  CHECK(scene.server(1).count("UPDATE elsewhere") == 0);
  ScriptedClient& free = scene.log_in();
  CHECK(scene.ask(free, "SELECT v FROM elsewhere") == "other");
}

}  // namespace
}  // namespace weir::test
