#include "admin/stored_layers.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "admin/table_sql.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/unit/admin/layers_scene.hpp"

using namespace weir;

namespace {

std::vector<std::string> texts(const Moved& moved) {
  std::vector<std::string> result;
  for (const Complaint& complaint : moved.complaints) result.push_back(to_text(complaint));
  return result;
}

constexpr std::string_view kServer = "INSERT INTO mysql_servers(hostgroup_id, hostname) VALUES (0, 'db1')";

}  // namespace

TEST_CASE("every module names tables that exist, and each table moves with one", "[admin][layers]") {
  CHECK(find_module("mysql Query rules") != nullptr);
  CHECK(find_module("MYSQL") == nullptr);
  Tables tables;
  for_each_table(tables, [](const auto& spec, const auto&) {
    INFO(spec.name);
    CHECK(std::ranges::count_if(modules(),
                                [&](const Module& module) { return has_table(module, spec.name); }) == 1);
  });
  for (const Variable& variable : all_variables()) {
    INFO(variable.name);
    CHECK(std::ranges::count_if(modules(), [&](const Module& module) {
            return !module.variable_prefix.empty() && variable.name.starts_with(module.variable_prefix);
          }) == 1);
  }
}

TEST_CASE("memory, disk and runtime have every table with the columns of its spec", "[admin][layers]") {
  LayersScene scene;
  Tables tables;
  for_each_table(tables, [&](const auto& spec, const auto&) {
    const auto names = column_names(spec);
    for (const std::string& table : {"main." + std::string(spec.name), "disk." + std::string(spec.name),
                                     "main.runtime_" + std::string(spec.name)}) {
      INFO(table);
      const Rows found = scene.store.rows("SELECT * FROM " + table);
      CHECK(std::vector<std::string_view>(found.columns.begin(), found.columns.end()) == names);
    }
  });
}

TEST_CASE("memory tells the collations of the protocol", "[admin][layers]") {
  LayersScene scene;
  CHECK(scene.text("SELECT * FROM mysql_collations WHERE Id IN (8, 45, 46) ORDER BY Id") ==
        "8,latin1_swedish_ci,latin1,Yes; 45,utf8mb4_general_ci,utf8mb4,Yes; 46,utf8mb4_bin,utf8mb4,");
}

TEST_CASE("what is edited in memory runs after a load, and not before", "[admin][layers]") {
  LayersScene scene;
  scene.store.run(kServer);
  CHECK(scene.text("SELECT hostname FROM runtime_mysql_servers").empty());
  const Moved moved = scene.load("MYSQL SERVERS");
  CHECK(texts(moved).empty());
  CHECK(moved.rows == 1);
  CHECK(scene.text("SELECT hostgroup_id, hostname, status FROM runtime_mysql_servers") == "0,db1,ONLINE");
  REQUIRE(scene.runtime.snapshot()->find_hostgroup(0) != nullptr);
}

TEST_CASE("only the module's rows are replaced", "[admin][layers]") {
  LayersScene scene;
  scene.store.run(kServer);
  scene.store.run("INSERT INTO mysql_users(username, password) VALUES ('app', 'pw')");
  scene.load("MYSQL SERVERS");
  CHECK(scene.text("SELECT username FROM runtime_mysql_users").empty());
  scene.store.run("DELETE FROM mysql_servers");
  scene.load("MYSQL USERS");
  CHECK(scene.text("SELECT hostname FROM runtime_mysql_servers") == "db1");
  CHECK(
      scene.text("SELECT username, password, backend, frontend FROM runtime_mysql_users ORDER BY frontend") ==
      "app,pw,1,0; app,pw,0,1");
}

