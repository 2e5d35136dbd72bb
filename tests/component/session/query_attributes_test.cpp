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

// One who has them, for Weir has seen a writer that takes them.
ScriptedClient& log_in(Scene& scene, const std::string& schema = "") {
  Established writer;
  writer.server_version = "8.0.36";
  writer.offered = kQueryAttributes;
  writer.status = kStatusAutocommit;
  scene.fleet().on_server_seen(*scene.fleet().snapshot(), 1, writer);
  ScriptedClient& client = scene.log_in("ann", schema, kWithAttributes);
  REQUIRE((client.established().caps & kQueryAttributes) != 0);
  return client;
}

// trace=xxx...
Blob long_trace(std::size_t value_bytes) {
  Blob attributes = "01 01 00 01 fd 00 05 74 72 61 63 65 fe"_hex;
  std::uint8_t length[8];
  store_le(length, value_bytes, 8);
  attributes.insert(attributes.end(), std::begin(length), std::end(length));
  attributes.resize(attributes.size() + value_bytes, 'x');
  return attributes;
}

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
  ScriptedClient& client = log_in(scene);
  for (const Blob& attributes : {kNone, kTrace}) {
    CHECK(ask(scene, client, attributes, "SELECT 1") == "a");
    CHECK(last_argument(scene.server()) == with(attributes, "SELECT 1"));
  }
}

TEST_CASE("a server that takes none gets the statement") {
  Scene scene;
  scene.start();
  ScriptedClient& client = log_in(scene);
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
  ScriptedClient& with_them = log_in(scene);
  ScriptedClient& without = scene.log_in("ann");
  CHECK(ask(scene, with_them, kTrace, "SELECT 1") == "a");
  CHECK(scene.ask(without, "SELECT 2") == "a");
  CHECK(last_argument(scene.server()) == to_blob(as_bytes("SELECT 2")));
  CHECK(scene.server().accepted() == 2);
}

TEST_CASE("they share the connections to a server that takes none") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& with_them = log_in(scene);
  ScriptedClient& without = scene.log_in("ann");
  for (int i = 0; i < 3; ++i) {
    CHECK(ask(scene, with_them, kTrace, "SELECT 1") == "a");
    CHECK(scene.ask(without, "SELECT 2") == "a");
    CHECK(last_argument(scene.server()) == to_blob(as_bytes("SELECT 2")));
  }
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("what is said to a server on a client's behalf has the form that the connection asks for") {
  Scene scene;
  scene.server().offer(kQueryAttributes);
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& one = log_in(scene, "shop");
  ScriptedClient& two = log_in(scene, "shop");
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
  ScriptedClient& client = log_in(scene);
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
    ScriptedClient& client = log_in(scene);
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
    ScriptedClient& client = log_in(scene);
    const std::string sql = "INSERT INTO t VALUES ('" + std::string(20'000, 'x') + "')";
    CHECK(ask(scene, client, kTrace, sql) == "ok");
    CHECK(last_argument(scene.server()) == with(takes_them ? kTrace : Blob(kTrace.size(), ' '), sql));
  }
}

TEST_CASE("attributes that cannot be read are refused, and the session goes on") {
  Scene scene;
  scene.start();
  ScriptedClient& client = log_in(scene);
  for (const Blob& broken : {""_hex, "01"_hex, "00 02"_hex, "01 01 00 01 fd 00 05"_hex}) {
    CHECK(ask(scene, client, broken, "").starts_with("1835 "));
  }
  CHECK(scene.server().accepted() == 0);
  CHECK(ask(scene, client, kNone, "SELECT 1") == "a");
}

