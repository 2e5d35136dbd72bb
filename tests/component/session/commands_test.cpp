// Commands other than queries and prepared statements, and what is no command at all.
#include <catch2/catch.hpp>

#include "protocol/message/response.hpp"
#include "router/config/json_text.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

TEST_CASE("COM_PING is answered without a server") {
  Scene scene;
  scene.server().stop_listening();
  scene.start();
  CHECK(scene.ask(scene.log_in(), Command::ping) == "ok");
}

TEST_CASE("COM_QUIT ends the session and gives its connection back") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  client.command(Command::quit, {});
  scene.until([&] { return client.ended() && scene.sessions() == 0; });
  CHECK(scene.idle_connections() == 1);
  CHECK(scene.server().count(Command::quit) == 0);
}

TEST_CASE("COM_STATISTICS and its like go to a server") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::statistics, {});
  scene.until([&] { return !client.replies().empty(); });
  CHECK(as_text(client.take_reply().payloads().at(0)) == "Uptime: 1");
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE(
    "what servers refuse, or what is not for one of several, is refused here, and the session goes on") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  for (const Command command : {Command::sleep, Command::shutdown, Command::create_db, Command::table_dump,
                                Command::daemon, Command::clone, Command::stmt_bulk_execute}) {
    CAPTURE(static_cast<int>(command));
    CHECK(scene.ask(client, command) == "1047 Unknown command");
  }
  client.send(packet("\xb0"_bytes), {Shape::ok});
  CHECK(scene.reply_of(client) == "1047 Unknown command");
  CHECK(scene.ask(client, Command::process_kill, "ff 00 00 00"_hex) == "1094 Unknown thread id: 255");
  CHECK(scene.ask(client, Command::process_kill, "ff 00 00"_hex).starts_with("1835 "));
  CHECK(scene.server().accepted() == 0);
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("an empty packet is an unknown command of its session") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.send("00 00 00 00"_hex + packet("\x03SELECT 1"_bytes) + "00 00 00 00"_hex,
              {Shape::ok, Shape::result, Shape::ok});
  CHECK(scene.reply_of(client) == "1047 Unknown command");
  CHECK(scene.reply_of(client) == "a");
  CHECK(scene.reply_of(client) == "1047 Unknown command");
}

TEST_CASE("a sequence id that is not due ends the session with a word why") {
  const std::pair<Blob, std::string> kCases[] = {
      {"01 00 00 01 0e"_hex, "1156 "},
      {"01 00 00 ff 0e"_hex, "1156 "},
  };
  for (const auto& [bytes, expected] : kCases) {
    Scene scene;
    scene.start();
    ScriptedClient& client = scene.log_in();
    client.send(bytes, {Shape::ok});
    CHECK(scene.reply_of(client).starts_with(expected));
    scene.until([&] { return client.ended() && scene.sessions() == 0; });
  }
}

TEST_CASE("an unknown command behind a query is answered behind it") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.send(packet("\x03SELECT 1"_bytes) + packet("\xb0"_bytes), {Shape::result, Shape::ok});
  CHECK(scene.reply_of(client) == "a");
  CHECK(scene.reply_of(client) == "1047 Unknown command");
}

TEST_CASE("a statement longer than max_allowed_packet is refused") {
  Scene scene;
  scene.settings().max_allowed_packet = 8192;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "INSERT INTO t VALUES ('" + std::string(9000, 'x') + "')").starts_with("1153 "));
  scene.until([&] { return client.ended(); });
  CHECK(scene.server().accepted() == 0);
}

// ---- KILL

std::string id_of(const ScriptedClient& client) {
  return std::to_string(client.established().connection_id);
}

TEST_CASE("CONNECTION_ID() is the id of the greeting") {
  Scene scene;
  scene.start();
  scene.log_in();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT CONNECTION_ID()") == id_of(client));
  CHECK(scene.server().accepted() == 0);
}

