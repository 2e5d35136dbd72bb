// Who gets in, and with what.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

ScriptedClient& try_login(Scene& scene, const ConnectRequest& request) {
  ScriptedClient& client = scene.connect(request);
  scene.until([&] { return client.logged_in() || client.ended(); });
  return client;
}

TEST_CASE("a login without a schema needs no server") {
  Scene scene;
  scene.server().stop_listening();
  scene.start();
  CHECK(scene.log_in().logged_in());
  CHECK(scene.server().accepted() == 0);
}

TEST_CASE("a wrong password and an unknown user are refused in the same words") {
  Scene scene;
  scene.start();
  ConnectRequest wrong = Scene::request("ann");
  wrong.credentials.cleartext = "bob";
  CHECK(try_login(scene, wrong).login_error() ==
        "1045 Access denied for user 'ann'@'127.0.0.1' (using password: YES)");
  CHECK(try_login(scene, Scene::request("nobody")).login_error() ==
        "1045 Access denied for user 'nobody'@'127.0.0.1' (using password: YES)");
  scene.until([&] { return scene.sessions() == 0; });
  CHECK(scene.count(&WorkerStats::access_denied) == 2);
  CHECK(scene.count(&WorkerStats::client_connections_aborted) == 2);
}

TEST_CASE("beyond max_connections a login is told so, and the next one gets the place that became free") {
  Scene scene;
  scene.settings().max_connections = 2;
  scene.start();
  ScriptedClient& first = scene.log_in();
  scene.log_in("bob");
  CHECK(try_login(scene, Scene::request("ann")).login_error() == "1040 Too many connections");
  first.close();
  scene.until([&] { return scene.sessions() == 1; });
  CHECK(scene.log_in().logged_in());
}

TEST_CASE("beyond an account's own limit it is told so; others are not concerned") {
  Scene scene;
  scene.tables().users[0].max_connections = 1;
  scene.start();
  ScriptedClient& first = scene.log_in("ann");
  CHECK(try_login(scene, Scene::request("ann")).login_error() ==
        "1226 User 'ann' has exceeded the 'max_user_connections' resource (current value: 1)");
  CHECK(scene.log_in("bob").logged_in());
  first.close();
  scene.until([&] { return scene.sessions() == 1; });
  CHECK(scene.log_in("ann").logged_in());
}

TEST_CASE("a schema that is named at login is looked for on a server") {
  Scene scene;
  scene.server().set_unknown_schema("nowhere");
  scene.start();
  CHECK(scene.log_in("ann", "shop").logged_in());
  CHECK(scene.server().side(1).schema() == "shop");
  CHECK(scene.idle_connections() == 1);
  CHECK(try_login(scene, Scene::request("bob", "nowhere")).login_error().starts_with("1049 "));
  CHECK(scene.log_in("bob", "shop").logged_in());
}

TEST_CASE("a schema that the connection in hand refuses refuses the login") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.server().on(Command::init_db,
                    [](ServerSide& side) { side.err(1049, "Unknown database 'nowhere'", "42000"); });
  scene.start();
  CHECK(scene.log_in("ann", "shop").logged_in());
  CHECK(try_login(scene, Scene::request("ann", "nowhere")).login_error() ==
        "1049 Unknown database 'nowhere'");
  scene.until([&] { return scene.sessions() == 1; });
}

TEST_CASE("a login with a schema, and no server in time: he is let in, and his statements wait") {
  Scene scene;
  scene.settings().connect_timeout_server_max = 30;
  scene.server().set_silent_at_login(true);
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "shop");
  CHECK(client.logged_in());
  CHECK(scene.ask(client, "SELECT 1")
            .starts_with("9001 Max connect timeout reached while reaching hostgroup 1 after "));
  CHECK(scene.count(&WorkerStats::schemas_unchecked) == 1);
}

TEST_CASE("the first command may come before the login is answered") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.connect(Scene::request("ann", "shop"));
  scene.until([&] { return scene.server().accepted() == 1; });
  // The login's OK is not there yet; the query waits in the inbox.
  client.channel().send("09 00 00 00 03 53 45 4c 45 43 54 20 31"_hex);
  scene.until([&] { return client.logged_in(); });
  scene.until([&] { return scene.server().count("SELECT 1") == 1; });
}

