// Sessions that share connections: each finds the state it expects, and keeps what cannot be shared.
#include <catch2/catch.hpp>

#include "protocol/message/session_track.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("two sessions of one connection, each with its own schema, character set and sql_mode") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in("ann", "shop");
  ScriptedClient& two = scene.log_in("ann", "shop");
  CHECK(scene.ask(one, "SELECT 1") == "a");
  CHECK(scene.ask(two, "USE stock") == "ok");
  scene.server().forget();
  CHECK(scene.ask(one, "SELECT 2") == "a");
  CHECK(scene.ask(two, "SELECT 3") == "a");
  CHECK(scene.server().texts() == Texts{"USE shop", "SELECT 2", "USE stock", "SELECT 3"});

  CHECK(scene.ask(two, "SET sql_mode='ANSI_QUOTES'") == "ok");
  scene.server().forget();
  CHECK(scene.ask(one, "SELECT 4") == "a");
  CHECK(scene.ask(two, "SELECT 5") == "a");
  CHECK(scene.server().texts() == Texts{"USE shop", "SET sql_mode=DEFAULT", "SELECT 4", "USE stock",
                                        "SET sql_mode='ANSI_QUOTES'", "SELECT 5"});

  CHECK(scene.ask(one, "SET NAMES latin1") == "ok");
  scene.server().forget();
  CHECK(scene.ask(two, "SELECT 6") == "a");
  const Texts texts = scene.server().texts();
  REQUIRE(texts.size() == 3);
  CHECK(texts[0] == "USE stock");
  CHECK(texts[1].find("utf8mb4") != std::string::npos);
  CHECK(texts[1].find("ANSI_QUOTES") != std::string::npos);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE(
    "an insert id is set where another session has left one, and read where only the connection knows it") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in();
  scene.server().on("INSERT INTO one", [](ServerSide& side) { side.ok(1, 7); });
  scene.server().on("INSERT INTO two", [](ServerSide& side) { side.rows("id", {"8"}); });
  CHECK(scene.ask(one, "INSERT INTO one VALUES (1)") == "ok");
  scene.server().forget();
  CHECK(scene.ask(two, "SELECT LAST_INSERT_ID()") == "a");
  CHECK(scene.server().texts() == Texts{"SET last_insert_id=0", "SELECT LAST_INSERT_ID()"});
  scene.ask(one, "SELECT LAST_INSERT_ID()");
  scene.server().forget();
  scene.server().on("SELECT LAST_INSERT_ID()", [](ServerSide& side) { side.rows("id", {"8"}); });
  CHECK(scene.ask(two, "INSERT INTO two VALUES (1) RETURNING id") == "8");
  CHECK(scene.ask(two, "SELECT LAST_INSERT_ID()") == "8");
  CHECK(scene.server().texts() == Texts{"SET last_insert_id=0", "INSERT INTO two VALUES (1) RETURNING id",
                                        "SELECT LAST_INSERT_ID()", "SELECT LAST_INSERT_ID()"});
}

TEST_CASE("who names an insert id is told no id of another session") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in();
  scene.server().on("INSERT INTO one", [](ServerSide& side) { side.ok(1, 7); });
  scene.server().on("INSERT INTO named", [](ServerSide& side) { side.ok(1, 500); });
  CHECK(scene.ask(one, "INSERT INTO one VALUES (1)") == "ok");
  CHECK(scene.ask(two, "INSERT INTO named VALUES (500)") == "ok");  // LAST_INSERT_ID() is still 7
  scene.server().forget();
  scene.ask(two, "SELECT LAST_INSERT_ID()");
  scene.ask(two, "SELECT LAST_INSERT_ID()");
  CHECK(scene.server().texts() ==
        Texts{"SET last_insert_id=500", "SELECT LAST_INSERT_ID()", "SELECT LAST_INSERT_ID()"});
  // On a connection that has his own nothing has to be said.
  CHECK(scene.ask(two, "INSERT INTO one VALUES (1)") == "ok");
  scene.server().forget();
  scene.ask(two, "SELECT LAST_INSERT_ID()");
  CHECK(scene.server().texts() == Texts{"SELECT LAST_INSERT_ID()"});
}

TEST_CASE("a savepoint before the first statement of a transaction keeps its connection") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SAVEPOINT before_autocommit_is_off") == "ok");
  CHECK(scene.idle_connections() == scene.connections());
  CHECK(scene.ask(client, "SET autocommit=0") == "ok");
  CHECK(scene.ask(client, "SAVEPOINT p") == "ok");
  CHECK(scene.idle_connections() == 0);
}

