// Warnings about expressions that fit no digest, and about rules that send writes to readers.
#include "router/rules/digest_lint.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "router/rules/reader_rule_lint.hpp"

namespace weir {

TEST_CASE("what no digest has is remarked on", "[router][lint]") {
  struct Case {
    const char* expression;
    const char* said;
  };
  const Case cases[] = {
      {"WHERE id = 1", "a ? in the place of a number"},
      {"^SELECT .* LIMIT 10$", "a ? in the place of a number"},
      {"id=42 AND", "a ? in the place of a number"},
      {R"(id = \d+)", "a ? in the place of a number"},
      {R"(id\s*=\s*[0-9]+)", "a ? in the place of a number"},
      {R"(LIMIT\s+10)", "a ? in the place of a number"},
      {R"(IN \(1,)", "a ? in the place of a number"},
      {"^SELECT (a|b) FROM t WHERE c = 7", "a ? in the place of a number"},
      {"name = 'x'", "a ? in the place of a string"},
      {"name = \"", "a ? in the place of a string"},
      {R"(/\* report \*/)", "digests have no comments"},
      {"SELECT a -- hint", "digests have no comments"},
      {"SELECT  a", "one blank"},
      {"SELECT\ta", "one blank"},
      {R"(SELECT\s\sa)", "one blank"},
      {R"(SELECT a\nFROM)", "one blank"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.expression);
    std::vector<std::string> remarks = remarks_on_digest_expression(c.expression, {});
    REQUIRE(remarks.size() == 1);
    CAPTURE(remarks[0]);
    CHECK(remarks[0].contains(c.said));
    CHECK(remarks[0].starts_with("'" + std::string(c.expression) + "' fits no digest: "));
  }
}

TEST_CASE("what a digest may have is not remarked on", "[router][lint]") {
  for (const char* expression : {"",
                                 ".",
                                 "^SELECT",
                                 "^SELECT .* FROM t1 WHERE c2 = \\?$",
                                 "utf8mb4",
                                 "(?i)^select a from t_2020",
                                 "id = (1|\\?)",
                                 "id = 1?",
                                 "id = 1|id = \\?",
                                 "id = [0-9]*",
                                 "a{2}b",
                                 "t\\d+",
                                 "t[0-9]",
                                 "[ ]{2}",
                                 "SELECT *a",
                                 "SELECT\\s*a",
                                 "SELECT +a",
                                 "SELECT\\s+a",
                                 "a - b",
                                 "'?",
                                 "(name = 'x')?",
                                 "(?!/\\*)a",
                                 "(?x) a  b",
                                 "`1st`",
                                 "= 1st",
                                 "SELECT /* a",
                                 "[']",
                                 "x(",
                                 "[",
                                 "\\"}) {
    CAPTURE(expression);
    CHECK(remarks_on_digest_expression(expression, {}).empty());
  }
}

// Each text is an expression that stands for itself.
TEST_CASE("what is said to fit no digest is in no digest", "[router][lint]") {
  for (const char* text :
       {"a = 1 AND", "a=1 AND",   "a<1 AND",       "a>1 AND",    "(1, b)",     "b,1 FROM", "b - 1 FROM",
        "b /1 FROM", "b %1 FROM", "FROM `db-1`.t", "FROM `a 1`", "LIMIT 1, 2", "a = 'x'",  "a = 'x",
        "a = \"x\"", "a = \"x",   "a -- b",        "a # b",      "a#b",        "a  b",     "a\tb",
        "a\nb",      "a = 1.5",   "a = 1e5",       "a - 1a",     "1"}) {
    CAPTURE(text);
    const std::string sql = "SELECT a FROM t WHERE " + std::string(text) + " x";
    std::string digest;
    digest_text(sql, {}, digest);
    CAPTURE(digest);
    if (digest.contains(text)) CHECK(remarks_on_digest_expression(text, {}).empty());
  }
}

TEST_CASE("what digests have depends on settings", "[router][lint]") {
  CHECK(remarks_on_digest_expression(R"(/\* x)", {.keep_comment = true}).empty());
  CHECK(remarks_on_digest_expression("FROM t1", {.no_digits = true}).size() == 1);
  CHECK(remarks_on_digest_expression("FROM t1", {}).empty());
}

TEST_CASE("expressions about writes are known", "[router][lint]") {
  struct Case {
    const char* name;
    const char* match_digest;
    const char* match_pattern;
    bool negated;
    const char* picked;
  };
  const Case cases[] = {
      {"one verb", "^INSERT", "", false, "INSERT"},
      {"several", "^INSERT|^UPDATE|^DELETE|^REPLACE", "", false, "INSERT, UPDATE, DELETE, REPLACE"},
      {"in a group", "^(INSERT|UPDATE)", "", false, "INSERT, UPDATE"},
      {"beside a read", "^(SELECT|UPDATE)", "", false, "UPDATE"},
      {"of one table", "", "^\\s*insert into logs", false, "INSERT"},
      {"a locking read", "^select.*for update", "", false, "SELECT ... FOR UPDATE"},
      {"a locking read of one table", "^SELECT .* FROM q .*FOR UPDATE", "", false, "SELECT ... FOR UPDATE"},
      {"the end of one", "FOR UPDATE$", "", false, "SELECT ... FOR UPDATE"},
      {"reads", "^SELECT", "", false, ""},
      {"everything", ".*", "", false, ""},
      {"a user's everything", "", "", false, ""},
      {"negated", "^INSERT", "", true, ""},
      {"left out", "^(?!INSERT|UPDATE)", "", false, ""},
      {"a column of that name", "^SELECT update_time FROM t", "", false, ""},
  };
  ReaderRuleLint lint;
  for (const Case& c : cases) {
    CAPTURE(c.name);
    QueryRuleRow row;
    row.rule_id = 1;
    row.active = true;
    if (*c.match_digest != '\0') row.match_digest = c.match_digest;
    if (*c.match_pattern != '\0') row.match_pattern = c.match_pattern;
    row.negate_match_pattern = c.negated;
    Complaints complaints;
    const auto rules = RuleSet::compile(std::vector{row}, complaints);
    REQUIRE(rules.has_value());
    CHECK(lint.writes_picked_by(rules->rules()[0]) == c.picked);
  }
}

}  // namespace weir
