// EXPLAIN ROUTE says where a statement goes, it goes there, and SHOW LAST ROUTE says that it did:
// configurations times what the session has done before times statements, each a situation of its own.
#include <catch2/catch.hpp>
#include <functional>

#include "tests/component/session/route_steps.hpp"

namespace weir::test {
namespace {

using Texts = std::vector<std::string>;

// Situations are the product of `before` and `statements`, under one configuration.
struct World {
  std::string name;
  std::function<void(Scene&)> make;  // before the start
  Texts before;                      // names of kBefore
  Texts statements;
  std::function<void(Scene&)> then{};  // after the start
  std::string user = "ann";
  std::string schema{};
};

struct Before {
  std::string name;
  Texts statements;
};

const Before kBefore[] = {
    {"nothing", {}},
    {"BEGIN", {"BEGIN"}},
    {"read only transaction", {"START TRANSACTION READ ONLY"}},
    {"transaction over", {"BEGIN", "COMMIT"}},
    {"autocommit=0", {"SET autocommit=0"}},
    {"transaction by autocommit=0", {"SET autocommit=0", "SELECT v FROM t"}},
    {"temporary table", {"CREATE TEMPORARY TABLE x (a INT)"}},
    {"user variable", {"SET @a=1"}},
    {"named lock", {"SELECT GET_LOCK('l', 1)"}},
    {"locked tables", {"LOCK TABLES t WRITE"}},
    {"error", {"INSERT INTO broken VALUES (1)"}},
    {"error of a reader", {"SELECT v FROM broken"}},
    {"found rows", {"SELECT SQL_CALC_FOUND_ROWS v FROM t LIMIT 1"}},
    {"sql_mode", {"SET sql_mode='ANSI_QUOTES'"}},
    {"prepared", {"PREPARE p FROM 'SELECT 1'"}},
    {"handler", {"HANDLER t OPEN"}},
    {"the same", {"SELECT v FROM t"}},
    {"sneaky", {"SELECT v FROM sneaky"}},
    {"next", {"SELECT next FROM t"}},
};

const Texts kAllBefore = [] {
  Texts names;
  for (const Before& before : kBefore) names.push_back(before.name);
  return names;
}();

const Texts kStatements = {
    "SELECT v FROM t",
    "select V from T where id = 3 ;",
    "SELECT v FROM t FOR UPDATE",
    "SELECT v FROM t LOCK IN SHARE MODE",
    "(SELECT v FROM t) UNION ALL (SELECT 2)",
    "WITH c AS (SELECT 1) SELECT * FROM c",
    "SELECT v INTO @b FROM t",
    "SELECT @a, v FROM t",
    "SELECT my_function(v) FROM t",
    "SELECT LAST_INSERT_ID()",
    "SELECT FOUND_ROWS()",
    "SELECT GET_LOCK('m', 1)",
    "SELECT v FROM t; DELETE FROM t",
    "/* hostgroup=2 */ DELETE FROM t",
    "/* hostgroup=1 */ SELECT v FROM t",
    "SELECT v FROM t /* min_epoch_ms=5 */",
    "/*!50000 SELECT */ v FROM t",
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET v = 2",
    "CALL p()",
    "CREATE TABLE y (a INT)",
    "CREATE TEMPORARY TABLE z (a INT)",
    "BEGIN",
    "START TRANSACTION READ ONLY",
    "COMMIT",
    "COMMIT AND CHAIN",
    "SET @c=1",
    "SET autocommit=0",
    "SET NAMES utf8mb4",
    "SHOW WARNINGS",
    "SHOW TABLES",
    "EXPLAIN SELECT v FROM t",
    "EXPLAIN ROUTE SELECT 1",
    "KILL 99999",
    "SELECT CONNECTION_ID()",
    "WEIR INTERNAL SESSION",
    "SELEC 'unclosed",
};

const Texts kFew = {"SELECT v FROM t", "SELECT v FROM t FOR UPDATE", "INSERT INTO t VALUES (1)",
                    "DELETE FROM t", "/* hostgroup=1 */ SELECT v FROM t"};
const Texts kFree = {"nothing", "BEGIN", "user variable", "error"};

QueryRuleRow rule(std::int64_t id, const std::function<void(QueryRuleRow&)>& change) {
  QueryRuleRow row;
  row.rule_id = id;
  row.active = true;
  change(row);
  return row;
}

template <class... Rows>
std::function<void(Scene&)> rules(Rows... rows) {
  return [=](Scene& scene) {
    scene.add_server(2, "two");
    scene.add_server(3, "three");
    for (const QueryRuleRow& row : {rows...}) scene.tables().query_rules.push_back(row);
  };
}

void split(Scene& scene) {
  scene.add_server(2, "replica");
  scene.split_reads_to(2);
}

void split_to_two(Scene& scene) {
  split(scene);
  scene.add_server(2, "second");
}

std::shared_ptr<ServerState> state_of(Scene& scene, std::size_t server) {
  for (const auto& state : scene.states().alive()) {
    if (state->port == scene.server(server).port()) return state;
  }
  return nullptr;
}

void shun_at(Scene& scene, std::size_t server, Instant when) {
  for (int i = 0; i < 10; ++i)
    state_of(scene, server)->health.note_connect_error(when, 2003, scene.settings());
}

void shun(Scene& scene, std::size_t server) {
  scene.server(server).stop_listening();
  shun_at(scene, server, scene.worker(0).loop().now());
}

void fill(Scene& scene, std::size_t server) {
  while (state_of(scene, server)->slots.try_acquire(1)) {
  }
}

const auto to = [](std::int64_t hostgroup) {
  return [hostgroup](QueryRuleRow& r) { r.destination_hostgroup = hostgroup; };
};

// Servers in all conditions, under automatic splitting.
std::vector<World> server_worlds() {
  std::vector<World> all;
  const auto add = [&](World world) { all.push_back(std::move(world)); };
  add({"splitting", split, kAllBefore, kStatements});
  add({"nothing configured", [](Scene& s) { s.add_server(2, "two"); }, kFree, kStatements});
  add({"two replicas", split_to_two, kFree, kFew});
  add({"replica OFFLINE_SOFT", [](Scene& s) { split(s), s.server_row(1).status = "OFFLINE_SOFT"; }, kFree,
       kFew});
  add({"replica SHUNNED by hand", [](Scene& s) { split(s), s.server_row(1).status = "SHUNNED"; }, kFree,
       kFew});
  add({"one replica of weight 0", [](Scene& s) { split_to_two(s), s.server_row(1).weight = 0; }, kFree,
       kFew});
  add({"replica shunned", split, kFree, kFew, [](Scene& s) { shun(s, 1); }});
  add({"one of two replicas shunned", split_to_two, kFree, kFew, [](Scene& s) { shun(s, 2); }});
  add({"one of two replicas full", [](Scene& s) { split_to_two(s), s.server_row(1).max_connections = 1; },
       kFree, kFew, [](Scene& s) { fill(s, 1); }});
  add({"a replica whose time out is over", split_to_two, kFree, kFew,
       [](Scene& s) { shun_at(s, 1, s.worker(0).loop().now() - 20'000); }});
  add({"a learned write",
       split,
       {"sneaky"},
       {"SELECT v FROM sneaky", "SELECT  v FROM sneaky", "SELECT v FROM t"}});
  add({"multiplexing off", [](Scene& s) { split(s), s.settings().multiplexing = false; }, kFree, kFew});
  add({"multiplexing off in the writer's hostgroup",
       [](Scene& s) {
         split(s);
         HostgroupAttributesRow row;
         row.hostgroup_id = 1;
         row.multiplex = false;
         s.tables().hostgroup_attributes.push_back(row);
       },
       kFree, kFew});
  return all;
}

// What rules look at.
std::vector<World> condition_worlds() {
  std::vector<World> all;
  const auto add = [&](World world) { all.push_back(std::move(world)); };
  add({"the two rules that everybody has",
       rules(
           rule(1,
                [](auto& r) {
                  r.match_digest = "^SELECT.*FOR UPDATE", r.destination_hostgroup = 1, r.apply = true;
                }),
           rule(2, [](auto& r) { r.match_digest = "^SELECT", r.destination_hostgroup = 2, r.apply = true; })),
       kFree, kStatements});
  add({"rules about who asks",
       rules(rule(1, [](auto& r) { r.username = "bob", r.destination_hostgroup = 2; }),
             rule(2,
                  [](auto& r) {
                    r.schemaname = "app", r.client_addr = "127.0.0.%", r.destination_hostgroup = 3;
                  }),
             rule(3, [](auto& r) { r.client_addr = "10.0.0.0/8", r.destination_hostgroup = 2; }),
             rule(4, [](auto& r) { r.proxy_port = 1, r.destination_hostgroup = 2; })),
       kFree,
       kFew,
       {},
       "ann",
       "app"});
  add({"another user", all.back().make, kFree, kFew, {}, "bob"});
  add({"chains and negation",
       rules(rule(1, [](auto& r) { r.match_digest = "^SELECT", r.flag_out = 10; }),
             rule(2,
                  [](auto& r) {
                    r.flag_in = 10, r.match_pattern = "UPDATE", r.negate_match_pattern = true, to(2)(r);
                  }),
             rule(3, [](auto& r) { r.match_digest = "^(INSERT|DELETE)", to(3)(r); })),
       kFree, kFew});
  add({"a dry run and a digest",
       rules(rule(1, [](auto& r) { to(2)(r), r.attributes = R"({"dry_run":true})"; }),
             rule(2, [](auto& r) { r.digest = "0x1", to(2)(r); }),
             rule(3, [](auto& r) { r.match_pattern = "delete", r.re_modifiers = "CASELESS", to(3)(r); })),
       kFree, kFew});
  return all;
}

// What rules do.
std::vector<World> effect_worlds() {
  std::vector<World> all;
  const auto add = [&](World world) { all.push_back(std::move(world)); };
  add({"rules that answer",
       rules(rule(1, [](auto& r) { r.match_digest = "^DELETE", r.error_msg = "never"; }),
             rule(2, [](auto& r) { r.match_digest = "^INSERT", r.ok_msg = "as you like"; })),
       kFree, kFew});
  add({"a rule that rewrites",
       rules(rule(1, [](auto& r) { r.match_pattern = "FROM t", r.replace_pattern = "FROM u"; }),
             rule(2, [](auto& r) { r.match_pattern = "FROM u$", to(2)(r); })),
       kFree, kFew});
  add({"a mirror",
       [](Scene& s) {
         rules(rule(1, [](auto& r) { r.match_digest = "^SELECT", r.mirror_hostgroup = 4, to(2)(r); }))(s);
         s.add_server(4, "mirror");
       },
       kFree, kFew});
  add({"a cache",
       rules(rule(1, [](auto& r) { r.match_digest = "^SELECT", r.cache_ttl = 60'000, to(2)(r); })),
       {"nothing", "the same", "BEGIN", "autocommit=0", "user variable"},
       {"SELECT v FROM t", "SELECT v  FROM t", "SELECT v, NOW() FROM t", "DELETE FROM t"}});
  return all;
}

// What depends on what was before, and on what there is.
std::vector<World> memory_worlds() {
  std::vector<World> all;
  const auto add = [&](World world) { all.push_back(std::move(world)); };
  add({"fast routing",
       [](Scene& s) {
         rules(rule(1, [](auto& r) { r.match_digest = "^DELETE", to(2)(r), r.apply = true; }))(s);
         s.tables().fast_routing.push_back(
             {.username = "ann", .schemaname = "app", .destination_hostgroup = 3});
       },
       kFree,
       kFew,
       {},
       "ann",
       "app"});
  add({"a chain for the next statement",
       rules(rule(1, [](auto& r) { r.match_digest = "^SELECT next", r.next_query_flag_in = 5; }),
             rule(2, [](auto& r) { r.flag_in = 5, to(3)(r); })),
       {"nothing", "next", "BEGIN"},
       kFew});
  for (const int multiplex : {0, 1, 2}) {
    add({"multiplex=" + std::to_string(multiplex),
         rules(rule(1, [=](auto& r) { r.match_digest = "^(SELECT|SET)", r.multiplex = multiplex; })),
         {"nothing", "BEGIN", "the same", "user variable"},
         {"SELECT v FROM t", "SET @b=1", "DELETE FROM t", "CREATE TEMPORARY TABLE z (a INT)"}});
  }
  add({"nowhere to go",
       [](Scene& s) {
         s.add_server(2, "one of two");
         s.add_server(2, "writers");
         HostgroupAttributesRow row;
         row.hostgroup_id = 2;
         row.max_num_online_servers = 1;
         s.tables().hostgroup_attributes.push_back(row);
         s.settings().connect_timeout_server_max = 20;
         s.tables().query_rules.push_back(rule(1, [](auto& r) { r.match_digest = "^SELECT", to(2)(r); }));
         s.tables().query_rules.push_back(rule(2, [](auto& r) { r.match_digest = "^[^S]", to(9)(r); }));
       },
       {"nothing"},
       {"SELECT v FROM t", "SELECT v FROM t FOR UPDATE", "DELETE FROM t", "INSERT INTO t VALUES (1)"}});
  return all;
}

// What scripted servers leave out: transactions that statements open and end by themselves, and a few errors.
void make_alive(ScriptedServer& server) {
  server.on("", [&server](ServerSide& side) {
    const std::string& sql = side.command().text;
    if (sql.contains("broken")) return side.err(1146, "Table 'broken' doesn't exist", "42S02");
    constexpr std::uint16_t kReadOnly = kStatusInTransaction | kStatusInReadOnlyTransaction;
    const bool uses_tables = sql.contains(" t") || sql.contains("FROM c") || sql.contains("from T");
    std::uint16_t status = side.status();
    if ((status & kStatusAutocommit) == 0 && uses_tables && !sql.starts_with("CREATE"))
      status |= kStatusInTransaction;
    if (sql.starts_with("CREATE TABLE") || sql.starts_with("LOCK")) status &= ~kReadOnly;
    side.set_status(status);
    if (sql == "START TRANSACTION READ ONLY") side.set_status(status | kReadOnly);
    if (sql == "COMMIT" || sql == "BEGIN") side.set_status(status & ~kReadOnly);
    if (sql != "COMMIT AND CHAIN") return server.answer_normally(side);
    side.set_status(status | kStatusInTransaction);
    side.ok();
  });
}

struct Situation {
  const World& world;
  const Before& before;
  const std::string& statement;
};

class Play {
 public:
  explicit Play(const Situation& situation) : situation_(situation) {
    situation.world.make(scene_);
    for (std::size_t i = 0; i < servers(); ++i) make_alive(scene_.server(i));
    if (servers() > 1)
      scene_.server(1).on("SELECT v FROM sneaky", [](ServerSide& side) {
        side.err(1290, "The MySQL server is running with the --read-only option", "HY000");
      });
    scene_.start();
    if (situation.world.then) situation.world.then(scene_);
  }

  void run() {
    ScriptedClient& client = scene_.log_in(situation_.world.user, situation_.world.schema);
    for (const std::string& sql : situation_.before.statements) scene_.ask(client, sql);
    const auto explained = steps_of(scene_, client, "EXPLAIN ROUTE " + situation_.statement);
    const auto before = steps_of(scene_, client, "SHOW LAST ROUTE");
    for (std::size_t i = 0; i < servers(); ++i) scene_.server(i).forget();
    const std::string reply = scene_.ask(client, situation_.statement);
    const auto told = steps_of(scene_, client, "SHOW LAST ROUTE");
    INFO("explained:\n" << written(explained) << "told:\n" << written(told) << "reply: " << reply);
    const std::string went = where_it_went(reply);
    const std::string verdict = verdict_of(explained);
    REQUIRE_FALSE(verdict.empty());
    if (went == "Weir") {
      CHECK(verdict.starts_with("Weir "));
      if (verdict == "Weir EXPLAIN ROUTE")
        CHECK(written(told) == written(before));
      else
        CHECK(verdict_of(told) == verdict);
      return;
    }
    check_one_story(explained, went);
    check_one_story(told, went);
    CHECK((verdict == went || (verdict.starts_with("one of ") && verdict.contains(went.substr(7)))));
    CHECK(verdict_of(told) == went);
    CHECK(decided(told) == decided(explained));
    if (went.starts_with("server "))
      CHECK(explained.back().reason.starts_with("hostgroup " + std::to_string(hostgroup_of(went))));
    const bool failed = !reply.empty() && reply.find_first_not_of("0123456789") == 4;
    if (!failed) CHECK(pins_after(explained) == pins_after(told));
  }

 private:
  std::size_t servers() { return scene_.tables().servers.size(); }
  std::string name_of(std::size_t server) {
    return "127.0.0.1:" + std::to_string(scene_.server(server).port());
  }

  std::string where_it_went(const std::string& reply) {
    if (reply.starts_with("9001")) return "error 9001";
    std::string sent = situation_.statement;
    if (situation_.world.name == "a rule that rewrites")
      if (const auto at = sent.find("FROM t"); at != std::string::npos) sent.replace(at, 6, "FROM u");
    for (std::size_t i = 0; i < servers(); ++i) {
      if (scene_.server_row(i).hostgroup_id == 4) continue;  // copies only
      for (const Received& received : scene_.server(i).received())
        if (received.command == Command::query && received.text == sent) return "server " + name_of(i);
    }
    return "Weir";
  }

  std::int64_t hostgroup_of(const std::string& went) {
    for (std::size_t i = 0; i < servers(); ++i)
      if (went == "server " + name_of(i)) return scene_.server_row(i).hostgroup_id;
    return -1;
  }

  // The hostgroup that rules and splitting chose, and what it was that decided.
  static std::string decided(const std::vector<RouteStep>& steps) {
    for (const RouteStep& step : steps)
      if (step.step == "destination")
        return step.outcome + " " + step.reason.substr(0, step.reason.find(';'));
    return "";
  }

  // The rows do not contradict the one that counts.
  void check_one_story(const std::vector<RouteStep>& steps, const std::string& went) {
    std::string destination, split;
    for (const RouteStep& step : steps) {
      if (step.step == "destination" || step.step == "replica") destination = step.outcome;
      if (step.step == "split") split = step.outcome;
    }
    if (!went.starts_with("server ")) return;
    const std::string hostgroup = std::to_string(hostgroup_of(went));
    CHECK((destination == hostgroup || destination == "writer"));
    if (split == "writer") CHECK(hostgroup == "1");
    if (split == "reader") CHECK((hostgroup == "2" || destination == "1"));
  }

  // For what the session keeps its connection afterwards, in the order of the pins' names.
  static std::string pins_after(const std::vector<RouteStep>& steps) {
    std::vector<std::string> pins;
    for (const RouteStep& step : steps) {
      if (step.step != "connection") continue;
      const bool added = step.outcome == "kept" || step.outcome == "pinned";
      if (step.outcome == "pinned" && step.reason == "the session keeps its connection") pins.clear();
      for (std::size_t at = 0; at < step.what.size();) {
        const std::size_t end = std::min(step.what.find(',', at), step.what.size());
        const std::string pin = step.what.substr(at, end - at);
        std::erase(pins, pin);
        if (added) pins.push_back(pin);
        at = end + 1;
      }
      if (step.outcome == "shared") pins.clear();
    }
    std::ranges::sort(pins);
    std::string text;
    for (const std::string& pin : pins) text += pin + " ";
    return text;
  }

  const Situation& situation_;
  Scene scene_;
};

TEST_CASE("EXPLAIN ROUTE and SHOW LAST ROUTE agree with what happens") {
  std::vector<World> all;
  for (const auto& some : {server_worlds(), condition_worlds(), effect_worlds(), memory_worlds()})
    all.insert(all.end(), some.begin(), some.end());
  std::size_t situations = 0;
  for (const World& world : all) {
    for (const Before& before : kBefore) {
      if (std::ranges::find(world.before, before.name) == world.before.end()) continue;
      for (const std::string& statement : world.statements) {
        ++situations;
        INFO("configuration: " << world.name << "; before: " << before.name << "; statement: " << statement);
        Play({world, before, statement}).run();
      }
    }
  }
  INFO(situations << " situations");
  CHECK(situations >= 300);
}

}  // namespace
}  // namespace weir::test