TEST_CASE("ROW_COUNT() is that of the session's own statement, whatever connection it had") {
  Scene scene;
  scene.start();
  scene.server().on("UPDATE", [](ServerSide& server) { server.ok(3); });
  scene.server().on("DELETE", [](ServerSide& server) { server.ok(7); });
  scene.server().on("BROKEN", [](ServerSide& server) { server.err(1064, "no"); });
  scene.server().on("SELECT CAST(-00000000000000000001 AS SIGNED) AS `ROW_COUNT()`",
                    [](ServerSide& server) { server.rows("n", {"-1"}); });
  ScriptedClient& client = scene.log_in();
  ScriptedClient& other = scene.log_in();
  const auto row_count = [&] { return scene.ask(client, "SELECT ROW_COUNT()"); };
  CHECK(row_count() == "0");
  scene.ask(client, "UPDATE t SET a = 1");
  scene.ask(other, "DELETE FROM t");
  scene.ask(client, "GET DIAGNOSTICS @n = NUMBER");
  CHECK(row_count() == "3");
  CHECK(row_count() == "-1");
  scene.ask(client, "SELECT 1");
  CHECK(row_count() == "-1");
  scene.ask(client, Command::ping);
  CHECK(row_count() == "0");
  scene.ask(client, "BROKEN");
  CHECK(row_count() == "-1");
}

// What it implies is done before it fails, and an ERR has no flags that would say so.
TEST_CASE("whether a transaction outlives a statement that failed in it is asked of its server") {
  Scene scene;
  scene.start();
  scene.server().on("BEGIN", [](ServerSide& server) {
    server.set_status(server.status() | kStatusInTransaction);
    server.ok();
  });
  scene.server().on("ALTER TABLE", [](ServerSide& server) {
    server.set_status(server.status() & ~kStatusInTransaction);
    server.err(1146, "no such table");
  });
  const std::string count = "SELECT CAST(-00000000000000000001 AS SIGNED)";
  scene.server().on(count, [](ServerSide& server) { server.rows("n", {"-1"}); });
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "BEGIN");
  scene.ask(client, "ALTER TABLE missing COMMENT = ''");
  REQUIRE(scene.idle_connections() == 0);
  SECTION("by COM_PING") {
    CHECK(scene.ask(client, Command::ping) == "ok");
  }
  SECTION("by ROW_COUNT()") {
    CHECK(scene.ask(client, "SELECT ROW_COUNT()") == "-1");
  }
  const auto asked = [&] { return scene.server().count(Command::ping) + scene.server().count(count); };
  CHECK(asked() == 1);
  CHECK(scene.ask(client, Command::ping) == "ok");
  CHECK(asked() == 1);
  scene.ask(client, "SELECT 1");  // the error is no longer there to be shown
  CHECK(scene.idle_connections() == 1);
}

// Its answer says what the ERR could not, and makes ROW_COUNT() on the server another.
TEST_CASE("a transaction is not in doubt any more after a statement of Weir's own") {
  Scene scene;
  scene.start();
  scene.server().on("BEGIN", [](ServerSide& server) {
    server.set_status(server.status() | kStatusInTransaction);
    server.ok();
  });
  scene.server().on("INSERT", [](ServerSide& server) { server.err(1062, "duplicate"); });
  const bool ended = GENERATE(false, true);
  scene.server().on("SET last_insert_id", [ended](ServerSide& server) {
    if (ended) server.set_status(server.status() & ~kStatusInTransaction);
    server.ok();
  });
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "BEGIN");
  scene.ask(client, "INSERT INTO t VALUES (1), (1)");
  scene.ask(client, Command::stmt_prepare, as_bytes("SELECT LAST_INSERT_ID()"));
  REQUIRE(scene.server().count("SET last_insert_id") == 1);
  CHECK(scene.ask(client, "SELECT ROW_COUNT()") == "-1");
  CHECK(scene.server().count("SELECT") == 0);
  CHECK(scene.ask(client, Command::ping) == "ok");
  CHECK(scene.server().count(Command::ping) == 0);
  CHECK(scene.idle_connections() == (ended ? 1 : 0));
}

TEST_CASE("whether a statement that failed has begun a transaction is asked of its server") {
  Scene scene;
  scene.start();
  scene.server().on("CALL", [](ServerSide& server) {
    server.set_status(server.status() | kStatusInTransaction);
    server.err(1792, "read only");
  });
  // MySQL counts the warnings of the statement before.
  scene.server().on(Command::ping, [](ServerSide& server) { server.ok(0, 0, 0, 2); });
  ScriptedClient& client = scene.log_in();
  scene.ask(client, Command::stmt_prepare, as_bytes("SELECT 1"));
  scene.ask(client, "CALL begins_and_fails()");
  std::uint16_t warnings = 2;
  SECTION("by COM_PING") {
    client.command(Command::ping, {});
  }
  SECTION("by COM_STMT_RESET, which resets warnings, too") {
    client.command(Command::stmt_reset, "01 00 00 00"_hex);
    warnings = 0;
  }
  scene.until([&] { return !client.replies().empty(); });
  const auto ok = decode_ok(client.take_reply().payloads().at(0), client.established().caps);
  REQUIRE(ok.has_value());
  CHECK((ok->status & kStatusInTransaction) != 0);
  CHECK(ok->warnings == warnings);
  CHECK(scene.server().count(Command::ping) == 1);
}

