// Prepared statements of the binary protocol: texts that are prepared wherever they are executed.
#include <catch2/catch.hpp>

#include "protocol/message/prepared.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

struct Statement {
  std::uint32_t id = 0;
  std::uint16_t parameters = 0;
};

Statement prepare(Scene& scene, ScriptedClient& client, std::string_view sql) {
  client.command(Command::stmt_prepare, as_bytes(sql));
  scene.until([&] { return !client.replies().empty() || client.ended(); });
  const auto ok = decode_prepare_ok(client.take_reply().payloads().at(0));
  REQUIRE(ok.has_value());
  return {ok->statement_id, ok->parameters};
}

Blob id_bytes(std::uint32_t id) {
  Blob bytes(4);
  store_le(bytes.data(), id, 4);
  return bytes;
}

// What follows the command byte of an EXECUTE with one parameter: a 32-bit integer, or (`type` 0xfd) a text.
Blob execute_one(std::uint32_t id, std::optional<std::uint8_t> type, const Blob& value,
                 std::uint8_t flags = 0) {
  Blob bytes = id_bytes(id) + Blob{flags, 1, 0, 0, 0} + Blob{0};
  bytes = bytes + (type ? Blob{1, *type, 0} : Blob{0});
  return bytes + value;
}

const Blob kSeven = "07 00 00 00"_hex;
constexpr std::uint8_t kInteger = 3;
constexpr std::uint8_t kText = 0xfd;

// The argument of the latest EXECUTE that the server has seen, without the statement's id.
Blob last_execute(const ScriptedServer& server) {
  const Blob* last = nullptr;
  for (const Received& received : server.received()) {
    if (received.command == Command::stmt_execute) last = &received.payload;
  }
  REQUIRE(last != nullptr);
  return to_blob(Bytes(*last).subspan(5));
}

std::string execute(Scene& scene, ScriptedClient& client, const Blob& argument) {
  return scene.ask(client, Command::stmt_execute, argument);
}

// Keeps the connection that is idle now busy with a transaction of another client.
ScriptedClient& occupy(Scene& scene) {
  ScriptedClient& client = scene.log_in();
  REQUIRE(scene.ask(client, "BEGIN") == "ok");
  return client;
}

TEST_CASE("a statement is prepared once for one connection, whatever number the client knows it by") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  CHECK(insert.parameters == 1);
  CHECK(insert.id == 1);
  CHECK(execute(scene, client, execute_one(insert.id, kInteger, kSeven)) == "ok");
  CHECK(execute(scene, client, execute_one(insert.id, kInteger, kSeven)) == "ok");
  CHECK(scene.server().count(Command::stmt_prepare) == 1);
  CHECK(scene.server().received().back().payload[1] == 100);  // the server's number
}

TEST_CASE("a statement is prepared again on a connection that does not know it") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  occupy(scene);
  CHECK(execute(scene, client, execute_one(insert.id, kInteger, kSeven)) == "ok");
  CHECK(scene.server().accepted() == 2);
  CHECK(scene.server().count(Command::stmt_prepare) == 2);
  CHECK(scene.server().received().back().connection == 2);
  CHECK(scene.server().received().back().payload[1] == 101);
  CHECK(scene.count(&WorkerStats::statements_prepared_again) == 1);
}

TEST_CASE("an execution that leaves its types out gets them where the server has not seen them") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  CHECK(execute(scene, client, execute_one(insert.id, kInteger, kSeven)) == "ok");
  CHECK(execute(scene, client, execute_one(insert.id, std::nullopt, kSeven)) == "ok");
  CHECK(last_execute(scene.server()) == "00 01 00 00 00 00 00 07 00 00 00"_hex);  // as it came
  occupy(scene);
  CHECK(execute(scene, client, execute_one(insert.id, std::nullopt, kSeven)) == "ok");
  CHECK(last_execute(scene.server()) == "00 01 00 00 00 00 01 03 00 07 00 00 00"_hex);
}

TEST_CASE("types that changed on one connection are told to the other, which knows the earlier ones") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  CHECK(execute(scene, client, execute_one(insert.id, kInteger, kSeven)) == "ok");
  ScriptedClient& other = occupy(scene);
  CHECK(execute(scene, client, execute_one(insert.id, kText, "01 61"_hex)) == "ok");
  REQUIRE(scene.server().received().back().connection == 2);
  ScriptedClient& third = occupy(scene);
  CHECK(scene.ask(other, "COMMIT") == "ok");
  CHECK(execute(scene, client, execute_one(insert.id, std::nullopt, "01 62"_hex)) == "ok");
  REQUIRE(scene.server().received().back().connection == 1);
  CHECK(last_execute(scene.server()) == "00 01 00 00 00 00 01 fd 00 01 62"_hex);
  CHECK(!third.ended());
}

