// Which statements the query log has, and what it says of them.
#include <catch2/catch.hpp>
#include <fstream>

#include "router/config/json_text.hpp"
#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"

namespace weir::test {
namespace {

struct Logged {
  Scene scene;
  TemporaryDirectory directory;
  int files = 0;

  explicit Logged(std::int64_t by_default = 1) {
    scene.settings().eventslog_filename = directory.path("q");
    scene.settings().eventslog_default_log = by_default;
  }

  void add_rule(std::int64_t id, std::string match_pattern, const std::function<void(QueryRuleRow&)>& fill) {
    QueryRuleRow row;
    row.rule_id = id;
    row.active = row.apply = true;
    row.match_pattern = std::move(match_pattern);
    fill(row);
    scene.tables().query_rules.push_back(std::move(row));
  }

  // What has been logged since the last call.
  std::vector<JsonValue> lines() {
    REQUIRE(scene.fleet().query_log().rotate_and_wait(60'000).has_value());
    std::ifstream file(directory.path("q.0000000" + std::to_string(files + 1)));
    std::vector<JsonValue> lines;
    for (std::string line; std::getline(file, line);) {
      auto value = parse_json(line);
      REQUIRE(value);
      lines.push_back(*std::move(value));
    }
    if (!lines.empty()) ++files;
    return lines;
  }
  JsonValue only_line() {
    auto all = lines();
    REQUIRE(all.size() == 1);
    return std::move(all.front());
  }
  std::vector<std::string> queries() {
    std::vector<std::string> texts;
    for (const JsonValue& line : lines()) texts.push_back(line.find("query")->string);
    return texts;
  }
};

std::string text(const JsonValue& line, std::string_view key) {
  const JsonValue* value = line.find(key);
  return value == nullptr ? "none" : value->string;
}
std::int64_t number(const JsonValue& line, std::string_view key) {
  const JsonValue* value = line.find(key);
  return value == nullptr ? -99 : static_cast<std::int64_t>(value->number);
}
using Texts = std::vector<std::string>;

TEST_CASE("rules say what is logged, and otherwise the setting does") {
  const std::int64_t by_default = GENERATE(0, 1);
  CAPTURE(by_default);
  Logged log(by_default);
  Scene& scene = log.scene;
  log.add_rule(1, "yes", [](QueryRuleRow& row) { row.log = 1; });
  log.add_rule(2, "no", [](QueryRuleRow& row) { row.log = 0; });
  scene.start();
  ScriptedClient& client = scene.log_in();
  for (const char* sql : {"SELECT 'yes'", "SELECT 'no'", "SELECT 'other'", "SELECT 'yes' + 1"})
    scene.ask(client, sql);
  const Texts expected = by_default == 1 ? Texts{"SELECT 'yes'", "SELECT 'other'", "SELECT 'yes' + 1"}
                                         : Texts{"SELECT 'yes'", "SELECT 'yes' + 1"};
  CHECK(log.queries() == expected);
  CHECK(scene.count(&WorkerStats::query_log_lines) == expected.size());
  CHECK(scene.count(&WorkerStats::query_log_dropped) == 0);
}

TEST_CASE("without a file name nothing is logged, and with one from the next statement on") {
  Logged log;
  Scene& scene = log.scene;
  log.add_rule(1, "", [](QueryRuleRow& row) { row.log = 1; });
  const std::string name = std::exchange(scene.settings().eventslog_filename, "");
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "SELECT 1");
  CHECK(scene.count(&WorkerStats::query_log_lines) == 0);
  scene.settings().eventslog_filename = name;
  scene.publish();
  scene.ask(client, "SELECT 2");
  scene.settings().eventslog_filename = "";
  scene.publish();  // all is written when it returns
  scene.ask(client, "SELECT 3");
  CHECK(scene.count(&WorkerStats::query_log_lines) == 1);
  scene.settings().eventslog_filename = name;
  scene.publish();
  CHECK(log.queries() == Texts{"SELECT 2"});
}

TEST_CASE("a line says who, where, how much") {
  Logged log;
  Scene& scene = log.scene;
  scene.server().on("INSERT", [](ServerSide& side) { side.ok(3, 77); });
  scene.server().on("SELECT", [](ServerSide& side) { side.rows("v", {"1", "2"}); });
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  scene.ask(client, "INSERT INTO t VALUES (1)");
  scene.ask(client, "SELECT v FROM t WHERE id = 1");
  const auto lines = log.lines();
  REQUIRE(lines.size() == 2);
  for (const JsonValue& line : lines) {
    CHECK(text(line, "event") == "COM_QUERY");
    CHECK(text(line, "username") == "ann");
    CHECK(text(line, "schemaname") == "shop");
    CHECK(text(line, "client").starts_with("127.0.0.1:"));
    CHECK(text(line, "server") == "127.0.0.1:" + std::to_string(scene.server().port()));
    CHECK(number(line, "hostgroup_id") == 1);
    CHECK(number(line, "endtime_timestamp_us") - number(line, "starttime_timestamp_us") ==
          number(line, "duration_us"));
    CHECK(number(line, "errno") == -99);
  }
  CHECK(number(lines[0], "rows_affected") == 3);
  CHECK(number(lines[0], "last_insert_id") == 77);
  CHECK(number(lines[1], "rows_sent") == 2);
  CHECK(number(lines[1], "last_insert_id") == 0);
  const auto digests = scene.worker(0).digest_stats().copy(scene.worker(0).clock());
  for (const auto& digest : digests) {
    CHECK((text(lines[0], "digest") == digest_to_text(digest.identity->digest) ||
           text(lines[1], "digest") == digest_to_text(digest.identity->digest)));
  }
}

TEST_CASE("prepared statements are logged with the client's id, when they are prepared and when they run") {
  Logged log;
  Scene& scene = log.scene;
  scene.server().on(Command::stmt_execute, [](ServerSide& side) { side.rows("v", {"1"}); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("SELECT v FROM t WHERE a = 5"));
  scene.reply_of(client);
  scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex);
  client.command(Command::stmt_close, "01 00 00 00"_hex);
  scene.ask(client, Command::ping);
  const auto lines = log.lines();
  REQUIRE(lines.size() == 2);
  CHECK(text(lines[0], "event") == "COM_STMT_PREPARE");
  CHECK(text(lines[1], "event") == "COM_STMT_EXECUTE");
  CHECK(number(lines[1], "rows_sent") == 1);
  for (const JsonValue& line : lines) {
    CHECK(number(line, "client_stmt_id") == 1);
    CHECK(text(line, "query") == "SELECT v FROM t WHERE a = 5");
    CHECK(text(line, "digest") == text(lines[0], "digest"));
    CHECK(text(line, "digest") != "0x0000000000000000");
  }
}

TEST_CASE("what failed is logged with what the client was told") {
  Logged log;
  Scene& scene = log.scene;
  scene.server().on("INSERT", [](ServerSide& side) { side.err(1062, "Duplicate entry '1'", "23000"); });
  log.add_rule(1, "DROP", [](QueryRuleRow& row) { row.error_msg = "ask the DBA"; });
  scene.start();
  ScriptedClient& client = scene.log_in();
  SECTION("by the server") {
    scene.ask(client, "INSERT INTO t VALUES (1)");
    const JsonValue line = log.only_line();
    CHECK(number(line, "errno") == 1062);
    CHECK(text(line, "error") == "Duplicate entry '1'");
    CHECK(number(line, "hostgroup_id") == 1);
  }
  SECTION("by a rule") {
    scene.ask(client, "DROP TABLE t");
    const JsonValue line = log.only_line();
    CHECK(number(line, "errno") == 1148);
    CHECK(text(line, "error") == "ask the DBA");
    CHECK(number(line, "hostgroup_id") == -1);
    CHECK(text(line, "server") == "none");
  }
  SECTION("because the server was lost") {
    scene.server().on("UPDATE", [](ServerSide& side) { side.reset(); });
    scene.ask(client, "UPDATE t SET a = 1");
    CHECK(number(log.only_line(), "errno") == 1927);
  }
  SECTION("with its session, whose transaction was lost") {
    scene.ask(client, "BEGIN");
    log.lines();
    scene.server().on("UPDATE", [](ServerSide& side) { side.reset(); });
    scene.ask(client, "UPDATE t SET a = 1");
    CHECK(number(log.only_line(), "errno") != -99);
  }
  SECTION("because its client went away") {
    scene.server().on("SELECT slow", [](ServerSide& side) { side.hold(); });
    client.command(Command::query, as_bytes("SELECT slow"));
    scene.until([&] { return scene.server().count("SELECT slow") == 1; });
    client.reset();
    scene.until([&] { return scene.sessions() == 0; });
    const JsonValue line = log.only_line();
    CHECK(number(line, "errno") == 1317);
    CHECK(text(line, "error") == "the session ended: client_gone");
  }
  SECTION("and what comes after it has no error") {
    scene.ask(client, "INSERT INTO t VALUES (1)");
    scene.ask(client, "SELECT 1");
    const auto lines = log.lines();
    REQUIRE(lines.size() == 2);
    CHECK(number(lines[1], "errno") == -99);
  }
}

TEST_CASE("what no server was asked is logged, too") {
  Logged log;
  Scene& scene = log.scene;
  log.add_rule(1, "cached", [](QueryRuleRow& row) { row.cache_ttl = 60'000; });
  scene.server().on("SELECT", [](ServerSide& side) { side.rows("v", {"1", "2"}); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  SECTION("from the cache") {
    scene.ask(client, "SELECT v AS cached FROM t");
    scene.ask(client, "SELECT v AS cached FROM t");
    const auto lines = log.lines();
    REQUIRE(lines.size() == 2);
    CHECK(number(lines[0], "hostgroup_id") == 1);
    CHECK(number(lines[1], "hostgroup_id") == -1);
    CHECK(number(lines[1], "rows_sent") == 2);
  }
  SECTION("by Weir itself") {
    scene.ask(client, "SELECT CONNECTION_ID()");
    CHECK(number(log.only_line(), "hostgroup_id") == -1);
  }
}

TEST_CASE("of statements with passwords neither the values are logged nor what was said of them") {
  Logged log;
  Scene& scene = log.scene;
  scene.server().on("CREATE USER", [](ServerSide& side) { side.err(1064, "near 'hunter2' at line 1"); });
  log.add_rule(1, "old_table", [](QueryRuleRow& row) { row.replace_pattern = "new_table"; });
  scene.start();
  ScriptedClient& client = scene.log_in();
  for (const char* sql :
       {"CREATE USER a@'%' IDENTIFIED BYY 'hunter2'", "SET PASSWORD = 'hunter2'",
        "ALTER USER a IDENTIFIED BY \"hunter2\"", "CHANGE MASTER TO MASTER_PASSWORD='hunter2', MASTER_PORT=1",
        "UPDATE old_table SET password = 'hunter2'", "GRANT ALL ON *.* TO a IDENTIFIED BY 'hunter2'"})
    scene.ask(client, sql);
  client.command(Command::stmt_prepare, as_bytes("SELECT PASSWORD('hunter2')"));
  scene.reply_of(client);
  const auto lines = log.lines();
  REQUIRE(lines.size() == 7);
  for (const JsonValue& line : lines) {
    CHECK(line.find("query_masked") != nullptr);
    for (const JsonValue::Member& member : line.members)
      CHECK(member.value.string.find("hunter2") == std::string::npos);
  }
  CHECK(text(lines[0], "query") == "CREATE USER a@? IDENTIFIED BYY ?");
  CHECK(number(lines[0], "errno") == 1064);
  CHECK(text(lines[4], "query") == "UPDATE old_table SET password = ?");
}

TEST_CASE("a rewritten statement is logged as the client sent it") {
  Logged log;
  Scene& scene = log.scene;
  log.add_rule(1, "old_table", [](QueryRuleRow& row) { row.replace_pattern = "new_table"; });
  scene.start();
  scene.ask(scene.log_in(), "SELECT v FROM old_table");
  CHECK(log.queries() == Texts{"SELECT v FROM old_table"});
}

TEST_CASE("a text is logged up to its bound") {
  Logged log;
  Scene& scene = log.scene;
  scene.settings().eventslog_buffer_max_query_length = 128;
  scene.start();
  const std::string query = "SELECT '" + std::string(1000, 'x') + "'";
  scene.ask(scene.log_in(), query);
  const JsonValue line = log.only_line();
  CHECK(text(line, "query") == query.substr(0, 128));
  CHECK(number(line, "query_bytes") == static_cast<std::int64_t>(query.size()));
}

}  // namespace
}  // namespace weir::test
