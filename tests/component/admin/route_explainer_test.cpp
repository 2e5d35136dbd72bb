// EXPLAIN ROUTE FOR USER: by what is in force, while a small fleet serves clients.
#include "admin/route_explainer.hpp"

#include <catch2/catch.hpp>

#include "tests/component/session/route_steps.hpp"

namespace weir::test {
namespace {

class Sources final : public StatsSources {
 public:
  explicit Sources(Scene& scene) : scene_(scene) {}
  Fleet* fleet() override { return running ? &scene_.fleet() : nullptr; }
  std::shared_ptr<const Snapshot> snapshot() override { return scene_.fleet().snapshot(); }
  const ServerStates& server_states() override { return scene_.states(); }
  std::vector<PartChecksum> checksums() override { return {}; }
  Instant now() override { return scene_.worker(0).loop().now(); }
  std::int64_t uptime_s() override { return 1; }
  bool listeners_paused() override { return false; }

  bool running = true;

 private:
  Scene& scene_;
};

class Explainer {
 public:
  Explainer() : sources(scene) {
    scene.add_server(2, "replica");
    scene.split_reads_to(2);
    scene.add_server(3, "three");
    scene.settings().interfaces = "/tmp/x.sock;127.0.0.1:6033";
  }

  std::string explain(const RouteQuestion& question) {
    const auto trace = explain_route_for(sources, question, scene.worker(0).loop().now());
    return trace ? written(trace->steps()) : "refused: " + trace.error();
  }
  std::string verdict(std::string_view sql, std::string_view user = "ann") {
    const auto trace = explain_route_for(sources, {.user = user, .sql = sql}, scene.worker(0).loop().now());
    return trace ? verdict_of(trace->steps()) : "refused: " + trace.error();
  }
  std::string server(std::size_t index) {
    return "server 127.0.0.1:" + std::to_string(scene.server(index).port());
  }

  Scene scene;
  Sources sources;
};

QueryRuleRow rule(std::int64_t id, const std::function<void(QueryRuleRow&)>& change) {
  QueryRuleRow row;
  row.rule_id = id;
  row.active = true;
  change(row);
  return row;
}

TEST_CASE("a statement is explained as it would go after a login") {
  Explainer e;
  auto& rules = e.scene.tables().query_rules;
  rules.push_back(rule(1, [](auto& r) { r.username = "bob", r.destination_hostgroup = 3; }));
  rules.push_back(rule(2, [](auto& r) { r.schemaname = "shop", r.destination_hostgroup = 3; }));
  rules.push_back(rule(3, [](auto& r) { r.client_addr = "10.0.0.0/8", r.destination_hostgroup = 3; }));
  rules.push_back(rule(4, [](auto& r) {
    r.proxy_port = 6033, r.proxy_addr = "127.0.0.1", r.match_pattern = "^DELETE", r.destination_hostgroup = 3;
  }));
  e.scene.start();
  struct Case {
    const char* name;
    RouteQuestion question;
    std::size_t server;
  };
  for (const Case& c : {
           Case{"a read", {.user = "ann", .sql = "SELECT v FROM t"}, 1},
           Case{"a write", {.user = "ann", .sql = "UPDATE t SET v = 1"}, 0},
           Case{"another user", {.user = "bob", .sql = "SELECT v FROM t"}, 2},
           Case{"a schema", {.user = "ann", .schema = "shop", .sql = "SELECT v FROM t"}, 2},
           Case{"another schema", {.user = "ann", .schema = "", .sql = "SELECT v FROM t"}, 1},
           Case{"an address", {.user = "ann", .client_address = "10.1.2.3", .sql = "SELECT v FROM t"}, 2},
           Case{
               "another address", {.user = "ann", .client_address = "11.1.2.3", .sql = "SELECT v FROM t"}, 1},
           Case{"the listener", {.user = "ann", .sql = "DELETE FROM t"}, 2},
           Case{"what is not understood", {.user = "ann", .sql = "SELEC 'x"}, 0},
       }) {
    INFO(c.name);
    const std::string explained = e.explain(c.question);
    INFO(explained);
    CHECK(explained.find("verdict | " + e.server(c.server).replace(6, 1, " | ")) != std::string::npos);
  }
  for (const RuleHits& hits : e.scene.worker(0).rule_hits()) CHECK(hits.hits == 0);
}

TEST_CASE("defaults and switches of the user count") {
  Explainer e;
  e.scene.tables().users[0].default_schema = "shop";
  e.scene.tables().users[1].attributes = R"({"auto_rw_split":false,"annotations":false})";
  e.scene.start();
  CHECK(e.explain({.user = "ann", .sql = "SELECT 1"}).find("schema 'shop'") != std::string::npos);
  CHECK(e.verdict("SELECT v FROM t", "bob") == e.server(0));
  CHECK(e.verdict("/* hostgroup=3 */ SELECT v FROM t", "bob") == e.server(0));
  CHECK(e.verdict("/* hostgroup=3 */ SELECT v FROM t") == e.server(2));
}

TEST_CASE("what any worker has learned counts") {
  Explainer e;
  e.scene.server(1).on("SELECT v FROM sneaky", [](ServerSide& side) {
    side.err(1290, "The MySQL server is running with the --read-only option", "HY000");
  });
  e.scene.start();
  CHECK(e.verdict("SELECT v FROM sneaky") == e.server(1));
  e.scene.ask(e.scene.log_in(), "SELECT v FROM sneaky");
  CHECK(e.verdict("SELECT v FROM sneaky") == e.server(0));
  e.sources.running = false;
  CHECK(e.verdict("SELECT v FROM sneaky") == e.server(1));
}

TEST_CASE("a client comes from an address, or by a Unix socket") {
  Explainer e;
  e.scene.start();
  for (const char* bad : {"foo", "localhost", "10.0.0", "10.0.0.1:3306", "10.0.0.%", "[::1]"}) {
    CHECK(e.explain({.user = "ann", .client_address = bad, .sql = "SELECT 1"})
              .starts_with("refused: FROM '" + std::string(bad) + "': it needs a numeric address"));
  }
  CHECK(e.explain({.user = "ann", .client_address = "::ffff:10.0.0.1", .sql = "SELECT 1"})
            .contains("client '10.0.0.1'"));
  CHECK(e.explain({.user = "ann", .client_address = "", .sql = "SELECT 1"}).contains("client ''"));
}

TEST_CASE("who cannot log in has no routes, and nothing has none") {
  Explainer e;
  e.scene.tables().users[1].frontend = false;
  e.scene.start();
  CHECK(e.verdict("SELECT 1", "nobody")
            .starts_with("refused: no client can log in as 'nobody': runtime_mysql_"));
  CHECK(e.verdict("SELECT 1", "bob").starts_with("refused: no client can log in as 'bob'"));
  CHECK(e.verdict("").starts_with("refused: there is no statement"));
  CHECK(e.verdict(" /* c */ ;").starts_with("refused: there is no statement"));
}

}  // namespace
}  // namespace weir::test
