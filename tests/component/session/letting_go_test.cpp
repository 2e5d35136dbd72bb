// A session that keeps its connection only for what can be read from it lets it go when another session
// waits.
#include <catch2/catch.hpp>

#include "tests/support/flood.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

using Texts = std::vector<std::string>;

const std::string kReadA = "SELECT @`a`, HEX(@`a`), COLLATION(@`a`)";

struct TwoClients {
  ScriptedClient& one;
  ScriptedClient& two;
};

// Before one server that takes one connection.
TwoClients start_two(Scene& scene) {
  scene.server_row(0).max_connections = 1;
  scene.start();
  return {scene.log_in(), scene.log_in()};
}

const std::string kSizeOfA = "SELECT COALESCE(LENGTH(@`a`), 0)";

void answer_size(Scene& scene, const char* size = "3") {
  scene.server().on(kSizeOfA, [size](ServerSide& side) { side.rows("size", {size}); });
}

void answer_a(Scene& scene) {
  answer_size(scene);
  scene.server().on(kReadA, [](ServerSide& side) {
    side.head({"@`a`", "HEX(@`a`)", "COLLATION(@`a`)"});
    side.row({"now", "6E6F77", "utf8mb4_general_ci"});
    side.end_rows();
  });
}

void answer_warnings(Scene& scene) {
  scene.server().on("SHOW COUNT(*) WARNINGS",
                    [](ServerSide& side) { side.rows("@@session.warning_count", {"1"}); });
  scene.server().on("SHOW COUNT(*) ERRORS",
                    [](ServerSide& side) { side.rows("@@session.error_count", {"1"}); });
  scene.server().on("SHOW WARNINGS", [](ServerSide& side) {
    side.head({"Level", "Code", "Message"});
    side.row({"Error", "1146", "no such table"});
    side.end_rows();
  });
  scene.server().on("SELECT broken", [](ServerSide& side) { side.err(1146, "no such table"); });
}

