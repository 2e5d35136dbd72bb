#include "router/rules/pattern.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "tests/support/allocation_count.hpp"
#include "tests/support/exact_buffer.hpp"

namespace weir {
namespace {

Pattern compiled(std::string_view expression, bool caseless = true) {
  auto pattern = Pattern::compile(expression, {.caseless = caseless});
  REQUIRE(pattern.has_value());
  return std::move(*pattern);
}

struct Case {
  const char* name;
  const char* expression;
  bool caseless;
  const char* subject;
  MatchOutcome outcome;
};

const Case kCases[] = {
    {"anchored", "^SELECT", true, "SELECT 1", MatchOutcome::match},
    {"not anchored by itself", "t1", true, "SELECT * FROM t1", MatchOutcome::match},
    {"case does not matter", "^select", true, "SELECT 1", MatchOutcome::match},
    {"case matters without CASELESS", "^select", false, "SELECT 1", MatchOutcome::no_match},
    {"a dot takes no line end", "^SELECT.*FOR UPDATE", true, "SELECT *\nFROM t FOR UPDATE",
     MatchOutcome::no_match},
    {"unless the expression says so", "(?s)^SELECT.*FOR UPDATE", true, "SELECT *\nFROM t FOR UPDATE",
     MatchOutcome::match},
    {"^ is the start of the text, not of a line", "^DELETE", true, "SELECT\nDELETE", MatchOutcome::no_match},
    {"back references", "(a)\\1", true, "baab", MatchOutcome::match},
    {"look-arounds", "^SELECT(?!.*FOR UPDATE)", true, "SELECT 1 FOR UPDATE", MatchOutcome::no_match},
    {"an empty subject", "^$", true, "", MatchOutcome::match},
    {"more groups than there is room for", "(a)(b)(c)(d)", true, "abcd", MatchOutcome::match},
    {"bytes beyond ASCII", "\xc3\xa9$", true, "caf\xc3\xa9", MatchOutcome::match},
    {"invalid UTF-8", "b", true, "\xff\xfe b", MatchOutcome::match},
};

}  // namespace

TEST_CASE("patterns search texts", "[router][pattern]") {
  MatchContext context;
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const Pattern pattern = compiled(c.expression, c.caseless);
    const test::ExactBuffer subject(as_bytes(std::string_view(c.subject)));
    CHECK(pattern.search(as_text(subject), context) == c.outcome);
  }
  CHECK(compiled("^$").search(std::string_view(), context) == MatchOutcome::match);
}

TEST_CASE("a malformed expression is refused with its position", "[router][pattern]") {
  for (const char* bad : {"(", "a{2,1}", "[", "*a", "(?<n>", "(*UTF)a", "\\C"}) {
    CAPTURE(bad);
    const auto pattern = Pattern::compile(bad, {});
    REQUIRE_FALSE(pattern.has_value());
    CHECK_FALSE(pattern.error().text.empty());
    CHECK(pattern.error().position <= std::string_view(bad).size());
  }
}

TEST_CASE("an expensive search is given up", "[router][pattern]") {
  MatchContext context;
  const std::string many(200, 'a');
  CHECK(compiled("(a+)+$").search(many + "b", context) == MatchOutcome::limit_reached);
  CHECK(compiled("(a+)+$").search(many, context) == MatchOutcome::match);
  CHECK(compiled("^(\\w+\\s?)*\\d$").search(std::string(64, 'w') + "!", context) ==
        MatchOutcome::limit_reached);
  CHECK(compiled("b").search("ab", context) == MatchOutcome::match);  // the context is as good as before
}

TEST_CASE("usual expressions stay far below the limits on long texts", "[router][pattern]") {
  MatchContext context;
  std::string text = "SELECT * FROM t WHERE a IN (";
  for (int i = 0; i < 200'000; ++i) text += "?,";
  text += "?)";
  CHECK(compiled("^SELECT.*FOR UPDATE$").search(text, context) == MatchOutcome::no_match);
  CHECK(compiled("^SELECT.*FOR UPDATE$").search(text + " FOR UPDATE", context) == MatchOutcome::match);
  CHECK(compiled("^SELECT\\s+.*\\s+FROM\\s+t\\s").search(text, context) == MatchOutcome::match);
}

TEST_CASE("searching allocates nothing", "[router][pattern]") {
  MatchContext context;
  const Pattern pattern = compiled("^SELECT.*FOR UPDATE");
  const test::AllocationCount count;
  pattern.search("SELECT c FROM t WHERE id=?", context);
  CHECK(count.allocations() == 0);
}

}  // namespace weir
