// SHOW WARNINGS and its like speak of the session's latest statement, wherever that ran: with readers and a
// writer it is often not the connection that answers them.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

constexpr std::string_view kForget = "DO ";

// Server 0 writes, and warns of every INSERT; server 1 reads.
class Diagnosed {
 public:
  explicit Diagnosed(const char* version = "9.1.0") {
    scene.add_server(2, "b");
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) scene.server(i).set_version(version);
    scene.split_reads_to(2);
    scene.server().on("INSERT", [](ServerSide& server) { server.ok(1, 0, 0, 2); });
    scene.start();
    client_ = &scene.log_in();
  }

  void ask(std::string_view sql) { scene.ask(*client_, sql); }
  void prepare(std::string_view sql) { scene.ask(*client_, Command::stmt_prepare, as_bytes(sql)); }
  // Whether the writer is made to forget what it would show.
  bool forgets_before(std::string_view sql) {
    const std::size_t before = scene.server().count(kForget);
    const std::size_t shown = scene.server().count(sql);
    scene.ask(*client_, sql);
    CHECK(scene.server().count(sql) == shown + 1);
    return scene.server().count(kForget) > before;
  }

  Scene scene;

 private:
  ScriptedClient* client_ = nullptr;
};

TEST_CASE("warnings of an earlier statement are not shown after a read on another server") {
  for (const char* shows : {"SHOW WARNINGS", "SHOW ERRORS", "SHOW COUNT(*) WARNINGS",
                            "SELECT @@warning_count", "GET DIAGNOSTICS @n = NUMBER"}) {
    CAPTURE(shows);
    Diagnosed it;
    it.ask("INSERT INTO t VALUES ('x')");
    it.ask("SELECT a FROM t");
    CHECK(it.scene.server(1).count("SELECT a") == 1);
    CHECK(it.forgets_before(shows));
    CHECK_FALSE(it.forgets_before(shows));
  }
}

TEST_CASE("what has run on the writer since then is what the writer shows") {
  Diagnosed it;
  for (const char* latest :
       {"UPDATE t SET a = 1", "INSERT INTO t VALUES ('x')", "SELECT a FROM t FOR UPDATE"}) {
    CAPTURE(latest);
    it.ask("INSERT INTO t VALUES ('x')");
    it.ask(latest);
    CHECK_FALSE(it.forgets_before("SHOW WARNINGS"));
  }
  it.ask("BEGIN");
  it.ask("INSERT INTO t VALUES ('x')");
  it.ask("SELECT a FROM t");
  CHECK_FALSE(it.forgets_before("SHOW WARNINGS"));
}

TEST_CASE("MariaDB's warnings stay while statements use no table") {
  struct Case {
    const char* version;
    const char* sql;
    bool forgotten;
  };
  for (const Case& c : {Case{"10.11.6-MariaDB", "SELECT 1", false},
                        Case{"10.11.6-MariaDB", "SELECT a FROM t", true}, Case{"9.1.0", "SELECT 1", true}}) {
    for (const bool prepared : {false, true}) {
      CAPTURE(c.version, c.sql, prepared);
      Diagnosed it(c.version);
      it.ask("INSERT INTO t VALUES ('x')");
      prepared ? it.prepare(c.sql) : it.ask(c.sql);
      CHECK(it.scene.server(1).count(prepared ? Command::stmt_prepare : Command::query) == 1);
      CHECK(it.forgets_before("SHOW WARNINGS") == c.forgotten);
    }
  }
}

TEST_CASE("a question that Weir answers leaves MySQL nothing to show") {
  for (const char* version : {"9.1.0", "10.11.6-MariaDB"}) {
    CAPTURE(version);
    Diagnosed it(version);
    it.ask("INSERT INTO t VALUES ('x')");
    it.ask("SELECT ROW_COUNT()");
    CHECK(it.scene.server().count("SELECT ROW") == 0);
    CHECK(it.forgets_before("SHOW WARNINGS") == (version[0] == '9'));
  }
}

TEST_CASE("a text that cannot be prepared keeps its connection for SHOW WARNINGS") {
  Diagnosed it;
  it.scene.server(1).on(Command::stmt_prepare, [](ServerSide& server) { server.err(1146, "no table"); });
  it.scene.server(1).on("SHOW WARNINGS", [](ServerSide& server) { server.rows("Level", {"Error"}); });
  it.prepare("SELECT a FROM no_table");
  it.ask("SHOW WARNINGS");
  CHECK(it.scene.server(1).count("SHOW WARNINGS") == 1);
  it.ask("UPDATE t SET a = 1");
  CHECK(it.scene.server(0).count("UPDATE") == 1);
}

TEST_CASE("warnings of rows that are fetched are counted and shown") {
  Scene scene;
  scene.server().on(Command::stmt_execute, [](ServerSide& server) {
    server.head({"v"});
    server.end_rows(kStatusCursorExists);
  });
  scene.server().on(Command::stmt_fetch, [](ServerSide& server) {
    server.packet("00 00 01 61"_hex);
    server.packet("fe 00 00 82 00 01 00"_hex);  // the last row has been sent; one warning
  });
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, Command::stmt_prepare, as_bytes("SELECT v FROM t"));
  scene.ask(client, Command::stmt_execute, "01 00 00 00 01 01 00 00 00"_hex);
  client.command(Command::stmt_fetch, "01 00 00 00 09 00 00 00"_hex);
  scene.until([&] { return !client.replies().empty(); });
  CHECK(client.take_reply().payloads().back() == "fe 00 00 82 00 01 00"_hex);
  CHECK(scene.idle_connections() == 0);
  scene.ask(client, "SHOW WARNINGS");
  CHECK(scene.server().count(kForget) == 0);
}

