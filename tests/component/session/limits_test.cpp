// What one client may cost, and how long it may take: memory, places in line, last words.
#include <catch2/catch.hpp>

#include "tests/component/session/applied_rule.hpp"
#include "tests/support/flood.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

TEST_CASE("a client that sends ahead is not read beyond a bound while a command is under way") {
  Scene scene;
  scene.server().on("SELECT held", [](ServerSide& side) {
    side.rows("v", {"held"});
    side.hold();
  });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  constexpr int kCommands = 200;
  const std::string filling(100'000, 'x');
  for (int i = 0; i < kCommands; ++i) client.query("UPDATE t SET a = '" + filling + "'");
  until_still(scene, [&] { return scene.count(&WorkerStats::bytes_from_clients); });
  CHECK(scene.count(&WorkerStats::bytes_from_clients) < 1'000'000);
  scene.server().find_held()->release();
  scene.until([&] { return client.replies().size() == kCommands + 1 || client.ended(); });
  CHECK(scene.server().count("UPDATE") == kCommands);
}

TEST_CASE("a client that asks and asks, and does not read the answers, is not served beyond a bound") {
  const std::string value(10'000, 'v');
  Scene scene;
  scene.server().on("SELECT", [&](ServerSide& side) { side.rows("v", {value}); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  constexpr std::size_t kCommands = 5000;  // 50 MB of answers
  for (std::size_t i = 0; i < kCommands; ++i) client.query("SELECT 1");
  until_still(scene, [&] { return scene.server().count("SELECT"); });
  CHECK(scene.server().count("SELECT") < 2000);
  client.resume_reading();
  scene.until([&] { return client.replies().size() == kCommands || client.ended(); });
  CHECK(client.replies().size() == kCommands);
  CHECK(client.replies().back().text() == value);
}

TEST_CASE("a client that asks for answers of our own, and does not read them, is held up too") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  constexpr std::size_t kPings = 1'000'000;
  flood_with_pings(client, kPings);
  until_still(scene, [&] { return scene.count(&WorkerStats::questions); });
  CHECK(scene.count(&WorkerStats::questions) < kPings);
  client.discard_replies();
  client.resume_reading();
  scene.until([&] { return scene.count(&WorkerStats::questions) == kPings || client.ended(); });
  scene.until([&] { return client.bytes_received() >= kPings * 11; });
}

TEST_CASE("the last words wait for a client that reads late, but not for ever") {
  for (const bool reads : {true, false}) {
    CAPTURE(reads);
    Scene scene;
    scene.server().on("SELECT much", [](ServerSide& side) {
      side.head({"v"});
      for (int i = 0; i < 200; ++i) side.packet(Blob{0xfd, 0, 0, 1} + Blob(65536, 'r'));
      side.close();
    });
    scene.start();
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, "BEGIN") == "ok");
    client.stop_reading();
    client.query("SELECT much");
    until_still(scene, [&] { return scene.count(&WorkerStats::bytes_to_clients); });
    if (reads) {
      client.resume_reading();
      scene.until([&] { return !client.replies().empty(); });
      CHECK(client.take_reply().text().find("!1927 Lost connection") != std::string::npos);
    } else {
      client.close();
    }
    scene.until([&] { return scene.sessions() == 0; });
    CHECK(scene.connections() == 0);
  }
}

TEST_CASE("a client that never reads its last words is let go in the end") {
  Scene scene;
  scene.settings().client_stall_timeout = 300;
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  flood_with_pings(client, 1'000'000);
  until_still(scene, [&] { return scene.count(&WorkerStats::questions); });
  scene.fleet().drain();
  scene.settle();
  scene.until([&] { return scene.sessions() == 0; });
  CHECK(scene.count(&WorkerStats::client_connections_too_slow) == 1);
}

// A client that has asked for more than it has read since, and another in a transaction.
struct LateReader {
  explicit LateReader(Millis patience_ms) {
    scene.settings().default_query_timeout = patience_ms;
    scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
    scene.server().on("SELECT much", [this](ServerSide& side) { side.rows("v", {value}); });
    scene.start();
    late = &scene.log_in();
    other = &scene.log_in();
    CHECK(scene.ask(*other, "BEGIN") == "ok");
    late->stop_reading();
    for (std::size_t i = 0; i < kAsked; ++i) late->query("SELECT much");
    until_still(scene, [&] { return scene.server().count("SELECT much"); });
    answered = scene.server().count("SELECT much");
    REQUIRE(answered < kAsked);
  }
  // Far longer than last words are waited for: as long as a statement may take.
  void wait() {
    scene.settle();
    CHECK(scene.ask(*other, "SELECT held").starts_with("1907 "));
    late->resume_reading();
    scene.until([&] { return late->ended(); });
  }

  static constexpr std::size_t kAsked = 5000;  // 50 MB of answers
  const std::string value = std::string(10'000, 'v');
  Scene scene;
  ScriptedClient* late = nullptr;
  ScriptedClient* other = nullptr;
  std::size_t answered = 0;
};

TEST_CASE("who reads late when the process ends gets all that he was answered, and then the reason") {
  LateReader s(2500);
  s.scene.fleet().drain();
  s.wait();
  REQUIRE(s.late->replies().size() == s.answered + 1);
  CHECK(s.late->replies()[s.answered - 1].text() == s.value);
  CHECK(s.late->replies().back().text() == "1053 Server shutdown in progress");
}

TEST_CASE("who reads late when another process has taken over is not idle, and is served on") {
  LateReader s(3500);
  s.scene.fleet().retire();
  s.wait();
  REQUIRE(s.late->replies().size() == LateReader::kAsked);
  CHECK(s.late->replies().back().text() == s.value);
  CHECK(std::string(as_text(s.late->surplus())).find("Server shutdown in progress") != std::string::npos);
}

TEST_CASE("a timeout of 0 is none of a rule's or an annotation's own: the setting counts") {
  for (const std::string_view begin : {"", "/* query_timeout=0 */ "}) {
    CAPTURE(begin);
    Scene scene;
    QueryRuleRow rule;
    rule.rule_id = 1;
    rule.active = rule.apply = true;
    rule.match_pattern = "patient";
    rule.timeout = begin.empty() ? 0 : 30;
    scene.tables().query_rules.push_back(rule);
    rule.rule_id = 2;
    rule.match_pattern = "hurried";
    rule.timeout = 30;
    scene.tables().query_rules.push_back(rule);
    scene.server().on("SELECT", [](ServerSide& side) {
      side.rows("v", {"late"});
      side.hold();
    });
    scene.server().on("/* query_timeout", [](ServerSide& side) {
      side.rows("v", {"late"});
      side.hold();
    });
    scene.start();
    ScriptedClient& patient = scene.log_in();
    patient.query(std::string(begin) + "SELECT patient");
    scene.until([&] { return scene.server().find_held() != nullptr; });
    ServerSide& held = *scene.server().find_held();
    CHECK(scene.ask(scene.log_in(), "SELECT hurried").starts_with("1907 "));
    held.release();
    CHECK(scene.reply_of(patient) == "late");
  }
}

TEST_CASE("a stream of events has no time limit: a replica stays") {
  Scene scene;
  scene.settings().default_query_timeout = 1000;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.server().on(Command::binlog_dump, [](ServerSide& side) { side.packet("00 01"_hex); });
  scene.start();
  ScriptedClient& replica = scene.log_in();
  const std::size_t before = replica.bytes_received();
  replica.command(Command::binlog_dump, "04 00 00 00 00 00 07 00 00 00"_hex);
  scene.until([&] { return replica.bytes_received() > before; });
  CHECK(scene.ask(scene.log_in(), "SELECT held").starts_with("1907 "));
  const std::size_t received = replica.bytes_received();
  scene.server().side(1).speak(packet("00 02"_hex, 2));
  scene.until([&] { return replica.bytes_received() > received || replica.ended(); });
  CHECK_FALSE(replica.ended());
}

const Blob kDump = "04 00 00 00 00 00 07 00 00 00"_hex;

TEST_CASE("who may not have a stream of events goes on as before") {
  Scene scene;
  QueryRuleRow rule = applied_rule(1, "forbidden");
  rule.error_msg = "not here";
  scene.tables().query_rules.push_back(rule);
  scene.server().on(Command::binlog_dump, [](ServerSide& side) { side.err(1227, "Access denied", "42000"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, Command::binlog_dump, kDump).starts_with("1227 "));
  CHECK(scene.ask(client, "SELECT forbidden").starts_with("1148 "));
  // And what comes together with it is commands, too.
  client.send(
      packet("\x12"_bytes + kDump) + packet("\x03SELECT forbidden"_bytes) + packet("\x03SELECT 1"_bytes),
      {Shape::stream, Shape::result, Shape::result});
  CHECK(scene.reply_of(client).starts_with("1227 "));
  CHECK(scene.reply_of(client).starts_with("1148 "));
  CHECK(scene.reply_of(client) == "a");
  CHECK(scene.server().texts() == std::vector<std::string>{"SELECT 1"});
}

TEST_CASE("a stream of events that fails is the end of the session, as with a server") {
  Scene scene;
  scene.server().on(Command::binlog_dump, [](ServerSide& side) { side.err(1236, "no such log", "HY000"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.send(packet("\x12"_bytes + kDump) + packet("\x03SELECT 1"_bytes), {Shape::stream});
  CHECK(scene.reply_of(client).starts_with("1236 "));
  scene.until([&] { return client.ended(); });
  CHECK(client.surplus().empty());
  CHECK(scene.server().texts().empty());
}

TEST_CASE("a stream of events that does not begin has the time of a statement") {
  Scene scene;
  scene.settings().default_query_timeout = 100;
  scene.server().on(Command::binlog_dump, [](ServerSide& side) { side.hold(); });
  scene.start();
  CHECK(scene.ask(scene.log_in(), Command::binlog_dump, kDump).starts_with("1907 "));
}

TEST_CASE("what a replica says before its stream begins goes to the server when it does") {
  Scene scene;
  scene.server().on(Command::binlog_dump, [](ServerSide& side) {
    side.packet("00 01"_hex);
    side.hold();
  });
  scene.server().on("acknowledged", [](ServerSide& side) { side.packet("00 02"_hex); });
  scene.start();
  ScriptedClient& replica = scene.log_in();
  replica.send(packet("\x12"_bytes + kDump) + packet("\x03"
                                                     "acknowledged"_bytes),
               {Shape::stream});
  scene.until([&] { return scene.server().find_held() != nullptr; });
  scene.server().find_held()->release();
  scene.until([&] { return scene.server().count("acknowledged") == 1; });
}

TEST_CASE("of long data that find no connection the execution tells, for they have no answer") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("INSERT INTO t VALUES (?)"));
  scene.until([&] { return !client.replies().empty(); });
  client.take_reply();
  scene.settings().connect_timeout_server_max = 30;
  scene.publish();
  scene.server().close_all();
  scene.server().set_silent_at_login(true);
  scene.settle();
  client.command(Command::stmt_send_long_data, "01 00 00 00 00 00 61"_hex);
  const Blob execution = "01 00 00 00 00 01 00 00 00 00 01 fd 00"_hex;
  CHECK(scene.ask(client, Command::stmt_execute, execution).starts_with("9001 "));
  CHECK(client.surplus().empty());
  CHECK(client.replies().empty());
  scene.server().set_silent_at_login(false);
  scene.server().close_all();
  scene.settings().connect_timeout_server_max = 10'000;
  scene.publish();
  scene.settle();
  client.command(Command::stmt_send_long_data, "01 00 00 00 00 00 61"_hex);
  CHECK(scene.ask(client, Command::stmt_execute, execution) == "ok");
  CHECK(scene.server().count(Command::stmt_send_long_data) == 1);
}

TEST_CASE("an execution that has no room for its types is refused") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("INSERT INTO t VALUES (?)"));
  scene.until([&] { return !client.replies().empty(); });
  client.take_reply();
  CHECK(scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00 00 01 fd 00 01 61"_hex) == "ok");
  CHECK(scene.ask(scene.log_in(), "BEGIN") == "ok");
  const std::size_t value = kMaxFramePayload - 1 - 11 - 4;
  Blob execute = "01 00 00 00 00 01 00 00 00 00 00 fd"_hex + Blob(3, 0) + Blob(value - 1, 'x');
  store_le(execute.data() + 12, value - 1, 3);
  client.command(Command::stmt_execute, execute);
  scene.until([&] { return !client.replies().empty() || client.ended(); });
  CHECK(scene.server().count(Command::stmt_execute) == 1);
}

TEST_CASE("KILL QUERY inside a transaction leaves the transaction as the server does") {
  Scene scene;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& victim = scene.log_in();
  ScriptedClient& killer = scene.log_in();
  CHECK(scene.ask(victim, "BEGIN") == "ok");
  victim.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  CHECK(scene.ask(killer, "KILL QUERY " + std::to_string(victim.established().connection_id)) == "ok");
  scene.until([&] { return scene.server().count("KILL QUERY 1") == 1; });
  ServerSide& side = *scene.server().find_held();
  side.err(1317, "Query execution was interrupted", "70100");
  side.release();
  CHECK(scene.reply_of(victim).starts_with("1317 "));
  CHECK(scene.ask(victim, "INSERT INTO t VALUES (1)") == "ok");
  CHECK(scene.server().received().back().connection == 1);
  CHECK(scene.ask(victim, "COMMIT") == "ok");
  CHECK(scene.server().received().back().connection == 1);
  scene.until([&] { return !scene.server().side(1).open(); });  // a late KILL would meet another's statement
}

TEST_CASE(
    "a server that answers and closes: the answer counts, and the next statement has another connection") {
  Scene scene;
  scene.server().on("INSERT", [](ServerSide& side) {
    side.ok();
    side.close();
  });
  scene.start();
  ScriptedClient& client = scene.log_in();
  for (int i = 0; i < 3; ++i) {
    CHECK(scene.ask(client, "INSERT INTO t VALUES (1)") == "ok");
    scene.settle();
  }
  CHECK(scene.server().accepted() == 3);
  CHECK(scene.permits() == 0);
}

TEST_CASE("lost behind hundreds of rows: the error's sequence id has wrapped with the rows'") {
  Scene scene;
  scene.server().on("SELECT many", [](ServerSide& side) {
    side.head({"v"});
    for (int i = 0; i < 700; ++i) side.row({"r"});
    side.close();
  });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.query("SELECT many");
  scene.until([&] { return !client.replies().empty(); });
  const std::vector<Blob> payloads = client.take_reply().payloads();  // throws if an id is not in order
  CHECK(payloads.size() == 1 + 1 + 700 + 1);
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

}  // namespace
}  // namespace weir::test
