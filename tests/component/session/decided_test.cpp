// What sessions notice of the monitor's decisions.
#include <catch2/catch.hpp>

#include "tests/component/session/decided_scene.hpp"

namespace weir::test {
namespace {

TEST_CASE("the wait for a writer ends, and in a transaction there is none", "[decided]") {
  DecidedScene s;
  s.scene.settings().writer_wait_ms = 30;
  s.start();
  s.refusing = 0;
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "BEGIN") == "ok");
  CHECK_THAT(s.scene.ask(client, "INSERT INTO t VALUES (1)"), Catch::Contains("1290"));
  CHECK(s.refused.size() == 1);
  CHECK(s.scene.ask(client, "ROLLBACK") == "ok");
  s.writer().health().clear_refused_write(1);
  CHECK_THAT(s.scene.ask(client, "INSERT INTO t VALUES (1)"),
             Catch::Contains("9001") && Catch::Contains("refused a write as read-only"));
}

struct Absence {
  const char* name;
  std::function<void(DecidedScene&)> happens;
  bool lacks_writer;
};

TEST_CASE("a statement that comes while nobody may write waits for mysql-writer_wait_ms", "[decided]") {
  const Absence absences[] = {
      {"read-only", [](DecidedScene& s) { s.scene.decide({{s.key(1, 0), {.presence = Presence::removed}}}); },
       true},
      {"dead", [](DecidedScene& s) { s.scene.decide({{s.key(1, 0), {.hold = Hold::dead}}}); }, true},
      {"fenced", [](DecidedScene& s) { s.scene.decide({{s.key(1, 0), {.hold = Hold::fenced}}}); }, true},
      {"being looked at", [](DecidedScene& s) { s.writer().health().note_refused_write(1); }, true},
      {"out of service",
       [](DecidedScene& s) {
         s.scene.server_row(0).status = "OFFLINE_HARD";
         s.scene.publish();
       },
       true},
      {"held back by the operator",
       [](DecidedScene& s) {
         s.scene.server_row(0).status = "OFFLINE_SOFT";
         s.scene.publish();
       },
       false},
      {"full",
       [](DecidedScene& s) {
         s.scene.server_row(0).max_connections = 0;
         s.scene.publish();
       },
       false},
  };
  constexpr std::int64_t kNeverEnds = 3'600'000;
  for (const Absence& each : absences) {
    INFO(each.name);
    DecidedScene s;
    s.scene.settings().writer_wait_ms = each.lacks_writer ? 30 : kNeverEnds;
    s.scene.settings().connect_timeout_server_max = each.lacks_writer ? kNeverEnds : 30;
    s.start();
    ScriptedClient& client = s.scene.log_in();
    each.happens(s);
    CHECK_THAT(s.scene.ask(client, "INSERT INTO t VALUES (1)"), Catch::StartsWith("9001"));
    CHECK_THAT(s.scene.ask(client, "SELECT v FOR UPDATE"), Catch::StartsWith("9001"));
    CHECK(s.scene.ask(client, "SELECT v FROM t") != "a");
  }
}

TEST_CASE("a writer that comes in time is given what has waited for it", "[decided]") {
  DecidedScene s;
  s.start();
  ScriptedClient& client = s.scene.log_in();
  s.scene.decide({{s.key(1, 0), {.presence = Presence::removed}}});
  client.query("INSERT INTO t VALUES (1)");
  s.scene.settle();
  CHECK(client.replies().empty());
  s.scene.decide({{s.key(1, 0), {.hold = Hold::fenced}}});
  s.scene.settle();
  CHECK(client.replies().empty());
  s.scene.decide(s.switched());
  CHECK(s.scene.reply_of(client) == "ok");
  CHECK(s.scene.server(1).count("INSERT") == 1);
}

struct Slowness {
  const char* name;
  std::function<void(DecidedScene&)> begins;  // before the query
  std::function<void(DecidedScene&)> comes;   // who is to have it
  std::function<void(DecidedScene&)> ends;
};

