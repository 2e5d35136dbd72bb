// A pair of hostgroups whose scripted servers are watched: for tests of the monitor.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "monitor/health_watch.hpp"
#include "router/backend/balance.hpp"
#include "tests/component/net/net_support.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {

inline constexpr const char* kReadOnly = "SELECT @@global.read_only";

inline void set_read_only(ScriptedServer& server, bool read_only) {
  server.on(kReadOnly, [read_only](ServerSide& side) { side.rows("read_only", {read_only ? "1" : "0"}); });
}

// As MySQL 8.4 has it; the older forms are syntax errors there.
inline void set_lag(ScriptedServer& server, const std::string& lag_s) {
  const auto unknown = [](ServerSide& side) {
    side.err(1064, "You have an error in your SQL syntax", "42000");
  };
  server.on("SHOW ALL SLAVES STATUS", unknown);
  server.on("SHOW SLAVE STATUS", unknown);
  server.on("SHOW REPLICA STATUS", [lag_s](ServerSide& side) {
    side.head({"Source_Host", "Source_Port", "Replica_IO_Running", "Replica_SQL_Running",
               "Seconds_Behind_Source", "Last_SQL_Error"});
    side.row({"127.0.0.1", "3306", "Yes", "Yes", lag_s, ""});
    side.end_rows();
  });
}

inline void set_threads(ScriptedServer& server, const std::string& io, const std::string& sql) {
  server.on("SHOW ALL SLAVES STATUS", [io, sql](ServerSide& side) {
    side.head(
        {"Master_Host", "Master_Port", "Slave_IO_Running", "Slave_SQL_Running", "Seconds_Behind_Master"});
    side.row({"10.9.9.9", "3306", io, sql, "NULL"});
    side.end_rows();
  });
}

// A pair of hostgroups, 1 and 2, with "a" as its writer and "b" and "c" as its readers.
struct HealthScene {
  HealthScene() {
    scene.add_server(2, "b");
    scene.add_server(2, "c");
    scene.split_reads_to(2);
    Settings& settings = scene.settings();
    settings.monitor_enabled = true;
    settings.monitor_ping_interval_ms = settings.monitor_read_only_interval_ms = 20;
    settings.monitor_replication_lag_interval_ms = settings.monitor_connect_interval_ms = 20;
    settings.monitor_ping_timeout_ms = settings.monitor_read_only_timeout_ms = 20'000;
    settings.monitor_replication_lag_timeout_ms = settings.monitor_connect_timeout_ms = 20'000;
    for (std::size_t i = 0; i < 3; ++i) set_read_only(scene.server(i), i != 0);
  }

  void load() {
    auto built = build_snapshot(scene.tables(), scene.settings(), states, snapshot);
    REQUIRE(built);
    adopt(*built);
  }
  // As the monitor's thread does, some time after load().
  void adopt(std::shared_ptr<const Snapshot> next) {
    snapshot = std::move(next);
    watch.adopt(snapshot);
  }
  void until(const std::function<bool()>& done) { REQUIRE(run_until(scene.loop(), done)); }
  void until_runs(const std::string& expected) {
    const bool done = run_until(scene.loop(), [&] { return runs() == expected; });
    CHECK(runs() == expected);
    REQUIRE(done);
  }
  std::string name_of(const ServerRow& row) {
    for (std::size_t i = 0; i < 3; ++i) {
      if (scene.server(i).port() == row.port) return scene.server(i).name();
    }
    return "?";
  }
  // "1:a 2:b,c", with a '!' behind those that are not usable.
  std::string runs() {
    std::map<std::int64_t, std::string> groups;
    for (const ServerRow& row : snapshot->servers_part().rows) {
      std::string& group = groups[row.hostgroup_id];
      group += (group.empty() ? "" : ",") + name_of(row);
      if (!usable(place(static_cast<int>(row.hostgroup_id), row), scene.loop().now())) group += "!";
    }
    std::string text;
    for (const auto& [id, names] : groups)
      text += (text.empty() ? "" : " ") + std::to_string(id) + ":" + names;
    return text;
  }
  const Server& place(int hostgroup, const ServerRow& row) {
    for (const auto& server : snapshot->find_hostgroup(hostgroup)->servers) {
      if (server->port == row.port) return *server;
    }
    FAIL("no such server");
    return *snapshot->find_hostgroup(hostgroup)->servers.front();
  }
  const Server& server(int hostgroup, std::size_t index) { return place(hostgroup, scene.server_row(index)); }
  Host host(std::size_t index) const { return {"127.0.0.1", scene_port(index)}; }
  std::uint16_t scene_port(std::size_t index) const { return const_cast<Scene&>(scene).server(index).port(); }
  std::size_t asked(std::size_t index, std::string_view what) { return scene.server(index).count(what); }

  std::size_t asked_pings(std::size_t index) { return scene.server(index).count(Command::ping); }

  Scene scene;
  ServerStates states;
  std::shared_ptr<const Snapshot> snapshot;
  MonitorBoard board;
  int decisions = 0;
  HealthWatch watch{scene.loop(), board, [this](ServerOverlay overlay, std::uint64_t loaded_as) {
                      if (loaded_as != snapshot->loaded_as()) return;  // as Runtime::decide()
                      ++decisions;
                      snapshot = with_overlay(*snapshot, std::move(overlay), states);
                    }};
};

}  // namespace weir::test
