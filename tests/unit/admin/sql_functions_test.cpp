#include "admin/sql_functions.hpp"

#include <catch2/catch.hpp>
#include <ctime>

#include "protocol/auth/stored_secret.hpp"

using namespace weir;

namespace {

std::string value(Store& store, const std::string& expression, Caller caller = Caller::internal) {
  SqlStatement statement = store.prepare("SELECT " + expression, nullptr, caller);
  const Rows found = store.rows(statement);
  REQUIRE(found.rows.size() == 1);
  return found.rows[0][0].value_or("NULL");
}

}  // namespace

TEST_CASE("passwords are hashed as servers hash them", "[admin][sql]") {
  Store store;
  add_admin_functions(store);
  CHECK(value(store, "MYSQL_NATIVE_PASSWORD('password')") == "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
  CHECK(value(store, "mysql_native_password('')").empty());
  CHECK(value(store, "MYSQL_NATIVE_PASSWORD(NULL)") == "NULL");
  const std::string hash = value(store, "CACHING_SHA2_PASSWORD('secret')");
  CHECK(hash != value(store, "CACHING_SHA2_PASSWORD('secret')"));
  CHECK(hash.size() == 70);
  CHECK(matches(parse_stored_secret(hash), "secret"));
  CHECK_FALSE(matches(parse_stored_secret(hash), "Secret"));
  const std::string again = "CACHING_SHA2_PASSWORD('secret', '" + hash.substr(7, 20) + "')";
  CHECK(value(store, again) == hash);
  CHECK_THROWS_AS(value(store, "CACHING_SHA2_PASSWORD('secret', 'short')"), SqlError);
  CHECK_THROWS_AS(value(store, "CACHING_SHA2_PASSWORD(printf('%0300d', 1))"), SqlError);
}

TEST_CASE("functions of texts give what SQLite's own give", "[admin][sql]") {
  Store ours, original;
  add_admin_functions(ours);
  for (const char* expression : {"instr('abcabc', 'c')",
                                 "instr('abc', 'x')",
                                 "instr('abc', '')",
                                 "instr('', '')",
                                 "instr('', 'a')",
                                 "instr('äöü', 'ü')",
                                 "instr(NULL, 'a')",
                                 "instr(12345, 34)",
                                 "replace('abcabc', 'b', 'XX')",
                                 "replace('aaaa', 'aa', 'b')",
                                 "replace('abc', '', 'x')",
                                 "replace('abc', 'abc', '')",
                                 "replace('abc', 'b', NULL)",
                                 "replace('abc', 'x', 'y')",
                                 "trim('xxabcxyx', 'yx')",
                                 "ltrim('xxabcxx', 'x')",
                                 "rtrim('xxabcxx', 'x')",
                                 "trim('ääaä', 'ä')",
                                 "trim('abc', '')",
                                 "trim('aaa', 'a')",
                                 "trim('', 'a')",
                                 "rtrim('aéé', 'é')",
                                 "trim('  a  ')",
                                 "ltrim(NULL, 'a')",
                                 "instr('abc', 'x') > 0",
                                 "instr('abc', 'b') = 2",
                                 "typeof(instr('abc', 'b'))"}) {
    INFO(expression);
    CHECK(value(ours, expression) == value(original, expression));
  }
}

TEST_CASE("LIKE and GLOB find what SQLite's own find", "[admin][sql]") {
  Store ours, original;
  add_admin_functions(ours);
  for (const char* expression : {"'Straße' LIKE 'sTRASSE'",
                                 "'STRAßE' LIKE 'straße'",
                                 "'Ä' LIKE 'ä'",
                                 "'abc' LIKE 'a%'",
                                 "'abc' LIKE '_b_'",
                                 "'äbc' LIKE '_bc'",
                                 "'abc' LIKE ''",
                                 "'' LIKE ''",
                                 "'' LIKE '%'",
                                 "'abc' NOT LIKE 'x%'",
                                 "12345 LIKE '%34%'",
                                 "1.5 LIKE '1._'",
                                 "12 LIKE 12",

                                 "NULL LIKE 'a'",
                                 "'a' LIKE NULL",
                                 "'a' LIKE 'a' ESCAPE NULL",
                                 "'a%b' LIKE 'a\\%b' ESCAPE '\\'",
                                 "'axb' LIKE 'a\\%b' ESCAPE '\\'",
                                 "'a_b' LIKE 'aé_b' ESCAPE 'é'",
                                 "'axb' LIKE 'aé_b' ESCAPE 'é'",
                                 "'a%' LIKE 'a%%' ESCAPE '%'",
                                 "'ab' LIKE 'a%%' ESCAPE '%'",
                                 "'ab' LIKE 'a%b' ESCAPE '%'",
                                 "'a_' LIKE 'a__' ESCAPE '_'",
                                 "'abb' LIKE 'a__' ESCAPE '_'",
                                 "'abc' LIKE 'a%' ESCAPE '_'",
                                 "'a' LIKE 'a%' ESCAPE '%'",
                                 "'a' || char(1) || '%' LIKE 'a' || char(1) || '%%' ESCAPE '%'",
                                 "('a' LIKE 'a') = 1",
                                 "('a' LIKE 'b') + 0",
                                 "typeof('a' LIKE 'a')",
                                 "'abc' GLOB 'a*'",
                                 "'abc' GLOB 'A*'",
                                 "'abc' GLOB '[a-c]?c'",
                                 "'abc' GLOB '[^a]*'",
                                 "12 GLOB '1?'",
                                 "NULL GLOB '*'",
                                 "like('a%', 'abc')",
                                 "glob('a*', 'abc')"}) {
    INFO(expression);
    CHECK(value(ours, expression) == value(original, expression));
  }
  for (const char* expression : {"'a' LIKE 'b' ESCAPE ''", "'a' LIKE 'b' ESCAPE 'xy'",
                                 "'a' LIKE printf('%0201d', 1)", "'a' GLOB printf('%0201d', 1)"}) {
    INFO(expression);
    CHECK_THROWS_AS(value(ours, expression), SqlError);
    CHECK_THROWS_AS(value(original, expression), SqlError);
  }
}

TEST_CASE("a long text is searched for short patterns only; statements of many matches end in time",
          "[admin][sql]") {
  Store store;
  add_admin_functions(store);
  CHECK(value(store, "hex(zeroblob(2000000)) LIKE '%000x'") == "0");
  CHECK(value(store, "hex(zeroblob(32000)) LIKE '%' || printf('%0198d', 1)") == "0");
  for (const char* by : {"LIKE '%' || printf('%0190d', 1)", "GLOB '*' || printf('%0190d', 1)"}) {
    INFO(by);
    CHECK_THROWS_WITH(value(store, std::string("hex(zeroblob(2000000)) ") + by),
                      "the text is too long for so long a pattern");
    // In one step of SQLite's machine there may be a hundred of them.
    std::string many = "0";
    for (int i = 0; i < 90; ++i) many += std::string(" + (t ") + by + ")";
    store.limit_cpu_ms(10);
    SqlStatement statement =
        store.prepare("SELECT " + many + " FROM (SELECT hex(zeroblob(100000)) AS t)", nullptr, Caller::admin);
    CHECK_THROWS_WITH(store.rows(statement), "the statement needed more than 10 ms of CPU and was stopped");
  }
}

TEST_CASE("no expression takes longer than a statement may, whoever sends it", "[admin][sql]") {
  for (const char* expression :
       {"instr(hex(zeroblob(1900000)), hex(zeroblob(900000)) || '1')",
        "replace(hex(zeroblob(1900000)), hex(zeroblob(900000)) || '1', 'x')",
        "replace(hex(zeroblob(2000000)), '0', hex(zeroblob(1000000)))",
        "rtrim(hex(zeroblob(1900000)), hex(zeroblob(900000)) || '1')",
        "hex(zeroblob(1900000)) LIKE '%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%0%1'",
        "hex(zeroblob(1900000)) LIKE '%' || printf('%0198d', 1)",
        "hex(zeroblob(1900000)) GLOB '*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*0*1'",
        "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT sum(x) FROM c)",
        "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        "SELECT count(CACHING_SHA2_PASSWORD(x)) FROM c)",
        "(WITH RECURSIVE c(x) AS (SELECT 'a' UNION ALL SELECT x || x FROM c) SELECT max(x) FROM c)",
        "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
        "SELECT group_concat(x, 'a long text between them') FROM c)",
        "(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c ORDER BY -x)"}) {
    for (const Caller caller : {Caller::admin, Caller::stats}) {
      INFO(expression);
      Store store;
      add_admin_functions(store);
      store.limit_cpu_ms(100);
      const std::clock_t begin = std::clock();
      try {
        value(store, expression, caller);
      } catch (const SqlError&) {
      }
      CHECK(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < 20.0);
      CHECK(value(store, "1", caller) == "1");
    }
  }
}
