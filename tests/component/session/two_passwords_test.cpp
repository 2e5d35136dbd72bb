// An account has two passwords while they are changed: clients and servers may have either.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "protocol/auth/stored_secret.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

std::string additional(std::string_view password) {
  std::string hex;
  for (const char c : password) hex += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return R"({"additional_password":")" + hex + R"("})";
}

// Of ann; his name is the one that server and clients have to begin with.
void give_passwords(Scene& scene, const std::string& current, const std::string& other) {
  scene.tables().users[0].password = current;
  scene.tables().users[0].attributes = additional(other);
}

ScriptedClient& log_in_with(Scene& scene, const std::string& password) {
  ConnectRequest request = Scene::request("ann");
  request.credentials.cleartext = password;
  ScriptedClient& client = scene.connect(request);
  scene.until([&] { return client.logged_in() || client.ended(); });
  return client;
}

void close_connections(Scene& scene) {
  scene.server().close_all();
  scene.until([&] { return scene.connections() == 0; });
}

TEST_CASE("clients log in with either password, and with no third") {
  Scene scene;
  give_passwords(scene, "new", "ann");
  scene.start();
  CHECK(log_in_with(scene, "new").logged_in());
  CHECK(log_in_with(scene, "ann").logged_in());
  CHECK(log_in_with(scene, "other").login_error().starts_with("1045 "));
  CHECK(log_in_with(scene, "").login_error().starts_with("1045 "));
  scene.tables().users[0].attributes.clear();
  scene.publish();
  CHECK(log_in_with(scene, "new").logged_in());
  CHECK(log_in_with(scene, "ann").login_error().starts_with("1045 "));
}

TEST_CASE("a server gets the password in force, then the other; which one it takes is remembered") {
  Scene scene;
  give_passwords(scene, "new", "ann");
  scene.start();
  ScriptedClient& client = log_in_with(scene, "new");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().accepted() == 2);
  close_connections(scene);
  CHECK(scene.ask(client, "SELECT 2") == "a");
  CHECK(scene.server().accepted() == 3);
  scene.server().set_password("ann", "new");
  close_connections(scene);
  CHECK(scene.ask(client, "SELECT 3") == "a");
  CHECK(scene.server().accepted() == 5);
  close_connections(scene);
  CHECK(scene.ask(client, "SELECT 4") == "a");
  CHECK(scene.server().accepted() == 6);
  CHECK(scene.count(&WorkerStats::backend_connect_errors) == 0);
}

TEST_CASE("a rotation in either order loses nobody") {
  for (const bool server_first : {false, true}) {
    CAPTURE(server_first);
    Scene scene;
    scene.start();
    ScriptedClient& before = scene.log_in("ann");
    CHECK(scene.ask(before, "SELECT 1") == "a");
    server_first ? give_passwords(scene, "ann", "new") : give_passwords(scene, "new", "ann");
    scene.publish();
    for (const std::string password : {"ann", "new"}) {  // the server's
      scene.server().set_password("ann", password);
      close_connections(scene);
      CHECK(scene.ask(before, "SELECT 2") == "a");
      CHECK(scene.ask(log_in_with(scene, "ann"), "SELECT 3") == "a");
      CHECK(scene.ask(log_in_with(scene, "new"), "SELECT 4") == "a");
    }
    scene.tables().users[0].password = "new";
    scene.tables().users[0].attributes.clear();
    scene.publish();
    close_connections(scene);
    CHECK(scene.ask(before, "SELECT 5") == "a");
  }
}

TEST_CASE("each server has its own") {
  Scene scene;
  ScriptedServer& replica = scene.add_server(2, "b");
  scene.split_reads_to(2);
  give_passwords(scene, "new", "ann");
  scene.server().set_password("ann", "new");
  scene.start();
  ScriptedClient& client = log_in_with(scene, "new");
  for (int round = 0; round < 2; ++round) {
    CHECK(scene.ask(client, "SELECT 1") == "b");
    CHECK(scene.ask(client, "UPDATE t SET a = 1") == "ok");
    replica.close_all();
    close_connections(scene);
  }
  CHECK(scene.server().accepted() == 2);
  CHECK(replica.accepted() == 3);
}