TEST_CASE("a computed user variable goes along, and no other session sees it") {
  Scene scene;
  answer_a(scene);
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = NOW()") == "ok");
  CHECK(scene.idle_connections() == 0);
  scene.server().forget();
  CHECK(scene.ask(two, "SELECT 2") == "a");
  CHECK(scene.server().texts() == Texts{kSizeOfA, kReadA, "SET @`a`=X'', @`a`=NULL", "SELECT 2"});
  CHECK(scene.idle_connections() == 1);
  scene.server().forget();
  CHECK(scene.ask(one, "SELECT @a") == "a");
  CHECK(scene.server().texts() ==
        Texts{"SET @`a`=_utf8mb4 X'6E6F77' COLLATE utf8mb4_general_ci", "SELECT @a"});
  CHECK(scene.idle_connections() == 1);
  CHECK(scene.count(&WorkerStats::connections_asked_back) == 1);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("warnings are kept by Weir when their connection goes, until the next statement") {
  Scene scene;
  answer_warnings(scene);
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SELECT broken") == "1146 no such table");
  CHECK(scene.ask(two, "SELECT 2") == "a");
  scene.server().forget();
  CHECK(scene.ask(one, "SHOW WARNINGS") == "Error|1146|no such table");
  CHECK(scene.ask(one, "SHOW COUNT(*) ERRORS") == "1");
  CHECK(scene.ask(one, Command::init_db, as_bytes("shop")) == "ok");
  CHECK(scene.ask(one, "SELECT @@warning_count, @@error_count") == "1|1");
  CHECK(scene.server().count("SHOW") == 0);
  scene.server().on("SHOW WARNINGS", [](ServerSide& side) { side.rows("Level", {}); });
  CHECK(scene.ask(one, "SHOW WARNINGS") == "");
}

TEST_CASE("kept warnings are forgotten by what forgets them on the server") {
  struct Case {
    const char* version;
    const char* sql;
    bool prepared;
    bool forgets;
  };
  const Case cases[] = {{"9.1.0", "SELECT @@warning_count", false, true},
                        {"10.11.6-MariaDB", "SELECT @@warning_count", false, false},
                        {"9.1.0", "SHOW COUNT(*) WARNINGS", false, false},
                        {"9.1.0", "SELECT a FROM t", false, true},
                        {"9.1.0", "SELECT a FROM t", true, true}};
  for (const Case& c : cases) {
    CAPTURE(c.version, c.sql, c.prepared);
    Scene scene;
    scene.server().set_version(c.version);
    answer_warnings(scene);
    auto [one, two] = start_two(scene);
    scene.ask(one, "SELECT broken");
    scene.ask(two, "SELECT 2");
    c.prepared ? scene.ask(one, Command::stmt_prepare, as_bytes(c.sql)) : scene.ask(one, c.sql);
    scene.server().on("SHOW WARNINGS", [](ServerSide& side) { side.rows("Level", {}); });
    CHECK(scene.ask(one, "SHOW WARNINGS") == (c.forgets ? "" : "Error|1146|no such table"));
  }
}

TEST_CASE("kept warnings give way to the error of a schema that is not there") {
  Scene scene;
  answer_warnings(scene);
  auto [one, two] = start_two(scene);
  scene.ask(one, "SELECT broken");
  CHECK(scene.ask(two, "SELECT 2") == "a");
  scene.server().on(Command::init_db, [](ServerSide& side) { side.err(1049, "Unknown database"); });
  CHECK(scene.ask(one, Command::init_db, as_bytes("nowhere")).starts_with("1049 "));
  scene.server().on("SHOW WARNINGS", [](ServerSide& side) { side.rows("Level", {"of the schema"}); });
  CHECK(scene.ask(one, "SHOW WARNINGS") == "of the schema");
}

// The flags of its first reply are still those of whoever had the connection before.
TEST_CASE("after a failed statement another connection's autocommit is not taken for the session's") {
  Scene scene;
  answer_warnings(scene);
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, Command::init_db, as_bytes("shop")) == "ok");
  CHECK(scene.ask(two, Command::init_db, as_bytes("stock")) == "ok");
  CHECK(scene.ask(one, "SELECT broken") == "1146 no such table");
  CHECK(scene.ask(two, "SET autocommit=0") == "ok");
  scene.server().forget();
  CHECK(scene.ask(one, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(scene.server().texts() == Texts{"USE shop", "SET autocommit=1", "INSERT INTO t VALUES (1)"});
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("ROW_COUNT() after an error is -1, whether or not the connection that knows is still there") {
  Scene scene;
  answer_warnings(scene);
  auto [one, two] = start_two(scene);
  const std::string sent = "SELECT CAST(-00000000000000000001 AS SIGNED) AS `ROW_COUNT()`";
  scene.server().on(sent, [](ServerSide& side) { side.rows("n", {"-1"}); });
  scene.server().on("UPDATE", [](ServerSide& side) { side.ok(3); });
  scene.ask(one, "UPDATE t SET a = 1");
  scene.ask(one, "SELECT broken");
  CHECK(scene.ask(one, "SELECT ROW_COUNT()") == "-1");
  scene.ask(one, "UPDATE t SET a = 1");
  scene.ask(one, "SELECT broken");
  CHECK(scene.ask(two, "UPDATE t SET a = 2") == "ok");
  const std::size_t asked = scene.server().count(sent);
  CHECK(scene.ask(one, "SELECT ROW_COUNT()") == "-1");
  CHECK(scene.server().count(sent) == asked);
  CHECK(scene.ask(two, "SELECT ROW_COUNT()") == "3");
}

TEST_CASE("requests that come while a connection is let go are answered after it") {
  Scene scene;
  answer_size(scene);
  scene.server().on(kReadA, [](ServerSide& side) { side.hold(); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = NOW()") == "ok");
  two.query("SELECT 2");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  one.query("SELECT 1");
  one.query("SELECT 3");
  scene.settle();
  CHECK(one.replies().empty());
  ServerSide& held = *scene.server().find_held();
  held.head({"@`a`", "HEX(@`a`)", "COLLATION(@`a`)"});
  held.row({"1", "31", "binary"});
  held.end_rows();
  held.release();
  CHECK(scene.reply_of(two) == "a");
  CHECK(scene.reply_of(one) == "a");
  CHECK(scene.reply_of(one) == "a");
  CHECK(scene.idle_connections() == 1);
}

TEST_CASE("a connection whose state cannot be read stays with its session") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 300;
  answer_size(scene);
  scene.server().on(kReadA, [](ServerSide& side) { side.err(1064, "who asks"); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = NOW()") == "ok");
  CHECK(scene.ask(two, "SELECT 2").starts_with("9001 "));
  CHECK(scene.count(&WorkerStats::connections_asked_back) == 1);
  CHECK(scene.ask(one, "SELECT @a") == "a");
  // What pins may be another thing now: it is asked again.
  answer_a(scene);
  CHECK(scene.ask(two, "SELECT 2") == "a");
}

TEST_CASE("a server that dies while it is asked takes the session's variables with it") {
  Scene scene;
  answer_size(scene);
  scene.server().on(kReadA, [](ServerSide& side) { side.reset(); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = NOW()") == "ok");
  CHECK(scene.ask(two, "SELECT 2") == "a");
  CHECK(scene.ask(one, "SELECT @a").starts_with("1927 "));
  scene.until([&] { return one.ended(); });
}

TEST_CASE("a client who leaves while his connection is let go takes it along") {
  Scene scene;
  answer_size(scene);
  scene.server().on(kReadA, [](ServerSide& side) { side.hold(); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = NOW()") == "ok");
  two.query("SELECT 2");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  one.close();
  CHECK(scene.reply_of(two) == "a");
  CHECK(scene.permits() == static_cast<std::int64_t>(scene.connections()));
}

TEST_CASE("a session that the end of the process meets while it lets go tells its client of it") {
  Scene scene;
  answer_size(scene);
  scene.server().on(kReadA, [](ServerSide& side) { side.hold(); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = NOW()") == "ok");
  two.query("SELECT 2");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  scene.fleet().drain();
  scene.settle();
  CHECK_FALSE(one.ended());
  ServerSide& held = *scene.server().find_held();
  held.head({"@`a`", "HEX(@`a`)", "COLLATION(@`a`)"});
  held.row({"1", "31", "binary"});
  held.end_rows();
  held.release();
  CHECK(scene.reply_of(two) == "a");
  scene.until([&] { return one.ended(); });
  CHECK(std::string(as_text(one.surplus())).find("Server shutdown in progress") != std::string::npos);
}

TEST_CASE("a connection is let go while the client does not read the answers that it has brought") {
  const std::string value(10'000, 'v');
  Scene scene;
  answer_a(scene);
  scene.server().on("SELECT much", [&](ServerSide& side) { side.rows("v", {value}); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = NOW()") == "ok");
  one.stop_reading();
  constexpr std::size_t kAsked = 5000;  // 50 MB of answers
  for (std::size_t i = 0; i < kAsked; ++i) one.query("SELECT much");
  until_still(scene, [&] { return scene.server().count("SELECT much"); });
  REQUIRE(scene.server().count("SELECT much") < kAsked);
  CHECK(scene.ask(two, "SELECT 2") == "a");
  CHECK(scene.server().accepted() == 1);
  one.resume_reading();
  scene.until([&] { return one.replies().size() == kAsked || one.ended(); });
  REQUIRE(one.replies().size() == kAsked);
  CHECK(one.replies().back().text() == value);
}

TEST_CASE("values that are too long to be carried, or too many warnings, keep their connection") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 200;
  answer_warnings(scene);
  answer_size(scene, "30000");
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = REPEAT('x', 30000)") == "ok");
  CHECK(scene.ask(two, "SELECT 2").starts_with("9001 "));
  CHECK(scene.ask(one, "SELECT @a") == "a");
  CHECK(scene.server().count("SELECT @`a`") == 0);
  CHECK(scene.ask(one, Command::reset_connection) == "ok");
  scene.server().on("SHOW COUNT(*) WARNINGS", [](ServerSide& side) { side.rows("count", {"1025"}); });
  CHECK(scene.ask(one, "SELECT broken") == "1146 no such table");
  CHECK(scene.ask(two, "SELECT 2").starts_with("9001 "));
  CHECK(scene.ask(one, "SHOW WARNINGS") == "Error|1146|no such table");
}

TEST_CASE("kept warnings go with the session that they were of") {
  Scene scene;
  answer_warnings(scene);
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SELECT broken") == "1146 no such table");
  CHECK(scene.ask(two, "SELECT 2") == "a");
  CHECK(scene.ask(one, Command::reset_connection) == "ok");
  scene.server().on("SHOW WARNINGS", [](ServerSide& side) { side.rows("Level", {}); });
  CHECK(scene.ask(one, "SHOW WARNINGS") == "");
}

TEST_CASE("a server that does not answer while it is asked is given up in time") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 200;
  scene.server().on(kSizeOfA, [](ServerSide& side) { side.hold(); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = NOW()") == "ok");
  two.query("SELECT 2");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  one.query("SELECT 1");
  CHECK(scene.reply_of(one).starts_with("1927 "));
}

TEST_CASE("a variable that an expression of a SET assigns is no other session's") {
  for (const char* sql : {"SET sort_buffer_size = (@a := 300000)", "SET autocommit = (@a := 1)",
                          "SET sql_mode='NO_BACKSLASH_ESCAPES', @b='it\\'s', @a=USER()",
                          "SET STATEMENT max_statement_time=5 FOR SELECT secret INTO @a FROM t",
                          "SET STATEMENT max_statement_time=5 FOR CREATE TEMPORARY TABLE x (a INT)"}) {
    CAPTURE(sql);
    Scene scene;
    scene.start();
    ScriptedClient& one = scene.log_in();
    CHECK(scene.ask(one, sql) == "ok");
    CHECK(scene.idle_connections() == 0);
  }
}

TEST_CASE("what dies with its connection is not asked back") {
  for (const char* sql : {"BEGIN", "CREATE TEMPORARY TABLE x (a INT)", "SELECT GET_LOCK('l', 1)"}) {
    CAPTURE(sql);
    Scene scene;
    scene.settings().connect_timeout_server_max = 200;
    auto [one, two] = start_two(scene);
    scene.ask(one, "SET @a = NOW()");
    scene.ask(one, sql);
    CHECK(scene.ask(two, "SELECT 2").starts_with("9001 "));
    CHECK(scene.count(&WorkerStats::connections_asked_back) == 0);
  }
}

TEST_CASE("a session of one worker lets go for a session of another") {
  Scene scene(2);
  answer_a(scene);
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = NOW()") == "ok");
  CHECK(scene.ask(two, "SELECT 2") == "a");
  CHECK(scene.ask(one, "SELECT @a") == "a");
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("a plain number needs no reading, and binds to no connection") {
  Scene scene;
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "SET @a = 17") == "ok");
  CHECK(scene.idle_connections() == 1);
  scene.server().forget();
  CHECK(scene.ask(two, "SELECT 2") == "a");
  CHECK(scene.ask(one, "SELECT @a") == "a");
  CHECK(scene.server().texts() == Texts{"SET @`a`=X'', @`a`=NULL", "SELECT 2", "SET @`a`=17", "SELECT @a"});
}

TEST_CASE("EXECUTE of a text may ask for the session's insert id, too") {
  Scene scene;
  scene.server().on("INSERT", [](ServerSide& side) { side.ok(1, 7); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(scene.ask(two, "PREPARE s FROM 'SELECT LAST_INSERT_ID()'") == "ok");
  scene.server().forget();
  scene.ask(two, "EXECUTE s");
  CHECK(scene.server().texts() == Texts{"SET last_insert_id=0", "EXECUTE s"});
}

TEST_CASE("DROP SEQUENCE does not give up a temporary table of that name") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "CREATE TEMPORARY TABLE shop.x (a INT)") == "ok");
  CHECK(scene.ask(client, "DROP SEQUENCE IF EXISTS shop.x") == "ok");
  CHECK(scene.idle_connections() == 0);
  CHECK(scene.ask(client, "DROP TEMPORARY TABLE shop.x") == "ok");
  CHECK(scene.idle_connections() == 1);
}

TEST_CASE("an insert id that no OK reports is read at once, and stays with its session") {
  Scene scene;
  scene.server().on("INSERT", [](ServerSide& side) { side.rows("id", {"8"}); });
  scene.server().on("SELECT LAST_INSERT_ID()", [](ServerSide& side) { side.rows("id", {"8"}); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "INSERT INTO t VALUES (1) RETURNING id") == "8");
  scene.until([&] { return scene.idle_connections() == 1; });
  CHECK(scene.ask(two, "SELECT 2") == "a");
  scene.server().forget();
  CHECK(scene.ask(two, "SELECT LAST_INSERT_ID()") == "8");
  CHECK(scene.ask(one, "SELECT LAST_INSERT_ID()") == "8");
  CHECK(scene.server().texts() == Texts{"SET last_insert_id=0", "SELECT LAST_INSERT_ID()",
                                        "SET last_insert_id=8", "SELECT LAST_INSERT_ID()"});
  CHECK(scene.count(&WorkerStats::connections_asked_back) == 0);
}

TEST_CASE("a client who leaves while an insert id is read leaves the connection to others") {
  Scene scene;
  scene.server().on("INSERT", [](ServerSide& side) { side.rows("id", {"8"}); });
  scene.server().on("SELECT LAST_INSERT_ID()", [](ServerSide& side) { side.hold(); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "INSERT INTO t VALUES (1) RETURNING id") == "8");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  one.close();
  scene.settle();
  ServerSide& held = *scene.server().find_held();
  held.rows("id", {"8"});
  held.release();
  CHECK(scene.ask(two, "SELECT 2") == "a");
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("an insert id is not read in a transaction") {
  Scene scene;
  scene.server().on("INSERT", [](ServerSide& side) { side.rows("id", {"8"}); });
  auto [one, two] = start_two(scene);
  CHECK(scene.ask(one, "BEGIN") == "ok");
  CHECK(scene.ask(one, "INSERT INTO t VALUES (1) RETURNING id") == "8");
  scene.settle();
  CHECK(scene.server().texts().back() == "INSERT INTO t VALUES (1) RETURNING id");
}

TEST_CASE("a connection with the names of many emptied variables is not kept for ever") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  for (int i = 0; i < 300; ++i) {
    scene.ask(client, "SET @v" + std::to_string(i) + " = 1");
    scene.ask(client, Command::reset_connection);
  }
  CHECK(scene.server().accepted() == 2);
}

}  // namespace
}  // namespace weir::test