TEST_CASE("the wait for a writer is no limit for what is done with the one that comes", "[decided]") {
  constexpr Millis kWaitMs = 1000;
  const auto switches = [](DecidedScene& s) { s.scene.decide(s.switched()); };
  const Slowness cases[] = {
      {"connecting", [](DecidedScene& s) { s.scene.server(1).set_silent_at_login(true); }, switches,
       [](DecidedScene& s) { s.scene.server(1).set_silent_at_login(false); }},
      {"synchronising",
       [](DecidedScene& s) {
         s.scene.server(1).on("SET", [](ServerSide& side) {
           side.ok();
           side.hold();
         });
       },
       switches,
       [](DecidedScene& s) {
         s.scene.until([&] { return s.scene.server(1).find_held() != nullptr; });
         s.scene.server(1).find_held()->release();
       }},
      {"sent elsewhere by the rules", [](DecidedScene& s) { s.scene.server(3).set_silent_at_login(true); },
       [](DecidedScene& s) {
         QueryRuleRow rule;
         rule.rule_id = 1;
         rule.active = true;
         rule.match_pattern = "INSERT";
         rule.destination_hostgroup = 3;
         rule.apply = true;
         s.scene.tables().query_rules.push_back(rule);
         s.scene.publish();
       },
       [](DecidedScene& s) { s.scene.server(3).set_silent_at_login(false); }},
  };
  for (const Slowness& each : cases) {
    INFO(each.name);
    DecidedScene s;
    s.scene.add_server(3, "d");
    Settings& settings = s.scene.settings();
    settings.writer_wait_ms = kWaitMs;
    settings.connect_timeout_server_max = 3'600'000;
    settings.connect_timeout_server = 200;  // and then it is tried again
    settings.shun_on_failures = settings.connect_retries_on_failure = 1'000'000;
    s.start();
    ScriptedClient& client = s.scene.log_in();
    CHECK(s.scene.ask(client, "SET sql_mode = 'ANSI'") == "ok");
    each.begins(s);
    s.scene.decide({{s.key(1, 0), {.presence = Presence::removed}}});
    client.query("INSERT INTO t VALUES (1)");
    s.scene.settle();
    const Instant late = s.scene.loop().now() + kWaitMs + 100;
    each.comes(s);
    s.scene.until([&] { return s.scene.loop().now() > late; });
    CHECK(client.replies().empty());
    each.ends(s);
    CHECK(s.scene.reply_of(client) == "ok");
  }
}

TEST_CASE("who is to wait for no writer is told at once", "[decided]") {
  for (const bool watched : {true, false}) {
    DecidedScene s;
    s.scene.settings().monitor_enabled = watched;
    s.scene.settings().writer_wait_ms = watched ? 0 : 3'600'000;
    s.scene.settings().connect_timeout_server_max = watched ? 3'600'000 : 30;
    s.start();
    ScriptedClient& client = s.scene.log_in();
    s.scene.decide({{s.key(1, 0), {.presence = Presence::removed}}});
    CHECK_THAT(s.scene.ask(client, "INSERT INTO t VALUES (1)"), Catch::StartsWith("9001"));
  }
}

TEST_CASE("a writer that is moved, and dies then, is taken from who still waits for it", "[decided]") {
  DecidedScene s;
  s.start();
  ScriptedClient& client = s.scene.log_in();
  s.scene.server(0).on("INSERT", [](ServerSide& side) { side.hold(); });
  client.query("INSERT INTO t VALUES (1)");
  s.scene.until([&] { return s.scene.server(0).find_held() != nullptr; });
  ServerOverlay overlay = s.switched();  // its checks time out: it is taken for read-only
  s.scene.decide(overlay);
  s.scene.settle();
  CHECK(client.replies().empty());
  overlay[s.key(2, 0)].hold = Hold::dead;
  s.scene.decide(overlay);
  CHECK_THAT(s.scene.reply_of(client), Catch::Contains("1927"));
  CHECK(s.scene.ask(client, "INSERT INTO t VALUES (2)") == "ok");
}

// "a" or "b" is cut off from its cluster, and put into hostgroup 4 for that.
ServerOverlay cut_off(DecidedScene& s, int hostgroup, std::size_t index) {
  return {{s.key(hostgroup, index), {.presence = Presence::removed, .reason = "it sees no majority"}},
          {s.key(4, index),
           {.presence = Presence::added,
            .like = hostgroup,
            .hold = Hold::severed,
            .reason = "it sees no majority"}}};
}

