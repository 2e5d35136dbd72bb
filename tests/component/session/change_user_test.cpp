// COM_CHANGE_USER of a session that keeps its connection: the server has ended what is on it before the
// client hears of his new session.
#include <catch2/catch.hpp>

#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

using Texts = std::vector<std::string>;

// A session of ann that has a transaction open, and now becomes bob; the server has been asked to reset.
ScriptedClient& change_user_in_transaction(Scene& scene, const ConnectRequest& request) {
  ScriptedClient& client = scene.log_in("ann");
  CHECK(scene.ask(client, "BEGIN") == "ok");
  client.change_user(request);
  scene.until([&] { return scene.server().count(Command::reset_connection) == 1; });
  return client;
}

TEST_CASE("COM_CHANGE_USER is answered when the server has reset the connection, which then serves others") {
  for (const std::size_t piece_bytes : {0uz, 1uz}) {
    CAPTURE(piece_bytes);
    Scene scene;
    scene.server_row(0).max_connections = 1;
    scene.server().set_piece_bytes(piece_bytes);
    scene.server().on(Command::reset_connection, [](ServerSide& side) { side.hold(); });
    scene.start();
    ScriptedClient& client = change_user_in_transaction(scene, Scene::request("bob"));
    client.query("SELECT 1");  // sent ahead: it belongs to the new session
    scene.settle();
    CHECK(!client.logged_in());
    CHECK(scene.idle_connections() == 0);
    ServerSide& side = *scene.server().find_held();
    side.set_status(kStatusAutocommit);
    side.ok();
    side.release();
    CHECK(scene.reply_of(client) == "a");
    CHECK(client.logged_in());
    CHECK(scene.server().texts() == Texts{"BEGIN", "reset", "change user", "SELECT 1"});
    CHECK(scene.server().accepted() == 1);
  }
}

TEST_CASE("COM_CHANGE_USER is answered, and the connection closed, if the server does not reset it") {
  struct Case {
    const char* name;
    ScriptedServer::Handler on_reset;
  };
  const Case cases[] = {
      {"it never answers", [](ServerSide& side) { side.hold(); }},
      {"it refuses", [](ServerSide& side) { side.err(1047, "Unknown command"); }},
      {"it closes", [](ServerSide& side) { side.close(); }},
      {"it breaks off", [](ServerSide& side) { side.reset(); }},
      {"it breaks the protocol", [](ServerSide& side) { side.raw("01 00 00 09 00"_hex); }},
      {"it says more than it was asked",
       [](ServerSide& side) {
         side.ok();
         side.ok();
       }},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    Scene scene;
    scene.settings().connect_timeout_server_max = 1000;
    scene.server().on(Command::reset_connection, each.on_reset);
    scene.start();
    ScriptedClient& client = change_user_in_transaction(scene, Scene::request("bob"));
    scene.until([&] { return client.logged_in() && scene.connections() == 0; });
    scene.settings().connect_timeout_server_max = 10'000;
    scene.publish();
    CHECK(scene.ask(client, "SELECT 1") == "a");
    CHECK(scene.server().accepted() == 2);
    CHECK(scene.server().side(2).user() == "bob");
  }
}