TEST_CASE("what SET TRANSACTION says of the next one waits for it on any connection") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in();
  CHECK(scene.ask(one, "SET TRANSACTION READ ONLY") == "ok");
  CHECK(scene.ask(one, "SELECT 1") == "a");
  CHECK(scene.idle_connections() == 1);
  scene.server().forget();
  CHECK(scene.ask(two, "SELECT 2") == "a");
  CHECK(scene.ask(one, "BEGIN") == "ok");
  CHECK(scene.idle_connections() == 0);
  CHECK(scene.ask(one, "COMMIT") == "ok");
  CHECK(scene.ask(one, "BEGIN") == "ok");
  CHECK(scene.ask(one, "COMMIT") == "ok");
  CHECK(scene.ask(two, "SELECT 3") == "a");
  CHECK(scene.server().texts() == Texts{"COMMIT", "SELECT 2", "SET TRANSACTION READ ONLY", "BEGIN", "COMMIT",
                                        "BEGIN", "COMMIT", "SELECT 3"});
}

TEST_CASE("SET TRANSACTION is not said again in the transaction that it was for") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.server().on("INSERT", [](ServerSide& side) { side.err(1062, "duplicate"); });
  CHECK(scene.ask(client, "SET TRANSACTION READ WRITE") == "ok");
  CHECK(scene.ask(client, "BEGIN") == "ok");
  CHECK(scene.ask(client, "INSERT INTO t VALUES (1)") == "1062 duplicate");
  scene.server().forget();
  CHECK(scene.ask(client, "SELECT LAST_INSERT_ID()") == "a");
  CHECK(scene.server().texts() == Texts{"SET last_insert_id=0", "SELECT LAST_INSERT_ID()"});
}

TEST_CASE("who may have used up SET TRANSACTION keeps the connection that knows, until COMMIT") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SET TRANSACTION READ ONLY") == "ok");
  CHECK(scene.ask(client, "SELECT a FROM t") == "a");
  CHECK(scene.idle_connections() == 0);
  CHECK(scene.ask(client, "COMMIT") == "ok");
  CHECK(scene.idle_connections() == 1);
  scene.server().forget();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  CHECK(scene.server().texts() == Texts{"BEGIN"});
}

TEST_CASE("what a session holds by name keeps its connection until it is given up") {
  struct Held {
    const char* takes;
    const char* gives_up;
  };
  for (const Held& c : {Held{"CREATE TEMPORARY TABLE a (x INT)", "DROP TABLE shop.a"},
                        Held{"SELECT GET_LOCK('a', 1)", "DO RELEASE_LOCK('a')"},
                        Held{"SELECT GET_LOCK(@a, 1)", "DO RELEASE_ALL_LOCKS()"},
                        Held{"HANDLER t OPEN AS h", "HANDLER h CLOSE"},
                        Held{"PREPARE s FROM 'SELECT 1'", "DEALLOCATE PREPARE s"},
                        Held{"LOCK TABLES t WRITE", "UNLOCK TABLES"}, Held{"LOCK TABLES t WRITE", "BEGIN"}}) {
    CAPTURE(c.takes, c.gives_up);
    Scene scene;
    scene.start();
    ScriptedClient& client = scene.log_in("ann", "shop");
    REQUIRE(scene.ask(client, c.takes) != "");
    CHECK(scene.idle_connections() == 0);
    scene.ask(client, "SELECT 1");
    CHECK(scene.idle_connections() == 0);
    scene.ask(client, c.gives_up);
    scene.ask(client, "COMMIT");
    CHECK(scene.idle_connections() == 1);
    CHECK(scene.server().accepted() == 1);
  }
}

TEST_CASE("a lock that was not granted keeps no connection") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.server().on("SELECT GET_LOCK('a', 0)", [](ServerSide& side) { side.rows("got", {"0"}); });
  scene.server().on("SELECT GET_LOCK('b', 0)", [](ServerSide& side) { side.rows("got", {"1"}); });
  CHECK(scene.ask(client, "SELECT GET_LOCK('a', 0)") == "0");
  CHECK(scene.idle_connections() == 1);
  CHECK(scene.ask(client, "SELECT GET_LOCK('b', 0)") == "1");
  CHECK(scene.idle_connections() == 0);
  CHECK(scene.ask(client, "SELECT GET_LOCK('a', 0)") == "0");
  CHECK(scene.idle_connections() == 0);
}

