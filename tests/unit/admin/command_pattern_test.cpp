#include "admin/command_pattern.hpp"

#include <catch2/catch.hpp>
#include <optional>

using namespace weir;

namespace {

// The captures as "name=text name=text", or nothing if `sql` does not match.
std::optional<std::string> matched(std::string_view pattern, std::string_view sql,
                                   std::initializer_list<std::string_view> names = {}) {
  const CommandText text(sql);
  Captures captures;
  if (!CommandPattern(pattern).matches(text, captures)) return std::nullopt;
  std::string shown;
  for (std::string_view name : names) {
    if (!shown.empty()) shown += ' ';
    shown += std::string(name) + "=" + std::string(captures[name]);
  }
  return shown;
}

}  // namespace

TEST_CASE("words match in any case, with any blanks, comments and semicolons", "[admin][commands]") {
  for (std::string_view sql :
       {"LOAD MYSQL USERS TO RUNTIME", "load mysql users to runtime", "  LOAD\nMYSQL\tUSERS TO RUNTIME ; ",
        "LOAD /* them */ MYSQL USERS -- now\n TO RUNTIME;;", "LOAD MYSQL USERS TO RUNTIME -- and done",
        "# first\nLOAD MYSQL USERS TO RUN"}) {
    INFO(sql);
    CHECK(matched("LOAD MYSQL USERS TO RUNTIME|RUN", sql));
  }
  for (std::string_view sql :
       {"LOAD MYSQL USERS TO", "LOAD MYSQL USERS TO RUNTIME NOW", "LOAD MYSQLUSERS TO RUNTIME",
        "LOAD MYSQL 'USERS' TO RUNTIME", "", ";", "LOAD"}) {
    INFO(sql);
    CHECK_FALSE(matched("LOAD MYSQL USERS TO RUNTIME|RUN", sql));
  }
}

TEST_CASE("placeholders take what the pattern says", "[admin][commands]") {
  struct Case {
    std::string_view pattern, sql, captured;  // captured "-" = no match
  };
  for (const Case& c : {
           Case{"KILL [CONNECTION] <a>", "KILL 7;", "a=7"},
           Case{"KILL [CONNECTION] <a>", "kill connection 7", "a=7"},
           Case{"KILL [CONNECTION] <a>", "KILL QUERY 7", "-"},
           Case{"LOAD USER <a> TO RUN", "LOAD USER so;lo TO RUN", "a=so;lo"},
           Case{"LOAD USER <a> TO RUN", "LOAD USER 'a b' TO RUN", "a=a b"},
           Case{"X <a>", "X `disk`.`t`;", "a=`disk`.`t`"},
           Case{"INTO OUTFILE <a>", "INTO OUTFILE /tmp/x.cnf", "a=/tmp/x.cnf"},
           Case{"INTO OUTFILE <a>", "INTO OUTFILE \"/tmp/x y.cnf\" ;", "a=/tmp/x y.cnf"},
           Case{"SELECT @@<a> [LIMIT 1]", "select @@mysql-max_connections limit 1",
                "a=mysql-max_connections"},
           Case{"SELECT @@<a> [LIMIT 1]", "select @@read_only", "a=read_only"},
           Case{"SELECT @@<a> [LIMIT 1]", "select 1", "-"},
           Case{"SELECT @@<a> [LIMIT 1]", "select @@", "-"},
           Case{"LOAD <a...> TO RUNTIME", "LOAD mysql  query rules TO RUNTIME", "a=mysql  query rules"},
           Case{"LOAD <a...> TO RUNTIME", "LOAD TO RUNTIME", "-"},
           Case{"LOGENTRY <a...>", "LOGENTRY it's  so", "a=it's  so"},
           Case{"X [LIKE <a>]", "x", "a="},
           Case{"X [FULL] [LIKE <a>] END", "x full like '%a' end", "a=%a"},
           Case{"X [OF <b>] <a...>", "x of 1 of 2", "a=of 2"},
           Case{"X [OF <b>] <a...>", "x of 1", "a=of 1"},
       }) {
    INFO(c.pattern << " <- " << c.sql);
    CHECK(matched(c.pattern, c.sql, {"a"}).value_or("-") == c.captured);
  }
}

TEST_CASE("a statement of many tokens is no command, but what remains may be long", "[admin][commands]") {
  std::string sql = "SHOW VARIABLES WHERE x IN (1";
  for (int i = 0; i < 1000; ++i) sql += ", " + std::to_string(i);
  sql += ")";
  CHECK_FALSE(matched("SHOW VARIABLES", sql));
  CHECK(matched("SHOW VARIABLES WHERE <a...>", sql, {"a"}) == "a=" + sql.substr(21));
}