TEST_CASE("a statement that waits on a server which is cut off from its cluster does so no longer",
          "[decided]") {
  DecidedScene s;
  s.scene.settings().writer_wait_ms = 0;
  s.scene.server_row(2).status = "OFFLINE_SOFT";
  s.start();
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}})
    s.scene.server(i).on("SELECT w", [](ServerSide& side) { side.hold(); });
  s.scene.server(2).on("SELECT w", [](ServerSide& side) { side.rows("w", {"c"}); });
  s.scene.server(0).on("INSERT", [](ServerSide& side) { side.hold(); });
  ScriptedClient& writer = s.scene.log_in();
  ScriptedClient& reader = s.scene.log_in();
  ScriptedClient& in_transaction = s.scene.log_in();
  CHECK(s.scene.ask(in_transaction, "BEGIN") == "ok");
  CHECK(s.scene.ask(in_transaction, "SELECT v") == "a");
  writer.query("INSERT INTO t VALUES (1)");
  s.scene.until([&] { return s.scene.server(0).find_held() != nullptr; });
  reader.query("SELECT w");
  s.scene.until([&] { return s.scene.server(1).find_held() != nullptr; });
  SECTION("the writer") {
    s.scene.decide(cut_off(s, 1, 0));
    CHECK_THAT(s.scene.reply_of(writer),
               Catch::Contains("1927") && Catch::Contains("it sees no majority") &&
                   Catch::Contains("whether the statement was carried out is not known"));
    CHECK_THAT(s.scene.ask(in_transaction, "SELECT v"), Catch::Contains("1927"));
    CHECK(reader.replies().empty());
    CHECK(s.scene.server(0).count("INSERT") == 1);
  }
  SECTION("a writer that the operator lets finish") {
    s.scene.server_row(0).status = "OFFLINE_SOFT";
    s.scene.publish();
    s.scene.settle();
    CHECK(writer.replies().empty());
    s.scene.decide({{s.key(1, 0), {.hold = Hold::severed, .reason = "it sees no majority"}}});
    CHECK_THAT(s.scene.reply_of(writer), Catch::Contains("1927") && Catch::Contains("it sees no majority"));
    CHECK(reader.replies().empty());
  }
  SECTION("a reader") {
    s.scene.server_row(2).status = "ONLINE";
    s.scene.publish();
    s.scene.decide(cut_off(s, 2, 1));
    CHECK(s.scene.reply_of(reader) == "c");
    CHECK(writer.replies().empty());
  }
}

TEST_CASE("a dead or fenced server is taken from its users, a lagging one is not", "[decided]") {
  for (const Hold hold : {Hold::dead, Hold::fenced, Hold::lagging}) {
    DecidedScene s;
    s.start();
    ScriptedClient& client = s.scene.log_in();
    s.scene.server(0).on("SELECT v FOR UPDATE", [](ServerSide& side) { side.hold(); });
    client.query("SELECT v FOR UPDATE");
    s.scene.until([&] { return s.scene.server(0).find_held() != nullptr; });
    s.scene.decide({{s.key(1, 0), {.hold = hold, .reason = "it is said so"}}});
    if (hold == Hold::lagging) {
      s.scene.settle();
      CHECK(client.replies().empty());
      continue;
    }
    CHECK_THAT(s.scene.reply_of(client), Catch::Contains("it is said so"));
  }
}

TEST_CASE("a session that is pinned to a writer leaves it when the monitor moves it", "[decided]") {
  DecidedScene s;
  s.start();
  ScriptedClient& idle = s.scene.log_in();
  ScriptedClient& busy = s.scene.log_in();
  ScriptedClient& executing = s.scene.log_in();
  for (ScriptedClient* client : {&idle, &busy, &executing})
    CHECK(s.scene.ask(*client, "CREATE TEMPORARY TABLE t (i INT)") == "ok");
  CHECK(s.scene.ask(busy, "BEGIN") == "ok");
  s.scene.server(0).on("UPDATE", [](ServerSide& side) {
    side.ok(1);
    side.hold();
  });
  executing.query("UPDATE t SET i = 1");
  s.scene.until([&] { return s.scene.server(0).find_held() != nullptr; });
  s.scene.decide(s.taken_out());
  s.scene.until([&] { return s.scene.server(0).open_connections() == 2; });
  CHECK_THAT(s.scene.ask(idle, "SELECT v FOR UPDATE"),
             Catch::Contains("taken it from the writers: read_only=1"));
  // What has been begun may end.
  CHECK(s.scene.ask(busy, "SELECT v FOR UPDATE") == "a");
  CHECK(s.scene.ask(busy, "COMMIT") == "ok");
  CHECK_THAT(s.scene.ask(busy, "SELECT v FOR UPDATE"), Catch::Contains("taken it from the writers"));
  s.scene.server(0).find_held()->release();
  CHECK(s.scene.reply_of(executing) == "ok");
  CHECK_THAT(s.scene.ask(executing, "SELECT v FOR UPDATE"), Catch::Contains("taken it from the writers"));
  s.scene.until([&] { return s.scene.server(0).open_connections() == 0; });
}