TEST_CASE("attributes longer than what is looked at are waited for") {
  Scene scene;
  scene.server().offer(kQueryAttributes);
  scene.settings().query_processor_max_bytes = 1024;
  scene.start();
  ScriptedClient& client = log_in(scene);
  for (const std::size_t value_bytes : {1000u, 1020u, 5000u, 200'000u}) {
    for (const std::string& sql : {std::string("SELECT 1"), "SELECT '" + std::string(5000, 'z') + "'"}) {
      CAPTURE(value_bytes, sql.size());
      const Blob attributes = long_trace(value_bytes);
      CHECK(ask(scene, client, attributes, sql) == "a");
      CHECK(last_argument(scene.server()) == with(attributes, sql));
    }
  }
  const Blob request = packet("03"_hex + with(long_trace(5000), "SELECT 2"));
  client.send(Bytes(request).first(1500), {Shape::result});
  scene.settle();
  client.send(Bytes(request).subspan(1500, 1500));
  scene.settle();
  client.send(Bytes(request).subspan(3000));
  CHECK(scene.reply_of(client) == "a");
}

TEST_CASE("attributes longer than a frame are too long, not malformed") {
  for (const bool gathered : {true, false}) {
    CAPTURE(gathered);
    Scene scene;
    scene.server().offer(kQueryAttributes);
    if (gathered) scene.settings().query_processor_max_bytes = 64 << 20;
    scene.start();
    ScriptedClient& client = log_in(scene);
    // So that there is more to come when the first frame is full.
    CHECK(ask(scene, client, long_trace(kMaxFramePayload + (4u << 20)), "SELECT 1").starts_with("1153 "));
    if (gathered) CHECK(ask(scene, client, kNone, "SELECT 1") == "a");
    if (!gathered) scene.until([&] { return client.ended(); });
  }
}

TEST_CASE("memory for attributes that were left out is given back") {
  Scene scene;
  scene.start();
  ScriptedClient& client = log_in(scene);
  CHECK(ask(scene, client, kTrace, "SELECT 1") == "a");
  const std::uint64_t before = scene.worker().gauges().session_bytes;
  scene.server().on(Command::query, [](ServerSide& side) {
    side.rows("v", {"a"});
    side.hold();
  });
  client.command(Command::query, with(long_trace(100'000), "SELECT 1"));
  scene.until([&] { return scene.server().find_held() != nullptr; });
  CHECK(scene.worker().gauges().session_bytes >= before + 200'000);  // the request, and what was in it
  scene.server().find_held()->release();
  CHECK(scene.reply_of(client) == "a");
  CHECK(scene.worker().gauges().session_bytes <= before + 2 * 4096);
}

TEST_CASE("they are offered in the name of MySQL, when a writer has been seen that takes them") {
  struct Case {
    std::string version;
    Caps of_server;
    bool offered;
  };
  const Case cases[] = {
      {"8.0.36", kQueryAttributes, true}, {"8.0.36", 0, false}, {"10.11.6-MariaDB", kQueryAttributes, false}};
  for (const Case& each : cases) {
    CAPTURE(each.version, each.of_server);
    Scene scene;
    scene.server().offer(each.of_server);
    scene.settings().server_version = each.version;
    scene.start();
    const auto has_them = [](const ScriptedClient& client) {
      return (client.established().caps & kQueryAttributes) != 0;
    };
    ScriptedClient& first = scene.log_in("ann", "", kWithAttributes);
    CHECK(!has_them(first));
    CHECK(scene.ask(first, "SELECT 1") == "a");
    CHECK(has_them(scene.log_in("ann", "", kWithAttributes)) == each.offered);
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
      ScriptedClient& client = log_in(scene);
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
    ScriptedClient& client = log_in(scene);
    scene.ask(client, Command::stmt_prepare, as_bytes("INSERT INTO t VALUES (?)"));
    const Blob first = "01 00 00 00 08 01 00 00 00 01 00 01 03 00 01 70 07 00 00 00"_hex;  // a name as well
    CHECK(scene.ask(client, Command::stmt_execute, first) == "ok");
    ScriptedClient& other = log_in(scene);
    CHECK(ask(scene, other, kNone, "BEGIN") == "ok");  // the connection that knows the types is taken
    const Blob second = "01 00 00 00 08 01 00 00 00 01 00 00 08 00 00 00"_hex;
    CHECK(scene.ask(client, Command::stmt_execute, second) == "ok");
    CHECK(scene.server().accepted() == 2);
    CHECK(last_argument(scene.server()) ==
          "65 00 00 00"_hex + (takes_them ? "08 01 00 00 00 01 00 01 03 00 00 08 00 00 00"_hex
                                          : "00 01 00 00 00 00 01 03 00 08 00 00 00"_hex));
  }
}

TEST_CASE("an execution that is sent again is sent in the form of the server that has it now") {
  for (const bool first_takes_them : {true, false}) {
    for (const ExecuteCase& c : kExecutes) {
      CAPTURE(first_takes_them, c.name);
      Scene scene;
      ScriptedServer& reader = scene.add_server(2, "reader");
      scene.split_reads_to(2);
      (first_takes_them ? reader : scene.server()).offer(kQueryAttributes);
      reader.on(Command::stmt_execute,
                [](ServerSide& side) { side.err(1290, "running with the --read-only option"); });
      scene.start();
      ScriptedClient& client = log_in(scene);
      const bool has_parameter = c.sql.find('?') != std::string::npos;
      scene.ask(client, Command::stmt_prepare,
                as_bytes(has_parameter ? "SELECT v FROM sneaky WHERE a = ?" : "SELECT v FROM sneaky"));
      CHECK(scene.ask(client, Command::stmt_execute, "01 00 00 00"_hex + c.argument) == "ok");
      const Blob id = "64 00 00 00"_hex;
      CHECK(last_argument(reader) == id + (first_takes_them ? c.argument : c.plain));
      CHECK(last_argument(scene.server()) == id + (first_takes_them ? c.plain : c.argument));
    }
  }
}

TEST_CASE("an execution of several frames is too long for a server that takes no attributes") {
  for (const bool gathered : {true, false}) {
    CAPTURE(gathered);
    Scene scene;
    if (gathered) scene.settings().query_processor_max_bytes = 64 << 20;
    scene.start();
    ScriptedClient& client = log_in(scene);
    scene.ask(client, Command::stmt_prepare, as_bytes("INSERT INTO t VALUES (?)"));
    Blob argument = "01 00 00 00 08 01 00 00 00 01 00 01 fd 00 00 fe 00 00 00 01 00 00 00 00"_hex;
    argument.resize(argument.size() + 0x0100'0000, 'x');
    CHECK(scene.ask(client, Command::stmt_execute, argument).starts_with("1153 "));
    CHECK(scene.server().count(Command::stmt_execute) == 0);
    if (gathered) CHECK(ask(scene, client, kNone, "SELECT 1") == "a");
    if (!gathered) scene.until([&] { return client.ended(); });
  }
}

// The other session has the connection that knows the types.
TEST_CASE("an execution that fills its frame is too long if types must be added to it") {
  for (const Caps caps : {kUsualClient, kWithAttributes}) {
    CAPTURE(caps);
    Scene scene;
    scene.server().offer(kQueryAttributes);
    scene.settings().query_processor_max_bytes = 64 << 20;
    scene.start();
    ScriptedClient& client = caps == kUsualClient ? scene.log_in("ann") : log_in(scene);
    ScriptedClient& other = caps == kUsualClient ? scene.log_in("ann") : log_in(scene);
    const bool named = caps == kWithAttributes;
    const std::string none = named ? std::string("\0\1", 2) : std::string();
    scene.ask(client, Command::stmt_prepare, as_bytes("INSERT INTO t VALUES (?)"));
    const Blob first = named ? "01 00 00 00 08 01 00 00 00 01 00 01 fd 00 00 01 61"_hex
                             : "01 00 00 00 00 01 00 00 00 00 01 fd 00 01 61"_hex;
    CHECK(scene.ask(client, Command::stmt_execute, first) == "ok");
    CHECK(scene.ask(other, none + "BEGIN") == "ok");
    const Blob head =
        named ? "01 00 00 00 08 01 00 00 00 01 00 00 fd"_hex : "01 00 00 00 00 01 00 00 00 00 00 fd"_hex;
    const std::size_t added = named ? 3 : 2;
    for (const std::size_t room : {std::size_t{0}, added, added + 1}) {
      CAPTURE(room);
      scene.ask(client, none + "BEGIN");  // on its new connection from here on
      Blob again = head;
      const std::size_t value_bytes = kMaxFramePayload - room - 1 - head.size() - 3;
      for (const unsigned shift : {0u, 8u, 16u})
        again.push_back(static_cast<std::uint8_t>(value_bytes >> shift));
      again.resize(kMaxFramePayload - room - 1, 'x');
      const std::size_t executed = scene.server().count(Command::stmt_execute);
      const bool fits = room > added;
      const std::string reply = scene.ask(client, Command::stmt_execute, again);
      CHECK(reply.substr(0, 5) == (fits ? "ok" : "1153 "));
      CHECK(scene.server().count(Command::stmt_execute) == executed + fits);
    }
  }
}

TEST_CASE("parameters whose types are longer than what is looked at are waited for") {
  Scene scene;
  scene.settings().query_processor_max_bytes = 1024;
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  constexpr std::size_t kParameters = 1000;
  std::string sql = "INSERT INTO t VALUES (?";
  while (sql.size() < 23 + 2 * (kParameters - 1)) sql += ",?";
  scene.ask(client, Command::stmt_prepare, as_bytes(sql + ")"));
  Blob argument = "01 00 00 00 00 01 00 00 00"_hex + Blob((kParameters + 7) / 8, 0) + "01"_hex;
  for (std::size_t i = 0; i < kParameters; ++i) argument.insert(argument.end(), {1, 0});
  argument.resize(argument.size() + kParameters, 7);
  const Blob request = packet("17"_hex + argument);
  client.send(Bytes(request).first(1500), {Shape::result});
  scene.settle();
  client.send(Bytes(request).subspan(1500));
  CHECK(scene.reply_of(client) == "ok");
  CHECK(scene.server().count(Command::stmt_execute) == 1);
}

}  // namespace
}  // namespace weir::test