TEST_CASE("a load that fails names the row and changes nothing", "[admin][layers]") {
  struct Case {
    std::string_view module, sql, complaint;
  };
  for (const auto& [module, sql, complaint] : std::initializer_list<Case>{
           {"MYSQL SERVERS", "INSERT INTO mysql_servers(hostname, port) VALUES ('db2', 0)",
            "mysql_servers (hostgroup_id=0, hostname=db2, port=0), port: 0 needs the path of a Unix socket, "
            "beginning with /, as hostname"},
           {"MYSQL SERVERS", "INSERT INTO mysql_servers(hostname, max_connections) VALUES ('db2', 'many')",
            "mysql_servers (hostgroup_id=0, hostname=db2, port=3306), max_connections: 'many' is not an "
            "integer"},
           {"MYSQL QUERY RULES",
            "INSERT INTO mysql_query_rules(rule_id, active, match_digest) VALUES (7, 1, '(')", "(rule_id=7)"},
           {"MYSQL VARIABLES",
            "UPDATE global_variables SET variable_value = '0' WHERE variable_name = 'mysql-max_connections'",
            "mysql-max_connections"},
           {"MYSQL VARIABLES",
            "UPDATE global_variables SET variable_value = 'off' WHERE variable_name = 'mysql-query_digests'",
            "'off' is not true or false"},
       }) {
    INFO(sql);
    LayersScene scene;
    scene.store.run(kServer);
    scene.load("MYSQL SERVERS");
    const auto before = scene.runtime.snapshot();
    scene.store.run(sql);
    const Moved moved = scene.load(module);
    CHECK(moved.failed());
    REQUIRE(!moved.complaints.empty());
    CHECK_THAT(texts(moved).front(), Catch::Contains(std::string(complaint)));
    CHECK(scene.runtime.snapshot() == before);
  }
}

TEST_CASE("warnings come with the load they belong to", "[admin][layers]") {
  LayersScene scene;
  scene.store.run("INSERT INTO mysql_users(username, default_hostgroup) VALUES ('app', 5)");
  const Moved first = scene.load("MYSQL USERS");
  CHECK_FALSE(first.failed());
  REQUIRE(first.complaints.size() == 1);
  CHECK(texts(first)[0] ==
        "warning: mysql_users (username=app, backend=1), default_hostgroup: hostgroup 5 has no server");
  CHECK(texts(scene.load("ADMIN VARIABLES")).empty());  // known, and about other rows
  CHECK(scene.load("MYSQL USERS").complaints.size() == 1);
}

TEST_CASE("unknown variables are kept and warned of, with the nearest name", "[admin][layers]") {
  struct Case {
    std::string_view name, hint;
  };
  for (const auto& [name, hint] : std::initializer_list<Case>{
           {"mysql-max_conections", "did you mean 'mysql-max_connections'?"},
           {"mysql-Threads", "did you mean 'mysql-threads'?"},
           {"mysql-session_debug", "no longer exists"},
       }) {
    LayersScene scene;
    scene.store.run("INSERT INTO global_variables VALUES ('" + std::string(name) + "', '7')");
    const Moved moved = scene.load("MYSQL VARIABLES");
    CHECK_FALSE(moved.failed());
    REQUIRE(moved.complaints.size() == 1);
    CHECK_THAT(texts(moved)[0],
               Catch::StartsWith("warning: global_variables") && Catch::Contains(std::string(hint)));
    CHECK(scene.text("SELECT count(*) FROM global_variables WHERE variable_name = '" + std::string(name) +
                     "'") == "1");
  }
}

TEST_CASE("variables move by their prefix, and keep their spelling in memory", "[admin][layers]") {
  LayersScene scene;
  const auto set = [&](std::string_view name, std::string_view value) {
    scene.store.run("UPDATE global_variables SET variable_value = '" + std::string(value) +
                    "' WHERE variable_name = '" + std::string(name) + "'");
  };
  const auto value = [&](std::string_view table, std::string_view name) {
    return scene.text("SELECT variable_value FROM " + std::string(table) + " WHERE variable_name = '" +
                      std::string(name) + "'");
  };
  set("mysql-max_connections", "007");
  set("mysql-query_digests", "FALSE");
  scene.load("ADMIN VARIABLES");
  CHECK(value("runtime_global_variables", "mysql-max_connections") != "7");
  CHECK_FALSE(scene.load("MYSQL VARIABLES").failed());
  CHECK(value("runtime_global_variables", "mysql-max_connections") == "7");
  CHECK(value("global_variables", "mysql-max_connections") == "007");
  CHECK(value("global_variables", "mysql-query_digests") == "FALSE");
  CHECK(scene.layers.pending().empty());

  // Only the character set was changed: a collation that fits comes into force, and shows in memory.
  set("mysql-default_charset", "latin1");
  scene.load("MYSQL VARIABLES");
  CHECK(value("global_variables", "mysql-default_collation_connection") == "latin1_swedish_ci");

  // A variable that is not in memory keeps its value, and is there again.
  scene.store.run("DELETE FROM global_variables WHERE variable_name = 'mysql-max_connections'");
  scene.load("MYSQL VARIABLES");
  CHECK(value("runtime_global_variables", "mysql-max_connections") == "7");
  CHECK(value("global_variables", "mysql-max_connections") == "7");
}

