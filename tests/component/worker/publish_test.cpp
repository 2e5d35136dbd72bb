// A new configuration while clients are at work: what is under way is not disturbed, and what comes next
// follows it.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

// Hostgroup 1 has server "a", hostgroup 2 has "b".
void add_second_hostgroup(Scene& scene) {
  scene.add_server(2, "b");
}

QueryRuleRow to_hostgroup(std::int64_t hostgroup, const std::string& pattern) {
  QueryRuleRow rule;
  rule.rule_id = hostgroup;
  rule.active = rule.apply = true;
  rule.match_pattern = pattern;
  rule.destination_hostgroup = hostgroup;
  return rule;
}

void hold_selects(ScriptedServer& server) {
  server.on("SELECT held", [&server](ServerSide& side) {
    server.answer_normally(side);
    side.hold();
  });
}

void remove_server(Scene& scene, std::size_t index) {
  scene.tables().servers.erase(scene.tables().servers.begin() + static_cast<std::ptrdiff_t>(index));
}

TEST_CASE("rules decide from the next query on") {
  Scene scene(2);
  add_second_hostgroup(scene);
  hold_selects(scene.server(0));
  scene.start();
  ScriptedClient& client = scene.log_in();
  ScriptedClient& busy = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  busy.query("SELECT held");
  scene.until([&] { return scene.server(0).find_held() != nullptr; });
  scene.tables().query_rules.push_back(to_hostgroup(2, "SELECT"));
  scene.publish();
  CHECK(scene.ask(client, "SELECT 2") == "b");
  scene.server(0).find_held()->release();
  CHECK(scene.reply_of(busy) == "a");
  CHECK(scene.ask(busy, "SELECT 3") == "b");
}

TEST_CASE("how long workers look for work before they sleep follows the settings") {
  Scene scene;
  scene.settings().busy_poll_us = 20;
  scene.start();
  CHECK(scene.worker().loop().busy_poll_us() == 20);
  scene.settings().busy_poll_us = 0;
  scene.publish();
  CHECK(scene.worker().loop().busy_poll_us() == 0);
}

TEST_CASE("hits of rules are kept until the rules change") {
  Scene scene;
  scene.tables().query_rules.push_back(to_hostgroup(1, "SELECT"));
  scene.start();
  ScriptedClient& client = scene.log_in();
  const auto hits = [&] { return scene.worker().match_scratch().hits()[0]; };
  CHECK(scene.ask(client, "SELECT 1") == "a");
  scene.settings().wait_timeout += 1000;
  scene.publish();
  CHECK(hits() == 1);
  scene.tables().query_rules.push_back(to_hostgroup(2, "none"));
  scene.publish();
  CHECK(hits() == 0);
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(hits() == 1);
}

TEST_CASE("a server that is removed: idle connections go at once") {
  Scene scene;
  scene.start();
  scene.add_server(1, "b");
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  remove_server(scene, 0);
  scene.publish();
  scene.until([&] { return scene.server(0).open_connections() == 0; });
  CHECK(scene.ask(client, "SELECT 1") == "b");
}

// How a server may be taken out of use without hurry.
struct Removal {
  const char* name;
  void (*apply)(Scene&);
};
const Removal kRemovals[] = {
    {"removed", [](Scene& scene) { remove_server(scene, 0); }},
    {"offline_soft", [](Scene& scene) { scene.server_row(0).status = "OFFLINE_SOFT"; }},
    {"shunned by hand", [](Scene& scene) { scene.server_row(0).status = "SHUNNED"; }},
};

TEST_CASE("a server that is taken out of use finishes the statement it is at") {
  for (const Removal& removal : kRemovals) {
    CAPTURE(removal.name);
    Scene scene;
    hold_selects(scene.server(0));
    scene.start();
    scene.add_server(1, "b");
    ScriptedClient& client = scene.log_in();
    client.query("SELECT held");
    scene.until([&] { return scene.server(0).find_held() != nullptr; });
    removal.apply(scene);
    scene.publish();
    scene.settle();
    CHECK(scene.server(0).open_connections() == 1);
    scene.server(0).find_held()->release();
    CHECK(scene.reply_of(client) == "a");
    scene.until([&] { return scene.server(0).open_connections() == 0; });
    CHECK(scene.ask(client, "SELECT 1") == "b");
  }
}

