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
