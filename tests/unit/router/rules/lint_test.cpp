#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "router/rules/locking_read_lint.hpp"
#include "router/rules/pattern_lint.hpp"

namespace weir {
namespace {

QueryRuleRow rule(std::int64_t rule_id, std::string digest, std::int64_t hostgroup, bool apply = true) {
  QueryRuleRow row;
  row.rule_id = rule_id;
  row.active = true;
  row.match_digest = std::move(digest);
  row.destination_hostgroup = hostgroup;
  row.apply = apply;
  return row;
}

std::vector<CaughtLockingReads> caught_by(const std::vector<QueryRuleRow>& rows,
                                          const std::vector<SampleSession>& sessions = {{}}) {
  Complaints complaints;
  const auto rules = RuleSet::compile(rows, complaints);
  REQUIRE(rules.has_value());
  return find_caught_locking_reads(*rules, sessions);
}

}  // namespace

TEST_CASE("expressions that may take exponential time are remarked on", "[router][lint]") {
  for (const char* expression :
       {"(a+)+",        "^(a*)*$",      "(a+)*",     "(?:a+)+b",           "([a-z]+)*",
        "(\\w+\\s?)*x", "(\\s*\\w+)*;", "((a+))+",   "((a+)b?)+",          "(.*)*",
        "(.*)+x",       "(a{2,})+",     "(a|a)*",    "(\\w|\\d)+",         "(.|\\s)*",
        "(a+?)+",       "x(y(z+)*)*",   "(?<n>a+)+", "^SELECT (\\d+ ?)+$", "(a|b+)*",
        "(?i:a+)+",     "(a|[ab])+"}) {
    CAPTURE(expression);
    CHECK(remarks_on_pattern(expression).size() == 1);
  }
}

TEST_CASE("ordinary expressions draw no remark", "[router][lint]") {
  for (const char* expression : {"^SELECT",
                                 "^SELECT.*FOR UPDATE",
                                 "^SELECT .* FROM t WHERE id = \\?$",
                                 "(a+b)+",
                                 "(\\d+,)+",
                                 "([^,]*,)*",
                                 "(a|b)+",
                                 "(.|\\n)*",
                                 "(?>a+)+",
                                 "(a++)+",
                                 "(a+)++",
                                 "(a?)+",
                                 "(abc)+",
                                 "(\\s+\\w+)+",
                                 "a+b+c+",
                                 "(a+)",
                                 "(a+)?",
                                 "(a+){3}",
                                 "IN \\((\\?,)*\\?\\)",
                                 "^(INSERT|UPDATE|DELETE)",
                                 "(?i)^select",
                                 "\\(+",
                                 "[(+)]+",
                                 "[]+]+x",
                                 "(?=a+)+",
                                 "",
                                 "a{2,3}",
                                 "\\Qx",
                                 "(",
                                 "for update of",
                                 "^UPDATE .* = \\?$",
                                 "UPDATE$"}) {
    CAPTURE(expression);
    CHECK(remarks_on_pattern(expression).empty());
  }
}

TEST_CASE("expressions whose searches cannot be interrupted are remarked on", "[router][lint]") {
  for (const char* expression : {"\\GSELECT.*x", "a.*(*SKIP)b", "(*ANYCRLF)^SELECT.*FROM.*WHERE"})
    CHECK(remarks_on_pattern(expression).size() == 1);
  for (const char* expression : {"\\GSELECT", "(*ANYCRLF)^SELECT", "[(*]SELECT.*x", "(*pla:.*a)b", "( *)a"})
    CHECK(remarks_on_pattern(expression).empty());
}

TEST_CASE("an end behind FOR UPDATE is remarked on", "[router][lint]") {
  for (const char* expression : {"^SELECT.*FOR UPDATE$", "FOR UPDATE\\s*$", "for\\s+update ?;?$",
                                 "(?i)For Update\\s*;*\\s*$", "^(SELECT.*FOR UPDATE)$"}) {
    CAPTURE(expression);
    CHECK(remarks_on_pattern(expression).size() == 1);
  }
}

TEST_CASE("expressions that match everything are known", "[router][lint]") {
  for (const char* expression : {"", ".", ".*", "^", "^.*", ".*$", "^.*$", "(.*)", "(?s).*", "^.+$", "\\n?"})
    CHECK(matches_everything(expression));
  for (const char* expression : {"a", "^a", "\\w", "^$", "SELECT", "[a-z]", "^SELECT.*", "^.*FOR UPDATE.*$"})
    CHECK_FALSE(matches_everything(expression));
}

TEST_CASE("locking reads that rules send to readers are found", "[router][lint]") {
  struct Case {
    const char* name;
    std::vector<QueryRuleRow> rules;
    std::int64_t rule_id;  // that is told; 0 = none
    const char* endings;
  };
  const Case cases[] = {
      {"the usual two rules",
       {rule(1, "^SELECT.*FOR UPDATE", 0), rule(2, "^SELECT", 1)},
       2,
       "FOR SHARE, LOCK IN SHARE MODE"},
      {"in the wrong order",
       {rule(2, "^SELECT.*FOR UPDATE", 0), rule(1, "^SELECT", 1)},
       1,
       "FOR UPDATE, FOR UPDATE NOWAIT, FOR UPDATE SKIP LOCKED, FOR UPDATE on a line of its own, "
       "FOR UPDATE before a comment, for update in lower case, FOR SHARE, LOCK IN SHARE MODE"},
      {"without the first", {rule(7, "^SELECT", 1)}, 7, "FOR UPDATE, "},
      {"with an end",
       {rule(1, "^SELECT.*FOR UPDATE$", 0), rule(2, "^SELECT", 1)},
       2,
       "FOR UPDATE NOWAIT, FOR UPDATE SKIP LOCKED, FOR SHARE, LOCK IN SHARE MODE"},
      {"without apply", {rule(1, "^SELECT.*FOR UPDATE", 0, false), rule(2, "^SELECT", 1)}, 2, "FOR UPDATE, "},
      {"all locking reads", {rule(1, "FOR UPDATE|FOR SHARE|LOCK IN", 0), rule(2, "^SELECT", 1)}, 0, ""},
      {"no split at all", {rule(1, "^SELECT", 0)}, 0, ""},
      {"refused",
       {[] {
          QueryRuleRow row = rule(1, "FOR UPDATE", 1);
          row.error_msg = "no";
          return row;
        }(),
        rule(2, "^SELECT", 1)},
       2,
       "FOR SHARE, LOCK IN SHARE MODE"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const auto caught = caught_by(c.rules);
    REQUIRE(caught.size() == (c.rule_id == 0 ? 0 : 1));
    if (caught.empty()) continue;
    CHECK(caught[0].rule_id == c.rule_id);
    CHECK(caught[0].hostgroup == 1);
    CHECK(caught[0].writes_hostgroup == 0);
    CAPTURE(caught[0].endings);
    CHECK(caught[0].endings.starts_with(c.endings));
  }
}

TEST_CASE("line ends pass by an expression on the text", "[router][lint]") {
  QueryRuleRow locks = rule(1, "", 0);
  locks.match_pattern = "^SELECT.*FOR UPDATE";
  const auto caught = caught_by({locks, rule(2, "^SELECT", 1)});
  REQUIRE(caught.size() == 1);
  CHECK(caught[0].endings == "FOR UPDATE on a line of its own, FOR SHARE, LOCK IN SHARE MODE");
}

TEST_CASE("rules of some sessions are tried with these", "[router][lint]") {
  QueryRuleRow of_user = rule(5, "^SELECT", 1);
  of_user.username = "app";
  CHECK(caught_by({of_user}).empty());
  CHECK(caught_by({of_user}, {{.username = "app"}}).size() == 1);
  CHECK(caught_by({of_user}, {{}, {.username = "app"}, {.username = "app"}}).size() == 1);
}

}  // namespace weir
