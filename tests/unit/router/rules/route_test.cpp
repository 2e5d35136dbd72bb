#include "router/rules/route.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "tests/support/allocation_count.hpp"

namespace weir {
namespace {

using Rows = std::vector<QueryRuleRow>;

template <class... Change>
QueryRuleRow rule(std::int64_t rule_id, Change... changes) {
  QueryRuleRow row;
  row.rule_id = rule_id;
  row.active = true;
  (changes(row), ...);
  return row;
}
auto digest_is(std::string expression) {
  return [=](QueryRuleRow& r) { r.match_digest = expression; };
}
auto pattern_is(std::string expression) {
  return [=](QueryRuleRow& r) { r.match_pattern = expression; };
}
auto to(std::int64_t hostgroup) {
  return [=](QueryRuleRow& r) { r.destination_hostgroup = hostgroup; };
}
auto flags(std::int64_t in, std::optional<std::int64_t> out) {
  return [=](QueryRuleRow& r) { r.flag_in = in, r.flag_out = out; };
}
void apply(QueryRuleRow& r) {
  r.apply = true;
}

// A session of user u in schema s, from 10.0.0.7 at 10.0.0.1:6033, whose default hostgroup is 1.
class Router {
 public:
  explicit Router(const Rows& rows) {
    std::vector<Complaint> complaints;
    auto compiled = RuleSet::compile(rows, complaints);
    REQUIRE(compiled.has_value());
    rules_ = std::move(*compiled);
    scratch.adopt(rules_);
  }

  Decision operator()(std::string_view sql) {
    analyzer_.begin(sql, {}, {});
    return route(input, rules_, scratch);
  }
  int hostgroup(std::string_view sql) { return (*this)(sql).destination_hostgroup; }

 private:
  Analyzer analyzer_;
  RuleSet rules_;

