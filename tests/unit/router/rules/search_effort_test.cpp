// Long texts: what is given up, and that stretches find what one search finds.
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "router/rules/pattern.hpp"
#include "router/rules/replacement.hpp"

namespace weir {
namespace {

constexpr std::chrono::hours kForever{1};

Pattern compiled(std::string_view expression, PatternOptions options = {}) {
  auto pattern = Pattern::compile(expression, options);
  REQUIRE(pattern.has_value());
  return std::move(*pattern);
}

std::string repeated(std::string_view text, std::size_t bytes) {
  std::string all;
  while (all.size() < bytes) all += text;
  return all;
}

MatchContext in_stretches_of(std::size_t bytes) {
  return MatchContext({.budget = kForever, .short_text_bytes = 0, .first_stretch_bytes = bytes});
}

// Every match of the text, and its groups, as one search or many find them.
std::string found_in(const Pattern& pattern, std::string_view text, MatchContext context) {
  std::string all;
  MatchGroups groups;
  for (std::size_t from = 0; from <= text.size(); ++from) {
    const MatchOutcome outcome = pattern.find(text, from, context, groups);
    all += outcome == MatchOutcome::match ? 'm' : outcome == MatchOutcome::no_match ? '-' : '!';
    if (outcome != MatchOutcome::match) continue;
    for (const std::string_view group : groups)
      if (group.data() != nullptr)
        all += std::to_string(group.data() - text.data()) + '+' + std::to_string(group.size()) + ' ';
    all += '\n';
  }
  return all;
}

void expect_same(const std::string& expression, PatternOptions options, const std::string& text) {
  CAPTURE(expression, text, options.like_re2, options.caseless);
  const Pattern pattern = compiled(expression, options);
  const std::string whole =
      found_in(pattern, text, MatchContext({.budget = kForever, .short_text_bytes = text.size()}));
  for (const std::size_t bytes : {1U, 2U, 3U, 7U, 64U}) {
    CAPTURE(bytes);
    CHECK(found_in(pattern, text, in_stretches_of(bytes)) == whole);
  }
}

const char* const kExpressions[] = {
    "a*",
    "a+",
    "a.*b",
    "a.*?b",
    ".*b",
    "(?s).*b",
    "(?s)a.*b",
    "(?m)^a.*",
    "(?m)^.*b",
    "(?m)a*$",
    "a*$",
    "(?<=a)b*",
    "(?<=aab)\\w+",
    "(?<!a)b+",
    "\\bab*",
    "\\Bb+",
    "a\\Kb*",
    "(a*)(b*)\\n",
    "(a|b)*\\n",
    "(?:a|ab)*\\n",
    "\\Ga*",
    "b*\\Ga",
    "a(*COMMIT)b*",
    "a+(*SKIP)b",
    "a+(*PRUNE)b|a",
    "[^a]*a",
    "(a+)\\1",
    "x*",
    "(?!a).*",
    "a{2,}",
    "(?|(a)|(b))+\\n",
    "\\w+\\s*\\w+",
    "[(*]*a+b",
    "(*pla:.*b)a",
    "\\s+a",
    "A.*B",
    "^a*",
    "(^a*|b)",
    "\\n.*",
    "()",
    "(?=.*b)a",
    "a(?!.*b)",
    ".*",
    "(?s).*",
    "$.*",
    "\\z.*",
    "a.*a.*a",
    "\xc3\xa9*",
    "[^b]*\xc3\xa9",
};

}  // namespace

TEST_CASE("a search in stretches finds what one search finds", "[router][pattern]") {
  const char* const texts[] = {"", "aabab\nba aab\naaa", "bbbbbb ba\n\nab",
                               "a\xc3\xa9 b\xc3\xa9\xc3\xa9\xc3\xa9 a\n",
                               "a\xc3 b\xa9\xa9 \xff\xf0\x9f\x98\x80 a\xc3"};
  for (const char* const expression : kExpressions) {
    for (const char* const text : texts) {
      expect_same(expression, {}, text);
      expect_same(expression, {.caseless = false}, text);
    }
    // Where a search begins within a character is not for like_re2 to tell.
    for (const char* const text : {texts[0], texts[1], texts[2]})
      expect_same(expression, {.like_re2 = true}, text);
  }
}

TEST_CASE("characters of several bytes are not torn by stretches", "[router][pattern]") {
  std::mt19937 random(7);
  const char* const pieces[] = {"a",    "b",       "\n", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                "\xa9", "\xf0\x9f"};
  for (const char* const expression : kExpressions) {
    const Pattern pattern = compiled(expression, {.like_re2 = true});
    for (int i = 0; i < 20; ++i) {
      std::string text;
      for (int piece = 0; piece < 30; ++piece) text += pieces[random() % std::size(pieces)];
      CAPTURE(expression, text);
      MatchGroups whole, in_stretches;
      MatchContext one({.budget = kForever}), many = in_stretches_of(1 + random() % 5);
      const MatchOutcome outcome = pattern.find(text, 0, one, whole);
      REQUIRE(pattern.find(text, 0, many, in_stretches) == outcome);
      if (outcome != MatchOutcome::match) continue;
      for (std::size_t group = 0; group < whole.size(); ++group) {
        CHECK(whole[group].data() == in_stretches[group].data());
        CHECK(whole[group].size() == in_stretches[group].size());
      }
    }
  }
}

TEST_CASE("random expressions find the same in stretches", "[router][pattern]") {
  std::mt19937 random(42);
  const char* const pieces[] = {"a",   "b",  ".*",  "a*",   "b+?",  "(",      ")",
                                "|",   "^",  "$",   "\\b",  "(?=",  "(?<=a)", "[ab]*",
                                "\\n", "a?", "\\s", "(?m)", "(?s)", "\\w+",   "c"};
  int tried = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string expression, text;
    for (auto left = 1 + random() % 7; left > 0; --left) expression += pieces[random() % std::size(pieces)];
    for (auto left = random() % 40; left > 0; --left) text += "ab \nc"[random() % 5];
    if (!Pattern::compile(expression, {})) continue;
    ++tried;
    expect_same(expression, {.like_re2 = i % 2 == 0}, text);
  }
  CHECK(tried > 500);
}

