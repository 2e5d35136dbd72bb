// Switches of single users, by the column attributes of mysql_users.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

// Server "a" writes and server "b" reads.
void make_pair(Scene& scene, bool split) {
  scene.add_server(2, "b");
  scene.split_reads_to(2);
  scene.settings().auto_rw_split = split;
}

void set_attributes(Scene& scene, const std::string& user, const std::string& attributes) {
  for (UserRow& row : scene.tables().users) {
    if (row.username == user) row.attributes = attributes;
  }
}

TEST_CASE("a user's auto_rw_split counts more than the variable") {
  for (const bool split : {false, true}) {
    CAPTURE(split);
    Scene scene;
    make_pair(scene, split);
    set_attributes(scene, "ann", split ? R"({"auto_rw_split":false})" : R"({"auto_rw_split":true})");
    scene.start();
    CHECK(scene.ask(scene.log_in("ann"), "SELECT 1") == (split ? "a" : "b"));
    CHECK(scene.ask(scene.log_in("bob"), "SELECT 1") == (split ? "b" : "a"));
    CHECK(scene.worker(0).route_doubts().size() == 0);
  }
}

TEST_CASE("fast_forward: no rules, no splitting, and a connection of its own") {
  Scene scene;
  make_pair(scene, true);
  for (UserRow& row : scene.tables().users) row.fast_forward = row.username == "ann";
  scene.start();
  ScriptedClient& ann = scene.log_in("ann");
  CHECK(scene.ask(ann, "SELECT 1") == "a");
  CHECK(scene.idle_connections() == 0);
  CHECK(scene.ask(ann, "SELECT 2") == "a");
  CHECK(scene.server().accepted() == 1);
  CHECK(scene.ask(scene.log_in("bob"), "SELECT 1") == "b");
  ann.close();
  scene.until([&] { return scene.idle_connections() == scene.connections(); });
}

TEST_CASE("sessions follow the switches of the configuration in force") {
  Scene scene;
  make_pair(scene, true);
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  CHECK(scene.ask(client, "SELECT 1") == "b");
  set_attributes(scene, "ann", R"({"auto_rw_split":false})");
  scene.publish();
  CHECK(scene.ask(client, "SELECT 1") == "a");
  set_attributes(scene, "ann", "");
  scene.publish();
  CHECK(scene.ask(client, "SELECT 1") == "b");
}