 public:
  MatchScratch scratch;
  RouteInput input{.analyzer = analyzer_,
                   .username = "u",
                   .schema = "s",
                   .client_addr = "10.0.0.7",
                   .proxy_addr = "10.0.0.1",
                   .proxy_port = 6033,
                   .default_hostgroup = 1};
};

const Rows kReadsAndLocks = {rule(1, digest_is("^SELECT.*FOR UPDATE"), to(1), apply),
                             rule(2, digest_is("^SELECT"), to(2), apply)};

}  // namespace

TEST_CASE("without rules the user's hostgroup decides", "[router][route]") {
  Router router({});
  const Decision decision = router("SELECT 1");
  CHECK(decision.destination_hostgroup == 1);
  CHECK(decision.decided_by == DecidedBy::default_hostgroup);
  CHECK(decision.rule_id == -1);
  CHECK(decision.fallback_hostgroup == -1);
}

TEST_CASE("the two usual rules split reads from the rest", "[router][route]") {
  Router router(kReadsAndLocks);
  CHECK(router.hostgroup("SELECT c FROM t WHERE id=1") == 2);
  CHECK(router.hostgroup("select c from t") == 2);
  CHECK(router.hostgroup("SELECT c\nFROM t\nFOR UPDATE") == 1);
  CHECK(router.hostgroup("/* c */ SELECT 1") == 2);
  CHECK(router.hostgroup("UPDATE t SET a = 1") == 1);
  CHECK(router("SELECT 1").rule_id == 2);
  CHECK(router("SELECT 1").destination_rule_id == 2);
  CHECK(router("SELECT 1").decided_by == DecidedBy::rule);
  CHECK(router.scratch.hits()[0] == 1);
  CHECK(router.scratch.hits()[1] == 6);
}

TEST_CASE("every condition can decide alone", "[router][route]") {
  struct Case {
    const char* name;
    void (*condition)(QueryRuleRow&);
    bool holds;
  };
  const Case cases[] = {
      {"no condition", [](QueryRuleRow&) {}, true},
      {"username", [](QueryRuleRow& r) { r.username = "u"; }, true},
      {"other username", [](QueryRuleRow& r) { r.username = "U"; }, false},
      {"empty username", [](QueryRuleRow& r) { r.username = ""; }, true},
      {"schemaname", [](QueryRuleRow& r) { r.schemaname = "s"; }, true},
      {"other schemaname", [](QueryRuleRow& r) { r.schemaname = "s2"; }, false},
      {"flagIN", [](QueryRuleRow& r) { r.flag_in = 1; }, false},
      {"client_addr", [](QueryRuleRow& r) { r.client_addr = "10.0.0.7"; }, true},
      {"longer client_addr", [](QueryRuleRow& r) { r.client_addr = "10.0.0.70"; }, false},
      {"shorter client_addr", [](QueryRuleRow& r) { r.client_addr = "10.0.0."; }, false},
      {"client_addr prefix", [](QueryRuleRow& r) { r.client_addr = "10.0.%"; }, true},
      {"other client_addr prefix", [](QueryRuleRow& r) { r.client_addr = "10.1.%"; }, false},
      {"any client_addr", [](QueryRuleRow& r) { r.client_addr = "%"; }, true},
      {"proxy_addr", [](QueryRuleRow& r) { r.proxy_addr = "10.0.0.1"; }, true},
      {"other proxy_addr", [](QueryRuleRow& r) { r.proxy_addr = "10.0.0.2"; }, false},
      {"proxy_port", [](QueryRuleRow& r) { r.proxy_port = 6033; }, true},
      {"other proxy_port", [](QueryRuleRow& r) { r.proxy_port = 6034; }, false},
      {"digest", [](QueryRuleRow& r) { r.digest = "0x1C46AE529DD5A40E"; }, true},
      {"other digest", [](QueryRuleRow& r) { r.digest = "0x1C46AE529DD5A40F"; }, false},
      {"match_digest", [](QueryRuleRow& r) { r.match_digest = "^SELECT \\?$"; }, true},
      {"match_digest sees no values", [](QueryRuleRow& r) { r.match_digest = "42"; }, false},
      {"match_digest sees no comments", [](QueryRuleRow& r) { r.match_digest = "note"; }, false},
      {"match_pattern sees values", [](QueryRuleRow& r) { r.match_pattern = "42"; }, true},
      {"match_pattern sees comments", [](QueryRuleRow& r) { r.match_pattern = "note"; }, true},
      {"match_pattern, other", [](QueryRuleRow& r) { r.match_pattern = "43"; }, false},
      {"CASELESS is the default", [](QueryRuleRow& r) { r.match_digest = "^select"; }, true},
      {"no modifier", [](QueryRuleRow& r) { r.match_digest = "^select", r.re_modifiers = ""; }, false},
      {"GLOBAL alone", [](QueryRuleRow& r) { r.match_digest = "^select", r.re_modifiers = "GLOBAL"; }, false},
      {"negated match_digest",
       [](QueryRuleRow& r) { r.match_digest = "^UPDATE", r.negate_match_pattern = true; }, true},
      {"negated match_pattern",
       [](QueryRuleRow& r) { r.match_pattern = "42", r.negate_match_pattern = true; }, false},
      {"negation without expression", [](QueryRuleRow& r) { r.negate_match_pattern = true; }, true},
      {"all conditions are needed", [](QueryRuleRow& r) { r.username = "u", r.match_digest = "^UPDATE"; },
       false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    Router router({rule(1, to(2), c.condition)});
    CHECK(router.hostgroup("SELECT /* note */ 42") == (c.holds ? 2 : 1));
    CHECK(router.scratch.hits()[0] == (c.holds ? 1 : 0));
  }
}

TEST_CASE("later rules overwrite what earlier ones said, until one applies", "[router][route]") {
  Router both({rule(1, to(5)), rule(2, to(6))});
  CHECK(both.hostgroup("SELECT 1") == 6);
  CHECK(both("SELECT 1").destination_rule_id == 2);
  Router stopped({rule(1, to(5), apply), rule(2, to(6))});
  CHECK(stopped.hostgroup("SELECT 1") == 5);
  CHECK(stopped.scratch.hits()[1] == 0);
  Router kept({rule(1, to(5)), rule(2)});
  CHECK(kept.hostgroup("SELECT 1") == 5);
  CHECK(kept("SELECT 1").rule_id == 2);
  CHECK(kept("SELECT 1").destination_rule_id == 1);
  Router reversed(
      {rule(2, digest_is("^SELECT.*FOR UPDATE"), to(1), apply), rule(1, digest_is("^SELECT"), to(2), apply)});
  CHECK(reversed.hostgroup("SELECT 1 FOR UPDATE") == 2);
}

TEST_CASE("flagOUT leads to the rules of that chain", "[router][route]") {
  Router forward(
      {rule(1, digest_is("^SELECT"), flags(0, 7)), rule(2, to(5), apply), rule(3, flags(7, {}), to(6))});
  CHECK(forward.hostgroup("SELECT 1") == 6);
  CHECK(forward.hostgroup("UPDATE t SET a = 1") == 5);
  Router backward({rule(1, flags(7, {}), to(6)), rule(2, flags(0, 7), to(5))});
  CHECK(backward.hostgroup("SELECT 1") == 5);
  backward.input.restarts = 1;
  CHECK(backward.hostgroup("SELECT 1") == 6);
  Router endless({rule(1, flags(0, 1), to(5)), rule(2, flags(1, 0), to(6))});
  endless.input.restarts = 3;
  CHECK(endless.hostgroup("SELECT 1") == 6);
  CHECK(endless.scratch.hits()[0] + endless.scratch.hits()[1] == 4);
  Router started({rule(1, to(5)), rule(2, flags(9, {}), to(6))});
  started.input.flag_in = 9;
  CHECK(started.hostgroup("SELECT 1") == 6);
}

TEST_CASE("outputs reach the decision", "[router][route]") {
  Router router({rule(1, [](QueryRuleRow& r) {
    r.error_msg = "no";
    r.ok_msg = "yes";
    r.timeout = 250;
    r.next_query_flag_in = 4;
    r.multiplex = 2;
    r.log = 0;
  })});
  const Decision decision = router("SELECT 1");
  CHECK(decision.error_msg == "no");
  CHECK(decision.ok_msg == "yes");
  CHECK(decision.timeout_ms == 250);
  CHECK(decision.next_query_flag_in == 4);
  CHECK(decision.multiplex == MultiplexOverride::keep_on);
  CHECK(decision.log == 0);
  CHECK(decision.decided_by == DecidedBy::default_hostgroup);
  Router off({rule(1, [](QueryRuleRow& r) { r.multiplex = 0; })});
  CHECK(off("SELECT 1").multiplex == MultiplexOverride::disable);
  Router on({rule(1, [](QueryRuleRow& r) { r.multiplex = 1; })});
  CHECK(on("SELECT 1").multiplex == MultiplexOverride::enable);
  Router none(
      {rule(1, [](QueryRuleRow& r) { r.multiplex = -1, r.timeout = -1, r.destination_hostgroup = -1; })});
  CHECK(none("SELECT 1").multiplex == MultiplexOverride::none);
  CHECK(none("SELECT 1").timeout_ms == -1);
  CHECK(none.hostgroup("SELECT 1") == 1);
}

TEST_CASE("a search that is given up does not match, negated or not", "[router][route]") {
  const std::string sql = "SELECT '" + std::string(200, 'a') + "b'";
  for (const bool negate : {false, true}) {
    Router router(
        {rule(1, pattern_is("(a+)+$"), to(2), [=](QueryRuleRow& r) { r.negate_match_pattern = negate; })});
    CHECK(router.hostgroup(sql) == 1);
    CHECK(router.scratch.limits_reached == 1);
    CHECK(router.scratch.hits()[0] == 0);
  }
}

TEST_CASE("splitting sends reads to the reader, and the rest to the writer", "[router][route]") {
  Router router({});
  router.input.auto_rw_split = true;
  router.input.pair = HostgroupPair{1, 2};
  const Decision read = router("SELECT * FROM t");
  CHECK(read.destination_hostgroup == 2);
  CHECK(read.fallback_hostgroup == 1);
  CHECK(read.decided_by == DecidedBy::split_read);
  CHECK(read.reason == Reason::none);
  const Decision write = router("SELECT * FROM t FOR UPDATE");
  CHECK(write.destination_hostgroup == 1);
  CHECK(write.fallback_hostgroup == -1);
  CHECK(write.decided_by == DecidedBy::split_write);
  CHECK(write.reason == Reason::locking_read);
  for (const char* sql :
       {"UPDATE t SET a = 1", "SELECT f()", "SELECT @a", "BEGIN", "START TRANSACTION READ ONLY",
        "SELECT 1; SELECT 2", "", "SELEC 1", "SELECT LAST_INSERT_ID()"}) {
    CAPTURE(sql);
    CHECK(router.hostgroup(sql) == 1);
  }
}

TEST_CASE("splitting holds reads on the writer while the session's state wants it", "[router][route]") {
  const auto hold = [](void (*change)(RouteInput&)) {
    Router router({});
    router.input.auto_rw_split = true;
    router.input.pair = HostgroupPair{1, 2};
    change(router.input);
    const Decision decision = router("SELECT * FROM t");
    CHECK((decision.decided_by == DecidedBy::split_read) == (decision.hold == SplitHold::none));
    CHECK(decision.destination_hostgroup == (decision.hold == SplitHold::none ? 2 : 1));
    return decision.hold;
  };
  CHECK(hold([](RouteInput&) {}) == SplitHold::none);
  CHECK(hold([](RouteInput& i) { i.in_transaction = true; }) == SplitHold::in_transaction);
  CHECK(hold([](RouteInput& i) { i.autocommit = false; }) == SplitHold::autocommit_off);
  CHECK(hold([](RouteInput& i) { i.has_temporary_tables = true; }) == SplitHold::temporary_tables);
  CHECK(hold([](RouteInput& i) { i.transaction_announced = true; }) == SplitHold::transaction_announced);
}

TEST_CASE("what SET TRANSACTION has said goes with the transaction that a reader begins", "[router][route]") {
  Router router({});
  router.input.auto_rw_split = router.input.split_read_only_transactions = true;
  router.input.pair = HostgroupPair{1, 2};
  router.input.transaction_announced = true;
  CHECK(router.hostgroup("START TRANSACTION READ ONLY") == 2);
  CHECK(router.hostgroup("SELECT * FROM t") == 1);
}

TEST_CASE("users with fast_forward go straight on", "[router][route]") {
  QueryRuleRow row = rule(1);
  row.match_digest = "^SELECT";
  row.destination_hostgroup = 7;
  Router router({row});
  router.input.auto_rw_split = true;
  router.input.pair = HostgroupPair{1, 2};
  CHECK(router.hostgroup("SELECT * FROM t") == 7);
  router.input.fast_forward = true;
  const Decision decision = router("/* hostgroup=5 */ SELECT * FROM t");
  CHECK(decision.destination_hostgroup == 1);
  CHECK(decision.multiplex == MultiplexOverride::disable);
  CHECK(decision.rule_id == -1);
}

TEST_CASE("splitting needs the switch, a pair, and the user on its writer", "[router][route]") {
  Router router({});
  router.input.pair = HostgroupPair{1, 2};
  CHECK(router("SELECT 1").decided_by == DecidedBy::default_hostgroup);
  router.input.auto_rw_split = true;
  CHECK(router("SELECT 1").decided_by == DecidedBy::split_read);
  router.input.pair = HostgroupPair{3, 4};
  CHECK(router("SELECT 1").decided_by == DecidedBy::default_hostgroup);
  router.input.pair.reset();
  CHECK(router("SELECT 1").decided_by == DecidedBy::default_hostgroup);
}

TEST_CASE("a rule with a destination comes before splitting, one without does not", "[router][route]") {
  Router with({rule(1, to(9))});
  with.input.auto_rw_split = true;
  with.input.pair = HostgroupPair{1, 2};
  CHECK(with.hostgroup("SELECT 1") == 9);
  Router without({rule(1, apply)});
  without.input.auto_rw_split = true;
  without.input.pair = HostgroupPair{1, 2};
  CHECK(without.hostgroup("SELECT 1") == 2);
  CHECK(without("SELECT 1").rule_id == 1);
}

TEST_CASE("routing a warm statement allocates nothing", "[router][route]") {
  Router router(kReadsAndLocks);
  router("SELECT c FROM sbtest1 WHERE id=12345");
  const test::AllocationCount count;
  router("SELECT c FROM sbtest1 WHERE id=54321");
  CHECK(count.allocations() == 0);
}

TEST_CASE("adopting a rule set starts its counters from zero", "[router][route]") {
  Router router(kReadsAndLocks);
  router("SELECT 1");
  CHECK(router.scratch.hits()[1] == 1);
  RuleSet empty;
  router.scratch.adopt(empty);
  CHECK(router.scratch.hits().empty());
}

}  // namespace weir
