// What a mirror's copy leaves with its connection is not met by the session that has the connection next.
#include <catch2/catch.hpp>

#include "tests/component/session/applied_rule.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

TEST_CASE("an insert id that a copy leaves is nobody's") {
  struct Case {
    const char* sql;
    bool fails;
    bool leaves_id;
    std::uint64_t told = 0;  // by the OK, be it of LAST_INSERT_ID() or named by the statement
  };
  const Case cases[] = {
      {"SELECT LAST_INSERT_ID(77)", false, true},
      {"DELETE FROM t WHERE id = LAST_INSERT_ID(77)", false, true},
      {"INSERT INTO t VALUES (1) RETURNING id", false, true},
      {"REPLACE INTO t VALUES (1) RETURNING id", false, true},
      {"INSERT INTO t VALUES (1)", true, true},
      {"UPDATE t SET a = 1", true, true},
      {"INSERT INTO t VALUES (1)", false, false},
      {"INSERT INTO t VALUES (500)", false, true, 500},
      {"SELECT 1", false, false},
      {"SELECT 1", true, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.sql, c.fails);
    Scene scene;
    ScriptedServer& copies = scene.add_server(9, "mirror");
    copies.on(c.sql, [&](ServerSide& side) {
      if (c.fails) return side.err(1062, "Duplicate entry");
      c.told != 0 ? side.ok(1, c.told) : side.rows("id", {"8"});
    });
    QueryRuleRow there = applied_rule(1, "LAST_INSERT_ID\\(\\)");
    there.destination_hostgroup = 9;
    scene.tables().query_rules.push_back(there);
    QueryRuleRow copied = applied_rule(2, "^(SELECT|INSERT|REPLACE|UPDATE|DELETE)");
    copied.mirror_hostgroup = 9;
    scene.tables().query_rules.push_back(copied);
    scene.start();
    scene.ask(scene.log_in(), c.sql);
    scene.until([&] { return scene.count(&WorkerStats::mirrored) == 1; });
    scene.settle();
    CHECK(scene.ask(scene.log_in(), "SELECT LAST_INSERT_ID()") == "mirror");
    CHECK(copies.count("SET last_insert_id=0") == (c.leaves_id ? 1 : 0));
    CHECK(copies.accepted() == 1);
  }
}

TEST_CASE("what only the session's connection knows is not asked of a mirror") {
  Scene scene;
  ScriptedServer& copies = scene.add_server(9, "mirror");
  QueryRuleRow copied = applied_rule(1, "^INSERT");
  copied.mirror_hostgroup = 9;
  scene.tables().query_rules.push_back(copied);
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");  // nothing is read back
  CHECK(scene.ask(client, "SET @a = LENGTH('xyz')") == "ok");
  scene.ask(client, "INSERT INTO t VALUES (@a)");
  scene.ask(client, "INSERT INTO t VALUES (1)");
  scene.until([&] { return scene.count(&WorkerStats::mirrored) == 1; });
  CHECK(scene.count(&WorkerStats::mirror_dropped) == 1);
  CHECK(copies.count("INSERT INTO t VALUES (1)") == 1);
  CHECK(copies.count("INSERT INTO t VALUES (@a)") == 0);
}

TEST_CASE("copies that wait for a mirror are bounded by their bytes, too") {
  Scene scene;
  scene.add_server(9, "mirror").on("INSERT", [](ServerSide& side) { side.hold(); });
  scene.settings().mirror_max_concurrency = 1;
  QueryRuleRow copied = applied_rule(1, "^INSERT");
  copied.mirror_hostgroup = 9;
  scene.tables().query_rules.push_back(copied);
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string megabyte = "INSERT INTO t VALUES ('" + std::string(1'000'000, 'x') + "')";
  for (int i = 0; i < 72; ++i) scene.ask(client, megabyte);
  CHECK(scene.count(&WorkerStats::mirror_dropped) > 0);
  CHECK(scene.worker(0).mirrors().waiting() > 60);
  CHECK(scene.worker(0).mirrors().waiting() < 70);
}

}  // namespace
}  // namespace weir::test