TEST_CASE("a server that is taken out of use finishes the transaction it is at") {
  for (const Removal& removal : kRemovals) {
    CAPTURE(removal.name);
    Scene scene;
    scene.start();
    scene.add_server(1, "b");
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, "BEGIN") == "ok");
    removal.apply(scene);
    scene.publish();
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.ask(client, "COMMIT") == "ok");
    scene.until([&] { return scene.server(0).open_connections() == 0; });
    CHECK(scene.server(0).count("COMMIT") == 1);
    CHECK(scene.ask(client, "SELECT 1") == "b");
  }
}

TEST_CASE("a server that comes back while a transaction goes on keeps the connection") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  const ServerRow row = scene.server_row(0);
  remove_server(scene, 0);
  scene.publish();
  scene.settle();
  scene.tables().servers.push_back(row);
  scene.publish();
  CHECK(scene.ask(client, "COMMIT") == "ok");
  scene.settle();
  CHECK(scene.idle_connections() == 1);
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server(0).accepted() == 1);
}

TEST_CASE(
    "a connection that is being opened to a removed server is given up, and its waiter served elsewhere") {
  Scene scene;
  scene.server(0).set_silent_at_login(true);
  scene.start();
  scene.add_server(1, "b");
  ScriptedClient& client = scene.log_in();
  client.query("SELECT 1");
  scene.until([&] { return scene.server(0).accepted() == 1; });
  remove_server(scene, 0);
  scene.publish();
  CHECK(scene.reply_of(client) == "b");
  scene.until([&] { return scene.server(0).open_connections() == 0; });
}

TEST_CASE("who waits for a connection to a removed server gets one to another of the hostgroup") {
  Scene scene(2);
  scene.server_row(0).max_connections = 1;
  hold_selects(scene.server(0));
  scene.start();
  scene.add_server(1, "b");
  ScriptedClient& holder = scene.log_in();
  ScriptedClient& waiter = scene.log_in();
  holder.query("SELECT held");
  scene.until([&] { return scene.server(0).find_held() != nullptr; });
  waiter.query("SELECT 1");
  scene.settle();
  remove_server(scene, 0);
  scene.publish();
  CHECK(scene.reply_of(waiter) == "b");
  scene.server(0).find_held()->release();
  CHECK(scene.reply_of(holder) == "a");
}

// Trap: the hostgroup itself is gone. The waiter is told in time, or sent where the new rules say.
TEST_CASE("who waits for a hostgroup that is removed is routed again") {
  Scene scene;
  add_second_hostgroup(scene);
  scene.server_row(0).max_connections = 1;
  hold_selects(scene.server(0));
  scene.start();
  ScriptedClient& holder = scene.log_in();
  ScriptedClient& waiter = scene.log_in();
  holder.query("SELECT held");
  scene.until([&] { return scene.server(0).find_held() != nullptr; });
  waiter.query("SELECT 1");
  scene.settle();
  remove_server(scene, 0);
  scene.tables().query_rules.push_back(to_hostgroup(2, "."));
  scene.publish();
  CHECK(scene.reply_of(waiter) == "b");
  scene.server(0).find_held()->release();
  CHECK(scene.reply_of(holder) == "a");
}

TEST_CASE("who waits for a hostgroup that is removed is told at once, unless a failover may fill it") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 300;
  scene.server(0).set_silent_at_login(true);
  const bool in_pair = GENERATE(false, true);
  if (in_pair) scene.split_reads_to(7);
  scene.start();
  ScriptedClient& waiter = scene.log_in();
  waiter.query("UPDATE t SET v = 1");
  scene.until([&] { return scene.server(0).accepted() == 1; });
  remove_server(scene, 0);
  std::size_t published = 0;
  scene.until([&] {
    ++published;
    scene.settings().wait_timeout += 1;  // each a new snapshot, which must not begin the wait anew
    scene.publish();
    return !waiter.replies().empty();
  });
  const std::string answer = waiter.take_reply().text();
  if (in_pair) {
    CHECK(answer.starts_with("9001 Max connect timeout reached while reaching hostgroup 1 after "));
    CHECK(answer.ends_with("ms: it has no server"));
    CHECK(published > 1);
  } else {
    CHECK(answer == "9001 No server is configured in hostgroup 1");
  }
}

