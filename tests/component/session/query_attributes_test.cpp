// Query attributes: servers that take them get what the client sent, others the same statement without.
#include <catch2/catch.hpp>

#include "protocol/message/prepared.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

constexpr Caps kWithAttributes = kUsualClient | kQueryAttributes;
const Blob kNone = "00 01"_hex;
const Blob kTrace = "01 01 00 01 fd 00 05 74 72 61 63 65 03 61 62 63"_hex;  // trace=abc

// The argument of a COM_QUERY.
Blob with(const Blob& attributes, std::string_view sql) {
  return attributes + to_blob(as_bytes(sql));
}

std::string ask(Scene& scene, ScriptedClient& client, const Blob& attributes, std::string_view sql) {
  return scene.ask(client, Command::query, with(attributes, sql));
}

// The payload of the latest COM_QUERY or COM_STMT_EXECUTE, without the command byte.
Blob last_argument(const ScriptedServer& server) {
  return to_blob(Bytes(server.received().back().payload).subspan(1));
}

TEST_CASE("a server that takes query attributes gets them as they came") {
  Scene scene;
  scene.server().offer(kQueryAttributes);
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "", kWithAttributes);
  REQUIRE((client.established().caps & kQueryAttributes) != 0);
  for (const Blob& attributes : {kNone, kTrace}) {
    CHECK(ask(scene, client, attributes, "SELECT 1") == "a");
    CHECK(last_argument(scene.server()) == with(attributes, "SELECT 1"));
  }
}

TEST_CASE("a server that takes none gets the statement") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "", kWithAttributes);
  for (const Blob& attributes : {kNone, kTrace}) {
    CHECK(ask(scene, client, attributes, "SELECT 1") == "a");
    CHECK(last_argument(scene.server()) == with(Blob(attributes.size(), ' '), "SELECT 1"));
  }
}

TEST_CASE("clients with and without query attributes do not share a connection") {
  Scene scene;
  scene.server().offer(kQueryAttributes);
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& with_them = scene.log_in("ann", "", kWithAttributes);
  ScriptedClient& without = scene.log_in("ann");
  CHECK(ask(scene, with_them, kTrace, "SELECT 1") == "a");
  CHECK(scene.ask(without, "SELECT 2") == "a");
  CHECK(last_argument(scene.server()) == to_blob(as_bytes("SELECT 2")));
  CHECK(scene.server().accepted() == 2);
}

TEST_CASE("what is said to a server on a client's behalf has the form that the connection asks for") {
  Scene scene;
  scene.server().offer(kQueryAttributes);
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = scene.log_in("ann", "shop", kWithAttributes);
  ScriptedClient& two = scene.log_in("ann", "shop", kWithAttributes);
  ask(scene, one, kNone, "SET sql_mode='ANSI_QUOTES', @a = 1");
  scene.server().forget();
  CHECK(ask(scene, two, kTrace, "SELECT 1") == "a");
  CHECK(ask(scene, one, kTrace, "SELECT 2") == "a");
  CHECK(scene.server().texts() == std::vector<std::string>{"SET sql_mode=DEFAULT, @`a`=X'', @`a`=NULL",
                                                           "SELECT 1", "SET sql_mode='ANSI_QUOTES', @`a`=1",
                                                           "SELECT 2"});
  // What is read from a connection that another needs.
  scene.server().on("SELECT COALESCE(LENGTH(@`b`)", [](ServerSide& side) { side.rows("size", {"3"}); });
  scene.server().on("SELECT @`b`", [](ServerSide& side) {
    side.head({"@`b`", "HEX(@`b`)", "COLLATION(@`b`)"});
    side.row({"now", "6E6F77", "utf8mb4_general_ci"});
    side.end_rows();
  });
  ask(scene, one, kTrace, "SET @b = NOW()");
  CHECK(ask(scene, two, kNone, "SELECT 3") == "a");
  CHECK(scene.server().count("SELECT @`b`") == 1);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("attributes do not stand in the way of routing, rewriting and mirrors") {
  Scene scene;
  scene.add_server(2, "b").offer(kQueryAttributes);
  ScriptedServer& mirror = scene.add_server(3, "mirror");
  QueryRuleRow rule;
  rule.rule_id = 1;
  rule.active = true;
  rule.match_pattern = "^SELECT old";
  rule.replace_pattern = "SELECT new";
  rule.destination_hostgroup = 2;
  rule.mirror_hostgroup = 3;
  scene.tables().query_rules.push_back(rule);
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "", kWithAttributes);
  CHECK(ask(scene, client, kTrace, "SELECT old FROM t") == "b");
  CHECK(last_argument(scene.server(1)) == with(kTrace, "SELECT new FROM t"));
  scene.until([&] { return mirror.received().size() == 1; });
  CHECK(last_argument(mirror) == with(Blob(kTrace.size(), ' '), "SELECT new FROM t"));
}