// ---- COM_CHANGE_USER

TEST_CASE("a change of user begins a new session") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  CHECK(scene.ask(client, "SET NAMES latin1") == "ok");
  CHECK(scene.ask(client, "BEGIN") == "ok");
  client.change_user(Scene::request("bob", "shop"));
  scene.until([&] { return client.logged_in(); });
  CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(scene.server().texts() ==
        std::vector<std::string>{"SET NAMES latin1", "BEGIN", "reset", "change user", "SELECT 1"});
  CHECK(scene.server().side(1).user() == "bob");
  CHECK(scene.server().side(1).schema() == "shop");
}

TEST_CASE("a change of user that is refused ends the session, and leaves no trace of either user") {
  Scene scene;
  scene.tables().users[0].max_connections = 1;
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  ConnectRequest wrong = Scene::request("bob");
  wrong.credentials.cleartext = "ann";
  client.change_user(wrong);
  scene.until([&] { return client.ended(); });
  CHECK(client.login_error().starts_with("1045 "));
  scene.until([&] { return scene.sessions() == 0; });
  CHECK(scene.log_in("ann").logged_in());  // the place is free again
}

TEST_CASE("the server is told of the client for whom a connection is opened, or changes its user") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  const auto connect = [&](const std::string& user,
                           std::vector<std::pair<std::string, std::string>> attributes) -> ScriptedClient& {
    ConnectRequest request = Scene::request(user);
    request.want |= kConnectAttrs;
    request.attributes = std::move(attributes);
    ScriptedClient& client = scene.connect(request);
    scene.until([&] { return client.logged_in(); });
    return client;
  };
  ScriptedClient& shop = connect("ann", {{"program_name", "shop"}, {"_pid", "7"}});
  ScriptedClient& nameless = connect("ann", {});
  ScriptedClient& bob = connect("bob", {{"_os", "Linux"}});
  const auto told = [&] {
    const std::string& all = scene.server().side(1).attributes();
    return all.starts_with("weir_opened_for=127.0.0.1:") ? all.substr(all.find(',')) : all;
  };
  CHECK(scene.ask(shop, "SELECT 1") == "a");
  CHECK(told() == ",program_name=shop,_pid=7");
  CHECK(scene.ask(nameless, "SELECT 2") == "a");
  CHECK(told() == ",program_name=shop,_pid=7");  // no server is told for this alone
  CHECK(scene.ask(bob, "SELECT 3") == "a");
  CHECK(told() == ",program_name=weir,_os=Linux");
  CHECK(scene.server().accepted() == 1);
}

TEST_CASE("two accounts, one connection: the pool changes its user") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.start();
  ScriptedClient& ann = scene.log_in("ann");
  ScriptedClient& bob = scene.log_in("bob");
  CHECK(scene.ask(ann, "SELECT 1") == "a");
  CHECK(scene.ask(bob, "SELECT 2") == "a");
  CHECK(scene.server().side(1).user() == "bob");
  CHECK(scene.ask(ann, "SELECT 3") == "a");
  CHECK(scene.server().side(1).user() == "ann");
  CHECK(scene.server().accepted() == 1);
  CHECK(scene.server().texts() ==
        std::vector<std::string>{"SELECT 1", "change user", "SELECT 2", "change user", "SELECT 3"});
}

TEST_CASE("a change of user that the server refuses is the statement's answer") {
  Scene scene;
  scene.server_row(0).max_connections = 1;
  scene.tables().users[1].password = "bob";
  scene.start();
  ScriptedClient& ann = scene.log_in("ann");
  ScriptedClient& bob = scene.log_in("bob", "", kUsualClient);
  CHECK(scene.ask(ann, "SELECT 1") == "a");
  scene.server().set_unknown_schema("shop");
  CHECK(scene.ask(bob, "SELECT 2") == "a");
  ScriptedClient& other = scene.connect(Scene::request("ann", "shop"));
  scene.until([&] { return other.logged_in() || other.ended(); });
  CHECK(other.login_error().starts_with("1049 "));
  CHECK(scene.ask(bob, "SELECT 3") == "a");
}

}  // namespace
}  // namespace weir::test