TEST_CASE("an answer of our own does not repeat what the server said of the statement before") {
  Scene scene;
  scene.start();
  scene.server().on("SELECT all", [](ServerSide& server) { server.rows("a", {"1"}, kStatusNoIndexUsed); });
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "SELECT all");
  client.command(Command::ping, {});
  scene.until([&] { return !client.replies().empty(); });
  const auto ok = decode_ok(client.take_reply().payloads().at(0), client.established().caps);
  REQUIRE(ok.has_value());
  CHECK(ok->status == kStatusAutocommit);
}

TEST_CASE("SHOW WARNINGS does not show what another session has left on the connection") {
  Scene scene;
  scene.start();
  scene.server().on("INSERT", [](ServerSide& server) { server.ok(1, 0, 0, 2); });
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "INSERT INTO t VALUES ('x')");
  CHECK(scene.ask(client, "SHOW WARNINGS") == "ok");  // its own: nothing comes in between
  CHECK(scene.server().count("DO ") == 0);
  scene.ask(client, "SELECT 1");
  ScriptedClient& other = scene.log_in();
  CHECK(scene.ask(other, "SHOW WARNINGS") == "ok");
  CHECK(scene.server().count("DO ") == 1);
  CHECK(scene.ask(other, "SHOW WARNINGS") == "ok");  // all is known to be forgotten
  CHECK(scene.server().count("DO ") == 1);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("INTERNAL SESSION tells of the session and of the connection that it holds, as JSON") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const auto document = [&](std::string_view sql) { return parse_json(scene.ask(client, sql)); };

  auto idle = document("PROXYSQL INTERNAL SESSION");
  REQUIRE(idle.has_value());
  CHECK(std::to_string(static_cast<int>(idle->find("thread_session_id")->number)) == id_of(client));
  CHECK(idle->find("client")->find("userinfo")->find("username")->string == "ann");
  CHECK(idle->find("pins")->elements.empty());
  CHECK(idle->find("backends")->elements.empty());
  CHECK(scene.server().accepted() == 0);

  scene.ask(client, "SET @a = NOW()");
  const auto pinned = document("weir /* what */ internal session;");
  REQUIRE(pinned.has_value());
  CHECK(pinned->find("pins")->elements.at(0).string == "user_variables");
  REQUIRE(pinned->find("backends")->elements.size() == 1);
  CHECK(pinned->find("backends")->elements[0].find("hostgroup_id")->number == 1);
  CHECK(scene.ask(client, "PROXYSQL INTERNAL SESSION 1") != scene.ask(client, "PROXYSQL INTERNAL SESSION"));
}

TEST_CASE("KILL QUERY ends a statement on its server; its session goes on") {
  Scene scene;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& victim = scene.log_in();
  ScriptedClient& killer = scene.log_in();
  victim.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  CHECK(scene.ask(killer, "KILL QUERY " + id_of(victim)) == "ok");
  scene.until([&] { return scene.server().count("KILL QUERY 1") == 1; });
  ServerSide& side = *scene.server().find_held();
  side.err(1317, "Query execution was interrupted", "70100");
  side.release();
  CHECK(scene.reply_of(victim).starts_with("1317 "));
  CHECK(scene.ask(victim, "SELECT 1") == "a");
}

TEST_CASE("KILL QUERY takes a statement out of the line") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& holder = scene.log_in();
  ScriptedClient& victim = scene.log_in();
  ScriptedClient& killer = scene.log_in();
  holder.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  victim.query("UPDATE t SET a = 1");
  scene.settle();
  CHECK(scene.ask(killer, "KILL QUERY " + id_of(victim)) == "ok");
  CHECK(scene.reply_of(victim).starts_with("1317 "));
  scene.server().find_held()->ok();
  scene.server().find_held()->release();
  CHECK(scene.reply_of(holder) == "ok");
  CHECK(scene.server().count("UPDATE") == 0);
  CHECK(scene.ask(victim, "SELECT 1") == "a");
}

