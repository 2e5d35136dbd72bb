#include "admin/statement_split.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace weir::test {
namespace {

struct Case {
  const char* name;
  std::string sql;
  std::vector<std::string> expected;
};

const Case kCases[] = {
    {"one", "SELECT 1", {"SELECT 1"}},
    {"one, ended", "SELECT 1;", {"SELECT 1"}},
    {"two", "SELECT 1; SELECT 2", {"SELECT 1", " SELECT 2"}},
    {"empty ones are left out", ";; SELECT 1;; ;SELECT 2; -- end\n;", {" SELECT 1", "SELECT 2"}},
    {"in a string", "SELECT 'a;b', \"c;d\"; x", {"SELECT 'a;b', \"c;d\"", " x"}},
    {"in a name", "SELECT `a;b`; x", {"SELECT `a;b`", " x"}},
    {"in a comment", "SELECT 1 /* ; */; x -- ;\n", {"SELECT 1 /* ; */", " x -- ;\n"}},
    {"a backslash escapes nothing", R"(SELECT '\'; SELECT 2)", {R"(SELECT '\')", " SELECT 2"}},
    {"a trigger has semicolons of its own",
     "CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END;",
     {"CREATE TEMP TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END;"}},
    {"what stands before a trigger is cut off",
     "SELECT 1; CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END",
     {"SELECT 1", " CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1; END"}},
    {"a string that is not closed goes to the end", "SELECT 'a; x", {"SELECT 'a; x"}},
    {"nothing is still one", " ; ", {" ; "}},
    {"nothing at all is still one", "", {""}},
};

TEST_CASE("a text is cut between its statements") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    std::vector<std::string> statements;
    std::string_view text = c.sql;
    do {
      statements.emplace_back(take_statement(text));
    } while (!text.empty());
    CHECK(statements == c.expected);
  }
}

}  // namespace
}  // namespace weir::test
