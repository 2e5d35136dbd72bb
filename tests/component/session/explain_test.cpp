// EXPLAIN ROUTE and SHOW LAST ROUTE on the clients' port.
#include <catch2/catch.hpp>

#include "tests/component/session/route_steps.hpp"

namespace weir::test {
namespace {

std::string name_of(Scene& scene, std::size_t server) {
  return "127.0.0.1:" + std::to_string(scene.server(server).port());
}

// Server 0 writes, server 1 reads.
void make_pair(Scene& scene) {
  scene.add_server(2, "replica");
  scene.split_reads_to(2);
}

TEST_CASE("a route is explained step by step, and nothing is sent") {
  Scene scene;
  make_pair(scene);
  QueryRuleRow rule;
  rule.rule_id = 7;
  rule.active = true;
  rule.match_digest = "^UPDATE";
  scene.tables().query_rules.push_back(rule);
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::size_t received = scene.server(0).received().size() + scene.server(1).received().size();
  const auto sql =
      GENERATE(as<std::string>{}, "EXPLAIN ROUTE SELECT v FROM t", "explain route select v from t;",
               "/* who */ Explain\n\troute -- what\n SELECT v FROM t");
  INFO(sql);
  const std::string explained = written(steps_of(scene, client, sql));
  INFO(explained);
  for (const std::string& row :
       {std::string("statement | select | read | none; uses_tables\n"),
        std::string("session | state | no transaction | autocommit on\n"),
        std::string("rule | rule_id 7 | no match | match_digest '^UPDATE' does not match\n"),
        std::string("split | writer 1, reader 2 | reader | a read outside transactions\n"),
        std::string("destination | hostgroup | 2 | split_read; hostgroup 1 if no server there can serve\n"),
        "server | " + name_of(scene, 1) + " | candidate | weight 1; ",
        std::string("connection |  | shared | free for other sessions after this statement\n"),
        "verdict | server | " + name_of(scene, 1) + " | hostgroup 2\n"}) {
    INFO(row);
    CHECK(explained.find(row) != std::string::npos);
  }
  CHECK(scene.server(0).received().size() + scene.server(1).received().size() == received);
  CHECK(scene.count(&WorkerStats::questions_local) == 1);
}

TEST_CASE("the last route is told as it was") {
  Scene scene;
  make_pair(scene);
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(verdict_of(steps_of(scene, client, "SHOW LAST ROUTE")) == "none ");
  scene.ask(client, "SELECT v FROM t WHERE id = 3");
  const std::string told = written(steps_of(scene, client, "show last route ;"));
  INFO(told);
  for (const std::string& row : {std::string(" | SELECT v FROM t WHERE id = ? | \n"),
                                 std::string("statement | select | read | none\n"),
                                 std::string("destination | hostgroup | 2 | split_read\n"),
                                 std::string("connection |  | shared | free for other sessions\n"),
                                 "verdict | server | " + name_of(scene, 1) + " | hostgroup 2\n"}) {
    INFO(row);
    CHECK(told.find(row) != std::string::npos);
  }
  SECTION("asking again, or explaining, does not change it") {
    steps_of(scene, client, "EXPLAIN ROUTE DELETE FROM t");
    CHECK(written(steps_of(scene, client, "SHOW LAST ROUTE")) == told);
  }
  SECTION("commands without a statement do not change it") {
    scene.ask(client, Command::init_db, as_bytes("other"));
    scene.ask(client, Command::ping);
    CHECK(written(steps_of(scene, client, "SHOW LAST ROUTE")) == told);
  }
  SECTION("the next statement does") {
    scene.ask(client, "DELETE FROM t");
    CHECK(verdict_of(steps_of(scene, client, "SHOW LAST ROUTE")) == "server " + name_of(scene, 0));
  }
  SECTION("a prepared statement, too") {
    client.command(Command::stmt_prepare, as_bytes("UPDATE t SET v = 1"));
    scene.reply_of(client);
    scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex);
    CHECK(verdict_of(steps_of(scene, client, "SHOW LAST ROUTE")) == "server " + name_of(scene, 0));
  }
  SECTION("another user is not told") {
    client.change_user(Scene::request("bob"));
    scene.until([&] { return client.logged_in(); });
    CHECK(verdict_of(steps_of(scene, client, "SHOW LAST ROUTE")) == "none ");
  }
  SECTION("a server that has left the configuration is not named") {
    scene.tables().servers.pop_back();
    scene.publish();
    CHECK(verdict_of(steps_of(scene, client, "SHOW LAST ROUTE")) == "server ");
  }
}

TEST_CASE("an error that comes after a wait is told with it") {
  struct Case {
    const char* status;
    const char* reason;
  };
  const Case cases[] = {
      {"OFFLINE_SOFT",
       "hostgroup 1: 0 of 1 servers usable: 1 OFFLINE_SOFT; it waits for up to 20 ms before that"},
      {"OFFLINE_HARD", "hostgroup 1: 0 of 1 servers usable: 1 OFFLINE_HARD"},
  };
  for (const Case& each : cases) {
    Scene scene;
    scene.settings().connect_timeout_server_max = 20;
    scene.server_row(0).status = each.status;
    scene.start();
    ScriptedClient& client = scene.log_in();
    const auto steps = steps_of(scene, client, "EXPLAIN ROUTE SELECT 1");
    CHECK(written({steps.back()}) == "verdict | error | 9001 | " + std::string(each.reason) + "\n");
    CHECK(scene.ask(client, "SELECT 1").starts_with("9001 "));
  }
}

TEST_CASE("how long is waited for a writer is told with it") {
  for (const std::int64_t wait_ms : {20, 0}) {
    Scene scene;
    make_pair(scene);
    scene.settings().monitor_enabled = true;
    scene.settings().writer_wait_ms = wait_ms;
    scene.server_row(0).status = "OFFLINE_HARD";
    scene.start();
    ScriptedClient& client = scene.log_in();
    const auto steps = steps_of(scene, client, "EXPLAIN ROUTE DELETE FROM t");
    CHECK(written({steps.back()}) ==
          "verdict | error | 9001 | hostgroup 1: 0 of 1 servers usable: 1 OFFLINE_HARD" +
              std::string(wait_ms > 0 ? "; it waits for up to 20 ms before that\n" : "\n"));
    CHECK(scene.ask(client, "DELETE FROM t").starts_with("9001 "));
  }
}

TEST_CASE("what went otherwise than it was to go") {
  Scene scene;
  make_pair(scene);
  scene.server(1).on("SELECT v FROM sneaky", [](ServerSide& side) {
    side.err(1290, "The MySQL server is running with the --read-only option", "HY000");
  });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT v FROM sneaky") == "a");
  std::string told = written(steps_of(scene, client, "SHOW LAST ROUTE"));
  INFO(told);
  CHECK(told.find("replica | refused it as read-only | writer | \n") != std::string::npos);
  CHECK(told.find("retries |") == std::string::npos);
  CHECK(told.find("verdict | server | " + name_of(scene, 0)) != std::string::npos);
  const std::string explained = written(steps_of(scene, client, "EXPLAIN ROUTE SELECT v FROM sneaky"));
  INFO(explained);
  CHECK(
      explained.contains("split | writer 1, reader 2 | writer | learned_write: a replica has refused this "
                         "digest as read-only\n"));
  CHECK(explained.contains("destination | hostgroup | 1 | learned_write\n"));
  CHECK_FALSE(explained.contains("destination | hostgroup | 2 | "));
  CHECK(scene.ask(client, "SELECT v FROM sneaky") == "a");
  CHECK(scene.server(1).count("SELECT v FROM sneaky") == 1);
  told = written(steps_of(scene, client, "SHOW LAST ROUTE"));
  CHECK(told.contains("split | learned_write | writer | \n"));
  CHECK(told.contains("destination | hostgroup | 1 | learned_write\n"));
  CHECK_FALSE(told.contains("destination | hostgroup | 2 | "));
}

TEST_CASE("within a transaction READ ONLY on a replica, every row says so") {
  Scene scene;
  make_pair(scene);
  for (std::size_t i = 0; i < 2; ++i) {
    scene.server(i).on("START TRANSACTION READ ONLY", [](ServerSide& side) {
      side.set_status(side.status() | kStatusInTransaction | kStatusInReadOnlyTransaction);
      side.ok();
    });
  }
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "START TRANSACTION READ ONLY");
  const std::string stays =
      "destination | hostgroup | 2 | connection_kept; by itself it would be hostgroup 1 "
      "(split_write)\n";
  const std::string read = written(steps_of(scene, client, "EXPLAIN ROUTE SELECT v FROM t"));
  INFO(read);
  CHECK(read.contains("session | state | in a transaction | autocommit on\n"));
  CHECK(read.contains("split | writer 1, reader 2 | not used | connection_kept: in_transaction\n"));
  CHECK(read.contains(stays));
  CHECK(read.contains("verdict | server | " + name_of(scene, 1)));
  const std::string write = written(steps_of(scene, client, "EXPLAIN ROUTE SELECT v FROM t FOR UPDATE"));
  INFO(write);
  CHECK(
      write.contains("session | state | in a transaction | autocommit on\n"
                     "session | transaction READ ONLY | leaves its replica | more than a read: it is begun "
                     "again where this statement goes\n"));
  CHECK(write.contains("destination | hostgroup | 1 | split_write\n"));
  const std::string begin = written(steps_of(scene, client, "EXPLAIN ROUTE BEGIN"));
  INFO(begin);
  CHECK(begin.contains("session | transaction READ ONLY | leaves its replica | this statement ends it\n"));
  scene.ask(client, "SELECT v FROM t");
  const std::string told = written(steps_of(scene, client, "SHOW LAST ROUTE"));
  INFO(told);
  CHECK(told.contains(stays));
  CHECK_FALSE(told.contains("split |"));
  scene.ask(client, "SELECT v FROM t FOR UPDATE");
  const std::string left = written(steps_of(scene, client, "SHOW LAST ROUTE"));
  INFO(left);
  CHECK(left.contains(
      "session | transaction READ ONLY | left its replica | more than a read: it was begun again\n"));
  CHECK(left.contains("destination | hostgroup | 1 | split_write\n"));
}