TEST_CASE(
    "two clients who execute the same text with other types have a handle each, for MySQL keeps the first "
    "types") {
  Scene scene;
  scene.start();
  ScriptedClient& ann = scene.log_in();
  ScriptedClient& bob = scene.log_in();
  const Statement of_ann = prepare(scene, ann, "INSERT INTO t VALUES (?)");
  const Statement of_bob = prepare(scene, bob, "INSERT INTO t VALUES (?)");
  CHECK(execute(scene, ann, execute_one(of_ann.id, kInteger, kSeven)) == "ok");
  CHECK(execute(scene, bob, execute_one(of_bob.id, kText, "01 61"_hex)) == "ok");
  CHECK(execute(scene, ann, execute_one(of_ann.id, std::nullopt, kSeven)) == "ok");
  CHECK(last_execute(scene.server()) == "00 01 00 00 00 00 00 07 00 00 00"_hex);  // as it came
  CHECK(scene.server().count(Command::stmt_prepare) == 3);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("a retried execution carries the number of the second server") {
  Scene scene;
  scene.add_server(1, "b");
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement select = prepare(scene, client, "SELECT v FROM t WHERE a = ?");
  CHECK(execute(scene, client, execute_one(select.id, kInteger, kSeven)) == "ok");
  auto lost = std::make_shared<int>(1);
  for (std::size_t i = 0; i < 2; ++i) {
    scene.server(i).on(Command::stmt_execute, [lost](ServerSide& side) {
      if ((*lost)-- > 0) return side.reset();
      side.ok(3);
    });
  }
  CHECK(execute(scene, client, execute_one(select.id, std::nullopt, kSeven)) == "ok");
  CHECK(scene.count(&WorkerStats::retries) == 1);
}

TEST_CASE("an error of the preparation is the execution's answer") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  occupy(scene);
  scene.server().on(Command::stmt_prepare, [](ServerSide& side) { side.err(1146, "no such table"); });
  CHECK(execute(scene, client, execute_one(insert.id, kInteger, kSeven)) == "1146 no such table");
  scene.server().on(Command::stmt_prepare, {});
  CHECK(execute(scene, client, execute_one(insert.id, kInteger, kSeven)) == "ok");
}

TEST_CASE("the least recently used statement is closed to make room for another") {
  Scene scene;
  scene.settings().max_stmts_per_connection = 2;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement one = prepare(scene, client, "INSERT INTO one VALUES (?)");
  prepare(scene, client, "INSERT INTO two VALUES (?)");
  CHECK(execute(scene, client, execute_one(one.id, kInteger, kSeven)) == "ok");
  prepare(scene, client, "INSERT INTO three VALUES (?)");
  scene.settle();
  REQUIRE(scene.server().count(Command::stmt_close) == 1);
  const Received* close = scene.server().first("", Command::stmt_close);
  CHECK(close->payload[1] == 101);                                          // two
  CHECK(execute(scene, client, execute_one(2, kInteger, kSeven)) == "ok");  // prepared again
  CHECK(scene.server().count(Command::stmt_prepare) == 4);
}

TEST_CASE("a closed statement is unknown; its close has no answer") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  client.command(Command::stmt_close, id_bytes(insert.id));
  CHECK(execute(scene, client, execute_one(insert.id, kInteger, kSeven)).starts_with("1243 "));
  CHECK(execute(scene, client, execute_one(77, kInteger, kSeven)).starts_with("1243 "));
  CHECK(scene.ask(client, Command::stmt_reset, id_bytes(77)).starts_with("1243 "));
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("an execution that is too short for its parameters is refused") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  const Blob whole = execute_one(insert.id, kInteger, {});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(execute(scene, client, to_blob(Bytes(whole).first(size))).starts_with("1835 "));
  }
  CHECK(scene.server().count(Command::stmt_execute) == 0);
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("long data and its execution meet on one connection") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  client.command(Command::stmt_send_long_data, id_bytes(insert.id) + Blob{0, 0} + "first"_bytes);
  client.command(Command::stmt_send_long_data, id_bytes(insert.id) + Blob{0, 0} + "second"_bytes);
  scene.until([&] { return scene.server().count(Command::stmt_send_long_data) == 2; });
  occupy(scene);  // another connection: the first is kept
  CHECK(execute(scene, client, execute_one(insert.id, kText, {})) == "ok");
  CHECK(scene.server().received().back().connection == 1);
  CHECK(scene.server().count(Command::stmt_prepare) == 1);
  CHECK(scene.idle_connections() == 1);  // given back
}