TEST_CASE("EXECUTE of a known read leaves nothing behind its statement") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  for (const char* sql : {"PREPARE s FROM 'SELECT 1'", "EXECUTE s", "EXECUTE s", "DROP PREPARE s"})
    scene.ask(client, sql);
  CHECK(scene.idle_connections() == 1);
  scene.ask(client, "PREPARE s FROM 'CALL p()'");
  for (const char* sql : {"EXECUTE s", "DROP PREPARE s"}) scene.ask(client, sql);
  CHECK(scene.idle_connections() == 0);
}

TEST_CASE("a role follows its session, and nobody else has it") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in("ann", "shop");
  ScriptedClient& two = scene.log_in("ann", "shop");
  CHECK(scene.ask(one, "SET ROLE reader") == "ok");
  CHECK(scene.ask(one, Command::reset_connection, {}) == "ok");
  scene.server().forget();
  CHECK(scene.ask(one, "SELECT 1") == "a");
  CHECK(scene.server().count(Command::change_user) == 0);
  CHECK(scene.ask(two, "SELECT 2") == "a");
  CHECK(scene.server().count(Command::change_user) == 1);
  scene.server().forget();
  CHECK(scene.ask(one, "SELECT 3") == "a");
  CHECK(scene.server().texts() == Texts{"SET ROLE reader", "SELECT 3"});
}

// It leaves the role in force with COM_CHANGE_USER, whoever the new user is, unless he has one by default.
TEST_CASE("MariaDB is made to leave a role before a connection becomes another's") {
  struct Case {
    const char* version;
    const char* other;
    const char* sql;
    bool leaves;
  };
  for (const Case& c :
       {Case{"10.11.6-MariaDB", "ann", "SET ROLE reader", true},
        Case{"10.11.6-MariaDB", "ann", "CALL p()", true},
        Case{"10.11.6-MariaDB", "bob", "SELECT 1", true},  // ann may have one by default
        Case{"9.1.0", "ann", "SET ROLE reader", false}, Case{"9.1.0", "bob", "SELECT 1", false}}) {
    CAPTURE(c.version, c.other, c.sql);
    Scene scene;
    scene.server_row(0).max_connections = 1;
    scene.server().set_version(c.version);
    scene.start();
    ScriptedClient& one = scene.log_in("ann", "shop");
    ScriptedClient& two = scene.log_in(c.other, "shop");
    scene.ask(one, c.sql);
    scene.ask(one, Command::reset_connection, {});
    scene.server().forget();
    CHECK(scene.ask(two, "SELECT 2") == "a");
    CHECK(scene.server().count("SET ROLE NONE") == (c.leaves ? 1 : 0));
    CHECK(scene.server().count(Command::change_user) == 1);
    CHECK(scene.server().accepted() == 1);
  }
}

TEST_CASE("the reply to leaving a role may come in pieces") {
  for (const std::size_t piece : {1uz, 10uz}) {
    CAPTURE(piece);
    Scene scene;
    scene.server_row(0).max_connections = 1;
    scene.server().set_version("10.11.6-MariaDB");
    scene.start();
    scene.ask(scene.log_in("ann", "shop"), "SELECT 1");
    scene.server().set_piece_bytes(piece);
    CHECK(scene.ask(scene.log_in("bob", "shop"), "SELECT 2") == "a");
    CHECK(scene.server().count("SET ROLE NONE") == 1);
    CHECK(scene.server().accepted() == 1);
  }
}

TEST_CASE("a connection whose role cannot be left is nobody else's") {
  for (const bool is_error : {true, false}) {
    CAPTURE(is_error);
    Scene scene;
    scene.server_row(0).max_connections = 1;
    scene.server().set_version("10.11.6-MariaDB");
    scene.server().on("SET ROLE", [&](ServerSide& side) {
      is_error ? side.err(1317, "interrupted", "70100") : side.raw("01 00 00 09 00"_hex);
    });
    scene.start();
    ScriptedClient& one = scene.log_in("ann", "shop");
    CHECK(scene.ask(one, "SELECT 1") == "a");
    ScriptedClient& two = scene.log_in("bob", "shop");
    CHECK(scene.ask(two, "SELECT 2") == "a");
    CHECK(scene.server().accepted() == 2);
    CHECK(scene.server().first("SELECT 2")->connection == 2);
    CHECK(scene.server().side(2).user() == "bob");
    scene.until([&] { return !scene.server().side(1).open(); });
  }
}