TEST_CASE("saving from runtime undoes what was edited", "[admin][layers]") {
  LayersScene scene;
  scene.store.run(kServer);
  scene.store.run("INSERT INTO mysql_users(username, active) VALUES ('in', 0), ('out', 1)");
  for (const Module& module : modules()) scene.load(module.name);
  scene.store.run("UPDATE mysql_servers SET weight = 9; DELETE FROM mysql_users");
  scene.store.run(
      "UPDATE global_variables SET variable_value = '5' WHERE variable_name = 'mysql-max_connections'");
  scene.store.run("INSERT INTO global_variables VALUES ('mysql-nonsense', '')");
  for (const Module& module : modules()) {
    CHECK_FALSE(scene.move(module.name, Layer::runtime, Layer::memory).failed());
  }
  CHECK(scene.text("SELECT weight FROM mysql_servers") == "1");
  CHECK(scene.text("SELECT username, active FROM mysql_users") == "in,0; out,1");
  CHECK(scene.text("SELECT count(*) FROM global_variables WHERE variable_name IN ('mysql-nonsense')") == "0");
  CHECK(scene.layers.diff(Layer::memory, Layer::runtime).empty());
}

TEST_CASE("a shunned server shows at runtime, is ONLINE when saved, and back after a load",
          "[admin][layers]") {
  LayersScene scene;
  scene.store.run(kServer);
  scene.store.run("INSERT INTO mysql_servers(hostname, status) VALUES ('by_hand', 'Shunned')");
  scene.load("MYSQL SERVERS");
  const Snapshot& snapshot = *scene.runtime.snapshot();
  auto& health = snapshot.find_hostgroup(0)->servers[0]->health();
  for (int i = 0; i < 100; ++i) health.note_connect_error(1000, 2003, snapshot.settings());
  CHECK(scene.text("SELECT hostname, status FROM runtime_mysql_servers ORDER BY 1") ==
        "by_hand,SHUNNED; db1,SHUNNED");
  scene.move("MYSQL SERVERS", Layer::runtime, Layer::memory);
  CHECK(scene.text("SELECT hostname, status FROM mysql_servers ORDER BY 1") == "by_hand,Shunned; db1,ONLINE");
  scene.load("MYSQL SERVERS");
  CHECK(scene.text("SELECT hostname, status FROM runtime_mysql_servers ORDER BY 1") ==
        "by_hand,SHUNNED; db1,ONLINE");
}

TEST_CASE("runtime has no inactive rows of users and rules", "[admin][layers]") {
  LayersScene scene;
  scene.store.run(
      "INSERT INTO mysql_users(username, active, default_hostgroup) VALUES ('a', 0, 0), ('b', 1, -1)");
  scene.store.run("INSERT INTO mysql_query_rules(rule_id, active) VALUES (9, 1), (3, 0), (5, 1)");
  scene.load("MYSQL USERS");
  scene.load("MYSQL QUERY RULES");
  CHECK(scene.text("SELECT * FROM runtime_mysql_users").empty());
  CHECK(scene.text("SELECT rule_id FROM runtime_mysql_query_rules") == "5; 9");
}

TEST_CASE("one user is loaded alone", "[admin][layers]") {
  LayersScene scene;
  scene.store.run("INSERT INTO mysql_users(username, password) VALUES ('solo', 'pw'), ('duo', 'pw')");
  CHECK(scene.layers.load_user("solo").rows == 1);
  CHECK(scene.text("SELECT DISTINCT username FROM runtime_mysql_users") == "solo");
  const Moved nobody = scene.layers.load_user("nobody");
  CHECK_FALSE(nobody.failed());
  CHECK(nobody.complaints.size() == 1);
  scene.store.run("DELETE FROM mysql_users WHERE username = 'solo'");
  CHECK_FALSE(scene.layers.load_user("solo").failed());
  CHECK(scene.text("SELECT * FROM runtime_mysql_users").empty());
}

