// What the checks read in answers.
#include "monitor/check.hpp"

#include <catch2/catch.hpp>

#include "monitor/replication_rows.hpp"
#include "tests/support/query_answer.hpp"

namespace weir::test {
namespace {

TEST_CASE("the age of a heartbeat is the lag", "[monitor]") {
  struct Case {
    std::optional<std::string> age_us;
    std::optional<double> lag_s;  // nothing: the table has no time
  };
  for (const Case& c : {Case{"1500000", 1.5}, Case{"0", 0}, Case{"-2000", 0}, Case{"1e300", kLargestNumber},
                        Case{std::nullopt, {}}, Case{"", {}}, Case{"nan", {}}, Case{"12x", {}}}) {
    CAPTURE(c.age_us.value_or("NULL"));
    Observation seen;
    const auto answer = query_answer({"heartbeat_age_us"}, {{c.age_us}});
    const std::string problem = check_spec(CheckKind::replication_lag).read(answer, seen);
    CHECK(problem == (c.lag_s ? "" : "the heartbeat table has no time"));
    REQUIRE(seen.replication.has_value() == c.lag_s.has_value());
    if (c.lag_s) CHECK(seen.replication->lag_s == c.lag_s);
  }
}

}  // namespace
}  // namespace weir::test