TEST_CASE("what a statement that is prepared again leaves is its session's") {
  Scene scene;
  scene.settings().max_stmts_per_connection = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, Command::stmt_prepare, as_bytes("SELECT a FROM t"));
  scene.ask(client, Command::stmt_prepare, as_bytes("SELECT a FROM u"));
  scene.server().on(Command::stmt_prepare, [](ServerSide& server) { server.err(1146, "no table"); });
  CHECK(scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex) == "1146 no table");
  scene.ask(client, "SHOW WARNINGS");
  CHECK(scene.server().count(kForget) == 0);
  scene.ask(client, "SELECT 1");
  scene.ask(scene.log_in(), "SHOW WARNINGS");
  CHECK(scene.server().count(kForget) == 1);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("nobody sees warnings of how his connection was prepared for him") {
  Scene scene;
  scene.server().on("SET ", [](ServerSide& server) { server.ok(0, 0, 0, 1); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  ScriptedClient& other = scene.log_in();
  scene.ask(client, "SET sql_mode = ''");
  scene.ask(client, "SELECT 1");
  scene.ask(other, "SELECT 1");
  const std::size_t before = scene.server().count(kForget);
  scene.ask(client, "SHOW WARNINGS");
  CHECK(scene.server().count(kForget) == before + 1);
}

TEST_CASE("warnings of a text that is prepared again are nobody's") {
  Scene scene;
  scene.server().set_version("10.11.6-MariaDB");
  scene.settings().max_stmts_per_connection = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const auto shown = [&] {
    const std::size_t before = scene.server().count(kForget);
    scene.ask(client, "SHOW WARNINGS");
    return scene.server().count(kForget) == before;
  };
  scene.server().on(Command::stmt_execute, [](ServerSide& server) { server.rows("n", {}); });
  scene.ask(client, Command::stmt_prepare, as_bytes("SELECT 1"));
  const std::size_t prepares = scene.server().count(Command::stmt_prepare);
  for (const bool warned : {false, true}) {
    CAPTURE(warned);
    scene.ask(client, "DELETE FROM t");
    scene.ask(client, Command::stmt_prepare, as_bytes("SELECT 2"));  // in its place
    scene.server().on(Command::stmt_prepare, [&](ServerSide& server) {
      server.packet(warned ? "00 c8 00 00 00 00 00 00 00 00 01 00"_hex
                           : "00 c8 00 00 00 00 00 00 00 00 00 00"_hex);
    });
    CHECK(scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex).empty());
    CHECK(shown() != warned);
    scene.server().on(Command::stmt_prepare, {});
  }
  CHECK(scene.server().count(Command::stmt_prepare) == prepares + 4);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("a text that MariaDB runs at once does not show the warnings of another session") {
  Scene scene;
  scene.server().set_version("10.11.6-MariaDB");
  scene.server().on("INSERT", [](ServerSide& server) { server.ok(1, 0, 0, 2); });
  scene.start();
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in();
  scene.ask(one, "INSERT INTO t VALUES ('x')");
  scene.ask(one, "EXECUTE IMMEDIATE 'SHOW WARNINGS'");
  CHECK(scene.server().count(kForget) == 0);
  scene.ask(one, "SELECT 1");
  scene.ask(two, "EXECUTE IMMEDIATE 'SHOW WARNINGS'");
  CHECK(scene.server().count(kForget) == 1);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("warnings of a result before the last one are its session's on MariaDB, and nobody's else") {
  for (const bool rows : {false, true}) {
    CAPTURE(rows);
    Scene scene;
    scene.server().set_version("10.11.6-MariaDB");
    scene.server().on("INSERT", [&](ServerSide& server) {
      if (rows) {
        server.head({"a"});
        server.packet("fe 00 00 0a 00 02 00"_hex);  // more results, two warnings
      } else {
        server.ok(1, 0, kStatusMoreResults, 2);
      }
      server.ok();
    });
    scene.start();
    ScriptedClient& one = scene.log_in();
    ScriptedClient& two = scene.log_in();
    scene.ask(one, "INSERT INTO t VALUES ('x'); DO 1");  // with RETURNING its id would be asked for
    scene.ask(one, "SHOW WARNINGS");
    CHECK(scene.server().count(kForget) == 0);
    scene.ask(two, "SHOW WARNINGS");
    CHECK(scene.server().count(kForget) == 1);
    CHECK(scene.server().accepted() == 1);
  }
}

TEST_CASE("nothing of before a reset or a change of user is shown") {
  Diagnosed it("10.11.6-MariaDB");
  for (const Command command : {Command::reset_connection, Command::change_user}) {
    CAPTURE(static_cast<int>(command));
    ScriptedClient& client = it.scene.log_in();
    it.scene.ask(client, "INSERT INTO t VALUES ('x')");
    it.scene.ask(client, "SELECT 1");
    CHECK(it.scene.idle_connections() > 0);
    if (command == Command::reset_connection) {
      CHECK(it.scene.ask(client, command) == "ok");
    } else {
      client.change_user(Scene::request("ann"));
      it.scene.until([&] { return client.logged_in(); });
    }
    const std::size_t before = it.scene.server().count(kForget);
    it.scene.ask(client, "SHOW WARNINGS");
    CHECK(it.scene.server().count(kForget) == before + 1);
  }
}

}  // namespace
}  // namespace weir::test
