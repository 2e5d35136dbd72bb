// What is remembered of a digest, and what filters leave out, against trying every rule.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "router/rules/route.hpp"
#include "router/rules/route_trace.hpp"
#include "tests/support/allocation_count.hpp"

namespace weir {
namespace {

RuleSet compiled(const std::vector<QueryRuleRow>& rows) {
  Complaints complaints;
  auto rules = RuleSet::compile(rows, complaints);
  REQUIRE(rules.has_value());
  return std::move(*rules);
}

std::vector<QueryRuleRow> many_rules(int number,
                                     void (*set_condition)(QueryRuleRow&, const std::string& table)) {
  std::vector<QueryRuleRow> rows(static_cast<std::size_t>(number));
  for (int i = 0; i < number; ++i) {
    QueryRuleRow& row = rows[static_cast<std::size_t>(i)];
    row.rule_id = i + 1;
    row.active = row.apply = true;
    row.destination_hostgroup = 7;
    set_condition(row, "t_" + std::to_string(10'000 + i));
  }
  return rows;
}

struct Worker {
  explicit Worker(const RuleSet& set) : rules(set) { scratch.adopt(rules); }

  Decision ask(std::string_view sql) {
    analyzer.begin(sql, {}, {});
    return route({.analyzer = analyzer, .username = "u", .schema = "s", .may_rewrite = true}, rules, scratch);
  }
  std::uint64_t searches_of(std::string_view sql) {
    const std::uint64_t before = scratch.searches;
    ask(sql);
    return scratch.searches - before;
  }

  const RuleSet& rules;
  MatchScratch scratch;
  Analyzer analyzer;
};

}  // namespace

TEST_CASE("a repeated digest costs no search, however many rules there are", "[router][rules]") {
  struct Case {
    const char* name;
    void (*set_condition)(QueryRuleRow&, const std::string& table);
    std::uint64_t first;  // searches at most
  };
  const Case cases[] = {
      {"a literal in match_digest",
       [](QueryRuleRow& r, const std::string& t) { r.match_digest = "FROM " + t; }, 0},
      {"a literal in match_pattern",
       [](QueryRuleRow& r, const std::string& t) { r.match_pattern = "FROM " + t; }, 0},
      {"alternatives",
       [](QueryRuleRow& r, const std::string& t) { r.match_pattern = "^(SELECT|TABLE).*" + t + "x?"; }, 0},
      {"nothing to filter by",
       [](QueryRuleRow& r, const std::string& t) { r.match_digest = "[xyz]{8}" + t.substr(0, 1); }, 1000},
      {"negated, with apply off",
       [](QueryRuleRow& r, const std::string& t) {
         r.match_digest = t;
         r.negate_match_pattern = true;
         r.apply = false;
       },
       1000},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const RuleSet rules = compiled(many_rules(1000, c.set_condition));
    Worker worker(rules);
    CHECK(worker.searches_of("SELECT c FROM sbtest1 WHERE id=1") <= c.first);
    CHECK(worker.searches_of("SELECT c FROM sbtest1 WHERE id=2") == 0);
    CHECK(worker.scratch.remembered == 1);
    worker.ask("SELECT c FROM sbtest1 WHERE id=3");
    const test::AllocationCount count;
    worker.ask("SELECT c FROM sbtest1 WHERE id=4");
    CHECK(count.allocations() == 0);
  }
}

TEST_CASE("among many rules the one that is meant is found", "[router][rules]") {
  const RuleSet by_text = compiled(
      many_rules(1000, [](QueryRuleRow& r, const std::string& t) { r.match_pattern = "FROM " + t + "\\b"; }));
  Worker worker(by_text);
  for (const int i : {0, 1, 499, 998, 999}) {
    const std::string sql = "select * from T_" + std::to_string(10'000 + i) + " where a = 1";
    CHECK(worker.ask(sql).rule_id == i + 1);
    CHECK(worker.searches_of(sql) == 1);
  }
  CHECK(worker.ask("SELECT * FROM t_1").rule_id == -1);
}

TEST_CASE("an expensive expression is given up, counted, and the other rules are tried", "[router][rules]") {
  std::vector<QueryRuleRow> rows =
      many_rules(3, [](QueryRuleRow& r, const std::string&) { r.match_pattern = "(a+)+$"; });
  rows[1].negate_match_pattern = true;
  rows[2].match_pattern = "^SELECT";
  const RuleSet rules = compiled(rows);
  Worker worker(rules);
  const Decision decision = worker.ask("SELECT '" + std::string(100'000, 'a') + "!'");
  CHECK(decision.rule_id == 3);
  CHECK(worker.scratch.limits_reached == 2);
}

TEST_CASE("rules that multiply a statement stop at some size of it", "[router][rules]") {
  const std::vector<QueryRuleRow> rows = many_rules(5, [](QueryRuleRow& r, const std::string&) {
    r.match_pattern = "()";
    r.replace_pattern = std::string(100, 'x');
    r.re_modifiers = "GLOBAL";
    r.apply = false;
  });
  const RuleSet rules = compiled(rows);
  Worker worker(rules);
  const std::string sql = "SELECT 1";
  CHECK(worker.ask(sql).rewritten);
  CHECK(worker.scratch.rewritten().size() == sql.size() + 100 * (sql.size() + 1));  // by the first rule only
  CHECK(worker.scratch.limits_reached == 4);
}

TEST_CASE("what a rule makes of a statement is as long as it may be, to the byte", "[router][rules]") {
  const std::string sql = "SELECT 'x', 1";
  const std::size_t most = std::size_t{64} * 1024 + 16 * sql.size();
  for (const std::size_t more : {std::size_t{0}, std::size_t{1}}) {
    CAPTURE(more);
    QueryRuleRow row;
    row.rule_id = 1;
    row.active = true;
    row.match_pattern = "x";
    row.replace_pattern = std::string(most - (sql.size() - 1) + more, 'y');
    const RuleSet rules = compiled({row});
    Worker worker(rules);
    CHECK(worker.ask(sql).rewritten == (more == 0));
    if (more == 0) CHECK(worker.scratch.rewritten().size() == most);
    CHECK(worker.scratch.limits_reached == more);
  }
}

namespace {

// Rules of all shapes over a few tables, users and chains, so that many match.
class RandomRules {
 public:
  explicit RandomRules(unsigned seed) : random_(seed) {}

  std::vector<QueryRuleRow> rows() {
    std::vector<QueryRuleRow> rows(static_cast<std::size_t>(1 + number(12)));
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = row(static_cast<std::int64_t>(i + 1) * 10);
    return rows;
  }
  std::string sql() {
    static const char* const kTexts[] = {"SELECT a FROM t1 WHERE b = ",  "select a from T2 where b = ",
                                         "UPDATE t1 SET a = ",           "SELECT * FROM t3 FOR UPDATE -- ",
                                         "INSERT INTO t2 VALUES (1), (", "SELECT "};
    return (chance(5) ? "/* hostgroup=9 */ " : "") + std::string(kTexts[number(6)]) +
           std::to_string(number(3)) + (chance(3) ? " /* t2 */" : "");
  }
  int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool chance(int one_in) { return number(one_in) == 0; }

 private:
  QueryRuleRow row(std::int64_t id) {
    static const char* const kExpressions[] = {"^SELECT", "t1",          "FROM t[12]", "t2|t3",
                                               ".",       "b = (\\?|2)", "FOR UPDATE", "(?:INSERT|UPDATE)",
                                               "^select", "nowhere",     "t1.*= 1"};
    QueryRuleRow row;
    row.rule_id = id;
    row.active = true;
    row.flag_in = chance(3) ? 1 : 0;
    if (chance(3)) row.flag_out = number(2);
    if (chance(4)) row.username = chance(2) ? "u" : "w";
    if (chance(5)) row.schemaname = "s";
    if (chance(2)) row.match_digest = kExpressions[number(11)];
    if (chance(2)) row.match_pattern = kExpressions[number(11)];
    if (chance(5)) row.re_modifiers = chance(2) ? "" : "CASELESS,GLOBAL";
    row.negate_match_pattern = chance(6);
    if (row.match_pattern && chance(4)) row.replace_pattern = chance(2) ? "t2" : "t1 /* \\0 */";
    if (chance(2)) row.destination_hostgroup = number(5);
    if (chance(6)) row.timeout = number(1000);
    if (chance(8)) row.attributes = R"({"flagOUTs":[{"id":1,"weight":2},{"id":0,"weight":1}]})";
    if (chance(12)) row.attributes = R"({"dry_run":true})";
    row.apply = chance(5);
    return row;
  }

  std::minstd_rand random_;
};

}  // namespace

TEST_CASE("that there was no time for a search is not remembered", "[router][rules]") {
  QueryRuleRow row;
  row.rule_id = 1;
  row.active = row.apply = true;
  row.destination_hostgroup = 7;
  row.match_digest = "q(?=.*f.*w.*y)|zz$";
  const RuleSet rules = compiled({row});
  Worker worker(rules);
  std::string sql = "SELECT ";
  for (const char* const column : {"q, ", "f, ", "w, "})
    for (int i = 0; i < 60; ++i) sql += column;
  sql += "zz";
  worker.scratch.context = MatchContext({.budget = std::chrono::nanoseconds(0)});
  CHECK(worker.ask(sql).destination_hostgroup == 0);
  CHECK(worker.scratch.limits_reached == 1);
  worker.scratch.context = MatchContext({.budget = std::chrono::hours(1)});
  for (std::uint64_t before = 0; before < 2; ++before) {
    CHECK(worker.ask(sql).destination_hostgroup == 7);
    CHECK(worker.scratch.remembered == before);
  }
  CHECK(worker.scratch.limits_reached == 1);
}

TEST_CASE("what is remembered and filtered decides as trying every rule does", "[router][rules]") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    RandomRules random(seed);
    const RuleSet rules = compiled(random.rows());
    MatchScratch remembering, trying;
    remembering.adopt(rules);
    trying.adopt(rules);
    Analyzer analyzer;
    for (int query = 0; query < 40; ++query) {
      const std::string sql = random.sql();
      RouteInput input{.analyzer = analyzer, .username = random.chance(2) ? "u" : "w", .schema = "s"};
      input.restarts = static_cast<int>(seed % 3);
      input.may_rewrite = seed % 2 == 0;
      CAPTURE(seed, query, sql);
      analyzer.begin(sql, {}, {});
      const Decision decision = route(input, rules, remembering);
      RouteTrace trace;
      input.trace = &trace;
      analyzer.begin(sql, {}, {});
      REQUIRE(route(input, rules, trying) == decision);
      if (decision.rewritten) REQUIRE(trying.rewritten() == remembering.rewritten());
    }
    REQUIRE(std::ranges::equal(remembering.hits(), trying.hits()));
  }
}

}  // namespace weir
