// As many servers as anybody has, each asked everything.
#include <catch2/catch.hpp>
#include <set>

#include "monitor/health_watch.hpp"
#include "proxy/net/fd_limit.hpp"
#include "tests/component/net/net_support.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

constexpr std::size_t kServers = 500;
// A connection for each lane of checks, with both ends in this process.
constexpr std::uint64_t kDescriptors = kServers * kCheckLanes * 2 + 100;

void answer_as_replica(ScriptedServer& server) {
  server.on("SELECT @@global.read_only", [](ServerSide& side) { side.rows("read_only", {"1"}); });
  server.on("SELECT @@global.gtid_executed", [](ServerSide& side) {
    side.rows("gtid_executed", {"0f4d2a6e-7f2c-11ee-b962-0242ac120002:1-5"});
  });
  server.on("SHOW ALL SLAVES STATUS", [](ServerSide& side) {
    side.head(
        {"Master_Host", "Master_Port", "Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master"});
    side.row({"127.0.0.1", "3306", "Yes", "Yes", "0"});
    side.end_rows();
  });
}

// Those that have answered a check of this kind at least so often.
std::size_t answered(const MonitorBoard& board, CheckKind kind, int times) {
  std::map<Host, int> answers;
  for (const CheckLogRow& row : board.log().rows(kind)) answers[*row.host] += row.error ? 0 : 1;
  return static_cast<std::size_t>(
      std::ranges::count_if(answers, [&](const auto& entry) { return entry.second >= times; }));
}

TEST_CASE("five hundred servers are asked everything, again and again", "[health]") {
  if (raise_fd_limit().now < kDescriptors) {
    WARN("too few descriptors: skipped");
    return;
  }
  Scene scene;
  scene.split_reads_to(2);
  // One socket is a server at each loopback address.
  ScriptedServer many(scene.loop(), "b", "0.0.0.0");
  answer_as_replica(many);
  scene.server().on("SELECT @@global.read_only", [](ServerSide& side) { side.rows("read_only", {"0"}); });
  scene.server().on("SELECT @@global.gtid_executed", [](ServerSide& side) {
    side.rows("gtid_executed", {"0f4d2a6e-7f2c-11ee-b962-0242ac120002:1-5"});
  });
  for (std::size_t i = 0; i < kServers; ++i) {
    ServerRow row = scene.server_row(0);
    row.hostgroup_id = 2;
    row.hostname = "127.1." + std::to_string(i / 250) + "." + std::to_string(1 + i % 250);
    row.port = many.port();
    scene.tables().servers.push_back(std::move(row));
  }
  scene.tables().hostgroup_attributes.push_back(
      {.hostgroup_id = 2, .hostgroup_settings = R"({"max_replication_lag_ms": 60000})"});
  Settings& settings = scene.settings();
  settings.monitor_enabled = true;
  settings.monitor_ping_interval_ms = settings.monitor_read_only_interval_ms = 1000;
  settings.monitor_replication_lag_interval_ms = settings.monitor_connect_interval_ms = 1000;
  settings.monitor_gtid_interval_ms = 1000;
  settings.monitor_ping_timeout_ms = settings.monitor_read_only_timeout_ms = 60'000;
  settings.monitor_replication_lag_timeout_ms = settings.monitor_connect_timeout_ms = 60'000;

  MonitorBoard board;
  HealthWatch watch(scene.loop(), board, [](const ServerOverlay&, std::uint64_t) {});
  watch.adopt(scene.build());
  for (const CheckKind kind :
       {CheckKind::connect, CheckKind::ping, CheckKind::read_only, CheckKind::replication_lag}) {
    CAPTURE(check_spec(kind).name);
    // Nobody limits the writer's lag.
    const std::size_t asked = kind == CheckKind::replication_lag ? kServers : kServers + 1;
    CHECK(run_until(scene.loop(), [&] { return answered(board, kind, 2) == asked; }));
    CHECK(board.log().counts(kind).failed == 0);
  }
  CHECK(run_until(scene.loop(), [&] {
    return std::ranges::count_if(board.reports(), [](const auto& entry) {
             const HostReport& report = entry.second;
             return report.read_only == true && report.replica && report.lag_s == 0 && report.lag_ms == 0;
           }) == static_cast<std::ptrdiff_t>(kServers);
  }));
  // In groups, for which the thread wakes up; and not all at the same moment.
  std::set<Instant> groups;
  for (const auto& [host, report] : board.reports()) groups.insert(report.next_ping % 1000);
  CHECK(groups.size() > 10);
  for (const Instant at : groups) CHECK(at % 50 == 0);
}

}  // namespace
}  // namespace weir::test