TEST_CASE("a session that keeps its connection by configuration alone goes to the new writer", "[decided]") {
  DecidedScene s;
  s.scene.settings().multiplexing = false;
  QueryRuleRow keeps;
  keeps.rule_id = 1;
  keeps.active = true;
  keeps.match_pattern = "keep me";
  keeps.multiplex = 0;
  s.scene.tables().query_rules.push_back(keeps);
  s.start();
  ScriptedClient& idle = s.scene.log_in();
  ScriptedClient& busy = s.scene.log_in();
  ScriptedClient& holding = s.scene.log_in();
  ScriptedClient& ruled = s.scene.log_in();
  for (ScriptedClient* client : {&idle, &busy, &holding, &ruled})
    CHECK(s.scene.ask(*client, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(s.scene.ask(busy, "BEGIN") == "ok");
  CHECK(s.scene.ask(holding, "CREATE TEMPORARY TABLE t (i INT)") == "ok");
  CHECK(s.scene.ask(ruled, "SELECT v, 'keep me' FOR UPDATE") == "a");
  CHECK(s.scene.ask(ruled, "INSERT INTO t VALUES (2)") == "ok");
  s.scene.decide(s.taken_out());
  CHECK(s.scene.ask(idle, "SELECT v FOR UPDATE") == "b");
  CHECK(s.scene.ask(busy, "SELECT v FOR UPDATE") == "a");
  CHECK(s.scene.ask(busy, "COMMIT") == "ok");
  CHECK(s.scene.ask(busy, "SELECT v FOR UPDATE") == "b");
  for (ScriptedClient* client : {&holding, &ruled})
    CHECK_THAT(s.scene.ask(*client, "SELECT v FOR UPDATE"), Catch::Contains("taken it from the writers"));
  s.scene.until([&] { return s.scene.server(0).open_connections() == 0; });
}

TEST_CASE("what can be read from the old writer's connection goes along to the new one", "[decided]") {
  DecidedScene s;
  s.scene.server(0).on("SELECT COALESCE(LENGTH(@`a`), 0)",
                       [](ServerSide& side) { side.rows("size", {"3"}); });
  s.scene.server(0).on("SELECT @`a`, HEX(@`a`)", [](ServerSide& side) {
    side.head({"@`a`", "HEX(@`a`)", "COLLATION(@`a`)"});
    side.row({"now", "6E6F77", "utf8mb4_general_ci"});
    side.end_rows();
  });
  s.start();
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "SET @a = NOW()") == "ok");
  s.scene.decide(s.taken_out());
  CHECK(s.scene.ask(client, "SELECT v, @a FOR UPDATE") == "b");
  CHECK(s.scene.server(1).count("SET @`a`=_utf8mb4 X'6E6F77'") == 1);
  s.scene.until([&] { return s.scene.server(0).open_connections() == 0; });
}

TEST_CASE("a writer that the operator removes keeps the sessions that are pinned to it", "[decided]") {
  DecidedScene s;
  s.start();
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "CREATE TEMPORARY TABLE t (i INT)") == "ok");
  s.scene.server_row(0).status = "OFFLINE_SOFT";
  s.scene.publish();
  CHECK(s.scene.ask(client, "SELECT v FOR UPDATE") == "a");
}

TEST_CASE("reads that wait for a silent server are asked of another one", "[decided]") {
  DecidedScene s;
  s.scene.server_row(2).status = "OFFLINE_SOFT";
  s.start();
  ScriptedClient& client = s.scene.log_in();
  s.scene.server(1).on("SELECT v", [](ServerSide& side) { side.hold(); });
  client.query("SELECT v FROM t");
  s.scene.until([&] { return s.scene.server(1).find_held() != nullptr; });
  // There is nobody else: it waits on.
  s.scene.fleet().snapshot()->find_hostgroup(2)->servers.front()->health().set_silent(true, 1);
  s.scene.decide({{s.key(2, 1), {.hold = Hold::silent}}});
  s.scene.settle();
  CHECK(client.replies().empty());
  s.scene.decide({});
  s.scene.server_row(2).status = "ONLINE";
  s.scene.publish();
  s.scene.decide({{s.key(2, 1), {.hold = Hold::silent}}});
  CHECK(s.scene.reply_of(client) == "c");
  CHECK(s.scene.ask(client, "SELECT v FROM t") == "c");
}

TEST_CASE("a LOAD keeps what the monitor has decided", "[decided]") {
  DecidedScene s;
  s.start();
  s.scene.decide(s.switched());
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "SELECT v FOR UPDATE") == "b");
  s.scene.server_row(2).weight = 9;
  s.scene.publish();
  CHECK(s.scene.ask(client, "SELECT v FOR UPDATE") == "b");
  s.scene.decide({});
  CHECK(s.scene.ask(client, "SELECT v FOR UPDATE") == "a");
}

}  // namespace
}  // namespace weir::test