TEST_CASE("KILL ends a session, whatever it does, on any worker") {
  for (const bool executing : {false, true}) {
    CAPTURE(executing);
    Scene scene(2);
    scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
    scene.start();
    ScriptedClient& victim = scene.log_in();
    ScriptedClient& killer = scene.log_in();  // on the other worker
    if (executing) {
      victim.query("SELECT held");
      scene.until([&] { return scene.server().find_held() != nullptr; });
    }
    CHECK(scene.ask(killer, "KILL " + id_of(victim)) == "ok");
    scene.until([&] { return victim.ended() && scene.sessions() == 1; });
    if (executing) scene.until([&] { return scene.server().count("KILL 1") == 1; });
    CHECK(scene.ask(killer, "SELECT 1") == "a");
  }
}

TEST_CASE("KILL of oneself, of another's session, of nobody, and of an expression") {
  Scene scene;
  scene.start();
  ScriptedClient& ann = scene.log_in("ann");
  ScriptedClient& bob = scene.log_in("bob");
  CHECK(scene.ask(ann, "KILL QUERY " + id_of(ann)).starts_with("1317 "));
  CHECK(scene.ask(ann, "KILL " + id_of(bob)).starts_with("1095 "));
  CHECK(scene.ask(ann, "KILL 4711").starts_with("1094 "));
  CHECK(scene.ask(ann, "KILL @a").starts_with("1235 "));
  CHECK(scene.ask(ann, "KILL " + id_of(ann)).starts_with("1317 "));
  scene.until([&] { return ann.ended(); });
  CHECK(scene.ask(bob, "SELECT 1") == "a");
}

TEST_CASE("no server gets a KILL to carry out, however it is wrapped") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "PREPARE s FROM 'KILL 4711'") == "ok");
  CHECK(scene.ask(client, "PREPARE t FROM 'KILL ?'") == "ok");
  scene.server().forget();
  for (const auto& [sql, answer] :
       {std::pair{"KILL USER app", "1235 "}, std::pair{"KILL QUERY ID 5", "1235 "},
        std::pair{"SELECT 1; KILL 5", "1235 "}, std::pair{"BEGIN NOT ATOMIC KILL 5; END", "1235 "},
        std::pair{"EXECUTE s", "1094 "}, std::pair{"EXECUTE t USING @a", "1235 "},
        std::pair{"EXECUTE IMMEDIATE 'KILL QUERY 4712'", "1094 "},
        std::pair{"KILL 18446744073709551615", "1094 "}}) {
    CAPTURE(sql);
    CHECK(scene.ask(client, sql).starts_with(answer));
  }
  CHECK(scene.server().texts().empty());
}

// ---- time limits

TEST_CASE("a statement beyond its time limit is killed on its server, and the session goes on") {
  Scene scene;
  QueryRuleRow rule;
  rule.rule_id = 1;
  rule.active = true;
  rule.match_pattern = "held";
  rule.timeout = 30;
  scene.tables().query_rules.push_back(rule);
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT held").starts_with("1907 "));
  scene.until([&] { return scene.server().count("KILL 1") == 1; });
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.permits() == 1);
}

TEST_CASE("an idle client is let go after wait_timeout; one that is served is not") {
  Scene scene;
  scene.settings().wait_timeout = 1000;
  scene.server().on("SELECT held", [](ServerSide& side) {
    side.rows("v", {"late"});
    side.hold();
  });
  scene.start();
  ScriptedClient& idle = scene.log_in();
  ScriptedClient& busy = scene.log_in();
  busy.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  scene.until([&] { return idle.ended(); });
  REQUIRE(!busy.ended());
  scene.server().find_held()->release();
  CHECK(scene.reply_of(busy) == "late");
}

TEST_CASE("a transaction that lasts too long ends its session, however busy it is") {
  Scene scene;
  scene.settings().max_transaction_time = 60;
  scene.start();
  ScriptedClient& quiet = scene.log_in();
  ScriptedClient& busy = scene.log_in();
  scene.ask(busy, "BEGIN");
  scene.until([&] {
    if (!busy.ended()) scene.ask(busy, "SELECT 1");
    return busy.ended();
  });
  CHECK(!quiet.ended());
}

}  // namespace
}  // namespace weir::test