TEST_CASE("a statement that is sent again is sent in the form of the server that has it now") {
  for (const bool first_takes_them : {true, false}) {
    CAPTURE(first_takes_them);
    Scene scene;
    ScriptedServer& reader = scene.add_server(2, "reader");
    scene.split_reads_to(2);
    (first_takes_them ? reader : scene.server()).offer(kQueryAttributes);
    reader.on("SELECT v", [](ServerSide& side) { side.err(1290, "running with the --read-only option"); });
    scene.start();
    ScriptedClient& client = scene.log_in("ann", "", kWithAttributes);
    CHECK(ask(scene, client, kTrace, "SELECT v FROM sneaky") == "a");
    const Blob blank = Blob(kTrace.size(), ' ');
    CHECK(last_argument(scene.server()) == with(first_takes_them ? blank : kTrace, "SELECT v FROM sneaky"));
  }
}

TEST_CASE("a long statement may have attributes, too") {
  for (const bool takes_them : {true, false}) {
    CAPTURE(takes_them);
    Scene scene;
    if (takes_them) scene.server().offer(kQueryAttributes);
    scene.settings().query_processor_max_bytes = 4096;
    scene.start();
    ScriptedClient& client = scene.log_in("ann", "", kWithAttributes);
    const std::string sql = "INSERT INTO t VALUES ('" + std::string(20'000, 'x') + "')";
    CHECK(ask(scene, client, kTrace, sql) == "ok");
    CHECK(last_argument(scene.server()) == with(takes_them ? kTrace : Blob(kTrace.size(), ' '), sql));
  }
}

TEST_CASE("attributes that cannot be read are refused, and the session goes on") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "", kWithAttributes);
  for (const Blob& broken : {""_hex, "01"_hex, "00 02"_hex, "01 01 00 01 fd 00 05"_hex}) {
    CHECK(ask(scene, client, broken, "").starts_with("1835 "));
  }
  CHECK(scene.server().accepted() == 0);
  CHECK(ask(scene, client, kNone, "SELECT 1") == "a");
}

TEST_CASE("they are offered in the name of MySQL only") {
  for (const auto& [version, offered] : {std::pair{"8.0.36", true}, std::pair{"10.11.6-MariaDB", false}}) {
    CAPTURE(version);
    Scene scene;
    scene.settings().server_version = version;
    scene.start();
    ScriptedClient& client = scene.log_in("ann", "", kWithAttributes);
    CHECK(((client.established().caps & kQueryAttributes) != 0) == offered);
  }
}

// ---- prepared statements

struct ExecuteCase {
  std::string name;
  std::string sql;
  Blob argument;  // behind the statement's id
  Blob plain;     // for a server without
};

const ExecuteCase kExecutes[] = {
    {"no parameter, no attribute", "INSERT INTO t VALUES (1)", "08 01 00 00 00 00"_hex, "00 01 00 00 00"_hex},
    {"a parameter", "INSERT INTO t VALUES (?)", "08 01 00 00 00 01 00 01 03 00 00 07 00 00 00"_hex,
     "00 01 00 00 00 00 01 03 00 07 00 00 00"_hex},
    {"a parameter and an attribute", "INSERT INTO t VALUES (?)",
     "08 01 00 00 00 02 00 01 03 00 00 fd 00 01 61 07 00 00 00 01 78"_hex,
     "00 01 00 00 00 00 01 03 00 07 00 00 00 01 78"_hex},
};

TEST_CASE("executions have attributes where the server takes them, and their parameters everywhere") {
  for (const bool takes_them : {true, false}) {
    for (const ExecuteCase& c : kExecutes) {
      CAPTURE(takes_them, c.name);
      Scene scene;
      if (takes_them) scene.server().offer(kQueryAttributes);
      scene.start();
      ScriptedClient& client = scene.log_in("ann", "", kWithAttributes);
      scene.ask(client, Command::stmt_prepare, as_bytes(c.sql));
      CHECK(scene.ask(client, Command::stmt_execute, "01 00 00 00"_hex + c.argument) == "ok");
      CHECK(last_argument(scene.server()) == "64 00 00 00"_hex + (takes_them ? c.argument : c.plain));
    }
  }
}

TEST_CASE("types that an execution leaves out are added in the form of the connection") {
  for (const bool takes_them : {true, false}) {
    CAPTURE(takes_them);
    Scene scene;
    if (takes_them) scene.server().offer(kQueryAttributes);
    scene.start();
    ScriptedClient& client = scene.log_in("ann", "", kWithAttributes);
    scene.ask(client, Command::stmt_prepare, as_bytes("INSERT INTO t VALUES (?)"));
    const Blob first = "01 00 00 00 08 01 00 00 00 01 00 01 03 00 01 70 07 00 00 00"_hex;  // a name as well
    CHECK(scene.ask(client, Command::stmt_execute, first) == "ok");
    ScriptedClient& other = scene.log_in("ann", "", kWithAttributes);
    CHECK(ask(scene, other, kNone, "BEGIN") == "ok");  // the connection that knows the types is taken
    const Blob second = "01 00 00 00 08 01 00 00 00 01 00 00 08 00 00 00"_hex;
    CHECK(scene.ask(client, Command::stmt_execute, second) == "ok");
    CHECK(scene.server().accepted() == 2);
    CHECK(last_argument(scene.server()) ==
          "65 00 00 00"_hex + (takes_them ? "08 01 00 00 00 01 00 01 03 00 00 08 00 00 00"_hex
                                          : "00 01 00 00 00 00 01 03 00 08 00 00 00"_hex));
  }
}

}  // namespace
}  // namespace weir::test
