#include "monitor/routine_rows.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

using Row = SimpleQuery::Row;

TEST_CASE("rows of information_schema become functions", "[monitor]") {
  struct Case {
    const char* name;
    Row row;
    RoutineVerdict verdict;
  };
  const Case cases[] = {
      {"declared and seen", {"s", "f", "SQL", "NO SQL", "YES", "", "RETURN 1"}, RoutineVerdict::reads},
      {"body hidden",
       {"s", "f", "SQL", "READS SQL DATA", "YES", "", std::nullopt},
       RoutineVerdict::body_unseen},
      {"another language",
       {"s", "f", "EXTERNAL", "NO SQL", "YES", "", "return 1"},
       RoutineVerdict::body_unseen},
      {"not declared",
       {"s", "f", "SQL", "CONTAINS SQL", "YES", "", "RETURN 1"},
       RoutineVerdict::not_declared},
      {"declared as writing",
       {"s", "f", "SQL", "MODIFIES SQL DATA", "NO", "", "RETURN 1"},
       RoutineVerdict::declared_write},
      {"a declaration that nobody knows",
       {"s", "f", "SQL", "MAYBE", "NO", "", "RETURN 1"},
       RoutineVerdict::not_declared},
      {"no declaration", {"s", "f", "SQL", std::nullopt, "NO", "", "RETURN 1"}, RoutineVerdict::not_declared},
      {"a body that writes",
       {"s", "f", "SQL", "NO SQL", "NO", "", "BEGIN DELETE FROM t; RETURN 1; END"},
       RoutineVerdict::body_in_doubt},
      {"a string", {"s", "f", "SQL", "NO SQL", "NO", "", "RETURN 'a'"}, RoutineVerdict::body_inexact},
      {"a string or a name",
       {"s", "f", "SQL", "NO SQL", "NO", "", "RETURN \"a\""},
       RoutineVerdict::body_inexact},
      {"a name in quotes", {"s", "f", "SQL", "NO SQL", "NO", "", "RETURN `a`"}, RoutineVerdict::body_inexact},
      {"quotes do not matter to what is declared to write",
       {"s", "f", "SQL", "MODIFIES SQL DATA", "NO", "", "RETURN 'a'"},
       RoutineVerdict::declared_write},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    const auto functions = to_functions(std::vector<Row>(1, c.row));
    REQUIRE(functions.size() == 1);
    CHECK(functions[0].schema == "s");
    CHECK(functions[0].name == "f");
    CHECK(to_text(functions[0].verdict) == to_text(c.verdict));
    CHECK(functions[0].deterministic == (c.row[4] == "YES"));
  }
}

TEST_CASE("a function that is shown as it was written is judged by that", "[monitor]") {
  const StoredFunction function{"a`b", "f", DataAccess::no_sql, true, RoutineVerdict::body_inexact};
  CHECK(shown_query(function) == "SHOW CREATE FUNCTION `a``b`.`f`");
  const char* head = "CREATE FUNCTION `f`() RETURNS int\n    NO SQL\n";
  const auto verdict = [&](Row row) { return shown_verdict(function, std::vector<Row>{std::move(row)}); };
  CHECK(verdict({"f", "", std::string(head) + "RETURN 'it''s'"}) == RoutineVerdict::reads);
  CHECK(
      verdict({"f", "", std::string(head) + "BEGIN SET a = 'it''s'; INSERT INTO t VALUES ('it''s'); END"}) ==
      RoutineVerdict::body_in_doubt);
  CHECK(verdict({"f", "ANSI_QUOTES", std::string(head) + "RETURN \"g\"(1)"}) ==
        RoutineVerdict::body_in_doubt);
  CHECK(verdict({"f", "", std::nullopt}) == RoutineVerdict::body_inexact);
  CHECK(verdict({"f", ""}) == RoutineVerdict::body_inexact);
  CHECK(shown_verdict(function, {}) == RoutineVerdict::body_inexact);
}

TEST_CASE("rows that are none are left out", "[monitor]") {
  const std::vector<Row> rows{{}, {"s", "f"}, {std::nullopt, "f", "SQL", "NO SQL", "YES", "", "RETURN 1"}};
  CHECK(to_functions(rows).empty());
  CHECK(to_names(std::vector<Row>{{}, {std::nullopt}, {"udf"}}) == std::vector<std::string>{"udf"});
}

TEST_CASE("loadable functions are asked for where the version has them", "[monitor]") {
  const std::string_view old = loadable_query("5.7.44-log");
  for (const char* version : {"5.5.5-10.11.6-MariaDB-log", "11.8.1-MariaDB", "5.6.51", "", "unknown"}) {
    CHECK(loadable_query(version) == old);
  }
  const std::string_view both = loadable_query("8.0.40");
  CHECK(both != old);
  for (const char* version : {"9.7.4", "8.4.0-commercial", "10.0.1", "26.1.0"})
    CHECK(loadable_query(version) == both);
}

}  // namespace
}  // namespace weir
