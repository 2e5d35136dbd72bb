// CONNECTION_ID() in statements that go to servers is the session's id, whichever connection has them.
#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

std::string own_id(const ScriptedClient& client) {
  return fmt::format("CAST({:010} AS UNSIGNED)", client.established().connection_id);
}

std::string last_text(Scene& scene) {
  return scene.server().received().back().text;
}

void rewrite(Scene& scene, const char* pattern, const char* by) {
  QueryRuleRow row;
  row.rule_id = 1;
  row.active = true;
  row.match_pattern = pattern;
  row.replace_pattern = by;
  row.apply = true;
  scene.tables().query_rules.push_back(std::move(row));
}

TEST_CASE("two sessions on one connection read their own ids") {
  Scene scene;
  scene.start();
  scene.log_in();
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in();
  for (ScriptedClient* client : {&one, &two, &one}) {
    scene.ask(*client, "UPDATE jobs SET owner = CONNECTION_ID()");
    CHECK(last_text(scene) == "UPDATE jobs SET owner = " + own_id(*client));
  }
  CHECK(own_id(one) != own_id(two));
  CHECK(scene.server().accepted() == 1);
  scene.ask(one, "SELECT * FROM information_schema.processlist WHERE id = CONNECTION_ID()");
  CHECK(last_text(scene) == "SELECT * FROM information_schema.processlist WHERE id = CONNECTION_ID()");
}

TEST_CASE("ROW_COUNT() in a statement is of the session's own statement before it") {
  Scene scene;
  scene.start();
  scene.server().on("UPDATE", [](ServerSide& server) { server.ok(3); });
  scene.server().on("DELETE", [](ServerSide& server) { server.ok(7); });
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in();
  scene.ask(one, "UPDATE t SET a = 1");
  scene.ask(two, "DELETE FROM t");
  scene.ask(one, "INSERT INTO log VALUES (ROW_COUNT(), 'ROW_COUNT()')");
  CHECK(last_text(scene) == "INSERT INTO log VALUES (CAST(000000000000000000003 AS SIGNED), 'ROW_COUNT()')");
  scene.ask(two, "SELECT 1 + ROW_COUNT()");
  CHECK(last_text(scene) == "SELECT 1 + CAST(000000000000000000007 AS SIGNED) AS `1 + ROW_COUNT()`");
  // Of the time when it is executed, which no text can say.
  scene.ask(one, Command::stmt_prepare, as_bytes("SELECT 1 + ROW_COUNT()"));
  CHECK(last_text(scene) == "SELECT 1 + ROW_COUNT()");
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("rules see CONNECTION_ID(), and what they make of a statement has the session's id") {
  Scene scene;
  rewrite(scene, "^SELECT CONNECTION_ID\\(\\) AS x$", "SELECT CONNECTION_ID() AS y");
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "SELECT CONNECTION_ID() AS x");
  CHECK(last_text(scene) == "SELECT " + own_id(client) + " AS y");
}

TEST_CASE("a prepared CONNECTION_ID() is the session's id wherever it is prepared") {
  Scene scene;
  scene.start();
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in();
  const auto prepare = [&](ScriptedClient& client) {
    return scene.ask(client, Command::stmt_prepare, as_bytes("SELECT CONNECTION_ID() + 1"));
  };
  const auto sent = [&](const ScriptedClient& client) {
    return "SELECT " + own_id(client) + " + 1 AS `CONNECTION_ID() + 1`";
  };
  prepare(one);
  CHECK(last_text(scene) == sent(one));
  prepare(two);
  CHECK(last_text(scene) == sent(two));
  // On a connection that lacks it, it is prepared again.
  scene.ask(two, "BEGIN");
  scene.ask(one, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex);
  CHECK(scene.server().accepted() == 2);
  CHECK(scene.server().count(Command::stmt_prepare) == 3);
  const Received* again = nullptr;
  for (const Received& received : scene.server().received()) {
    if (received.command == Command::stmt_prepare && received.connection == 2) again = &received;
  }
  REQUIRE(again != nullptr);
  CHECK(again->text == sent(one));
}

TEST_CASE("a session behaves as the family of its servers does, whatever mysql-server_version says") {
  Scene scene;
  scene.settings().server_version = "5.5.30";
  scene.start();
  Established writer;
  writer.server_version = "10.11.6-MariaDB";
  scene.fleet().on_server_seen(*scene.fleet().snapshot(), 1, writer);
  CHECK(scene.ask(scene.log_in(), "KILL CONNECTION_ID()").starts_with("1927 "));
}