TEST_CASE("what a rule answers in a transaction READ ONLY leaves it where it is") {
  Scene scene;
  make_pair(scene);
  scene.server(1).on("START TRANSACTION READ ONLY", [](ServerSide& side) {
    side.set_status(side.status() | kStatusInTransaction | kStatusInReadOnlyTransaction);
    side.ok();
  });
  QueryRuleRow rule;
  rule.rule_id = 1;
  rule.active = true;
  rule.match_digest = "^DELETE";
  rule.error_msg = "never";
  scene.tables().query_rules.push_back(rule);
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "START TRANSACTION READ ONLY");
  const std::string explained = written(steps_of(scene, client, "EXPLAIN ROUTE DELETE FROM t"));
  INFO(explained);
  CHECK(
      explained.contains("session | state | in a transaction | autocommit on\n"
                         "session | transaction READ ONLY | stays on its replica | a rule answers\n"));
}

TEST_CASE("what Weir answers itself, and what servers refuse, is the last route, too") {
  Scene scene;
  scene.server().on("INSERT", [](ServerSide& side) { side.err(1062, "Duplicate entry", "23000"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "INSERT INTO t VALUES (1)");
  std::string told = written(steps_of(scene, client, "SHOW LAST ROUTE"));
  INFO(told);
  CHECK(told.contains("answer | error | 1062 | the server's\n"));
  CHECK(told.contains("verdict | server | " + name_of(scene, 0)));
  for (const char* sql : {"SELECT CONNECTION_ID()", "KILL 99999", "WEIR INTERNAL SESSION"}) {
    CAPTURE(sql);
    scene.ask(client, sql);
    told = written(steps_of(scene, client, "SHOW LAST ROUTE"));
    INFO(told);
    CHECK(told.contains("verdict | Weir | "));
    CHECK(told.ends_with(" | answered by Weir itself: no rule is asked, and no server is contacted\n"));
    CHECK_FALSE(told.contains("answer |"));
    CHECK_FALSE(told.contains("destination |"));
  }
  scene.ask(client, "UPDATE t SET v = 1");
  told = written(steps_of(scene, client, "SHOW LAST ROUTE"));
  CHECK_FALSE(told.contains("answer |"));
  CHECK(verdict_of(steps_of(scene, client, "SHOW LAST ROUTE")) == "server " + name_of(scene, 0));
}

TEST_CASE("a full server is not shown like one with room") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  const bool other = GENERATE(true, false);
  if (other) scene.add_server(1, "other");
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  if (other) scene.server_row(1).status = "OFFLINE_SOFT";
  scene.start();
  ScriptedClient& first = scene.log_in();
  ScriptedClient& second = scene.log_in();
  const auto explain = [&] { return written(steps_of(scene, second, "EXPLAIN ROUTE SELECT 1")); };
  first.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  if (other) {
    scene.server_row(1).status = "ONLINE";
    scene.publish();
  }
  const std::string full = explain();
  INFO(full);
  CHECK(full.contains("server | " + name_of(scene, 0) +
                      " | full | weight 1; 1 of 1 connections; at max_connections 1, none of them free\n"));
  if (other)
    CHECK(full.ends_with("verdict | server | " + name_of(scene, 1) + " | hostgroup 1\n"));
  else
    CHECK(full.ends_with("verdict | server | " + name_of(scene, 0) +
                         " | hostgroup 1; it waits until one of the connections is free\n"));
  scene.server().find_held()->ok();
  scene.server().find_held()->release();
  scene.reply_of(first);
  const std::string room = explain();
  INFO(room);
  CHECK(room.contains("server | " + name_of(scene, 0) +
                      " | candidate | weight 1; 1 of 1 connections; at max_connections 1, 1 of them free\n"));
}

TEST_CASE("a statement whose connection is lost") {
  Scene scene;
  scene.server().on("UPDATE cut", [](ServerSide& side) { side.reset(); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "UPDATE cut SET v = 1").starts_with("1927 "));
  const auto told = steps_of(scene, client, "SHOW LAST ROUTE");
  REQUIRE_FALSE(told.empty());
  CHECK(written({told.back()}) == "verdict | error | 1927 | it was sent to " + name_of(scene, 0) + "\n");
}

TEST_CASE("explaining disturbs nothing") {
  Scene scene;
  make_pair(scene);
  QueryRuleRow rule;
  rule.rule_id = 1;
  rule.active = true;
  rule.match_digest = "^SELECT next";
  rule.next_query_flag_in = 5;
  scene.tables().query_rules.push_back(rule);
  scene.start();
  ScriptedClient& client = scene.log_in();
  SECTION("rules count no hits, and set no chain") {
    steps_of(scene, client, "EXPLAIN ROUTE SELECT next FROM t");
    CHECK(scene.worker(0).rule_hits().at(0).hits == 0);
    CHECK(written(steps_of(scene, client, "EXPLAIN ROUTE SELECT 1")).find("chain 0\n") != std::string::npos);
  }
  SECTION("warnings stay where they can be asked for") {
    scene.server(0).on("INSERT", [](ServerSide& side) { side.ok(1, 0, 0, 3); });
    scene.ask(client, "INSERT INTO t VALUES (1)");
    steps_of(scene, client, "EXPLAIN ROUTE SELECT 1");
    steps_of(scene, client, "SHOW LAST ROUTE");
    scene.ask(client, "SHOW WARNINGS");
    CHECK(scene.server(0).count("SHOW WARNINGS") == 1);
  }
  SECTION("a transaction goes on, and is told of") {
    scene.ask(client, "BEGIN");
    client.query("EXPLAIN ROUTE SELECT v FROM t");
    scene.until([&] { return !client.replies().empty(); });
    const Reply reply = client.take_reply();
    CHECK((reply.status() & kStatusInTransaction) != 0);
    const std::string explained = written(steps_of(reply));
    INFO(explained);
    CHECK(explained.find("session | state | in a transaction | autocommit on\n") != std::string::npos);
    CHECK(explained.find("connection | in_transaction | kept | ") != std::string::npos);
    CHECK(explained.find("verdict | server | " + name_of(scene, 0)) != std::string::npos);
    scene.ask(client, "COMMIT");
    CHECK(scene.server(0).count("COMMIT") == 1);
  }
  SECTION("no server is needed") {
    for (std::size_t i = 0; i < 2; ++i) scene.server(i).stop_listening();
    CHECK(verdict_of(steps_of(scene, client, "EXPLAIN ROUTE DELETE FROM t")) ==
          "server " + name_of(scene, 0));
    CHECK(verdict_of(steps_of(scene, client, "SHOW LAST ROUTE")) == "none ");
  }
}

TEST_CASE("what cannot be explained") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "EXPLAIN ROUTE").starts_with("1064 EXPLAIN ROUTE: it needs a statement"));
  CHECK(scene.ask(client, "EXPLAIN ROUTE /* nothing */ ;").starts_with("1064 EXPLAIN ROUTE: it needs"));
  CHECK(scene.ask(client, "EXPLAIN ROUTE FOR USER 'ann' SELECT 1").starts_with("1064 EXPLAIN ROUTE: here"));
  const std::string explained = written(steps_of(scene, client, "EXPLAIN ROUTE SELEC 'x"));
  INFO(explained);
  CHECK(explained.find("statement | other | unknown | unparsable\n") != std::string::npos);
  CHECK(explained.find("verdict | server | ") != std::string::npos);
  CHECK(scene.ask(client, "EXPLAIN `route`") == "ok");
  CHECK(scene.server().count("EXPLAIN `route`") == 1);
}

}  // namespace
}  // namespace weir::test