TEST_CASE("a server without roles is no obstacle to a change of user") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.server().set_version("5.5.5-10.0.0-MariaDB");
  scene.server().on("SET ROLE", [](ServerSide& side) { side.err(1064, "syntax", "42000"); });
  scene.start();
  CHECK(scene.ask(scene.log_in("ann", "shop"), "SELECT 1") == "a");
  CHECK(scene.ask(scene.log_in("bob", "shop"), "SELECT 2") == "a");
  CHECK(scene.server().count(Command::change_user) == 1);
}

TEST_CASE("what a routine may have set does not outlive a reset") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in("ann", "shop");
  ScriptedClient& two = scene.log_in("ann", "shop");
  CHECK(scene.ask(one, "CALL p()") == "ok");
  CHECK(scene.ask(one, Command::reset_connection, {}) == "ok");
  CHECK(scene.ask(two, "SELECT 1") == "a");
  CHECK(scene.server().count(Command::change_user) == 1);  // a reset leaves the role
  CHECK(scene.ask(one, "SELECT 2") == "a");
  CHECK(scene.server().count(Command::change_user) == 1);
}

TEST_CASE("COM_INIT_DB and USE are remembered, if they succeed") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in("ann", "other");
  CHECK(scene.ask(one, Command::init_db, as_bytes("shop")) == "ok");
  scene.ask(two, "SELECT 1");
  scene.server().forget();
  CHECK(scene.ask(one, "SELECT 2") == "a");
  CHECK(scene.server().texts() == Texts{"USE shop", "SELECT 2"});
  scene.server().on("USE", [](ServerSide& side) { side.err(1049, "Unknown database"); });
  CHECK(scene.ask(one, "USE nowhere") == "1049 Unknown database");
  scene.ask(one, "SELECT 1");  // until then the connection is kept, for SHOW WARNINGS
  scene.ask(two, "SELECT 1");
  scene.server().forget();
  CHECK(scene.ask(one, "SELECT 3") == "a");
  CHECK(scene.server().texts() == Texts{"USE shop", "SELECT 3"});
}

TEST_CASE("autocommit that was turned off comes along") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in();
  CHECK(scene.ask(one, "SET autocommit=0") == "ok");
  CHECK(scene.ask(two, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(scene.server().texts() == Texts{"SET autocommit=0", "SET autocommit=1", "INSERT INTO t VALUES (1)"});
}

TEST_CASE("the schema of a procedure that fails after a result is not the session's") {
  Scene scene;
  scene.server().on("CALL stock.fails()", [](ServerSide& side) {
    ByteQueue items;
    Writer out(items);
    encode_track_item({TrackType::schema, {}, "stock"}, out);
    side.set_status(kStatusAutocommit | kStatusMoreResults);
    side.ok_tracking(items.readable());
    side.set_status(kStatusAutocommit);
    side.err(1100, "not locked");
  });
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  scene.ask(client, "CALL stock.fails()");
  scene.server().forget();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().texts() == Texts{"SELECT 1"});
  scene.ask(client, Command::reset_connection);
  CHECK(scene.ask(scene.log_in("ann", "shop"), "SELECT 2") == "a");
  CHECK(scene.server().count("USE") == 0);
}

TEST_CASE("what the server's tracker reports is followed") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.server().on("CALL use_other()", [](ServerSide& side) {
    ByteQueue items;
    Writer out(items);
    encode_track_item({TrackType::schema, {}, "other"}, out);
    side.ok_tracking(items.readable());
  });
  scene.start();
  ScriptedClient& one = scene.log_in("ann", "shop");
  scene.server().on("USE stock", [](ServerSide& side) {
    ByteQueue items;
    Writer out(items);
    encode_track_item({TrackType::schema, {}, "STOCK"}, out);
    side.ok_tracking(items.readable());
  });
  CHECK(scene.ask(one, "USE stock") == "ok");
  ScriptedClient& two = scene.log_in("ann", "shop");
  scene.ask(two, "SELECT 1");
  scene.server().forget();
  CHECK(scene.ask(one, "SELECT 2") == "a");
  CHECK(scene.server().texts() == Texts{"USE STOCK", "SELECT 2"});
}