TEST_CASE("a prepared statement that waits for a removed hostgroup is routed again, too") {
  Scene scene;
  add_second_hostgroup(scene);
  scene.server(0).set_silent_at_login(true);
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("SELECT 1"));
  scene.until([&] { return scene.server(0).accepted() == 1; });
  remove_server(scene, 0);
  scene.tables().query_rules.push_back(to_hostgroup(2, "."));
  scene.publish();
  scene.until([&] { return client.replies().size() == 1; });
  CHECK(scene.server(1).count(Command::stmt_prepare) == 1);
}

TEST_CASE("a read that waits for a removed hostgroup of readers goes to the writer") {
  Scene scene;
  add_second_hostgroup(scene);
  scene.split_reads_to(2);
  scene.server(1).set_silent_at_login(true);
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.query("SELECT 1");
  scene.until([&] { return scene.server(1).accepted() == 1; });
  remove_server(scene, 1);
  scene.publish();
  CHECK(scene.reply_of(client) == "a");
}

TEST_CASE("offline_hard: a read under way is read elsewhere, a write under way and a transaction are lost") {
  Scene scene;
  scene.server(0).on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.server(0).on("UPDATE", [](ServerSide& side) { side.hold(); });
  scene.start();
  scene.add_server(1, "b");
  ScriptedClient& reader = scene.log_in();
  ScriptedClient& writer = scene.log_in();
  ScriptedClient& in_transaction = scene.log_in();
  CHECK(scene.ask(in_transaction, "BEGIN") == "ok");
  reader.query("SELECT held");
  writer.query("UPDATE t SET v = 1");
  scene.until([&] { return scene.server(0).count("SELECT held") + scene.server(0).count("UPDATE") == 2; });
  scene.server_row(0).status = "OFFLINE_HARD";
  scene.publish();
  CHECK(scene.reply_of(reader) == "b");
  CHECK(scene.reply_of(writer).starts_with(
      "1927 Lost connection to server during query (the server is OFFLINE_HARD, server 127.0.0.1:"));
  CHECK(scene.ask(in_transaction, "SELECT 1").starts_with("1927 Lost connection"));
  CHECK(scene.ask(writer, "UPDATE t SET v = 1") == "ok");
  scene.until([&] { return scene.server(0).open_connections() == 0; });
  CHECK(scene.server(1).count("UPDATE") == 1);
}

TEST_CASE("the session of a removed user goes on; he does not come in again") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  scene.tables().users.erase(scene.tables().users.begin());
  scene.publish();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  ScriptedClient& late = scene.connect(Scene::request("ann"));
  scene.until([&] { return late.ended(); });
  CHECK(late.login_error() == "1045 Access denied for user 'ann'@'127.0.0.1' (using password: YES)");
  CHECK(scene.log_in("bob").logged_in());
}

TEST_CASE("a lower max_connections closes what lies idle beyond it; a higher one lets waiters in") {
  Scene scene;
  hold_selects(scene.server(0));
  scene.start();
  std::vector<ScriptedClient*> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(&scene.log_in());
  for (ScriptedClient* client : clients) client->query("SELECT held");
  scene.until([&] { return scene.server(0).count("SELECT held") == 4; });
  while (ServerSide* side = scene.server(0).find_held()) side->release();
  for (ScriptedClient* client : clients) CHECK(scene.reply_of(*client) == "a");
  scene.settle();
  CHECK(scene.permits() == 4);
  scene.server_row(0).max_connections = 1;
  scene.publish();
  CHECK(scene.permits() == 1);
  for (ScriptedClient* client : clients) client->query("SELECT held");
  scene.until([&] { return scene.server(0).find_held() != nullptr; });
  scene.settle();
  CHECK(scene.server(0).count("SELECT held") == 5);
  scene.server_row(0).max_connections = 4;
  scene.publish();
  scene.until([&] { return scene.server(0).count("SELECT held") == 8; });
}