TEST_CASE("a match lies on both sides of a stretch's end", "[router][pattern]") {
  const std::string text = std::string(5000, 'x') + "SELECT" + std::string(20'000, 'y') + "FOR UPDATE";
  for (const std::size_t bytes : {1U, 4999U, 5000U, 5001U, 5003U, 6000U}) {
    CAPTURE(bytes);
    MatchContext context({.budget = kForever, .first_stretch_bytes = bytes});
    MatchGroups groups;
    REQUIRE(compiled("(?<=xx)SELECT(.*)FOR UPDATE").find(text, 0, context, groups) == MatchOutcome::match);
    CHECK(groups[0].size() == 20'016);
    CHECK(groups[1].size() == 20'000);
  }
}

// Each would take minutes.
TEST_CASE("what would take too long is given up", "[router][pattern]") {
  const std::size_t megabyte = std::size_t{1} << 20;
  const std::string selects = repeated("SELECT ", megabyte);
  for (const char* const expression :
       {"SELECT(?=.*FOR UPDATE)", "SELECT(?=.*LECT.*OUTFILE)", "^SELECT.*LECT.*OUTFILE"}) {
    CAPTURE(expression);
    MatchContext context;
    const std::string text = repeated(selects, 4 * megabyte);
    CHECK(compiled(expression).search(text, context) == MatchOutcome::limit_reached);
    CHECK(compiled("SELECT.*x").search(selects, context) ==
          MatchOutcome::limit_reached);                                              // one budget for all
    CHECK(compiled("SELECT.*").search("SELECT 1", context) == MatchOutcome::match);  // not of short texts
    CHECK(compiled("^SELECT").search(selects, context) == MatchOutcome::match);      // nor what is never long
    CHECK(compiled("^SELECT.*ECT").search(selects, context) == MatchOutcome::match);
    context.begin_statement();
    CHECK(compiled("SELECT.*").search(selects, context) == MatchOutcome::match);
  }
}

TEST_CASE("what looks cheap and is not is given up, too", "[router][pattern]") {
  const std::size_t bytes = std::size_t{1} << 19;
  const std::string blanks = "SELECT" + repeated(" ", bytes) + "\nINTO OUTFILE";
  const std::string selects = repeated("(SELECT ", bytes) + "\nFOR UPDATE";
  std::string alternatives;
  for (int i = 0; i < 16; ++i) alternatives += "(a|aa)";
  const struct {
    std::string expression, text;
    bool like_re2 = false;
  } cases[] = {
      {"^SELECT.* +INTO OUTFILE", blanks},
      {"[(*]?SELECT(?=.*FOR UPDATE)", selects},
      {"SELECT(*pla:.*FOR UPDATE)", selects},
      {alternatives + "x", repeated("a", bytes) + "bx"},
      {".(?=.*FOR UPDATE)", repeated("\xc3\xa9", bytes) + "\nFOR UPDATE", true},
  };
  for (const auto& c : cases) {
    CAPTURE(c.expression);
    MatchContext context;
    CHECK(compiled(c.expression, {.like_re2 = c.like_re2}).search(c.text, context) ==
          MatchOutcome::limit_reached);
    CHECK(context.ran_out_of_time());
  }
}

TEST_CASE("a short text needs the clock only where steps multiply", "[router][pattern]") {
  const std::string hostile = repeated("SELECT ", 1020) + repeated("FROM ", 1020) + repeated("WHERE ", 1020) +
                              repeated("x", 1000) + "\nFOR UPDATE";
  const std::string sensible =
      "SELECT a FROM t JOIN u ON t.a = u.b WHERE u.c IN (" + repeated("100001,", 4000) + "1) FOR UPDATE";
  const Pattern dear = compiled("SELECT(?=.*FROM.*WHERE.*FOR UPDATE)");
  MatchContext none({.budget = std::chrono::nanoseconds(0)});
  for (const char* const expression :
       {"^SELECT.*FROM.*WHERE.*FOR UPDATE", "SELECT.*FROM.*WHERE.*FOR UPDATE",
        "SELECT(?=.*FROM.*WHERE.*FOR UPDATE)", "^SELECT\\s+.*\\s+FROM\\s+.*WHERE.*\\(.*\\).*FOR UPDATE"}) {
    CAPTURE(expression);
    CHECK(compiled(expression).search(sensible, none) == MatchOutcome::match);
    CHECK(compiled(expression).search(sensible.substr(0, 4000), none) == MatchOutcome::no_match);
  }
  CHECK(compiled("SELECT(?=.*FOR UPDATE)").search(hostile, none) == MatchOutcome::no_match);
  CHECK_FALSE(none.ran_out_of_time());
  CHECK(dear.search(hostile, none) == MatchOutcome::limit_reached);
  CHECK(none.ran_out_of_time());
  none.begin_statement();
  CHECK_FALSE(none.ran_out_of_time());
  // What the steps alone decide stays so, however much time there is.
  MatchContext any({.budget = kForever});
  CHECK(compiled("SELECT\\s+.*\\s+FROM\\s+.*WHERE.*\\(.*\\).*FOR UPDATE").search(sensible, any) ==
        MatchOutcome::match);
  CHECK(compiled("(a|aa)+(a|aa)+y|zz$").search(repeated("a", 60) + "zz", any) == MatchOutcome::limit_reached);
  CHECK_FALSE(any.ran_out_of_time());
}

TEST_CASE("what many matches take together is bounded", "[router][pattern]") {
  // For each number the rest of the text is searched.
  const Pattern pattern = compiled("\\d(?=[^;]*$)");
  const std::string text = repeated("(1,2,3),", std::size_t{4} << 20);
  const auto replacement = Replacement::parse("?", pattern, Replacement::Extent::every_match);
  REQUIRE(replacement);
  MatchContext context;
  std::string result;
  CHECK(replacement->rewrite(pattern, text, 2 * text.size(), context, result) == MatchOutcome::limit_reached);
}

TEST_CASE("the budget decides what is too long", "[router][pattern]") {
  const std::string text = repeated("SELECT ", 10'000);
  const Pattern pattern = compiled("SELECT(?=.*FOR UPDATE)");
  MatchContext none({.budget = std::chrono::nanoseconds(0)}), any({.budget = kForever});
  CHECK(pattern.search(text, none) == MatchOutcome::limit_reached);
  CHECK(pattern.search(text, any) == MatchOutcome::no_match);
  CHECK(pattern.search(text + "FOR UPDATE", any) == MatchOutcome::match);
  CHECK(pattern.search(text.substr(0, 4096), none) == MatchOutcome::no_match);
  CHECK(compiled("UPDATE").search(text, none) == MatchOutcome::no_match);
}

}  // namespace weir
