#include "router/rules/repeats.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Number = Repeats::Number;

struct Case {
  const char* expression;
  Number number;
  bool needs_whole_search = false;
};

const Case kCases[] = {
    {"", Number::none},
    {"^SELECT", Number::none},
    {"^(INSERT|UPDATE|DELETE) ", Number::none},
    {"colou?r (?i)x(?:y)", Number::none},
    {"SELECT \\* FROM t \\(\\?\\)\\+", Number::none},
    {"(?=a)(?!b)(?<=c)(?<!d)(?>e)(?-i)f", Number::none},
    {"SELECT.*FOR UPDATE", Number::one},
    {"SELECT.*?FOR UPDATE", Number::one},
    {"SELECT[^;]++x", Number::one},
    {"SELECT(?=.*FOR UPDATE)", Number::one},
    {"SELECT.*INTO.*OUTFILE", Number::several},
    {"(a|b)*", Number::several},
    {"(?x) (a|b) *", Number::several},
    {"(ab)+", Number::several},
    {"a{2,}", Number::several},
    {"a{20}", Number::several},
    {"a}+", Number::several},
    {"(a)\\1", Number::several},
    {"(?<n>a)\\k<n>", Number::several},
    {"a(?R)", Number::several},
    {"(a)(?1)", Number::several},
    {"(a)(?-1)", Number::several},
    {"(a)(?+1)(b)", Number::several},
    {"(?<n>a)(?&n)", Number::several},
    {"(?P<n>a)(?P>n)", Number::several},
    {"\\c\\*", Number::several},
    {"(?x)a# ?\n+", Number::several},
    {"\\Qa*\\E", Number::one},
    {"a?a?a?a?a?a?a?a?", Number::none},
    {"a?a?a?a?a?a?a?a?a?", Number::several},
    {"a\\Gb", Number::none, true},
    {"a(*COMMIT)b", Number::none, true},
    {"a.*(*SKIP)b", Number::one, true},
    {"\\", Number::none},
    {"(?", Number::several},
};

}  // namespace

TEST_CASE("an expression's text tells how much of it repeats", "[router][pattern]") {
  for (const Case& c : kCases) {
    CAPTURE(c.expression);
    const Repeats repeats = repeats_of(c.expression);
    CHECK(repeats.number == c.number);
    CHECK(repeats.needs_whole_search == c.needs_whole_search);
  }
}

}  // namespace weir
