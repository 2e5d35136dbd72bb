#include "router/rules/text_filter.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "router/rules/pattern.hpp"
#include "router/rules/required_text.hpp"

namespace weir {
namespace {

using Texts = std::vector<std::string>;

struct Case {
  const char* expression;
  Texts required;
};

const Case kCases[] = {
    {"^SELECT", {"select"}},
    {"FROM t1", {"from t1"}},
    {"^SELECT.*FOR UPDATE", {"for update"}},
    {"a.*longer.*b", {"longer"}},
    {"abc|defg", {"abc", "defg"}},
    {"(abc|defg)x", {"abc", "defg"}},
    {"(?:abc)+", {"abc"}},
    {"abc?", {"ab"}},
    {"abc*d", {"ab"}},
    {"ab+c", {"ab"}},
    {"(abc)?def", {"def"}},
    {"(abc){0,2}de", {"de"}},
    {"(abc){2}", {"abc"}},
    {"\\bword\\b", {"word"}},
    {"a\\.b", {"a.b"}},
    {"id = \\?", {"id = ?"}},
    {"[abc]def", {"def"}},
    {"[]a]xyz", {"xyz"}},
    {"\\d+ rows", {" rows"}},
    {"(?=abc)def", {"def"}},
    {"(?!abc)def", {"def"}},
    {"(?i)abc", {"abc"}},
    {"(?<n>abc)", {"abc"}},
    // Nothing that must occur.
    {"", {}},
    {".*", {}},
    {"abc|", {}},
    {"abc|.", {}},
    {"(abc)*", {}},
    {"\\w+", {}},
    // Not understood, and so not filtered.
    {"\\Qabc\\E", {}},
    {"(*ANYCRLF)abc", {}},
    {"(?(1)a|b)abc", {}},
    {"(?x)a b c", {}},
    {"(?#c)abc", {}},
    {"\\x41bc", {}},
    {"a{b", {}},
};

}  // namespace

TEST_CASE("what a text must have for an expression to match", "[router][filter]") {
  for (const Case& c : kCases) {
    CAPTURE(c.expression);
    CHECK(required_text(c.expression, {}) == c.required);
  }
}

TEST_CASE("a text that an expression matches has one of what it requires", "[router][filter]") {
  const Texts subjects = {"SELECT a FROM t1 WHERE id = ?",
                          "abc",
                          "ABC",
                          "defg",
                          "ab",
                          "abd",
                          "abcabc",
                          "abdefx",
                          "a word.",
                          "a.b",
                          "]xyz",
                          "12 rows",
                          "longer",
                          "a longer b",
                          "de",
                          "select * from t for update",
                          "",
                          "ABCABCDE",
                          "aBBBc",
                          "adef"};
  MatchContext context;
  for (const Case& c : kCases) {
    const auto pattern = Pattern::compile(c.expression, {});
    if (!pattern || c.required.empty()) continue;
    for (const std::string& subject : subjects) {
      if (pattern->search(subject, context) != MatchOutcome::match) continue;
      std::string lower = subject;
      for (char& ch : lower) ch = ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch | 0x20) : ch;
      CAPTURE(c.expression, subject);
      CHECK(std::ranges::any_of(c.required,
                                [&](const auto& text) { return lower.find(text) != std::string::npos; }));
    }
  }
}

TEST_CASE("a filter finds the rules whose texts occur", "[router][filter]") {
  TextFilter filter;
  filter.add(0, {"users"});
  filter.add(1, {});
  filter.add(2, {"orders", "items"});
  filter.add(3, {"ab"});  // too short to be looked for
  filter.add(4, {"users"});
  filter.add(5, {"user"});
  filter.add(7, {"from users where"});
  filter.finish();
  const auto covered = [&](std::uint32_t number) { return filter.covers(number); };
  CHECK((covered(0) && covered(2) && covered(4) && covered(5) && covered(7)));
  CHECK_FALSE((covered(1) || covered(3) || covered(6) || covered(8)));
  struct Find {
    const char* text;
    std::vector<std::uint32_t> rules;
  };
  TextFilter::Found found;
  found.adopt(filter);
  for (const Find& c :
       {Find{"SELECT * FROM users", {0, 4, 5}}, Find{"select * from USERS WHERE a=1", {0, 4, 5, 7}},
        Find{"orders items orders", {2}}, Find{"user", {5}}, Find{"use", {}}, Find{"", {}}, Find{"us", {}},
        Find{"xusersx", {0, 4, 5}}, Find{"order", {}}}) {
    CAPTURE(c.text);
    filter.scan(c.text, found);
    CHECK(std::vector<std::uint32_t>(found.rules().begin(), found.rules().end()) == c.rules);
  }
}

TEST_CASE("a few rules are not worth a filter", "[router][filter]") {
  TextFilter filter;
  for (std::uint32_t i = 0; i < 3; ++i) filter.add(i, {"text" + std::to_string(i)});
  filter.finish();
  CHECK_FALSE(filter.covers_any());
  CHECK_FALSE(filter.covers(0));
}

}  // namespace weir
