#include "router/rules/route_trace.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "router/rules/route.hpp"
#include "router/rules/route_record.hpp"
#include "router/session/holdings.hpp"

namespace weir {
namespace {

using Change = std::function<void(QueryRuleRow&)>;

QueryRuleRow rule(std::int64_t rule_id, const Change& change) {
  QueryRuleRow row;
  row.rule_id = rule_id;
  row.active = true;
  change(row);
  return row;
}

std::string written(const RouteTrace& trace) {
  std::string rows;
  for (const RouteStep& step : trace.steps())
    rows += step.step + " | " + step.what + " | " + step.outcome + " | " + step.reason + "\n";
  return rows;
}

struct Case {
  const char* name;
  std::vector<QueryRuleRow> rules;
  std::function<void(RouteInput&)> session;
  const char* sql;
  std::vector<const char*> rows;  // each stands in the trace, in this order
};

const auto kPlain = [](RouteInput&) {};
const auto kSplit = [](RouteInput& input) {
  input.auto_rw_split = true;
  input.pair = HostgroupPair{1, 2};
};

const std::vector<Case> kCases = {
    {"nothing configured",
     {},
     kPlain,
     "SELECT 1",
     {"statement | select | read | none\n", "digest | 0x", " | SELECT ? | \n",
      "session | user 'u' | default hostgroup 1 | schema 's'; client '10.0.0.7'; listener '10.0.0.1' port "
      "6033; "
      "chain 0\n",
      "split | no pair | off | mysql-auto_rw_split, or the user's attributes\n",
      "destination | hostgroup | 1 | default_hostgroup\n"}},
    {"each condition that fails is named with both values",
     {rule(1, [](auto& r) { r.flag_in = 4; }), rule(2, [](auto& r) { r.username = "other"; }),
      rule(3, [](auto& r) { r.schemaname = "other"; }),
      rule(4, [](auto& r) { r.client_addr = "10.1.0.0/16"; }),
      rule(5, [](auto& r) { r.proxy_addr = "10.0.0.2"; }), rule(6, [](auto& r) { r.proxy_port = 3306; }),
      rule(7, [](auto& r) { r.digest = "0x1"; }), rule(8, [](auto& r) { r.match_digest = "^UPDATE"; }),
      rule(9, [](auto& r) { r.match_pattern = "t2", r.match_digest = "^SELECT"; })},
     kPlain,
     "SELECT * FROM t1",
     {"rule | rule_id 1 | no match | flagIN is 4, the chain is 0\n",
      "rule | rule_id 2 | no match | username 'other' is not 'u'\n",
      "rule | rule_id 3 | no match | schemaname 'other' is not 's'\n",
      "rule | rule_id 4 | no match | client_addr '10.1.0.0/16' is not that of '10.0.0.7'\n",
      "rule | rule_id 5 | no match | proxy_addr '10.0.0.2' is not '10.0.0.1'\n",
      "rule | rule_id 6 | no match | proxy_port 3306 is not 6033\n",
      "rule | rule_id 7 | no match | digest is not 0x0000000000000001\n",
      "rule | rule_id 8 | no match | match_digest '^UPDATE' does not match\n",
      "rule | rule_id 9 | no match | match_pattern 't2' does not match\n",
      "destination | hostgroup | 1 | default_hostgroup\n"}},
    {"rules after the one that applies are not tried",
     {rule(1, [](auto& r) { r.match_digest = "^SELECT", r.destination_hostgroup = 5, r.apply = true; }),
      rule(2, [](auto& r) { r.match_digest = "^SELECT", r.destination_hostgroup = 6; })},
     kPlain,
     "SELECT 1",
     {"rule | rule_id 1 | match | hostgroup 5; apply: no further rule is tried\nsplit |",
      "destination | hostgroup | 5 | rule 1\n"}},
    {"chains, negation, dry runs",
     {rule(1, [](auto& r) { r.match_digest = "^SELECT", r.flag_out = 7; }),
      rule(2, [](auto& r) { r.flag_in = 7, r.match_pattern = "t1", r.negate_match_pattern = true; }),
      rule(3,
           [](auto& r) { r.flag_in = 7, r.destination_hostgroup = 9, r.attributes = R"({"dry_run":true})"; }),
      rule(4, [](auto& r) { r.flag_in = 7, r.timeout = 500, r.cache_empty_result = 0; })},
     kPlain,
     "SELECT * FROM t1",
     {"rule | rule_id 1 | match | chain 7\n",
      "rule | rule_id 2 | no match | match_pattern 't1' matches, and is negated\n",
      "rule | rule_id 3 | match | dry run: it counts, and has no effect\n",
      "rule | rule_id 4 | match | cache_empty_result 0; timeout 500 ms\n",
      "effect | cache_empty_result | 0 | \n", "effect | timeout | 500 ms | \n",
      "destination | hostgroup | 1 | default_hostgroup\n"}},
    {"a chain drawn by weight",
     {rule(1, [](auto& r) { r.attributes = R"({"flagOUTs":[{"id":8,"weight":1}]})"; })},
     kPlain,
     "SELECT 1",
     {"rule | rule_id 1 | match | chain 8, drawn by weight\n"}},
    {"what a rule makes of the text, and what that is",
     {rule(1, [](auto& r) { r.match_pattern = "^SELECT (.*)", r.replace_pattern = "DELETE \\1"; })},
     [](RouteInput& input) { kSplit(input), input.may_rewrite = true; },
     "SELECT FROM t",
     {"statement | select | read |", "rule | rule_id 1 | match | rewritten to: DELETE FROM t\n",
      "statement | delete | write | not_a_read; uses_tables; as rewritten\n",
      "split | writer 1, reader 2 | writer | not_a_read\n"}},
    {"an expensive expression",
     {rule(1, [](auto& r) { r.match_pattern = "^(a+)+$", r.destination_hostgroup = 3; })},
     kPlain,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
     {"rule | rule_id 1 | no match | match_pattern: the search was given up as too expensive\n"}},
    {"refusal",
     {rule(1, [](auto& r) { r.error_msg = "not now"; })},
     kPlain,
     "SELECT 1",
     {"rule | rule_id 1 | match | error_msg\n",
      "effect | error_msg | not now | answered without a server\n"}},
    {"what is answered at once is neither delayed nor cached",
     {rule(1, [](auto& r) { r.ok_msg = "fine", r.delay = 50, r.cache_ttl = 60, r.next_query_flag_in = 3; })},
     kPlain,
     "SELECT 1",
     {"effect | cache_ttl | 60 ms | none: it is answered at once\n",
      "effect | delay | 50 ms | none: it is answered at once\n", "effect | next_query_flagIN | 3 | \n",
      "effect | OK_msg | fine | answered without a server\n"}},
    {"a function that nobody knows is named",
     {},
     kSplit,
     "SELECT a, nobody_knows(b) FROM t",
     {"statement | select | unknown | unknown_function nobody_knows; ",
      "split | writer 1, reader 2 | writer | unknown_function nobody_knows\n"}},
    {"an annotation has the last word",
     {rule(1, [](auto& r) { r.destination_hostgroup = 5; })},
     kPlain,
     "/* hostgroup=4;query_timeout=9;max_lag_ms=5 */ SELECT 1",
     {"annotation |  hostgroup=4;query_timeout=9;max_lag_ms=5  | match | hostgroup 4\n",
      "effect | timeout | 9 ms | \n",
      "effect | max_lag | 5 ms | none in this version\n",
      "destination | hostgroup | 4 | annotation\n"}},
    {"a mistyped key",
     {},
     kPlain,
     "/* hostgrup=4 */ SELECT 1",
     {"annotation |  hostgrup=4  | no hostgroup | 'hostgrup' is no key, and has no effect; did you mean "
      "'hostgroup'?\n"}},
    {"an annotation of a user who may not",
     {},
     [](RouteInput& input) { input.annotations = false; },
     "/* hostgroup=4 */ SELECT 1",
     {"annotation |  hostgroup=4  | ignored | annotations are off for this user\n",
      "destination | hostgroup | 1 | default_hostgroup\n"}},
    {"a read that is split",
     {},
     kSplit,
     "SELECT * FROM t",
     {"split | writer 1, reader 2 | reader | a read outside transactions\n",
      "destination | hostgroup | 2 | split_read; hostgroup 1 if no server there can serve\n"}},
    {"a read that locks",
     {},
     kSplit,
     "SELECT * FROM t FOR UPDATE",
     {"statement | select | write | locking_read; locking, uses_tables\n",
      "split | writer 1, reader 2 | writer | locking_read\n", "destination | hostgroup | 1 | split_write\n"}},
    {"a read in a transaction",
     {},
     [](RouteInput& input) { kSplit(input), input.in_transaction = true; },
     "SELECT 1",
     {"split | writer 1, reader 2 | writer | in_transaction\n"}},
    {"a read that must be fresh",
     {},
     kSplit,
     "/* max_lag_ms=5 */ SELECT 1",
     {"split | writer 1, reader 2 | writer | fresh_data_asked\n",
      "effect | max_lag | 5 ms | the writer is never behind\n"}},
    {"a rule decides before splitting",
     {rule(1, [](auto& r) { r.destination_hostgroup = 5; })},
     kSplit,
     "SELECT 1",
     {"split | writer 1, reader 2 | not used | rule has decided\n"}},
};

RuleSet compiled(const std::vector<QueryRuleRow>& rows) {
  std::vector<Complaint> complaints;
  auto rules = RuleSet::compile(rows, complaints);
  REQUIRE(rules.has_value());
  return std::move(*rules);
}

RouteInput usual_input(Analyzer& analyzer) {
  return {.analyzer = analyzer,
          .username = "u",
          .schema = "s",
          .client_addr = "10.0.0.7",
          .proxy_addr = "10.0.0.1",
          .proxy_port = 6033,
          .default_hostgroup = 1};
}

}  // namespace

TEST_CASE("a trace tells every step in words", "[router][trace]") {
  for (const Case& c : kCases) {
    const RuleSet rules = compiled(c.rules);
    MatchScratch scratch;
    scratch.adopt(rules);
    Analyzer analyzer;
    analyzer.begin(c.sql, {}, {});
    RouteInput input = usual_input(analyzer);
    c.session(input);
    RouteTrace trace;
    input.trace = &trace;
    route(input, rules, scratch);
    const std::string rows = written(trace);
    CAPTURE(c.name, rows);
    std::size_t at = 0;
    for (const char* row : c.rows) {
      CAPTURE(row);
      const std::size_t found = rows.find(row, at);
      CHECK(found != std::string::npos);
      if (found != std::string::npos) at = found + std::string_view(row).size();
    }
  }
}

TEST_CASE("fast routing tells what was looked up", "[router][trace]") {
  RuleSet rules = compiled({});
  FastRouting fast;
  fast.insert("u", "s", 0, 7);
  rules.set_fast_routing(std::move(fast));
  MatchScratch scratch;
  scratch.adopt(rules);
  Analyzer analyzer;
  analyzer.begin("SELECT 1", {}, {});
  RouteInput input = usual_input(analyzer);
  RouteTrace trace;
  input.trace = &trace;
  CHECK(route(input, rules, scratch).destination_hostgroup == 7);
  CHECK(written(trace).find("fast_routing | user 'u', schema 's', chain 0 | match | hostgroup 7\n") !=
        std::string::npos);
}

TEST_CASE("a trace tells what a statement does to the connection", "[router][trace]") {
  struct PinCase {
    const char* sql;
    Pins before;
    const char* rows;
  };
  const PinCase cases[] = {
      {"SELECT 1", {}, "connection |  | shared | free for other sessions after this statement\n"},
      {"SELECT GET_LOCK('a', 1)",
       {},
       "connection | named_lock | pinned | the session keeps the connection after this statement\n"},
      {"UNLOCK TABLES", Pin::locked_tables,
       "connection | locked_tables | kept | the session's statements run on the connection that it has\n"
       "connection | locked_tables | unpinned | this statement ends the reason\n"},
  };
  for (const PinCase& c : cases) {
    CAPTURE(c.sql);
    const Statement statement = classify(c.sql, {});
    RouteTrace trace;
    Holdings held;
    if (c.before.has(Pin::locked_tables))
      held.follow(classify("LOCK TABLES t READ", {}), "LOCK TABLES t READ", {}, true);
    const Pins of_text = pins_of_text(statement, c.sql, {});
    trace.add_pins(c.before, held.concerned_by(statement)
                                 ? follow_statement(statement, c.sql, {}, of_text, {}, c.before, held)
                                 : after_statement(statement, of_text, {}, c.before));
    CHECK(written(trace) == c.rows);
  }
}

TEST_CASE("a record tells of dry runs, and why a read was kept on the writer", "[router][trace]") {
  const auto dry = [](auto& r) { r.match_digest = "^SELECT", r.attributes = R"({"dry_run":true})"; };
  const RuleSet rules = compiled({rule(3, dry), rule(4, dry)});
  MatchScratch scratch;
  scratch.adopt(rules);
  Analyzer analyzer;
  RouteInput input = usual_input(analyzer);
  kSplit(input);
  for (int repeated = 0; repeated < 2; ++repeated) {
    analyzer.begin("SELECT a FROM t", {}, {});
    RouteTrace trace;
    RouteRecord record;
    record.keep(analyzer.statement(), route(input, rules, scratch), {});
    record.describe(trace, {.moved = SplitHold::learned_write});
    CHECK(written(trace) ==
          "statement | select | read | none\n"
          "rule | rule_id 4 | match | dry run: the last of 2 matches that counted, and had no effect\n"
          "split | learned_write | writer | \n"
          "destination | hostgroup | 1 | learned_write\n");
  }
}

TEST_CASE("the record of a route reads like its trace", "[router][trace]") {
  const RuleSet rules =
      compiled({rule(3, [](auto& r) { r.match_digest = "^SELECT", r.destination_hostgroup = 5; })});
  MatchScratch scratch;
  scratch.adopt(rules);
  Analyzer analyzer;
  analyzer.begin("SELECT a FROM t", {}, {});
  const Decision decision = route(usual_input(analyzer), rules, scratch);
  RouteTrace trace;
  RouteRecord record;
  record.keep(analyzer.statement(), decision, Pin::in_transaction);
  record.describe(trace, {});
  CHECK(written(trace) ==
        "statement | select | read | none\n"
        "rule | rule_id 3 | match | the last that matched\n"
        "destination | hostgroup | 5 | rule 3\n"
        "connection | in_transaction | kept | the statement ran on the connection that the session had, "
        "wherever "
        "rules would send it\n");
}

namespace {

struct KeptCase {
  const char* name;
  std::vector<QueryRuleRow> rules;
  bool in_transaction;
  int kept_in;
  const char* destination;
  const char* split;  // of the trace
};
const auto to_five = [](auto& r) { r.destination_hostgroup = 5; };
const KeptCase kKeptCases[] = {
    {"a read in a transaction on the replica",
     {},
     true,
     2,
     "destination | hostgroup | 2 | connection_kept; by itself it would be hostgroup 1 (split_write)\n",
     "split | writer 1, reader 2 | not used | connection_kept: user_variables\n"},
    {"a read that would go to the reader",
     {},
     false,
     1,
     "destination | hostgroup | 1 | connection_kept; by itself it would be hostgroup 2 (split_read)\n",
     "split | writer 1, reader 2 | not used | connection_kept: user_variables\n"},
    {"a rule that has no say",
     {rule(3, to_five)},
     false,
     1,
     "destination | hostgroup | 1 | connection_kept; by itself it would be hostgroup 5 (rule 3)\n",
     "split | writer 1, reader 2 | not used | rule has decided\n"},
    {"a rule that says the same",
     {rule(3, to_five)},
     false,
     5,
     "destination | hostgroup | 5 | rule 3\n",
     "split | writer 1, reader 2 | not used | rule has decided\n"},
};

}  // namespace

TEST_CASE("a record and a trace agree where the session's connection leads elsewhere", "[router][trace]") {
  for (const KeptCase& c : kKeptCases) {
    CAPTURE(c.name);
    const RuleSet rules = compiled(c.rules);
    MatchScratch scratch;
    scratch.adopt(rules);
    Analyzer analyzer;
    analyzer.begin("SELECT a FROM t", {}, {});
    RouteInput input = usual_input(analyzer);
    kSplit(input);
    input.in_transaction = c.in_transaction;
    RouteTrace trace;
    input.trace = &trace;
    const Decision decision = route(input, rules, scratch);
    if (decision.destination_hostgroup != c.kept_in) trace.keep_connection(Pin::user_variables, c.kept_in);
    RouteTrace recorded;
    RouteRecord record;
    record.keep(analyzer.statement(), decision, Pin::user_variables);
    record.describe(recorded, {.ran_in = c.kept_in});
    CAPTURE(written(trace), written(recorded));
    CHECK(written(trace).contains(c.split));
    CHECK(written(trace).contains(c.destination));
    CHECK(written(recorded).contains(c.destination));
    CHECK_FALSE(written(recorded).contains("split |"));
  }
}

}  // namespace weir