TEST_CASE(
    "a failing step is the answer to the statement that needed it, and the connection is not used again") {
  Scene scene;
  scene.start();
  ScriptedClient& one = scene.log_in("ann", "shop");
  ScriptedClient& two = scene.log_in("ann", "stock");
  CHECK(scene.ask(one, "SELECT 1") == "a");
  scene.server().on(Command::init_db, [](ServerSide& side) { side.err(1049, "Unknown database 'stock'"); });
  CHECK(scene.ask(two, "INSERT INTO t VALUES (1)") == "1049 Unknown database 'stock'");
  CHECK(scene.server().count("INSERT") == 0);
  scene.server().on(Command::init_db, {});
  CHECK(scene.ask(two, "INSERT INTO t VALUES (2)") == "ok");
  CHECK(scene.permits() == static_cast<std::int64_t>(scene.connections()));
}

// Each of these keeps its connection: another session gets another.
TEST_CASE("what cannot be carried over keeps the connection") {
  for (const char* sql : {"BEGIN", "START TRANSACTION", "SET @a = NOW()", "CREATE TEMPORARY TABLE x (a INT)",
                          "LOCK TABLES t WRITE", "SELECT GET_LOCK('l', 1)", "PREPARE s FROM 'SELECT 1'",
                          "HANDLER t OPEN", "XA START 'x'", "SELECT SQL_CALC_FOUND_ROWS a FROM t"}) {
    CAPTURE(sql);
    Scene scene;
    scene.start();
    ScriptedClient& one = scene.log_in();
    CHECK(scene.ask(one, sql) != "gone");
    CHECK(scene.idle_connections() == 0);
    ScriptedClient& two = scene.log_in();
    CHECK(scene.ask(two, "SELECT 1") == "a");
    CHECK(scene.server().accepted() == 2);
    one.close();
    scene.until([&] { return scene.sessions() == 1; });
    scene.settle();
    CHECK(scene.permits() == static_cast<std::int64_t>(scene.connections()));
  }
}

TEST_CASE("a transaction's statements stay together, and the connection is free after it") {
  for (const char* end : {"COMMIT", "ROLLBACK"}) {
    CAPTURE(end);
    Scene scene;
    scene.add_server(2, "reader");
    scene.split_reads_to(2);
    scene.start();
    ScriptedClient& client = scene.log_in();
    for (const char* sql : {"BEGIN", "SELECT 1", "UPDATE t SET a = 1", "SELECT 2"}) scene.ask(client, sql);
    CHECK(scene.idle_connections() == 0);
    CHECK(scene.ask(client, end) == "ok");
    CHECK(scene.idle_connections() == 1);
    CHECK(scene.server().texts() == Texts{"BEGIN", "SELECT 1", "UPDATE t SET a = 1", "SELECT 2", end});
    CHECK(scene.ask(client, "SELECT 3") == "reader");
  }
}

TEST_CASE("COM_RESET_CONNECTION forgets, on the connection in hand and without one") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SET sql_mode='ANSI_QUOTES'") == "ok");
  CHECK(scene.ask(client, Command::reset_connection) == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().texts() == Texts{"SET sql_mode='ANSI_QUOTES'", "SET sql_mode=DEFAULT", "SELECT 1"});
  scene.server().forget();
  CHECK(scene.ask(client, "SET @a = NOW()") == "ok");
  CHECK(scene.idle_connections() == 0);
  CHECK(scene.ask(client, Command::reset_connection) == "ok");
  CHECK(scene.idle_connections() == 1);
  CHECK(scene.server().texts() == Texts{"SET @a = NOW()", "reset"});
}

TEST_CASE("COM_RESET_CONNECTION ends a transaction") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  CHECK(scene.ask(client, Command::reset_connection) == "ok");
  CHECK(scene.idle_connections() == 1);
  CHECK(scene.server().texts() == Texts{"BEGIN", "reset"});
}

TEST_CASE("sessions of different capabilities do not share a connection") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& modern = scene.log_in();
  ScriptedClient& old = scene.log_in("ann", "", kUsualClient & ~kDeprecateEof);
  CHECK(scene.ask(modern, "SELECT 1") == "a");
  CHECK(scene.ask(old, "SELECT 1") == "a");
  CHECK(scene.ask(modern, "SELECT 1") == "a");
  CHECK(scene.server().accepted() == 3);
  CHECK(scene.permits() == 1);
}

}  // namespace
}  // namespace weir::test
