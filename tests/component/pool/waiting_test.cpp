// More sessions than connections: who waits, in which order, and for how long; over one worker and several.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

std::vector<std::string> selects(const ScriptedServer& server) {
  std::vector<std::string> texts;
  for (const std::string& text : server.texts()) {
    if (text.starts_with("SELECT ")) texts.push_back(text);
  }
  return texts;
}

TEST_CASE("waiting sessions are served in the order of their coming") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& holder = scene.log_in();
  holder.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  std::vector<ScriptedClient*> waiters;
  std::vector<std::string> expected{"SELECT held"};
  for (int i = 0; i < 8; ++i) {
    waiters.push_back(&scene.log_in(i % 2 == 0 ? "ann" : "bob"));
    expected.push_back("SELECT " + std::to_string(i));
    waiters.back()->query(expected.back());
    scene.settle();
  }
  CHECK(scene.server().count("SELECT") == 1);
  scene.server().side(1).ok();
  scene.server().side(1).release();
  for (ScriptedClient* waiter : waiters) CHECK(scene.reply_of(*waiter) == "a");
  CHECK(selects(scene.server()) == expected);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("a wait beyond connect_timeout_server_max ends with 9001, and the session goes on") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 1000;
  scene.server_row(0).max_connections = 1;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& holder = scene.log_in();
  ScriptedClient& waiter = scene.log_in();
  holder.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  const std::string answer = scene.ask(waiter, "SELECT 1");
  CHECK(answer.starts_with("9001 Max connect timeout reached while reaching hostgroup 1 after "));
  CHECK(answer.ends_with("ms: 0 of 1 servers usable: 1 at max_connections 1"));
  scene.server().side(1).ok();
  scene.server().side(1).release();
  CHECK(scene.reply_of(holder) == "ok");
  CHECK(scene.ask(waiter, "SELECT 2") == "a");
}

TEST_CASE("no server at all: an error in time, and recovery when one is there again") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 2000;
  scene.settings().connect_retries_on_failure = 1;
  scene.settings().shun_on_failures = 0;
  scene.server().stop_listening();
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string answer = scene.ask(client, "SELECT 1");
  CHECK(answer.starts_with("9001 Max connect failures while reaching hostgroup 1, 2 in all: "));
  CHECK(answer.contains("; last failure: 2003 Can't connect to MySQL server on '127.0.0.1:"));
  scene.server().listen_again();
  std::string later;
  scene.until([&] { return (later = scene.ask(client, "SELECT 1")) == "a"; });
}

TEST_CASE("a server that is full is waited for, and not taken for ill") {
  Scene scene;
  scene.server().set_greeting_error(1040, "Too many connections");
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.query("SELECT 1");
  scene.until([&] { return scene.server().accepted() >= 3; });
  CHECK(client.replies().empty());
  scene.server().clear_greeting_error();
  CHECK(scene.reply_of(client) == "a");
}

TEST_CASE("a read whose readers are gone goes to the writer") {
  Scene scene;
  scene.add_server(2, "reader");
  scene.split_reads_to(2);
  scene.settings().connect_retries_on_failure = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1") == "reader");
  scene.server(1).stop_listening();
  scene.server(1).close_all();
  scene.settle();
  std::string answer;
  scene.until([&] { return (answer = scene.ask(client, "SELECT 1")) == "a"; });
  CHECK(scene.count(&WorkerStats::reader_fallbacks) > 0);
}

TEST_CASE("a connection that was idle for long is asked for a sign of life, and replaced if there is none") {
  for (const bool answers : {true, false}) {
    CAPTURE(answers);
    Scene scene;
    scene.settings().ping_interval_server_msec = 1000;
    scene.settings().ping_timeout_server = answers ? 600'000 : 50;
    scene.server().on(Command::ping, [answers](ServerSide& side) {
      side.ok();
      if (!answers) side.hold();
    });
    scene.start();
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, "SELECT 1") == "a");
    scene.until([&] { return scene.server().count(Command::ping) == 1; });
    if (answers) {
      scene.until([&] { return scene.idle_connections() == 1; });
    } else {
      scene.until([&] { return scene.connections() == 0; });
    }
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.server().accepted() == (answers ? 1 : 2));
  }
}

TEST_CASE("a connection beyond its age is closed when it is idle") {
  Scene scene;
  scene.settings().connection_max_age_ms = 1;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  scene.until([&] { return scene.worker().loop().now() > 0; });
  CHECK(scene.ask(client, "COMMIT") == "ok");
  scene.until([&] { return scene.connections() == 0; });
  CHECK(scene.permits() == 0);
  CHECK(!client.ended());
}

// ---- several workers

