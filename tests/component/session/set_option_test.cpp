// COM_SET_OPTION: whether texts of several statements are taken. It is a matter of the connection, so
// sessions that differ in it do not share one.
#include <catch2/catch.hpp>

#include "protocol/message/response.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

constexpr Caps kWith = kUsualClient;
constexpr Caps kWithout = kUsualClient & ~kMultiStatements;
const Blob kOn = "00 00"_hex;
const Blob kOff = "01 00"_hex;

struct SwitchCase {
  std::string name;
  Caps caps;
  const Blob& option;
  Caps like;  // a client of this kind gets its connection afterwards
};

const SwitchCase kSwitches[] = {
    {"on", kWithout, kOn, kWith},
    {"off", kWith, kOff, kWithout},
    {"on again", kWith, kOn, kWith},
    {"off again", kWithout, kOff, kWithout},
};

TEST_CASE("a connection serves those whose texts it takes as they expect") {
  for (const SwitchCase& c : kSwitches) {
    CAPTURE(c.name);
    Scene scene;
    scene.start();
    ScriptedClient& client = scene.log_in("ann", "", c.caps);
    CHECK(scene.ask(client, Command::set_option, c.option) == "ok");
    CHECK(scene.server().received().back().payload == Blob{0x1b} + c.option);
    CHECK(scene.idle_connections() == 1);
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.ask(scene.log_in("ann", "", c.like), "SELECT 1") == "a");
    CHECK(scene.server().accepted() == 1);
    CHECK(scene.ask(scene.log_in("ann", "", c.like ^ kMultiStatements), "SELECT 1") == "a");
    CHECK(scene.server().accepted() == 2);
  }
}

TEST_CASE("an option that the server refuses changes nothing") {
  Scene scene;
  scene.server().on(Command::set_option,
                    [](ServerSide& side) { side.err(1047, "Unknown command", "08S01"); });
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "", kWithout);
  CHECK(scene.ask(client, Command::set_option, "02 00"_hex) == "1047 Unknown command");
  scene.ask(client, "SELECT 1");  // until then the connection is kept, for SHOW WARNINGS
  CHECK(scene.ask(scene.log_in("ann", "", kWithout), "SELECT 1") == "a");
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("one that is too short is not sent") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "", kWithout);
  for (const Blob& option : {""_hex, "00"_hex})
    CHECK(scene.ask(client, Command::set_option, option).starts_with("1835 "));
  CHECK(scene.server().accepted() == 0);
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("in a transaction it is set where the transaction is") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "", kWithout);
  ScriptedClient& other = scene.log_in("ann", "", kWithout);
  CHECK(scene.ask(client, "BEGIN") == "ok");
  CHECK(scene.ask(other, "SELECT 1") == "a");
  client.command(Command::set_option, kOn);
  scene.until([&] { return !client.replies().empty(); });
  CHECK((client.take_reply().status() & kStatusInTransaction) != 0);
  CHECK(scene.server().received().back().connection == 1);
  CHECK(scene.idle_connections() == 1);
  CHECK(scene.ask(client, "COMMIT") == "ok");
  CHECK(scene.ask(scene.log_in("ann", "", kWith), "SELECT 2") == "a");
  CHECK(scene.server().received().back().connection == 1);
}

TEST_CASE("it outlives a reset and a change of user") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "", kWithout);
  CHECK(scene.ask(client, Command::set_option, kOn) == "ok");
  CHECK(scene.ask(client, Command::reset_connection) == "ok");
  client.change_user(Scene::request("ann", "", kWithout));
  scene.until([&] { return client.logged_in(); });
  CHECK(scene.ask(client, "SELECT 1; SELECT 2") == "a");
  CHECK(scene.server().accepted() == 1);
}

// MySQL counts those of the statement before on the connection.
TEST_CASE("its answer counts the session's own warnings") {
  for (const Caps form : {kDeprecateEof, Caps{0}}) {
    CAPTURE(form);
    Scene scene;
    scene.start();
    scene.server().on("INSERT", [](ServerSide& side) { side.ok(1, 0, 0, 2); });
    scene.server().on(Command::set_option, [&](ServerSide& side) {
      side.packet(form == 0 ? "fe 02 00 02 00"_hex : "fe 00 00 02 00 02 00"_hex);
    });
    const Caps caps = (kUsualClient & ~kDeprecateEof) | form;
    ScriptedClient& client = scene.log_in("ann", "", caps);
    ScriptedClient& other = scene.log_in("ann", "", caps);
    const auto warnings_told = [&](ScriptedClient& to) {
      to.command(Command::set_option, kOn);
      scene.until([&] { return !to.replies().empty(); });
      const Blob payload = to.take_reply().payloads().at(0);
      return static_cast<int>(payload.at(form == 0 ? 1 : 5));
    };
    scene.ask(client, "INSERT INTO t VALUES ('x')");
    CHECK(warnings_told(client) == 2);
    scene.ask(client, "SELECT 1");
    CHECK(warnings_told(other) == 0);
    CHECK(scene.server().accepted() == 1);
    CHECK(scene.server().count("DO ") == 0);
  }
}

TEST_CASE("ROW_COUNT() after it is -1, as after all that ends with an EOF") {
  for (const Caps form : {kDeprecateEof, Caps{0}}) {
    CAPTURE(form);
    Scene scene;
    scene.start();
    scene.server().on("UPDATE", [](ServerSide& server) { server.ok(3); });
    ScriptedClient& client = scene.log_in("ann", "", (kUsualClient & ~kDeprecateEof) | form);
    scene.ask(client, "UPDATE t SET a = 1");
    CHECK(scene.ask(client, Command::set_option, kOn) == "ok");
    CHECK(scene.ask(client, "SELECT ROW_COUNT()") == "-1");
    CHECK(scene.server().count("SELECT ROW_COUNT()") == 0);
  }
}

TEST_CASE("it is answered in the client's form") {
  for (const Caps form : {kDeprecateEof, Caps{0}}) {
    Scene scene;
    scene.start();
    ScriptedClient& client = scene.log_in("ann", "", (kUsualClient & ~kDeprecateEof) | form);
    client.command(Command::set_option, kOn);
    scene.until([&] { return !client.replies().empty(); });
    const Blob payload = client.take_reply().payloads().at(0);
    CHECK(payload[0] == 0xfe);
    CHECK((payload.size() == 5) == (form == 0));
  }
}

}  // namespace
}  // namespace weir::test
