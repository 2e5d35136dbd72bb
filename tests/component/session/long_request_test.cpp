// Requests longer than mysql-query_processor_max_bytes stream. Whatever happens to them, what the client
// sends of one statement is never taken for another: a client that cannot be told to stop is told why, and
// let go.
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

// An INSERT of `size` bytes whose every possible packet boundary looks like a command: DROP TABLE t.
std::string booby_trapped(std::size_t size, std::string_view verb = "INSERT") {
  const Blob trap = packet(
      "\x03"
      "DROP TABLE t"_bytes);
  std::string sql = std::string(verb) + " INTO t VALUES ('";
  while (sql.size() + trap.size() + 2 < size) sql += as_text(trap);
  return sql + "')";
}

constexpr std::int64_t kShort = 1024;  // what is longer streams

// Sends the request but for its last `left` bytes, which are returned.
Blob send_but(ScriptedClient& client, std::string_view sql, std::size_t left) {
  const Blob all = packet(to_blob(as_bytes("\x03" + std::string(sql))));
  client.send(Bytes(all).first(all.size() - left), {Shape::result});
  return to_blob(Bytes(all).last(left));
}

// The session has ended, and no server has seen what was hidden in the statement.
bool nothing_follows(Scene& scene, ScriptedClient& client) {
  scene.until([&] { return client.ended(); });
  return scene.server().count("DROP") == 0;
}

TEST_CASE("a long statement arrives as it was sent") {
  for (const std::size_t size : {1000u, 1023u, 1024u, 1025u, 5000u, 70'000u, 300'000u}) {
    CAPTURE(size);
    Scene scene;
    scene.settings().query_processor_max_bytes = kShort;
    scene.start();
    ScriptedClient& client = scene.log_in();
    const std::string sql = booby_trapped(size);
    CHECK(scene.ask(client, sql) == "ok");
    CHECK(scene.server().texts() == std::vector<std::string>{sql});
    CHECK(scene.ask(client, "SELECT 1") == "a");
  }
}

TEST_CASE("a statement of several frames arrives as it was sent") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string sql = "INSERT INTO t VALUES ('" + std::string(kMaxFramePayload + 100, 'x') + "')";
  CHECK(scene.ask(client, sql) == "ok");
  CHECK(scene.server().first("INSERT")->text == sql);
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("a long statement in small pieces, with a command behind it") {
  Scene scene;
  scene.settings().query_processor_max_bytes = kShort;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string sql = booby_trapped(3000);
  const Blob all = packet(to_blob(as_bytes("\x03" + sql))) + packet(
                                                                 "\x03"
                                                                 "SELECT 2"_bytes);
  client.send({}, {Shape::result, Shape::result});
  for (std::size_t at = 0; at < all.size(); at += 100) {
    client.send(Bytes(all).subspan(at, std::min<std::size_t>(100, all.size() - at)));
    scene.turn();
  }
  CHECK(scene.reply_of(client) == "ok");
  CHECK(scene.reply_of(client) == "a");
  CHECK(scene.server().texts() == std::vector<std::string>{sql, "SELECT 2"});
}

TEST_CASE("the connection is lost in the middle of a long statement") {
  Scene scene;
  scene.settings().query_processor_max_bytes = kShort;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Blob rest = send_but(client, booby_trapped(8000), 4000);
  scene.until([&] { return scene.server().partial_bytes() >= 4000; });
  scene.server().side(1).reset();
  scene.until([&] { return scene.count(&WorkerStats::errors_generated) == 1; });
  client.send(rest);
  CHECK(scene.reply_of(client).starts_with("1927 "));
  CHECK(nothing_follows(scene, client));
  CHECK(scene.server().count("INSERT") == 0);
}

TEST_CASE("no server in time for a long statement") {
  Scene scene;
  scene.settings().query_processor_max_bytes = kShort;
  scene.settings().connect_timeout_server_max = 30;
  scene.server().set_silent_at_login(true);
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Blob rest = send_but(client, booby_trapped(8000), 4000);
  scene.until([&] { return scene.count(&WorkerStats::errors_generated) == 1; });
  client.send(rest);
  CHECK(scene.reply_of(client).starts_with("9001 "));
  CHECK(nothing_follows(scene, client));
  CHECK(scene.count(&WorkerStats::questions) == 1);
}

TEST_CASE("a rule refuses a long statement") {
  Scene scene;
  scene.settings().query_processor_max_bytes = kShort;
  QueryRuleRow rule;
  rule.rule_id = 1;
  rule.active = true;
  rule.match_pattern = "^INSERT";
  rule.error_msg = "no inserts";
  scene.tables().query_rules.push_back(rule);
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Blob rest = send_but(client, booby_trapped(8000), 4000);
  scene.settle();
  client.send(rest);
  CHECK(scene.reply_of(client) == "1148 no inserts");
  CHECK(nothing_follows(scene, client));
  CHECK(scene.server().texts().empty());
}

TEST_CASE("the server answers before a long statement is whole: the connection is not used again") {
  Scene scene;
  scene.settings().query_processor_max_bytes = kShort;
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Blob rest = send_but(client, booby_trapped(8000), 4000);
  scene.until([&] { return scene.server().partial_bytes() >= 4000; });
  scene.server().side(1).err(1153, "too big");
  scene.server().side(1).send_all();
  CHECK(scene.reply_of(client) == "1153 too big");
  client.send(rest);
  CHECK(nothing_follows(scene, client));
  CHECK(scene.ask(scene.log_in(), "SELECT 1") == "a");
  CHECK(scene.server().accepted() == 2);
}