TEST_CASE("query attributes stay before a statement with the session's id") {
  Scene scene;
  scene.server().offer(kQueryAttributes);
  scene.start();
  Established writer;
  writer.server_version = "8.0.36";
  writer.offered = kQueryAttributes;
  scene.fleet().on_server_seen(*scene.fleet().snapshot(), 1, writer);
  ScriptedClient& client = scene.log_in("ann", "", kUsualClient | kQueryAttributes);
  for (const Blob& attributes : {"00 01"_hex, "01 01 00 01 fd 00 05 74 72 61 63 65 03 61 62 63"_hex}) {
    CHECK(scene.ask(client, Command::query, attributes + "DO CONNECTION_ID()"_bytes) == "ok");
    const Blob sent = to_blob(Bytes(scene.server().received().back().payload).subspan(1));
    CHECK(sent == attributes + to_blob(as_bytes("DO " + own_id(client))));
  }
}

TEST_CASE("what would become too long goes as it is") {
  Scene scene;
  scene.settings().max_allowed_packet = 1024;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string start = "DO CONNECTION_ID() + ";
  const std::size_t added = own_id(client).size() - std::string_view("CONNECTION_ID()").size();
  for (const std::size_t over : {std::size_t{0}, std::size_t{1}}) {
    const std::string sql = start + std::string(1024 - 1 - added - start.size() + over, '1');
    CHECK(scene.ask(client, sql) == "ok");
    CHECK(last_text(scene).starts_with("DO " + own_id(client)) == (over == 0));
  }
}

TEST_CASE("a text that is prepared by name has the session's id, and the connection is kept for it as ever") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "PREPARE s FROM 'DO CONNECTION_ID()'");
  CHECK(last_text(scene) == "PREPARE s FROM 'DO " + own_id(client) + "'");
  scene.ask(scene.log_in(), "SELECT 1");
  CHECK(scene.server().accepted() == 2);
  scene.ask(client, "EXECUTE s USING CONNECTION_ID()");
  CHECK(last_text(scene) == "EXECUTE s USING " + own_id(client));
  CHECK(scene.server().received().back().connection == 1);
}

TEST_CASE("KILL CONNECTION_ID() is for the session itself, and said as its servers say it") {
  struct Case {
    const char* version;
    const char* sql;
    const char* said;
    bool ends;
  };
  for (const Case& c : {Case{"9.1.0", "KILL CONNECTION_ID()", "1317 ", true},
                        Case{"9.1.0", "KILL QUERY CONNECTION_ID()", "1317 ", false},
                        Case{"10.11.6-MariaDB", "KILL CONNECTION connection_id()", "1927 ", true},
                        Case{"10.11.6-MariaDB", "KILL QUERY CONNECTION_ID()", "1317 ", false}}) {
    for (const bool in_transaction : {false, true}) {
      CAPTURE(c.version, c.sql, in_transaction);
      Scene scene;
      scene.server().set_version(c.version);
      scene.start();
      ScriptedClient& client = scene.log_in();
      ScriptedClient& other = scene.log_in();
      scene.ask(client, "SELECT 1");  // the servers' version is known
      if (in_transaction) scene.ask(client, "BEGIN");
      CHECK(scene.ask(client, c.sql).starts_with(c.said));
      CHECK(scene.server().count("KILL") == 0);
      if (c.ends) {
        scene.until([&] { return client.ended(); });
      } else {
        CHECK(scene.ask(client, "SELECT 1") == "a");
      }
      CHECK(scene.ask(other, "SELECT 1") == "a");
    }
  }
}

TEST_CASE("SELECT CONNECTION_ID() alone has the type of its servers") {
  for (const bool mariadb : {false, true}) {
    CAPTURE(mariadb);
    Scene scene;
    scene.server().set_version(mariadb ? "10.11.6-MariaDB" : "9.1.0");
    scene.start();
    ScriptedClient& client = scene.log_in();
    scene.ask(client, "BEGIN");
    client.query("SELECT CONNECTION_ID()");
    scene.until([&] { return !client.replies().empty(); });
    const Blob column = client.take_reply().payloads().at(1);
    // Character set, length, type, flags, decimals.
    const Blob tail(column.end() - 12, column.end());
    CHECK(tail ==
          (mariadb ? "3f 00 0a 00 00 00 03 a1 00 00 00 00"_hex : "3f 00 15 00 00 00 08 a1 00 00 00 00"_hex));
  }
}

}  // namespace
}  // namespace weir::test
