// Who gets in at the admin port, from where, and how.
#include <catch2/catch.hpp>

#include "protocol/auth/digest.hpp"
#include "tests/component/admin/port_scene.hpp"

namespace weir::test {
namespace {

// What a login ends with: "in", or the error.
std::string outcome(PortScene& scene, const std::string& user, const std::string& password) {
  ScriptedClient& client = scene.log_in(user, password);
  return client.logged_in() ? "in" : client.login_error();
}

TEST_CASE("administrators and readers of statistics log in, each as what they are") {
  PortScene scene;
  CHECK(scene.ask(scene.log_in("admin", "admin"), "SELECT 1") == "SELECT 1");
  CHECK(scene.ask(scene.log_in("radmin", "secret"), "SELECT 1") == "SELECT 1");
  CHECK(scene.ask(scene.log_in("stats", "stats"), "SELECT 1") == "SELECT 1");
  CHECK(scene.executor.users ==
        std::vector<std::string>{"admin@127.0.0.1", "radmin@127.0.0.1", "stats@127.0.0.1 stats"});
}

TEST_CASE("a wrong password and an unknown name are refused in the same words") {
  PortScene scene;
  CHECK(outcome(scene, "admin", "wrong") ==
        "1045 Access denied for user 'admin'@'127.0.0.1' (using password: YES)");
  CHECK(outcome(scene, "nobody", "admin") ==
        "1045 Access denied for user 'nobody'@'127.0.0.1' (using password: YES)");
  scene.until([&] { return scene.connections.empty(); });
}

TEST_CASE("every form of a stored password, with either plugin in the greeting") {
  const std::string plugin = GENERATE("mysql_native_password", "caching_sha2_password");
  const std::string stored = GENERATE("secret", "*14E65567ABDB5135D0CFD9A70B3032C179A49EE7");
  PortScene scene;
  static const RsaKey kKey = *RsaKey::generate();
  scene.state.surroundings.rsa_key = [] { return &kKey; };
  scene.state.settings.default_authentication_plugin = plugin;
  scene.state.settings.admin_credentials = "dba:" + stored;
  CAPTURE(plugin, stored);
  CHECK(outcome(scene, "dba", "secret") == "in");
  CHECK(outcome(scene, "dba", "Secret").starts_with("1045 "));
}

TEST_CASE("a default password is good on this machine only; a changed one anywhere") {
  PortScene scene;
  scene.pretended_peer = Address::from_ip("203.0.113.5", 4000);
  CHECK(outcome(scene, "admin", "admin").starts_with("1040 User 'admin' can only connect locally"));
  CHECK(outcome(scene, "stats", "stats").starts_with("1040 User 'stats' can only connect locally"));
  CHECK(outcome(scene, "admin", "wrong").starts_with("1045 "));
  CHECK(outcome(scene, "radmin", "secret") == "in");
  scene.state.settings.admin_credentials = "admin:changed";
  scene.apply_accounts();
  CHECK(outcome(scene, "admin", "changed") == "in");
}

TEST_CASE("a client that says nothing is let go after the time for a login") {
  PortScene scene;
  scene.state.settings.connect_timeout_client = 20;
  scene.apply_accounts();
  Channel silent(scene.loop);
  struct Ear final : ChannelEvents {
    void on_bytes(MutableBytes) noexcept override {}
    void on_drained() noexcept override {}
    void on_closed(NetError) noexcept override { closed = true; }
    bool closed = false;
  } ear;
  silent.set_events(&ear);
  silent.connect(scene.address());
  scene.until([&] { return ear.closed; });
  CHECK(scene.connections.empty());
}

TEST_CASE("an idle client is told so, and let go") {
  PortScene scene;
  scene.state.settings.wait_timeout = 20;
  ScriptedClient& client = scene.log_in();
  scene.until([&] { return client.ended(); });
  CHECK(as_text(client.surplus()).contains("because of inactivity"));
}

TEST_CASE("a change of user is a login like the first") {
  PortScene scene;
  ScriptedClient& client = scene.log_in("admin", "admin");
  ConnectRequest request;
  request.credentials = {.user = "stats", .cleartext = "stats", .sha1_stage1 = {}};
  request.want = kUsualClient;
  client.change_user(request);
  scene.until([&] { return client.logged_in() || client.ended(); });
  CHECK(scene.ask(client, "SELECT 1") == "SELECT 1");
  CHECK(scene.executor.users.back() == "stats@127.0.0.1 stats");
  request.credentials.cleartext = "wrong";
  client.change_user(request);
  scene.until([&] { return client.ended(); });
  CHECK(client.login_error().starts_with("1045 "));
}

TEST_CASE("the greeting has a version that tools can parse, and says how strings are to be escaped") {
  PortScene scene;
  ScriptedClient& client = scene.log_in();
  CHECK(client.established().server_version == "8.0.11");
  CHECK((client.established().status & kStatusNoBackslashEscapes) != 0);
  CHECK((client.established().caps & kLocalFiles) == 0);
}

}  // namespace
}  // namespace weir::test