TEST_CASE("the switches are those of the new user after COM_CHANGE_USER") {
  Scene scene;
  make_pair(scene, true);
  set_attributes(scene, "bob", R"({"auto_rw_split":false})");
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  CHECK(scene.ask(client, "SELECT 1") == "b");
  client.change_user(Scene::request("bob"));
  scene.until([&] { return client.logged_in(); });
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

TEST_CASE("comments of a user without annotations are comments") {
  Scene scene;
  scene.add_server(2, "b");
  set_attributes(scene, "ann", R"({"annotations":false})");
  scene.start();
  for (const char* sql : {"SELECT /* hostgroup=2 */ 1", "SELECT 1 /* hostgroup=2 */"}) {
    CHECK(scene.ask(scene.log_in("ann"), sql) == "a");
    CHECK(scene.ask(scene.log_in("bob"), sql) == "b");
  }
}

// As servers do: a client that has offered no files is refused.
void load_as_servers_do(ServerSide& side) {
  if ((side.caps() & kLocalFiles) == 0) return side.err(1148, "The used command is not allowed", "42000");
  side.ask_file("f");
}

constexpr std::string_view kLoad = "LOAD DATA LOCAL INFILE 'f' INTO TABLE t";

// What becomes of it; a file that is asked for is sent.
std::string load(Scene& scene, ScriptedClient& client) {
  client.query(kLoad);
  scene.until([&] { return client.asked_for_file() || !client.replies().empty() || client.ended(); });
  if (!client.asked_for_file()) return scene.reply_of(client);
  client.upload("1\n"_bytes);
  scene.until([&] { return !client.replies().empty(); });
  return client.take_reply().text();
}

TEST_CASE("servers are told that a user without local_infile has no files, and refuse him themselves") {
  Scene scene;
  scene.server().on("LOAD DATA", load_as_servers_do);
  set_attributes(scene, "ann", R"({"local_infile":false})");
  scene.start();
  ScriptedClient& ann = scene.log_in("ann");
  ScriptedClient& bob = scene.log_in("bob");
  for (int i = 0; i < 2; ++i) {  // also when connections of both are idle
    CHECK(load(scene, ann) == "1148 The used command is not allowed");
    CHECK(scene.ask(ann, "SELECT 1") == "a");
    CHECK(load(scene, bob) == "file f;ok");
  }
  CHECK(scene.server().accepted() == 2);
}

TEST_CASE("a session follows local_infile with its next connection, and with its user") {
  Scene scene;
  scene.server().on("LOAD DATA", load_as_servers_do);
  scene.server().on("SELECT LAST_INSERT_ID()", [](ServerSide& side) { side.rows("id", {"0"}); });
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  CHECK(load(scene, client) == "file f;ok");
  set_attributes(scene, "ann", R"({"local_infile":false})");
  scene.publish();
  CHECK(load(scene, client) == "1148 The used command is not allowed");
  client.change_user(Scene::request("bob"));
  scene.until([&] { return client.logged_in(); });
  CHECK(load(scene, client) == "file f;ok");
  client.change_user(Scene::request("ann"));
  scene.until([&] { return client.logged_in(); });
  CHECK(load(scene, client) == "1148 The used command is not allowed");
}

TEST_CASE("a server that asks for a file of a user without local_infile all the same is not used any more") {
  Scene scene;
  scene.server().on("LOAD DATA", [](ServerSide& side) { side.ask_file("/etc/passwd"); });
  set_attributes(scene, "ann", R"({"local_infile":false})");
  scene.start();
  ScriptedClient& client = scene.log_in("ann");
  CHECK(load(scene, client).starts_with("1927 "));
  scene.until([&] { return !scene.server().side(1).open(); });
  CHECK(scene.ask(client, "SELECT 1") == "a");
}

// The connection is still one of those that ask for files, whatever else has been switched on it.
TEST_CASE(
    "COM_SET_OPTION on a connection that was kept when local_infile went off does not make it one without") {
  Scene scene;
  scene.server().on("LOAD DATA", load_as_servers_do);
  for (UserRow& row : scene.tables().users) row.fast_forward = row.username == "ann";
  scene.start();
  ScriptedClient& ann = scene.log_in("ann");
  CHECK(scene.ask(ann, "SELECT 1") == "a");
  set_attributes(scene, "ann", R"({"local_infile":false})");
  set_attributes(scene, "bob", R"({"local_infile":false})");
  scene.publish();
  CHECK(scene.ask(ann, Command::set_option, "01 00"_hex) == "ok");
  CHECK(scene.ask(ann, Command::set_option, "00 00"_hex) == "ok");
  ann.close();
  scene.until([&] { return scene.idle_connections() == 1; });
  CHECK(load(scene, scene.log_in("bob")) == "1148 The used command is not allowed");
  CHECK(scene.server().accepted() == 2);
}

TEST_CASE("annotations that nobody sees to are counted") {
  struct Case {
    const char* sql;
    std::uint64_t count;
  };
  for (const Case& c : {Case{"SELECT /* create_new_connection=1 */ 1", 1},
                        {"SELECT /* create_new_connection=0 */ 1", 0},
                        {"SELECT /* max_lag_ms=5 */ 1", 0},  // on the writer
                        {"SELECT /* max_lag_ms=5;hostgroup=2 */ 1", 1},
                        {"SELECT /* min_gtid=u:1;hostgroup=2 */ 1", 1},
                        {"SELECT /* hostgroup=2 */ 1", 0},
                        {"SELECT /* words */ 1", 0}}) {
    CAPTURE(c.sql);
    Scene scene;
    make_pair(scene, true);
    scene.start();
    scene.ask(scene.log_in(), c.sql);
    CHECK(scene.count(&WorkerStats::annotations_unheeded) == c.count);
  }
}

}  // namespace
}  // namespace weir::test