TEST_CASE("a session whose connection is being reset for COM_CHANGE_USER can be killed") {
  Scene scene;
  scene.server().on(Command::reset_connection, [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& client = change_user_in_transaction(scene, Scene::request("bob"));
  const std::string id = std::to_string(client.established().connection_id);
  CHECK(scene.ask(scene.log_in("ann"), "KILL " + id) == "ok");
  scene.until([&] { return client.ended() && scene.sessions() == 1; });
  CHECK(!client.logged_in());
}

TEST_CASE("a wrong password in COM_CHANGE_USER ends the session, and what it held before that") {
  Scene scene;
  scene.start();
  ConnectRequest request = Scene::request("bob");
  request.credentials.cleartext = "wrong";
  ScriptedClient& client = change_user_in_transaction(scene, request);
  scene.until([&] { return client.ended() && scene.sessions() == 0; });
  CHECK(client.login_error().starts_with("1045 "));
  CHECK(scene.idle_connections() == 1);
}

TEST_CASE("MariaDB's clients who are not let in as another go on as who they were, without what they held") {
  struct Case {
    const char* name;
    ConnectRequest request;
    const char* error;
  };
  Case cases[] = {{"wrong password", Scene::request("bob"), "1045 "},
                  {"no such user", Scene::request("carl"), "1045 "},
                  {"no such schema", Scene::request("bob", "nowhere"), "1049 "}};
  cases[0].request.credentials.cleartext = "wrong";
  for (const Case& each : cases) {
    CAPTURE(each.name);
    Scene scene;
    scene.server_row(0).max_connections = 1;
    scene.server().set_version("10.11.6-MariaDB");
    scene.server().set_unknown_schema("nowhere");
    scene.start();
    ScriptedClient& client = scene.log_in("ann", "shop");
    const std::uint32_t id = client.established().connection_id;
    scene.ask(client, "SET @a = 1");
    scene.ask(client, "SET sql_mode = 'ANSI_QUOTES'");
    scene.ask(client, "BEGIN");
    client.change_user(each.request);
    client.query("SELECT mine");  // sent ahead
    scene.until([&] { return !client.replies().empty(); });
    CHECK(client.login_error().starts_with(each.error));
    CHECK(scene.reply_of(client) == "a");
    const Received& asked = *scene.server().first("SELECT mine");
    ServerSide& side = scene.server().side(asked.connection);
    CHECK(side.user() == "ann");
    CHECK(side.schema() == "shop");
    CHECK(side.status() == kStatusAutocommit);
    CHECK(scene.server().count(Command::reset_connection) == 1);
    scene.server().forget();
    scene.ask(client, "SELECT again");
    for (const std::string& text : scene.server().texts()) {
      CHECK(text.find("@a") == std::string::npos);
      CHECK(text.find("ANSI_QUOTES") == std::string::npos);
    }
    // It is killed by its own user only, as before.
    CHECK(scene.ask(scene.log_in("bob"), "KILL " + std::to_string(id)).starts_with("1095 "));
    CHECK(scene.ask(scene.log_in("ann"), "KILL " + std::to_string(id)) == "ok");
    scene.until([&] { return client.ended(); });
  }
}

TEST_CASE("a change of user that cannot be read is an error, and on MySQL the end") {
  for (const std::string version : {"8.0.11-scripted", "10.11.6-MariaDB"}) {
    CAPTURE(version);
    Scene scene;
    scene.server().set_version(version);
    scene.start();
    ScriptedClient& client = scene.log_in("ann");
    CHECK(scene.ask(client, "SELECT 1") == "a");
    client.send(packet("\x11xyz"_bytes), {Shape::ok});
    CHECK(scene.reply_of(client) == "1047 Unknown command");
    if (version.ends_with("MariaDB")) {
      CHECK(scene.ask(client, "SELECT 1") == "a");
    } else {
      scene.until([&] { return client.ended() && scene.sessions() == 0; });
    }
  }
}

TEST_CASE("who has failed three times to become another on MariaDB is not heard any more") {
  Scene scene;
  scene.server().set_version("10.11.6-MariaDB");
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  scene.ask(client, "SELECT 1");
  ConnectRequest wrong = Scene::request("bob");
  wrong.credentials.cleartext = "wrong";
  for (const char* error : {"1045 ", "", "1045 ", "1045 "}) {
    client.change_user(*error == 0 ? Scene::request("bob") : wrong);
    scene.until([&] { return client.logged_in(); });
    CHECK(client.login_error().starts_with(error));
    CHECK(scene.ask(client, "SELECT 1") == "a");
  }
  client.change_user(Scene::request("ann"));
  scene.until([&] { return client.logged_in(); });
  CHECK(client.login_error().starts_with("1047 "));
  CHECK(scene.ask(client, "SELECT 2") == "a");
  CHECK(scene.server().side(scene.server().first("SELECT 2")->connection).user() == "bob");
}

TEST_CASE("who was removed while he became another on MariaDB does not come back") {
  Scene scene;
  scene.server().set_version("10.11.6-MariaDB");
  scene.server().on(Command::reset_connection, [](ServerSide& side) { side.hold(); });
  scene.start();
  ConnectRequest wrong = Scene::request("bob");
  wrong.credentials.cleartext = "wrong";
  ScriptedClient& client = change_user_in_transaction(scene, wrong);
  std::erase_if(scene.tables().users, [](const UserRow& user) { return user.username == "ann"; });
  scene.publish();
  ServerSide& side = *scene.server().find_held();
  side.set_status(kStatusAutocommit);
  side.ok();
  side.release();
  scene.until([&] { return client.ended() && scene.sessions() == 0; });
  CHECK(client.login_error().starts_with("1045 "));
}

TEST_CASE("COM_CHANGE_USER resets no connection that holds nothing") {
  Scene scene;
  scene.server().on("INSERT", [](ServerSide& server) { server.ok(1, 0, 0, 2); });
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  for (const char* sql : {"SELECT 1", "SET @a = NOW()", "INSERT INTO t VALUES ('x')"}) {
    CAPTURE(sql);
    scene.ask(client, sql);
    client.change_user(Scene::request("ann"));
    scene.until([&] { return client.logged_in(); });
  }
  CHECK(scene.server().count(Command::reset_connection) == 0);
  CHECK(scene.idle_connections() == 1);
}

// A role outlives a reset.
TEST_CASE("a role that nobody has followed is gone when another gets the connection") {
  for (const char* sql : {"CALL p()", "SET ROLE 'a--b'"}) {
    CAPTURE(sql);
    Scene scene;
    scene.server_row(0).max_connections = 1;
    scene.start();
    ScriptedClient& client = scene.log_in("ann");
    scene.ask(client, sql);
    client.change_user(Scene::request("ann"));
    scene.until([&] { return client.logged_in(); });
    CHECK(scene.server().count(Command::reset_connection) == 1);
    scene.ask(client, "SELECT 1");
    CHECK(scene.server().count(Command::change_user) == 1);
  }
}

}  // namespace
}  // namespace weir::test