TEST_CASE("a password that neither the server nor anybody has is told, after two attempts") {
  Scene scene;
  give_passwords(scene, "new", "newer");
  scene.start();
  ScriptedClient& client = log_in_with(scene, "new");
  for (std::size_t round = 1; round <= 3; ++round) {
    CHECK(scene.ask(client, "SELECT 1").starts_with("1045 Access denied for user 'ann'"));
    CHECK(scene.server().accepted() == 2 * round);
  }
  CHECK(scene.permits() == 0);
}

TEST_CASE("a connection that cannot change its user with one password is replaced by one with the other") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  give_passwords(scene, "new", "ann");
  scene.start();
  ScriptedClient& bob = scene.log_in("bob");
  ScriptedClient& ann = log_in_with(scene, "new");
  CHECK(scene.ask(bob, "SELECT 1") == "a");
  CHECK(scene.ask(ann, "SELECT 2") == "a");
  CHECK(scene.server().accepted() == 2);
  CHECK(scene.server().side(2).user() == "ann");
  CHECK(scene.ask(bob, "SELECT 3") == "a");
  CHECK(scene.ask(ann, "SELECT 4") == "a");  // what is remembered does for a change of user, too
  CHECK(scene.server().accepted() == 2);
}

TEST_CASE("a change of user with neither password is told, and tried no third time") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  give_passwords(scene, "new", "newer");
  scene.start();
  ScriptedClient& bob = scene.log_in("bob");
  ScriptedClient& ann = log_in_with(scene, "new");
  CHECK(scene.ask(bob, "SELECT 1") == "a");
  CHECK(scene.ask(ann, "SELECT 2").starts_with("1045 "));
  CHECK(scene.server().accepted() <= 3);
  CHECK(scene.ask(bob, "SELECT 3") == "a");
}

TEST_CASE("a login that names a schema meets a server that has the other password") {
  Scene scene;
  give_passwords(scene, "new", "ann");
  scene.start();
  ConnectRequest request = Scene::request("ann", "shop");
  request.credentials.cleartext = "new";
  ScriptedClient& client = scene.connect(request);
  scene.until([&] { return client.logged_in() || client.ended(); });
  CHECK(client.logged_in());
  CHECK(scene.server().side(2).schema() == "shop");
}

TEST_CASE("a statement is killed with whichever password its server takes by then") {
  Scene scene;
  scene.server().on("SELECT long", [](ServerSide& side) { side.hold(); });
  give_passwords(scene, "new", "ann");
  scene.start();
  ScriptedClient& client = log_in_with(scene, "new");
  CHECK(scene.ask(client, "SELECT 1") == "a");  // with the old one
  client.query("SELECT long");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  scene.server().set_password("ann", "new");
  client.close();
  scene.until([&] { return scene.server().count("KILL ") == 1; });
}

TEST_CASE("of hashes, what logins have proven is what servers get") {
  Scene scene;
  give_passwords(scene, native_hash_text("new"), native_hash_text("ann"));
  scene.start();
  ScriptedClient& with_new = log_in_with(scene, "new");
  CHECK(scene.ask(with_new, "SELECT 1").starts_with("1045 "));  // the server has the old one
  ScriptedClient& with_old = log_in_with(scene, "ann");
  CHECK(scene.ask(with_old, "SELECT 2") == "a");
  CHECK(scene.ask(with_new, "SELECT 3") == "a");
  close_connections(scene);
  scene.server().set_password("ann", "new");
  CHECK(scene.ask(with_old, "SELECT 4") == "a");
}

}  // namespace
}  // namespace weir::test