TEST_CASE("modules that wait to be loaded are known", "[admin][layers]") {
  LayersScene scene;
  CHECK(scene.layers.pending().empty());
  scene.store.run(kServer);
  scene.store.run(
      "UPDATE global_variables SET variable_value = '5' WHERE variable_name = 'admin-refresh_interval'");
  CHECK(scene.layers.pending() == std::vector<std::string_view>{"ADMIN VARIABLES", "MYSQL SERVERS"});
  scene.load("MYSQL SERVERS");
  CHECK(scene.layers.pending() == std::vector<std::string_view>{"ADMIN VARIABLES"});
  scene.move("ADMIN VARIABLES", Layer::runtime, Layer::memory);
  CHECK(scene.layers.pending().empty());
  scene.store.run("DELETE FROM mysql_servers");
  CHECK(scene.layers.pending() == std::vector<std::string_view>{"MYSQL SERVERS"});
}

TEST_CASE("differences name table, key, column and both values", "[admin][layers]") {
  LayersScene scene;
  scene.store.run(kServer);
  scene.load("MYSQL SERVERS");
  scene.store.run("UPDATE mysql_servers SET weight = 5, comment = 'x'");
  scene.store.run("INSERT INTO mysql_users(username) VALUES ('app')");
  const auto found = scene.layers.diff(Layer::memory, Layer::runtime);
  REQUIRE(found.size() == 3);
  CHECK(found[0].table == "mysql_servers");
  CHECK(found[0].key == "hostgroup_id=0, hostname=db1, port=3306");
  CHECK(found[0].column == "weight");
  CHECK(found[0].left == "5");
  CHECK(found[0].right == "1");
  CHECK(found[1].column == "comment");
  CHECK(found[2].table == "mysql_users");
  CHECK(found[2].column.empty());
  CHECK(found[2].left == "present");
  CHECK(found[2].right == std::nullopt);
}

TEST_CASE("a configuration file is merged into memory", "[admin][layers]") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("weir.cnf");
  std::ofstream(path) << "mysql_variables = { max_connections=99 }\n"
                         "mysql_servers = ( { hostname=\"db1\", hostgroup=0, weight=7 } )\n"
                         "mysql_users = ( { username=\"u\" } )\n";
  LayersScene scene(path);
  scene.store.run(kServer);
  scene.store.run("INSERT INTO mysql_servers(hostname) VALUES ('db2')");
  scene.store.run(
      "UPDATE global_variables SET variable_value = '1' WHERE variable_name = 'mysql-wait_timeout'");
  CHECK(scene.move("MYSQL SERVERS", Layer::config_file, Layer::memory).rows == 1);
  CHECK(scene.text("SELECT hostname, weight FROM mysql_servers ORDER BY 1") == "db1,7; db2,1");
  CHECK(scene.text("SELECT * FROM mysql_users").empty());
  CHECK(scene.move("MYSQL VARIABLES", Layer::config_file, Layer::memory).rows == 1);
  CHECK(scene.text("SELECT variable_value FROM global_variables WHERE variable_name IN "
                   "('mysql-max_connections', 'mysql-wait_timeout') ORDER BY 1") == "1; 99");
  std::ofstream(path) << "mysql_servers = ( { hostgroup=0 } { hostgroup=1 } )\n";
  const Moved moved = scene.move("MYSQL SERVERS", Layer::config_file, Layer::memory);
  REQUIRE(moved.failed());
  CHECK_THAT(texts(moved)[0], Catch::Contains("weir.cnf:1"));
}

TEST_CASE("moves that are none are errors that say why", "[admin][layers]") {
  LayersScene scene;
  struct Case {
    Layer from, to;
    std::string_view why;
  };
  for (const auto& [from, to, why] : std::initializer_list<Case>{
           {Layer::memory, Layer::disk, "without a data directory"},
           {Layer::disk, Layer::memory, "without a data directory"},
           {Layer::config_file, Layer::memory, "no configuration file"},
           {Layer::disk, Layer::runtime, "nothing moves from disk to runtime"},
           {Layer::memory, Layer::config_file, "nothing moves from memory to config file"},
       }) {
    const Moved moved = scene.move("MYSQL SERVERS", from, to);
    CHECK(moved.failed());
    CHECK_THAT(texts(moved)[0], Catch::Contains(std::string(why)));
  }
}