TEST_CASE("long data that were lost with their connection are not forgotten in silence") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  client.command(Command::stmt_send_long_data, id_bytes(insert.id) + Blob{0, 0} + "first"_bytes);
  scene.until([&] { return scene.server().count(Command::stmt_send_long_data) == 1; });
  scene.settle();
  scene.server().side(1).reset();
  scene.settle();
  CHECK(execute(scene, client, execute_one(insert.id, kText, {})).starts_with("1927 "));
  scene.until([&] { return client.ended(); });
  CHECK(scene.server().count(Command::stmt_execute) == 0);
}

TEST_CASE("long data without their parameter are not sent, for MySQL answers them; the execution tells") {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}}) {
    CAPTURE(bytes);
    Scene scene;
    scene.start();
    ScriptedClient& client = scene.log_in();
    const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
    client.command(Command::stmt_send_long_data, id_bytes(insert.id) + Blob(bytes, 0));
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(execute(scene, client, execute_one(insert.id, kText, {})).starts_with("1835 "));
    CHECK(scene.server().count(Command::stmt_send_long_data) == 0);
    CHECK(scene.idle_connections() == 1);
  }
}

// A server that has refused them says so in the place of the next answer: once, another session got that.
TEST_CASE("a statement that is closed with its data unread takes their connection along") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  client.command(Command::stmt_send_long_data, id_bytes(insert.id) + Blob{0, 0} + "data"_bytes);
  scene.until([&] { return scene.server().count(Command::stmt_send_long_data) == 1; });
  client.command(Command::stmt_close, id_bytes(insert.id));
  scene.until([&] { return scene.server().open_connections() == 0; });
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().received().back().connection == 2);
}

// As after LOCK TABLES of others than the statement's.
TEST_CASE("long data for a statement that cannot be prepared are refused by its execution") {
  Scene scene;
  scene.settings().max_stmts_per_connection = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  prepare(scene, client, "INSERT INTO other VALUES (?)");
  CHECK(scene.ask(client, "LOCK TABLES other WRITE") == "ok");
  scene.server().on(Command::stmt_prepare, [](ServerSide& side) { side.err(1100, "not locked"); });
  const auto send_data = [&] {
    client.command(Command::stmt_send_long_data, id_bytes(insert.id) + Blob{0, 0} + "data"_bytes);
    client.command(Command::stmt_send_long_data, id_bytes(insert.id) + Blob{0, 0} + "more"_bytes);
  };
  send_data();
  CHECK(execute(scene, client, execute_one(insert.id, kText, {})) == "1100 not locked");
  CHECK(scene.server().count(Command::stmt_send_long_data) == 0);
  send_data();
  CHECK(scene.ask(client, Command::stmt_reset, id_bytes(insert.id)) == "ok");
  scene.server().on(Command::stmt_prepare, {});
  CHECK(execute(scene, client, execute_one(insert.id, kText, "01 61"_hex)) == "ok");
  send_data();
  CHECK(execute(scene, client, execute_one(insert.id, kText, {})) == "ok");
  CHECK(scene.server().count(Command::stmt_send_long_data) == 2);
}

