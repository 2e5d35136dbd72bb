// SHOW LAST ROUTE: what came between the decision and the server's answer.
#include <catch2/catch.hpp>
#include <functional>

#include "tests/component/session/route_steps.hpp"

namespace weir::test {
namespace {

void add_rule(Scene& scene, const std::function<void(QueryRuleRow&)>& change) {
  QueryRuleRow rule;
  rule.rule_id = 7;
  rule.active = true;
  rule.match_digest = "^SELECT";
  change(rule);
  scene.tables().query_rules.push_back(rule);
}

std::string last_route(Scene& scene, ScriptedClient& client) {
  return written(steps_of(scene, client, "SHOW LAST ROUTE"));
}

TEST_CASE("a detour of the last statement is told") {
  struct Case {
    const char* name;
    std::function<void(Scene&)> scene;
    const char* sql;
    const char* row;
  };
  const Case cases[] = {
      {"to the writer, for no reader could serve", [](Scene& s) { s.server_row(1).status = "OFFLINE_SOFT"; },
       "SELECT v FROM t",
       "destination | hostgroup | 1 | no server of hostgroup 2 could serve; now: 0 of 1 servers usable: 1 "
       "OFFLINE_SOFT\n"},
      {"delayed by a rule", [](Scene& s) { add_rule(s, [](auto& r) { r.delay = 3; }); }, "SELECT v FROM t",
       "effect | delay | 3 ms | \n"},
      {"mirrored", [](Scene& s) { add_rule(s, [](auto& r) { r.mirror_hostgroup = 1; }); }, "SELECT v FROM t",
       "mirror | hostgroup 1 | copied | \n"},
      {"not mirrored, for too many were waiting",
       [](Scene& s) {
         s.settings().mirror_max_queue_length = 0;
         add_rule(s, [](auto& r) { r.mirror_hostgroup = 1; });
       },
       "SELECT v FROM t",
       "mirror | hostgroup 1 | dropped | mysql-mirror_max_queue_length copies were waiting\n"},
      {"a rule that only counts",
       [](Scene& s) { add_rule(s, [](auto& r) { r.attributes = R"({"dry_run":true})"; }); },
       "SELECT v FROM t", "rule | rule_id 7 | match | dry run: it counted, and had no effect\n"},
      {"kept in the cache", [](Scene& s) { add_rule(s, [](auto& r) { r.cache_ttl = 60'000; }); },
       "SELECT v FROM t", "cache | cache_ttl 60000 ms | not found | the server's answer was kept\n"},
      {"not fit for the cache", [](Scene& s) { add_rule(s, [](auto& r) { r.cache_ttl = 60'000; }); },
       "SELECT NOW()",
       "cache | cache_ttl 60000 ms | not used | the answer belongs to the moment or the session\n"},
      {"refused by its server",
       [](Scene& s) {
         add_rule(s, [](auto& r) { r.cache_ttl = 60'000; });
         s.server(1).on("SELECT bad", [](ServerSide& side) { side.err(1146, "no such table", "42S02"); });
       },
       "SELECT bad FROM t", "cache | cache_ttl 60000 ms | not used | it failed\n"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Scene scene;
    scene.add_server(2, "replica");
    scene.split_reads_to(2);
    c.scene(scene);
    scene.start();
    ScriptedClient& client = scene.log_in();
    scene.ask(client, c.sql);
    const std::string told = last_route(scene, client);
    CAPTURE(told);
    CHECK(told.contains(c.row));
    scene.ask(client, "UPDATE t SET v = 1");
    CHECK_FALSE(last_route(scene, client).contains(c.row));
  }
}

TEST_CASE("a place among those that a rule lets run was waited for") {
  Scene scene;
  add_rule(scene, [](auto& r) { r.attributes = R"({"max_in_flight":1})"; });
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.start();
  ScriptedClient& first = scene.log_in();
  ScriptedClient& second = scene.log_in();
  first.query("SELECT held");
  scene.until([&] { return scene.server().find_held() != nullptr; });
  second.query("SELECT 1");
  scene.settle();
  scene.server().find_held()->ok();
  scene.server().find_held()->release();
  scene.reply_of(first);
  scene.reply_of(second);
  CHECK(last_route(scene, second).contains("effect | max_in_flight | waited | "));
  CHECK_FALSE(last_route(scene, first).contains("max_in_flight"));
}

TEST_CASE("an OK_msg is the answer at once, whatever delay its rule has") {
  Scene scene;
  add_rule(scene, [](auto& r) { r.ok_msg = "fine", r.delay = 600'000; });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT 1") == "ok");
  CHECK_FALSE(last_route(scene, client).contains("delay"));
}

TEST_CASE("explained, a cache_ttl that has no effect is no effect") {
  Scene scene;
  add_rule(scene, [](auto& r) { r.cache_ttl = 60'000; });
  scene.start();
  ScriptedClient& client = scene.log_in();
  const std::string told = written(steps_of(scene, client, "EXPLAIN ROUTE SELECT NOW()"));
  CAPTURE(told);
  CHECK(told.contains(
      "cache | cache_ttl 60000 ms | not used | the answer belongs to the moment or the session\n"));
  CHECK_FALSE(told.contains("effect | cache_ttl"));
}

}  // namespace
}  // namespace weir::test
