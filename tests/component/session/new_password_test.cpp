// An account gets another password while its sessions are there.
#include <catch2/catch.hpp>

#include "protocol/auth/stored_secret.hpp"
#include "tests/support/scene.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tls_files.hpp"

namespace weir::test {
namespace {

constexpr std::string_view kDenied = "1045 ";
const std::string kSalt = "twenty bytes of salt";

// The password of ann, here and on the server; nobody's connections to servers remain.
void set_everywhere(Scene& scene, const std::string& password, const std::string& stored) {
  scene.server().set_password("ann", password);
  scene.server().close_all();
  scene.until([&] { return scene.connections() == 0; });
  scene.tables().users[0].password = stored;
  scene.publish();
}

ConnectRequest ann_with(const std::string& password) {
  ConnectRequest request = Scene::request("ann");
  request.credentials.cleartext = password;
  return request;
}

ScriptedClient& log_in_with(Scene& scene, const std::string& password) {
  ScriptedClient& client = scene.connect(ann_with(password));
  scene.until([&] { return client.logged_in() || client.ended(); });
  return client;
}

// Come by TLS, for full authentication of caching_sha2_password.
struct TlsClients {
  explicit TlsClients(Scene& all) : scene(all) { scene.publish_tls(for_clients(files.server())); }
  ScriptedClient& connect_with(const std::string& password) {
    return scene.connect_by_tls(for_servers(files.trusting()), ann_with(password));
  }
  ScriptedClient& log_in_with(const std::string& password) {
    ScriptedClient& client = connect_with(password);
    scene.until([&] { return client.logged_in() || client.ended(); });
    return client;
  }

  Scene& scene;
  TemporaryDirectory directory;
  TlsFiles files{directory.path()};
};

TEST_CASE("sessions go on with the new password, whichever of Weir and the server has it first") {
  for (const bool server_first : {true, false}) {
    CAPTURE(server_first);
    Scene scene;
    scene.start();
    ScriptedClient& client = scene.log_in("ann");
    CHECK(scene.ask(client, "SELECT 1") == "a");
    const auto change_server = [&] {
      scene.server().set_password("ann", "new");
      scene.server().close_all();
      scene.until([&] { return scene.connections() == 0; });
    };
    const auto change_weir = [&] {
      scene.tables().users[0].password = "new";
      scene.publish();
    };
    server_first ? change_server() : change_weir();
    if (server_first) CHECK(scene.ask(client, "SELECT 2").starts_with(kDenied));
    if (!server_first) CHECK(scene.ask(client, "SELECT 2") == "a");  // by the connection that is there
    server_first ? change_weir() : change_server();
    CHECK(scene.ask(client, "SELECT 3") == "a");
    CHECK(log_in_with(scene, "new").logged_in());
    CHECK(log_in_with(scene, "ann").login_error().starts_with(kDenied));
  }
}

TEST_CASE("a session that waits for a connection gets it with the new password") {
  Scene scene;
  scene.settings().connect_retries_delay = 0;
  scene.settings().connect_retries_on_failure = 1'000'000;
  scene.settings().shun_on_failures = 1'000'000;
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  scene.server().set_greeting_error(1040, "Too many connections");
  client.query("SELECT 1");
  scene.until([&] { return scene.server().accepted() > 1; });
  scene.server().set_password("ann", "new");
  scene.tables().users[0].password = "new";
  scene.publish();
  scene.server().clear_greeting_error();
  CHECK(scene.reply_of(client) == "a");
}

TEST_CASE("a connection that changes its user does so with the new password") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& ann = scene.log_in("ann");
  ScriptedClient& bob = scene.log_in("bob");
  CHECK(scene.ask(ann, "SELECT 1") == "a");
  CHECK(scene.ask(bob, "SELECT 2") == "a");
  scene.server().set_password("ann", "new");
  scene.tables().users[0].password = "new";
  scene.publish();
  CHECK(scene.ask(ann, "SELECT 3") == "a");
  CHECK(scene.server().accepted() == 1);
  CHECK(scene.server().count(Command::change_user) == 2);
}

TEST_CASE("where Weir knows a hash only, sessions go on as soon as one login has proven the new password") {
  const std::string stored[] = {native_hash_text("new"), *sha2_hash_text("new", kSalt)};
  for (const std::string& hash : stored) {
    CAPTURE(hash);
    Scene scene(2);
    scene.start();
    TlsClients by_tls(scene);
    ScriptedClient& one = scene.log_in("ann");
    ScriptedClient& other = scene.log_in("ann");  // of the other worker
    CHECK(scene.ask(one, "SELECT 1") == "a");
    set_everywhere(scene, "new", hash);
    CHECK(scene.ask(one, "SELECT 2").starts_with(kDenied));
    CHECK(by_tls.log_in_with("new").logged_in());
    CHECK(scene.ask(one, "SELECT 3") == "a");
    CHECK(scene.ask(other, "SELECT 4") == "a");
    CHECK(by_tls.log_in_with("ann").login_error().starts_with(kDenied));
  }
}

TEST_CASE("a hash instead of the same password in clear text changes nothing for those who are in") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  set_everywhere(scene, "ann", *sha2_hash_text("ann", kSalt));
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("who logs in while the password changes teaches nothing of the new one") {
  Scene scene;
  scene.settings().max_failed_logins = 1;
  scene.tables().users[0].password = *sha2_hash_text("old", kSalt);
  scene.start();
  TlsClients by_tls(scene);
  for (int i = 0; i < 2; ++i) by_tls.log_in_with("wrong");
  ScriptedClient& held = by_tls.connect_with("old");
  scene.settle();  // verified, and he waits to be told
  CHECK(!held.logged_in());
  const std::string stored = *sha2_hash_text("new", kSalt);
  scene.tables().users[0].password = stored;
  scene.publish();
  scene.until([&] { return held.logged_in() || held.ended(); });
  CHECK(!scene.fleet().learned_passwords().find("ann", stored));
}

TEST_CASE("sessions of an account that is gone go on with what they have") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  CHECK(scene.ask(client, "SELECT 1") == "a");
  std::erase_if(scene.tables().users, [](const UserRow& user) { return user.username == "ann"; });
  scene.publish();
  scene.server().close_all();
  scene.until([&] { return scene.connections() == 0; });
  CHECK(scene.ask(client, "SELECT 2") == "a");
  CHECK(log_in_with(scene, "ann").login_error().starts_with(kDenied));
}

TEST_CASE("who was refused as another goes on with his own new password") {
  Scene scene;
  scene.server().set_version("10.11.6-MariaDB");
  scene.server().on(Command::reset_connection, [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  CHECK(scene.ask(client, "BEGIN") == "ok");
  ConnectRequest wrong = Scene::request("bob");
  wrong.credentials.cleartext = "wrong";
  client.change_user(wrong);
  scene.until([&] { return scene.server().count(Command::reset_connection) == 1; });
  set_everywhere(scene, "new", "new");  // while the connection is being reset
  scene.until([&] { return client.logged_in(); });
  CHECK(client.login_error().starts_with(kDenied));
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

}  // namespace
}  // namespace weir::test
