// Which statements the query cache may answer.
#include "router/query/repeatable.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("statements whose answer belongs to the moment are not repeatable") {
  struct Case {
    std::string_view sql;
    bool repeatable;
  };
  const Case kCases[] = {
      {"SELECT 1", true},
      {"SELECT a, now, rand, user FROM t WHERE uuid = 'now()'", true},
      {"SELECT COUNT(*) FROM t WHERE d < '2026-01-01'", true},
      {"SELECT `now` FROM t", true},
      {"SELECT NOW()", false},
      {"select now ()", false},
      {"SELECT * FROM t WHERE d < CURDATE() - 1", false},
      {"SELECT * FROM t WHERE d < CURRENT_DATE", false},
      {"SELECT current_timestamp", false},
      {"SELECT * FROM t ORDER BY RAND()", false},
      {"SELECT UUID()", false},
      {"SELECT USER()", false},
      {"SELECT @x", false},
      {"SELECT @@hostname", false},
      {"SELECT /* NOW() */ 1", true},
      {"SELECT /*! NOW() */", false},
      {"SELECT 'x", false},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.sql);
    CHECK(is_repeatable(c.sql, {}) == c.repeatable);
  }
}

}  // namespace
}  // namespace weir