TEST_CASE("an idle connection of one worker serves another worker's session when there is no other") {
  Scene scene(2);
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& first = scene.log_in();
  ScriptedClient& second = scene.log_in();  // the worker with the fewest sessions: the other one
  for (int i = 0; i < 5; ++i) {
    CHECK(scene.ask(first, "SELECT 1") == "a");
    CHECK(scene.ask(second, "SELECT 2") == "a");
  }
  CHECK(scene.server().accepted() == 1);
  CHECK(scene.permits() == 1);
  CHECK(scene.connections() == 1);
  CHECK(scene.count(&WorkerStats::backend_connections_handed_over) == 9);
}

TEST_CASE("sessions of two workers share one permit in the order of their waiting") {
  Scene scene(2);
  scene.server_row(0).max_connections = 1;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  std::vector<ScriptedClient*> clients;
  for (int i = 0; i < 7; ++i) clients.push_back(&scene.log_in());
  clients[0]->query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  std::vector<std::string> expected{"SELECT held"};
  for (std::size_t i = 1; i < clients.size(); ++i) {
    expected.push_back("SELECT " + std::to_string(i));
    clients[i]->query(expected.back());
    scene.settle();  // in line; the order is by the loops' clocks, which count milliseconds
    const Instant sent = scene.worker(0).loop().now();
    scene.until(
        [&] { return scene.worker(0).loop().now() > sent + 1 && scene.worker(1).loop().now() > sent + 1; });
  }
  scene.server().side(1).ok();
  scene.server().side(1).release();
  for (std::size_t i = 1; i < clients.size(); ++i) CHECK(scene.reply_of(*clients[i]) == "a");
  CHECK(selects(scene.server()) == expected);
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("prepared statements and state move with a connection to another worker") {
  Scene scene(2);
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& first = scene.log_in("ann", "shop");
  ScriptedClient& second = scene.log_in("ann", "shop");
  const auto prepare = [&](ScriptedClient& client) {
    client.command(Command::stmt_prepare, as_bytes("INSERT INTO t VALUES (1)"));
    scene.until([&] { return !client.replies().empty(); });
    client.take_reply();
  };
  prepare(first);
  prepare(second);
  const Blob execute = "01 00 00 00 00 01 00 00 00"_hex;
  scene.server().forget();
  CHECK(scene.ask(first, Command::stmt_execute, execute) == "ok");
  CHECK(scene.ask(second, Command::stmt_execute, execute) == "ok");
  CHECK(scene.server().count(Command::stmt_prepare) == 0);
  CHECK(scene.server().texts().empty());
}

// In threads of their own: what ThreadSanitizer is to see.
TEST_CASE("many sessions of several workers share few connections, and all are served") {
  Scene scene(3, Scene::Threads::own);
  scene.add_server(1, "b");
  scene.server_row(0).max_connections = 2;
  scene.server_row(1).max_connections = 1;
  scene.start();
  std::vector<ScriptedClient*> clients;
  for (int i = 0; i < 24; ++i)
    clients.push_back(&scene.log_in(i % 3 == 0 ? "bob" : "ann", i % 2 == 0 ? "shop" : ""));
  constexpr std::size_t kRounds = 12;
  for (std::size_t round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (round % 4 == 3 && i % 5 == 0) {
        clients[i]->query("BEGIN");
        clients[i]->query("COMMIT");
      } else {
        clients[i]->query("SELECT " + std::to_string(i));
      }
    }
    scene.until([&] {
      return std::ranges::all_of(clients, [](ScriptedClient* c) { return c->all_answered() || c->ended(); });
    });
  }
  for (ScriptedClient* client : clients) {
    CHECK(!client->ended());
    for (const Reply& reply : client->replies()) {
      const std::string text = reply.text();
      CAPTURE(text);
      CHECK((text == "a" || text == "b" || text == "ok"));
    }
  }
  CHECK(scene.server(0).open_connections() <= 2);
  CHECK(scene.server(1).open_connections() <= 1);
}

TEST_CASE("sessions come and go on several workers while connections are lost") {
  Scene scene(2, Scene::Threads::own);
  scene.server_row(0).max_connections = 2;
  scene.start();
  for (int round = 0; round < 30; ++round) {
    std::vector<ScriptedClient*> clients;
    for (int i = 0; i < 6; ++i) clients.push_back(&scene.log_in());
    for (ScriptedClient* client : clients) client->query("SELECT 1");
    scene.turn(round);
    if (round % 3 == 0) scene.server().close_all();
    if (round % 2 == 0) clients[2]->reset();
    scene.until([&] {
      return std::ranges::all_of(
          clients, [&](ScriptedClient* c) { return c == clients[2] || c->all_answered() || c->ended(); });
    });
    for (ScriptedClient* client : clients) client->close();
  }
  scene.until([&] { return scene.sessions() == 0; });
  scene.until([&] { return scene.permits() <= 2; });
}

}  // namespace
}  // namespace weir::test