TEST_CASE("time limits of silent clients are those of now") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  scene.settings().wait_timeout = 1;
  scene.publish();
  scene.until([&] { return client.ended(); });
}

TEST_CASE("a wait that was published without waiting is reported once, by the worker that is last") {
  Scene scene(3);
  scene.start();
  const std::shared_ptr<const Snapshot> first = scene.fleet().snapshot();
  scene.settings().wait_timeout += 1000;
  std::vector<std::shared_ptr<const Snapshot>> replaced;
  scene.fleet().publish(scene.build(), [&](auto before) { replaced.push_back(before); });
  CHECK(replaced.empty());
  scene.until([&] { return !replaced.empty(); });
  scene.settle();
  REQUIRE(replaced.size() == 1);
  CHECK(replaced[0] == first);
  for (std::size_t i = 0; i < 3; ++i) CHECK(&scene.worker(i).snapshot() == scene.fleet().snapshot().get());
}

TEST_CASE("collect asks every worker, in threads and without, before the start and after the end") {
  for (const Scene::Threads threads : {Scene::Threads::none, Scene::Threads::own}) {
    Scene scene(3, threads);
    scene.start();
    const auto ask = [&] {
      return scene.fleet().collect<std::size_t>([](Worker& worker) { return worker.index() + 1; });
    };
    CHECK(ask() == std::vector<std::size_t>{1, 2, 3});
    if (threads == Scene::Threads::own) scene.fleet().stop();
    CHECK(ask() == std::vector<std::size_t>{1, 2, 3});
  }
}

// Servers come and go, rules turn reads back and forth, accounts change: no client sees any of it.
TEST_CASE("a thousand configurations under load, and no client notices") {
  constexpr int kPublications = 1000;
  Scene scene(3, Scene::Threads::own);
  add_second_hostgroup(scene);
  scene.split_reads_to(2);
  scene.start();
  std::vector<ScriptedClient*> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(&scene.log_in(i % 2 == 0 ? "ann" : "bob"));
  const Tables tables = scene.tables();
  const char* const statements[] = {"SELECT 1", "INSERT INTO t VALUES (1)", "BEGIN", "SELECT 2", "COMMIT"};
  std::size_t answered = 0;
  for (int round = 0; round < kPublications; ++round) {
    scene.tables() = tables;
    if (round % 2 == 1) remove_server(scene, 1);
    if (round % 3 == 1) scene.tables().query_rules.push_back(to_hostgroup(1, "SELECT"));
    if (round % 5 == 1) scene.tables().users[0].max_connections = 100 + round;
    scene.settings().wait_timeout += 1;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (clients[i]->all_answered()) clients[i]->query(statements[static_cast<std::size_t>(round / 2) % 5]);
    }
    scene.publish();
    scene.turn_peers();
    for (ScriptedClient* client : clients) {
      REQUIRE(!client->ended());
      while (!client->replies().empty()) {
        const std::string reply = client->take_reply().text();
        CHECK((reply == "ok" || reply == "a" || reply == "b"));
        ++answered;
      }
    }
  }
  scene.until([&] { return std::ranges::all_of(clients, [](auto* c) { return c->all_answered(); }); });
  CHECK(answered > 100);
}

TEST_CASE("a fleet that stops with a configuration on its way ends as it should") {
  for (int round = 0; round < 20; ++round) {
    Scene scene(3, Scene::Threads::own);
    scene.start();
    for (int i = 0; i < 6; ++i) scene.log_in().query("SELECT 1");
    remove_server(scene, 0);
    scene.fleet().publish(scene.build(), [](auto) {});
    scene.stop();
  }
}

}  // namespace
}  // namespace weir::test
