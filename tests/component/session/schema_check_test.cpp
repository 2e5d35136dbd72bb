// Schemas that clients name while servers are down, and what they are told later.
#include <catch2/catch.hpp>

#include "protocol/message/session_track.hpp"
#include "protocol/wire/writer.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

void use(ScriptedClient& client, std::string_view schema) {
  client.command(Command::init_db, as_bytes(schema));
}

// A writer that is down, and a reader that is not.
void split(Scene& scene) {
  scene.add_server(2, "reader");
  scene.split_reads_to(2);
  scene.server(0).stop_listening();
}

TEST_CASE("with the writer down, a login that names a schema is checked on a reader") {
  Scene scene;
  split(scene);
  scene.server(1).set_unknown_schema("nowhere");
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  CHECK(client.logged_in());
  CHECK(scene.server(1).side(1).schema() == "shop");
  CHECK(scene.ask(client, "SELECT 1") == "reader");
  ScriptedClient& other = scene.connect(Scene::request("bob", "nowhere"));
  scene.until([&] { return other.logged_in() || other.ended(); });
  CHECK(other.login_error().starts_with("1049 "));
  CHECK(scene.count(&WorkerStats::schemas_unchecked) == 0);
}

TEST_CASE("with the writer down, USE is asked of a reader") {
  Scene scene;
  split(scene);
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "USE shop") == "ok");
  use(client, "store");
  CHECK(scene.reply_of(client) == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "reader");
  CHECK(scene.server(1).texts().back() == "SELECT 1");
  CHECK(scene.count(&WorkerStats::schemas_unchecked) == 0);
}

TEST_CASE("with all servers down a login is let in, and his statements are told if the schema is not there") {
  Scene scene;
  scene.settings().connect_retries_on_failure = 1;
  scene.server().stop_listening();
  scene.server().set_unknown_schema("nowhere");
  scene.start();
  ScriptedClient& good = scene.log_in("ann", "shop");
  ScriptedClient& bad = scene.log_in("bob", "nowhere");
  CHECK((good.logged_in() && bad.logged_in()));
  CHECK(scene.count(&WorkerStats::schemas_unchecked) == 2);
  scene.server().listen_again();
  std::string answer;
  scene.until([&] { return (answer = scene.ask(good, "SELECT 1")) == "a"; });
  CHECK(scene.server().side(1).schema() == "shop");
  CHECK(scene.ask(bad, "SELECT 1").starts_with("1049 "));
  CHECK(scene.ask(bad, "SELECT 1").starts_with("1049 "));

  SECTION("USE leads out of it") {
    CHECK(scene.ask(bad, "USE shop") == "ok");
    CHECK(scene.ask(bad, "SELECT 1") == "a");
  }
  SECTION("COM_INIT_DB, too") {
    use(bad, "shop");
    CHECK(scene.reply_of(bad) == "ok");
    CHECK(scene.ask(bad, "SELECT 1") == "a");
  }
  SECTION("USE of a server that reports its schema, too") {
    scene.server().on("USE", [](ServerSide& side) {
      ByteQueue items;
      Writer out(items);
      encode_track_item({TrackType::schema, {}, "store"}, out);
      side.ok_tracking(items.readable());
    });
    for (ScriptedClient* client : {&good, &bad}) {
      CHECK(scene.ask(*client, "USE store") == "ok");
      client->command(Command::query, as_bytes("PROXYSQL INTERNAL SESSION"));
      CHECK(scene.reply_of(*client).find("\"store\"") != std::string::npos);
      CHECK(scene.ask(*client, "SELECT 1") == "a");
    }
  }
  SECTION("to another one that is not there, it does not") {
    scene.server().set_unknown_schema("x");
    CHECK(scene.ask(bad, "USE x").starts_with("1049 "));
    scene.server().set_unknown_schema("nowhere");
    CHECK(scene.ask(bad, "SELECT 1").starts_with("1049 "));
  }
}

TEST_CASE("a USE that fails leaves an unchecked schema in place") {
  Scene scene;
  scene.settings().connect_retries_on_failure = 1;
  scene.server().stop_listening();
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  scene.server().listen_again();
  scene.server().on("USE nowhere", [](ServerSide& side) { side.err(1049, "Unknown database", "42000"); });
  scene.server().set_unknown_schema("nowhere");
  std::string answer;
  scene.until([&] { return (answer = scene.ask(client, "USE nowhere")).starts_with("1049 "); });
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().side(scene.server().accepted()).schema() == "shop");
}

TEST_CASE("with all servers down USE is answered, and holds for what comes") {
  Scene scene;
  scene.settings().connect_retries_on_failure = 1;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  scene.server().stop_listening();
  scene.server().close_all();
  scene.settle();
  CHECK(scene.ask(client, "USE store") == "ok");
  CHECK(scene.count(&WorkerStats::schemas_unchecked) == 1);
  scene.server().listen_again();
  std::string answer;
  scene.until([&] { return (answer = scene.ask(client, "SELECT 1")) == "a"; });
  CHECK(scene.server().side(scene.server().accepted()).schema() == "store");
}

TEST_CASE(
    "a server that accepts and says nothing delays a login as long as one attempt to connect may take") {
  Scene scene;
  scene.settings().connect_timeout_server = 40;
  scene.settings().connect_timeout_server_max = 3'600'000;
  scene.server().set_silent_at_login(true);
  scene.start();
  const Instant since = scene.worker().loop().now();
  CHECK(scene.log_in("ann", "shop").logged_in());
  CHECK(scene.worker().loop().now() - since < 60'000);
  CHECK(scene.count(&WorkerStats::schemas_unchecked) == 1);
}

TEST_CASE("within a transaction USE is never answered by Weir") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  scene.server().stop_listening();
  scene.server().close_all();
  scene.settle();
  CHECK(scene.ask(client, "USE shop").starts_with("1927 "));
}

TEST_CASE("a schema that was dropped meanwhile does not hold a session captive") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  ScriptedClient& other = scene.log_in("ann", "store");
  CHECK(scene.ask(other, "SELECT 1") == "a");
  scene.server().set_unknown_schema("shop");
  scene.server().on(Command::init_db, [&](ServerSide& side) {
    if (side.command().text == "shop") return side.err(1049, "Unknown database 'shop'", "42000");
    scene.server().answer_normally(side);
  });
  CHECK(scene.ask(client, "SELECT 1").starts_with("1049 "));
  CHECK(scene.ask(client, "USE store") == "ok");
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

}  // namespace
}  // namespace weir::test
