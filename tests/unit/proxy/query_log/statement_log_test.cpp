// A worker's end of the query log: it waits for nobody.
#include "proxy/query_log/statement_log.hpp"

#include <catch2/catch.hpp>

#include "router/config/variables.hpp"

namespace weir {
namespace {

Settings logging(std::int64_t by_default) {
  Settings settings = defaults();
  settings.eventslog_filename = "q";
  settings.eventslog_default_log = by_default;
  return settings;
}

TEST_CASE("what is logged without a rule", "[query_log]") {
  QueryLog log(1);
  WorkerStats stats;
  StatementLog statements(log, 0, stats);
  CHECK(!statements.on());
  Settings nowhere = defaults();
  nowhere.eventslog_default_log = 1;
  statements.adopt(nowhere);
  CHECK(!statements.on());
  CHECK(!statements.by_default());
  statements.adopt(logging(0));
  CHECK(statements.on());
  CHECK(!statements.by_default());
  statements.adopt(logging(1));
  CHECK(statements.by_default());
}

TEST_CASE("lines that nobody takes in time are dropped, counted, and waited for by nobody", "[query_log]") {
  QueryLog log(1);  // its thread does not run
  WorkerStats stats;
  StatementLog statements(log, 0, stats);
  statements.adopt(logging(1));
  const std::string query(1000, 'x');
  QueryEvent event;
  event.query = query;
  constexpr std::uint64_t kStatements = LineRing::kBytes / 1000;
  for (std::uint64_t i = 0; i < kStatements; ++i) statements.write(event);
  CHECK(stats.query_log_dropped.value() > 0);
  CHECK(stats.query_log_lines.value() + stats.query_log_dropped.value() == kStatements);
  std::string lines;
  log.ring(0).take(lines);
  CHECK(static_cast<std::uint64_t>(std::ranges::count(lines, '\n')) == stats.query_log_lines.value());
  const std::uint64_t dropped = stats.query_log_dropped.value();
  statements.write(event);
  CHECK(stats.query_log_dropped.value() == dropped);
}

TEST_CASE("the longest statement fits, whatever it consists of", "[query_log]") {
  QueryLog log(1);
  WorkerStats stats;
  StatementLog statements(log, 0, stats);
  Settings settings = logging(1);
  settings.eventslog_buffer_max_query_length = 33554432;
  statements.adopt(settings);
  const std::string query(1 << 20, '\x01');
  QueryEvent event;
  event.query = query;
  event.query_bytes = query.size();
  statements.write(event);
  CHECK(stats.query_log_lines.value() == 1);
}

}  // namespace
}  // namespace weir