TEST_CASE("long data that nobody wants are read to their end, however long") {
  struct Case {
    const char* name;
    const char* sql;
    std::uint8_t id;
    bool refused;
  };
  for (const Case& each : {Case{"no such statement", "INSERT INTO t VALUES (?)", 99, false},
                           Case{"a statement that is ours", "KILL ?", 1, false},
                           Case{"a statement that was refused", "INSERT INTO t VALUES (?)", 1, true}}) {
    for (const std::size_t bytes : {std::size_t{10}, std::size_t{300'000}, std::size_t{17'000'000}}) {
      CAPTURE(each.name, bytes);
      Scene scene;
      scene.settings().query_processor_max_bytes = 100'000;
      scene.settings().max_stmts_per_connection = 1;
      scene.start();
      ScriptedClient& client = scene.log_in();
      prepare(scene, client, each.sql);
      prepare(scene, client, "INSERT INTO other VALUES (?)");
      CHECK(scene.ask(client, "BEGIN") == "ok");
      if (each.refused)
        scene.server().on(Command::stmt_prepare, [](ServerSide& side) { side.err(1100, "not locked"); });
      const Blob data = id_bytes(each.id) + Blob{0, 0} + Blob(bytes, 'x');
      client.command(Command::stmt_send_long_data, data);
      client.command(Command::stmt_send_long_data, data);
      CHECK(scene.ask(client, "SELECT 1") == "a");
      CHECK(scene.server().count(Command::stmt_send_long_data) == 0);
      if (each.refused) CHECK(execute(scene, client, execute_one(each.id, kText, {})) == "1100 not locked");
      CHECK(scene.ask(client, "COMMIT") == "ok");
      CHECK(scene.server().accepted() == 1);
      CHECK(scene.idle_connections() == 1);
    }
  }
}

TEST_CASE("a statement with long data is not closed to make room") {
  Scene scene;
  scene.settings().max_stmts_per_connection = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  client.command(Command::stmt_send_long_data, id_bytes(insert.id) + Blob{0, 0} + "first"_bytes);
  prepare(scene, client, "INSERT INTO other VALUES (?)");
  CHECK(execute(scene, client, execute_one(insert.id, kText, {})) == "ok");
  CHECK(scene.server().received().back().payload[1] == 100);
  CHECK(scene.server().count(Command::stmt_prepare) == 2);
}

TEST_CASE("the same text twice, one with long data: the other does not take them") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement first = prepare(scene, client, "INSERT INTO t VALUES (?)");
  const Statement second = prepare(scene, client, "INSERT INTO t VALUES (?)");
  client.command(Command::stmt_send_long_data, id_bytes(first.id) + Blob{0, 0} + "first"_bytes);
  CHECK(execute(scene, client, execute_one(second.id, kText, "01 61"_hex)) == "ok");
  const std::uint8_t used_by_second = scene.server().received().back().payload[1];
  CHECK(execute(scene, client, execute_one(first.id, kText, {})) == "ok");
  const std::uint8_t used_by_first = scene.server().received().back().payload[1];
  CHECK(used_by_first != used_by_second);
  CHECK(scene.server().first("", Command::stmt_send_long_data)->payload[1] == used_by_first);
}

TEST_CASE("long data do not go to a handle that another has executed") {
  Scene scene;
  scene.start();
  ScriptedClient& one = scene.log_in();
  ScriptedClient& two = scene.log_in();
  const Statement data = prepare(scene, one, "INSERT INTO t VALUES (?)");
  const Statement number = prepare(scene, two, "INSERT INTO t VALUES (?)");
  CHECK(execute(scene, two, execute_one(number.id, kText, "01 61"_hex)) == "ok");
  const std::uint8_t executed = scene.server().received().back().payload[1];
  one.command(Command::stmt_send_long_data, id_bytes(data.id) + Blob{0, 0} + "first"_bytes);
  CHECK(execute(scene, one, execute_one(data.id, kText, {})) == "ok");
  const std::uint8_t own = scene.server().received().back().payload[1];
  CHECK(own != executed);
  CHECK(scene.server().first("", Command::stmt_send_long_data)->payload[1] == own);
  one.command(Command::stmt_send_long_data, id_bytes(data.id) + Blob{0, 0} + "again"_bytes);
  CHECK(execute(scene, one, execute_one(data.id, kText, {})) == "ok");
  CHECK(scene.server().received().back().payload[1] == own);  // his latest execution
}

// A cursor: EXECUTE answers with columns only, FETCH with rows.
void open_cursors(ScriptedServer& server) {
  server.on(Command::stmt_execute, [](ServerSide& side) {
    side.head({"v"});
    side.set_status(side.status() | kStatusCursorExists);
    side.end_rows();
    side.set_status(kStatusAutocommit);
  });
  server.on(Command::stmt_fetch, [](ServerSide& side) {
    side.packet("00 00 01 61"_hex);
    side.end_rows(side.command().payload[5] == 9 ? kStatusLastRowSent : kStatusCursorExists);
  });
}

TEST_CASE("a cursor keeps its connection until its last row") {
  Scene scene;
  open_cursors(scene.server());
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement select = prepare(scene, client, "SELECT v FROM t WHERE a = ?");
  CHECK(execute(scene, client, execute_one(select.id, kInteger, kSeven, kCursorTypeReadOnly)) != "gone");
  CHECK(scene.idle_connections() == 0);
  client.command(Command::stmt_fetch, id_bytes(select.id) + Blob{1, 0, 0, 0});
  scene.until([&] { return !client.replies().empty(); });
  client.take_reply();
  CHECK(scene.server().received().back().payload[1] == 100);
  CHECK(scene.idle_connections() == 0);
  client.command(Command::stmt_fetch, id_bytes(select.id) + Blob{9, 0, 0, 0});
  scene.until([&] { return !client.replies().empty(); });
  client.take_reply();
  CHECK(scene.idle_connections() == 1);
  CHECK(scene.ask(client, Command::stmt_fetch, id_bytes(select.id) + Blob{1, 0, 0, 0}).starts_with("1421 "));
}

TEST_CASE("closing a statement with a cursor closes it on its server, and frees the connection") {
  Scene scene;
  open_cursors(scene.server());
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement select = prepare(scene, client, "SELECT v FROM t WHERE a = ?");
  execute(scene, client, execute_one(select.id, kInteger, kSeven, kCursorTypeReadOnly));
  client.command(Command::stmt_close, id_bytes(select.id));
  scene.until([&] { return scene.server().count(Command::stmt_close) == 1; });
  CHECK(scene.idle_connections() == 1);
}

TEST_CASE("a long text is prepared whole, also on the second connection") {
  Scene scene;
  scene.settings().query_processor_max_bytes = 1024;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string sql = "DELETE FROM t WHERE a = ? AND b IN ('" + std::string(5000, 'x') + "') AND c = 1";
  const Statement statement = prepare(scene, client, sql);
  occupy(scene);
  CHECK(execute(scene, client, execute_one(statement.id, kInteger, kSeven)) == "ok");
  std::size_t prepared = 0;
  for (const Received& received : scene.server().received()) {
    if (received.command == Command::stmt_prepare && received.text == sql) ++prepared;
  }
  CHECK(prepared == 2);
}

TEST_CASE("a long execution streams, with its number and its types in place") {
  Scene scene;
  scene.settings().query_processor_max_bytes = 1024;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Statement insert = prepare(scene, client, "INSERT INTO t VALUES (?)");
  CHECK(execute(scene, client, execute_one(insert.id, kText, "01 61"_hex)) == "ok");
  occupy(scene);
  const Blob value = Blob{0xfd, 0x40, 0x0d, 0x03} + Blob(200'000, 'x');
  CHECK(execute(scene, client, execute_one(insert.id, std::nullopt, value)) == "ok");
  CHECK(last_execute(scene.server()) == "00 01 00 00 00 00 01 fd 00"_hex + value);
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("KILL as a prepared statement is answered here") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  ScriptedClient& victim = scene.log_in();
  const Statement fixed = prepare(scene, client, "KILL 4711");
  CHECK(fixed.parameters == 0);
  CHECK(execute(scene, client, id_bytes(fixed.id) + Blob{0, 1, 0, 0, 0}).starts_with("1094 "));
  const Statement statement = prepare(scene, client, "KILL ?");
  CHECK(statement.parameters == 1);
  CHECK(execute(scene, client, execute_one(statement.id, kText, "\x04"_bytes + "4711"_bytes))
            .starts_with("1094 "));
  CHECK(execute(scene, client, execute_one(statement.id, kText, "\x03"_bytes + "abc"_bytes))
            .starts_with("1235 "));
  CHECK(execute(scene, client, execute_one(statement.id, kInteger, "ff ff ff ff"_hex)).starts_with("1235 "));
  CHECK(execute(scene, client,
                execute_one(statement.id, kInteger, id_bytes(victim.established().connection_id))) == "ok");
  scene.until([&] { return victim.ended(); });
  // Types may be left out from then on.
  CHECK(execute(scene, client, id_bytes(statement.id) + Blob{0, 1, 0, 0, 0, 0, 0} + kSeven)
            .starts_with("1094 "));
  client.command(Command::stmt_prepare, as_bytes("KILL USER app"));
  CHECK(scene.reply_of(client).starts_with("1235 "));
  CHECK(scene.server().accepted() == 0);
}

}  // namespace
}  // namespace weir::test