TEST_CASE("a synchronisation that fails before a long statement") {
  Scene scene;
  scene.settings().query_processor_max_bytes = kShort;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SET NAMES latin1") == "ok");
  ScriptedClient& other = scene.log_in();
  scene.server().on("SET ", [](ServerSide& side) { side.err(1193, "no such variable"); });
  const Blob rest = send_but(other, booby_trapped(8000), 4000);
  scene.settle();
  other.send(rest);
  CHECK(scene.reply_of(other) == "1193 no such variable");
  CHECK(nothing_follows(scene, other));
}

TEST_CASE("a long statement is killed by its time limit before it is whole") {
  Scene scene;
  scene.settings().query_processor_max_bytes = kShort;
  QueryRuleRow rule;
  rule.rule_id = 1;
  rule.active = true;
  rule.match_pattern = "^INSERT";
  rule.timeout = 30;
  scene.tables().query_rules.push_back(rule);
  scene.start();
  ScriptedClient& client = scene.log_in();
  const Blob rest = send_but(client, booby_trapped(8000), 4000);
  scene.until([&] { return scene.count(&WorkerStats::errors_generated) == 1; });
  client.send(rest);
  CHECK(scene.reply_of(client).starts_with("1907 "));
  CHECK(nothing_follows(scene, client));
}

// ---- LOAD DATA LOCAL INFILE

TEST_CASE("files of LOAD DATA LOCAL INFILE go to the server as they are") {
  const Blob large(200'000, 'l');
  for (const Blob& file : {Blob{}, "one line"_bytes, large}) {
    CAPTURE(file.size());
    Scene scene;
    scene.server().on("LOAD", [](ServerSide& side) { side.ask_file("f"); });
    scene.start();
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, "LOAD DATA LOCAL INFILE 'f' INTO TABLE t") == "file");
    client.upload(file);
    CHECK(scene.reply_of(client) == "file f;ok");
    const auto& received = scene.server().received();
    const auto upload = std::ranges::find_if(received, [](const auto& command) { return command.upload; });
    REQUIRE(upload != received.end());
    CHECK(upload->payload == file);
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.server().accepted() == 1);
  }
}

TEST_CASE("what was sent ahead of the server's question for a file is not taken for the file") {
  for (const std::size_t ahead : {10u, 200'000u}) {
    CAPTURE(ahead);
    Scene scene;
    scene.server().on("LOAD", [](ServerSide& side) {
      side.ask_file("f");
      side.hold();
    });
    scene.start();
    ScriptedClient& client = scene.log_in();
    client.query("LOAD DATA LOCAL INFILE 'f' INTO TABLE t");
    scene.until([&] { return scene.server().find_held() != nullptr; });
    const std::uint64_t before = scene.count(&WorkerStats::bytes_from_clients);
    client.send(packet(Blob(ahead, 'x')));
    scene.until([&] {
      return scene.count(&WorkerStats::bytes_from_clients) >=
             before + std::min<std::size_t>(ahead, 64 * 1024);
    });
    scene.server().find_held()->release();
    CHECK(scene.reply_of(client) == "1156 Got packets out of order");
    CHECK(nothing_follows(scene, client));
    scene.until([&] { return scene.server().open_connections() == 0; });
  }
}

TEST_CASE("the connection is lost in the middle of an upload: the client, who does not listen, is let go") {
  Scene scene;
  scene.server().on("LOAD", [](ServerSide& side) { side.ask_file("f"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "LOAD DATA LOCAL INFILE 'f' INTO TABLE t") == "file");
  client.upload_part("first line"_bytes);
  scene.settle();
  scene.server().side(1).reset();
  scene.settle();
  client.upload_part(
      packet("\x03"
             "DROP TABLE t"_bytes));
  client.upload_end();
  CHECK(nothing_follows(scene, client));
}

TEST_CASE("the connection is lost behind an upload, before the answer") {
  Scene scene;
  scene.server().on("LOAD", [](ServerSide& side) { side.ask_file("f"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "LOAD DATA LOCAL INFILE 'f' INTO TABLE t") == "file");
  client.upload_part("first line"_bytes);
  scene.settle();
  scene.server().side(1).stop_reading();
  client.upload_end();
  scene.settle();
  scene.server().side(1).reset();
  scene.until([&] { return !client.replies().empty(); });
  const std::size_t request_bytes =
      4 + 2;  // the request for the file has id 1, the line 2, the empty packet 3
  CHECK(client.replies()[0].wire.at(request_bytes + 3) == 4);
  CHECK(scene.reply_of(client).starts_with("file f;1927 "));
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("the server gives up an upload before its end") {
  Scene scene;
  scene.server().on("LOAD", [](ServerSide& side) { side.ask_file("f"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "LOAD DATA LOCAL INFILE 'f' INTO TABLE t") == "file");
  scene.server().side(1).err(1300, "invalid character");
  scene.server().side(1).send_all();
  scene.settle();
  client.upload_part(
      packet("\x03"
             "DROP TABLE t"_bytes));
  client.upload_end();
  CHECK(nothing_follows(scene, client));
  CHECK(scene.ask(scene.log_in(), "SELECT 1") == "a");
  CHECK(scene.server().accepted() == 2);
}

}  // namespace
}  // namespace weir::test
