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
    {"^a.* +b", Number::several},
    {"( *)a", Number::one},
    {",? +x", Number::one},
    {"a*+b", Number::one},
    {"a ?+b", Number::none},
    {"a* +b", Number::several},
    {"( ?a)( ?a)( ?a)( ?a)( ?a)( ?a)( ?a)( ?a)( ?a)", Number::several},
    {"(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)", Number::none},
    {"(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)", Number::several},
    {"(a|b|c)(a|b|c)(a|b|c)(a|b|c)(a|b|c)(a|b|c)", Number::several},
    {"a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t", Number::none},
    {"^(a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t)s? ", Number::none},
    {"[(|]a[(|]b[(|]c[(|]d[(|]e[(|]f[(|]g[(|]h[(|]i", Number::none},
    {")a|b", Number::none},
    {"a?a?a?a?a?a?a?a?", Number::none},
    {"a?a?a?a?a?a?a?a?a?", Number::several},
    {"a\\Gb", Number::none, true},
    {"a(*COMMIT)b", Number::none, true},
    {"a.*(*SKIP)b", Number::one, true},
    {"[(*]?a", Number::several},
    {"[^](*]a", Number::several},
    {"(*pla:.*a)", Number::several},
    // Verbs behind what may look like a class.
    {"\\[(*COMMIT)a", Number::none, true},
    {"[a](*COMMIT)b", Number::none, true},
    {"[\\]](*COMMIT)b", Number::none, true},
    {"[[:alpha:][](*COMMIT)b", Number::none, true},
    {"[[:alpha:])]|a|b|c|d|e|f|g|h|i", Number::several},
    {"\\Q[\\E(*COMMIT)b", Number::none, true},
    {"(?x)#[\n(*COMMIT)b", Number::several, true},
    {"(?xx)[ ][](*COMMIT)b", Number::none, true},
    {"[\\E][](*COMMIT)b", Number::none, true},
    {"[\\c][](*COMMIT)b", Number::several, true},
    {"\\c[(*COMMIT)b", Number::several, true},
    {"a(?C\"[\")(*COMMIT)b", Number::several, true},
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
