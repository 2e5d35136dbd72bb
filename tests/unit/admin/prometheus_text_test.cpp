#include "admin/prometheus_text.hpp"

#include <array>
#include <catch2/catch.hpp>

#include "tests/support/prometheus.hpp"

using namespace weir;
using namespace weir::test;

TEST_CASE("samples as Prometheus reads them", "[admin][prometheus]") {
  PrometheusText text;
  text.family("a_total", MetricType::counter, "What \\ and\nwhere.");
  text.sample({}, 0);
  text.sample({{"path", "C:\\x\n\"y\""}, {"b", ""}}, 1e15);
  text.family("nothing", MetricType::gauge, "Left out.");
  text.family("seconds", MetricType::gauge, "Time.");
  text.sample({}, 0.25);
  text.sample({{"a", "b"}}, -3);
  text.sample({{"a", "c"}}, 1e300);
  const std::string written = text.take();
  CHECK(written ==
        "# HELP a_total What \\\\ and\\nwhere.\n"
        "# TYPE a_total counter\n"
        "a_total 0\n"
        "a_total{path=\"C:\\\\x\\n\\\"y\\\"\",b=\"\"} 1000000000000000\n"
        "# HELP seconds Time.\n"
        "# TYPE seconds gauge\n"
        "seconds 0.25\n"
        "seconds{a=\"b\"} -3\n"
        "seconds{a=\"c\"} 1e+300\n");
  CHECK(read_prometheus(written).faults.empty());
}

TEST_CASE("histograms are cumulative, and end in +Inf", "[admin][prometheus]") {
  PrometheusText text;
  text.family("t_seconds", MetricType::histogram, "Time.");
  const std::array<double, 2> bounds{0.0001, 5};
  const std::array<std::uint64_t, 3> counts{1, 0, 2};
  const PrometheusText::Label label{"command", "SELECT"};
  text.histogram({&label, 1}, bounds, counts, 12.5);
  const std::string written = text.take();
  CHECK(written ==
        "# HELP t_seconds Time.\n"
        "# TYPE t_seconds histogram\n"
        "t_seconds_bucket{command=\"SELECT\",le=\"0.0001\"} 1\n"
        "t_seconds_bucket{command=\"SELECT\",le=\"5\"} 1\n"
        "t_seconds_bucket{command=\"SELECT\",le=\"+Inf\"} 3\n"
        "t_seconds_sum{command=\"SELECT\"} 12.5\n"
        "t_seconds_count{command=\"SELECT\"} 3\n");
  CHECK(read_prometheus(written).faults.empty());
}

TEST_CASE("the tests' reader of the format finds faults", "[admin][prometheus]") {
  const std::string head = "# HELP a A.\n# TYPE a gauge\n";
  const std::pair<const char*, std::string> cases[] = {
      {"no line feed at the end", head + "a 1"},
      {"a series twice", head + "a 1\na 2\n"},
      {"the same labels twice", head + "a{b=\"1\"} 1\na{b=\"1\"} 2\n"},
      {"a sample of another family", head + "b 1\n"},
      {"two blocks", head + "a 1\n" + head + "a{b=\"1\"} 2\n"},
      {"no number", head + "a x\n"},
      {"a raw quote", head + "a{b=\"\"\"} 1\n"},
      {"an unknown escape", head + "a{b=\"\\t\"} 1\n"},
      {"a label twice", head + "a{b=\"1\",b=\"2\"} 1\n"},
      {"a name with a dash", "# HELP a-b A.\n# TYPE a-b gauge\na-b 1\n"},
      {"no help", "# TYPE a gauge\na 1\n"},
      {"a counter's name", "# HELP a A.\n# TYPE a counter\na 1\n"},
  };
  for (const auto& [name, text] : cases) {
    CAPTURE(name);
    CHECK_FALSE(read_prometheus(text).faults.empty());
  }
}
