// The client goes away, at every stage of its session: nothing is left behind.
#include <catch2/catch.hpp>

#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

struct Departure {
  std::string name;
  std::function<void(Scene&, ScriptedClient&)> until_then;
  bool kills = false;       // the statement under way is ended on its server
  std::size_t connections;  // that the pool has afterwards
};

const Departure kDepartures[] = {
    {"idle, before any query", [](Scene&, ScriptedClient&) {}, false, 0},
    {"idle, after a query", [](Scene& scene, ScriptedClient& client) { scene.ask(client, "SELECT 1"); },
     false, 1},
    {"half a command", [](Scene&, ScriptedClient& client) { client.send("05 00 00 00 03 53 45"_hex); }, false,
     0},
    {"in a transaction", [](Scene& scene, ScriptedClient& client) { scene.ask(client, "BEGIN"); }, false, 0},
    {"with a user variable",
     [](Scene& scene, ScriptedClient& client) { scene.ask(client, "SET @a = NOW()"); }, false, 1},
    {"with a named lock",
     [](Scene& scene, ScriptedClient& client) { scene.ask(client, "SELECT GET_LOCK('l', 1)"); }, false, 0},
    {"executing",
     [](Scene& scene, ScriptedClient& client) {
       client.query("SELECT held");
       scene.until([&] { return scene.server().find_held() != nullptr; });
     },
     true, 0},
    {"in the middle of rows",
     [](Scene& scene, ScriptedClient& client) {
       client.query("SELECT rows");
       scene.until([&] { return client.partial_bytes() > 0; });
     },
     true, 0},
    {"synchronising",
     [](Scene& scene, ScriptedClient& client) {
       scene.ask(client, "SET NAMES latin1");
       ScriptedClient& other = scene.log_in();
       scene.ask(other, "SELECT 1");  // leaves the connection in another state
       other.close();
       scene.until([&] { return scene.sessions() == 1; });
       scene.server().on("SET ", [](ServerSide& side) { side.hold(); });
       client.query("SELECT 1");
       scene.until([&] { return scene.server().find_held() != nullptr; });
     },
     false, 0},
    {"while what it held is ended for its next user",
     [](Scene& scene, ScriptedClient& client) {
       scene.server().on(Command::reset_connection, [](ServerSide& side) { side.hold(); });
       scene.ask(client, "BEGIN");
       client.change_user(Scene::request("bob"));
       scene.until([&] { return scene.server().find_held() != nullptr; });
     },
     false, 0},
    {"with a command waiting behind the one that is executing",
     [](Scene& scene, ScriptedClient& client) {
       client.query("SELECT held");
       client.query("INSERT INTO t VALUES (1)");
       scene.until([&] { return scene.server().find_held() != nullptr; });
     },
     true, 0},
    {"in the middle of an upload",
     [](Scene& scene, ScriptedClient& client) {
       client.query("LOAD DATA LOCAL INFILE 'f' INTO TABLE t");
       scene.until([&] { return client.asked_for_file(); });
       client.upload_part("some lines"_bytes);
       scene.settle();
     },
     true, 0},
    {"in the middle of a long statement",
     [](Scene& scene, ScriptedClient& client) {
       Blob request =
           packet(to_blob(as_bytes("\x03INSERT INTO t VALUES ('" + std::string(5000, 'x') + "')")));
       request.resize(4000);
       client.send(request);
       scene.until([&] { return scene.server().partial_bytes() >= 4000; });
     },
     true, 0},
};

TEST_CASE("a client that goes away leaves nothing behind") {
  for (const Departure& departure : kDepartures) {
    for (const bool reset : {false, true}) {
      CAPTURE(departure.name, reset);
      Scene scene;
      scene.settings().query_processor_max_bytes = 1024;
      scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
      scene.server().on("SELECT rows", [](ServerSide& side) {
        side.head({"v"});
        side.row({"1"});
        side.send_all();
        side.hold();
      });
      scene.server().on("LOAD", [](ServerSide& side) { side.ask_file("f"); });
      scene.start();
      ScriptedClient& client = scene.log_in();
      departure.until_then(scene, client);
      if (reset) {
        client.reset();
      } else {
        client.close();
      }
      scene.until([&] { return scene.sessions() == 0; });
      if (departure.kills) scene.until([&] { return scene.server().count("KILL 1") == 1; });
      scene.settle();
      CHECK(scene.server().count("KILL") == (departure.kills ? 1 : 0));
      CHECK(scene.connections() == departure.connections);
      CHECK(scene.idle_connections() == departure.connections);
      CHECK(scene.permits() == static_cast<std::int64_t>(departure.connections));
      CHECK(scene.server().open_connections() == departure.connections);
      CHECK(scene.server().count("INSERT") == 0);
      // And the next client is served as if nothing had been.
      scene.server().on("SET ", {});
      CHECK(scene.ask(scene.log_in("bob"), "SELECT 1") == "a");
    }
  }
}

TEST_CASE("a client that goes away while it waits gives up its place") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& holder = scene.log_in();
  ScriptedClient& leaver = scene.log_in();
  ScriptedClient& last = scene.log_in();
  holder.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  leaver.query("INSERT INTO t VALUES (1)");
  scene.settle();
  last.query("SELECT 2");
  scene.settle();
  leaver.close();
  scene.until([&] { return scene.sessions() == 2; });
  scene.server().side(1).ok();
  scene.server().side(1).release();
  CHECK(scene.reply_of(holder) == "ok");
  CHECK(scene.reply_of(last) == "a");
  CHECK(scene.server().count("INSERT") == 0);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("a client that goes away before its login is complete") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.connect(Scene::request("ann"));
  scene.until([&] { return scene.sessions() == 1; });
  client.close();
  scene.until([&] { return scene.sessions() == 0; });
  CHECK(scene.count(&WorkerStats::client_connections_aborted) == 1);
}

TEST_CASE("a client that goes away while its schema is looked at") {
  Scene scene;
  scene.server().set_silent_at_login(true);
  scene.start();
  ScriptedClient& client = scene.connect(Scene::request("ann", "shop"));
  scene.until([&] { return scene.server().accepted() == 1; });
  client.close();
  scene.until([&] { return scene.sessions() == 0; });
}

}  // namespace
}  // namespace weir::test
