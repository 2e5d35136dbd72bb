// Members of clusters that are checked, and what becomes of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch.hpp>
#include <set>
#include <utility>

#include "monitor/health_watch.hpp"
#include "router/backend/balance.hpp"
#include "tests/component/net/net_support.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

using Catch::Contains;

constexpr const char* kMariaDb =
    "SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM information_schema.GLOBAL_STATUS";
constexpr const char* kPercona =
    "SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM performance_schema.global_status";
constexpr const char* kGroup = "SELECT m.MEMBER_STATE";

struct GaleraAnswer {
  const char* component = "Primary";
  const char* state = "4";
  const char* read_only = "OFF";
  const char* queue = "0";
  const char* maintenance = nullptr;
};

void answer_as(ScriptedServer& server, const char* form, GaleraAnswer answer) {
  server.on(form, [answer](ServerSide& side) {
    side.head({"name", "value"});
    side.row({"WSREP_CLUSTER_STATUS", answer.component});
    side.row({"WSREP_LOCAL_STATE", answer.state});
    side.row({"WSREP_LOCAL_RECV_QUEUE", answer.queue});
    side.row({"READ_ONLY", answer.read_only});
    side.row({"WSREP_DESYNC", "OFF"});
    side.row({"WSREP_REJECT_QUERIES", "NONE"});
    side.row({"WSREP_SST_DONOR_REJECTS_QUERIES", "OFF"});
    if (answer.maintenance != nullptr) side.row({"pxc_maint_mode", answer.maintenance});
    side.end_rows();
  });
}

void set_member(ScriptedServer& server, const char* state, bool read_only, const char* present = "3",
                const char* behind = "0") {
  server.on(kGroup, [=](ServerSide& side) {
    side.head({"member_state", "member_role", "members", "present", "read_only", "single_primary",
               "transactions_behind"});
    side.row({state, read_only ? "SECONDARY" : "PRIMARY", "3", present, read_only ? "1" : "0", "ON", behind});
    side.end_rows();
  });
}

// "a", "b" and "c", by weight, in the writers' hostgroup 1 of a cluster; 2 has its backup writers, 3 its
// readers, 4 those that are offline.
struct ClusterScene {
  explicit ClusterScene(ClusterKind kind = ClusterKind::galera) {
    scene.add_server(1, "b");
    scene.add_server(1, "c");
    for (std::size_t i = 0; i < 3; ++i) {
      scene.server_row(i).weight = 30 - static_cast<std::int64_t>(i) * 10;
      answer_as(scene.server(i), kMariaDb, {});
      set_member(scene.server(i), "ONLINE", i != 0);
    }
    const bool galera = kind == ClusterKind::galera;
    auto& rows = galera ? scene.tables().galera_hostgroups : scene.tables().group_replication_hostgroups;
    rows = {
        {.writer_hostgroup = 1, .backup_writer_hostgroup = 2, .reader_hostgroup = 3, .offline_hostgroup = 4}};
    Settings& settings = scene.settings();
    settings.monitor_enabled = true;
    settings.monitor_ping_interval_ms = settings.monitor_connect_interval_ms = 20;
    settings.monitor_galera_interval_ms = settings.monitor_group_interval_ms = 20;
    settings.monitor_ping_timeout_ms = settings.monitor_connect_timeout_ms = 20'000;
    settings.monitor_galera_timeout_ms = settings.monitor_group_timeout_ms = 20'000;
  }

  ClusterHostgroupRow& row() { return scene.tables().galera_hostgroups.front(); }
  void load() {
    auto built = build_snapshot(scene.tables(), scene.settings(), states, snapshot);
    REQUIRE(built);
    snapshot = *built;
    watch.adopt(snapshot);
  }
  void until(const std::function<bool()>& done) { REQUIRE(run_until(scene.loop(), done)); }
  void until_runs(const std::string& expected) {
    const bool done = run_until(scene.loop(), [&] { return runs() == expected; });
    CHECK(runs() == expected);
    REQUIRE(done);
  }
  void until_asked(CheckKind kind, std::uint64_t times) {
    until(
        [&, before = board.log().counts(kind).ok] { return board.log().counts(kind).ok >= before + times; });
  }
  std::string name_of(const Server& server) {
    for (std::size_t i = 0; i < 3; ++i) {
      if (scene.server(i).port() == server.port) return scene.server(i).name();
    }
    return "?";
  }
  // "1:a 2:b,c", with a '!' behind those that are not usable.
  std::string runs() {
    std::string text;
    for (const Hostgroup& hostgroup : snapshot->hostgroups()) {
      std::set<std::string> names;
      for (const auto& server : hostgroup.servers)
        names.insert(name_of(*server) + (usable(*server, scene.loop().now()) ? "" : "!"));
      text += fmt::format("{}{}:{}", text.empty() ? "" : " ", hostgroup.id, fmt::join(names, ","));
    }
    return text;
  }
  const Server& server(int hostgroup, std::size_t index) {
    for (const auto& server : snapshot->find_hostgroup(hostgroup)->servers) {
      if (server->port == scene.server(index).port()) return *server;
    }
    FAIL("no such server");
    return *snapshot->find_hostgroup(hostgroup)->servers.front();
  }
  Host host(std::size_t index) { return {"127.0.0.1", scene.server(index).port()}; }

  Scene scene;
  ServerStates states;
  std::shared_ptr<const Snapshot> snapshot;
  MonitorBoard board;
  HealthWatch watch{scene.loop(), board, [this](ServerOverlay overlay, std::uint64_t) {
                      snapshot = with_overlay(*snapshot, std::move(overlay), states);
                      watch.adopt(snapshot);
                    }};
};

TEST_CASE("a Galera cluster has one writer, and another one when that has gone", "[cluster]") {
  ClusterScene s;
  s.load();
  s.until_runs("1:a,b!,c! 2:b,c");
  CHECK(s.server(1, 1).hold == Hold::spare);
  CHECK(s.server(1, 1).status == ServerStatus::shunned);
  CHECK(s.snapshot->pair_of(1)->reader == 3);
  s.until_asked(CheckKind::galera, 6);
  CHECK(s.runs() == "1:a,b!,c! 2:b,c");
  CHECK(s.scene.server(0).count("SELECT @@global.read_only") == 0);
  s.scene.server(0).stop_listening();
  s.scene.server(0).close_all();
  s.until_runs("1:b,c! 2:c 4:a!");
  CHECK(s.server(4, 0).hold == Hold::dead);
  // Loading the same again undoes nothing.
  s.load();
  CHECK(s.runs() == "1:b,c! 2:c 4:a!");
  s.scene.server(0).listen_again();
  s.until_runs("1:a,b!,c! 2:b,c");
}

TEST_CASE("a node's log has what it said", "[cluster]") {
  ClusterScene s;
  s.scene.server_row(1).hostgroup_id = s.scene.server_row(2).hostgroup_id = 5;
  answer_as(s.scene.server(0), kMariaDb, {.component = "non-Primary", .state = "0", .queue = "12"});
  s.load();
  s.until_runs("4:a 5:b,c");
  const auto row = s.board.log().rows(CheckKind::galera).back();
  REQUIRE(row.member);
  const auto& reading = std::get<GaleraReading>(*row.member);
  CHECK_FALSE(reading.primary);
  CHECK(reading.recv_queue == 12);
  CHECK_THAT(s.board.conflicts().at(1), Contains("not in the primary component"));
  s.until([&] { return s.board.reports().contains(s.host(0)); });
  CHECK(s.board.reports().at(s.host(0)).read_only == false);
  answer_as(s.scene.server(0), kMariaDb, {});
  s.until_runs("1:a 5:b,c");
  s.until([&] { return s.board.conflicts().empty(); });
}

TEST_CASE("a node that does not know the first form of the question is asked by the other", "[cluster]") {
  for (const std::uint16_t code : {std::uint16_t{1109}, std::uint16_t{3167}}) {
    ClusterScene s;
    s.scene.server(0).on(kMariaDb, [code](ServerSide& side) { side.err(code, "no such table", "42S02"); });
    answer_as(s.scene.server(0), kPercona, {.read_only = "ON"});
    s.load();
    s.until_runs("1:b,c! 2:c 3:a");
    s.until_asked(CheckKind::galera, 9);
    CHECK(s.scene.server(0).count(kMariaDb) == 1);
  }
}

TEST_CASE("a node that goes into maintenance gets nothing new", "[cluster]") {
  ClusterScene s;
  s.load();
  s.until_runs("1:a,b!,c! 2:b,c");
  s.until_asked(CheckKind::galera, 6);
  answer_as(s.scene.server(0), kMariaDb, {.maintenance = "MAINTENANCE"});
  s.until_runs("1:a!,b,c! 2:c 4:a");
  CHECK(s.server(1, 0).status == ServerStatus::offline_soft);
  CHECK(s.server(1, 0).hold == Hold::leaving);
  CHECK_THAT(s.server(1, 0).hold_reason, Contains("pxc_maint_mode"));
  answer_as(s.scene.server(0), kMariaDb, {.maintenance = "DISABLED"});
  s.until_runs("1:a,b!,c! 2:b,c");
}

TEST_CASE("a node whose checks time out goes offline after as many as the variable says", "[cluster]") {
  ClusterScene s;
  s.scene.settings().monitor_galera_timeout_ms = 50;
  s.scene.settings().monitor_galera_max_timeout_count = 2;
  s.load();
  s.until_runs("1:a,b!,c! 2:b,c");
  s.until_asked(CheckKind::galera, 6);
  s.scene.server(0).on(kMariaDb, [](ServerSide& side) { side.hold(); });
  s.until_runs("1:b,c! 2:c 4:a");
  CHECK_THAT(s.snapshot->overlay().at({4, "127.0.0.1", s.scene.server(0).port()}).reason,
             Contains("checks in a row had no answer"));
}

TEST_CASE("a member that is cut off is asked again before it is due, and what runs there is ended",
          "[cluster]") {
  for (const ClusterKind kind : {ClusterKind::galera, ClusterKind::group_replication}) {
    ClusterScene s(kind);
    s.scene.settings().monitor_galera_interval_ms = s.scene.settings().monitor_group_interval_ms = 3'600'000;
    s.load();
    const bool galera = kind == ClusterKind::galera;
    s.until_runs(galera ? "1:a,b!,c! 2:b,c" : "1:a 3:b,c");
    const int last = galera ? 0 : 1;  // of a group, one that reads: nobody is asked for want of a writer
    if (galera) answer_as(s.scene.server(0), kMariaDb, {.component = "non-Primary"});
    if (!galera) set_member(s.scene.server(1), "ONLINE", true, "1");
    s.watch.on_refused_write(s.host(static_cast<std::size_t>(last)));
    s.until_runs(galera ? "1:b,c! 2:c 4:a" : "1:a 3:c 4:b");
    s.until_runs(galera ? "1:b,c! 2:c 4:a!" : "1:a 3:c 4:b!");
    CHECK(s.server(4, static_cast<std::size_t>(last)).hold == Hold::severed);
  }
}

TEST_CASE("a member that is to finish is asked on, and what runs there is ended when it is cut off",
          "[cluster]") {
  ClusterScene s;
  s.load();
  s.until_runs("1:a,b!,c! 2:b,c");
  s.scene.server_row(0).status = "OFFLINE_SOFT";
  s.load();
  s.until_runs("1:a!,b,c! 2:c");
  const auto ends = [&] {
    const ServerDecision* end = find_end(s.snapshot->overlay(), "127.0.0.1", s.scene.server(0).port());
    return end != nullptr && end->hold == Hold::severed;
  };
  CHECK_FALSE(ends());
  answer_as(s.scene.server(0), kMariaDb, {.component = "non-Primary"});
  s.until(ends);
  CHECK(s.server(1, 0).status == ServerStatus::offline_soft);
  answer_as(s.scene.server(0), kMariaDb, {});
  s.until([&] { return !ends(); });
  CHECK(s.runs() == "1:a!,b,c! 2:c");
}

TEST_CASE("a member that is cut off, and tells nothing more, is not asked without end", "[cluster]") {
  ClusterScene s;
  s.scene.settings().monitor_galera_interval_ms = 3'600'000;
  s.load();
  s.until_runs("1:a,b!,c! 2:b,c");
  answer_as(s.scene.server(0), kMariaDb, {.component = "non-Primary"});
  s.watch.on_refused_write(s.host(0));
  s.until_runs("1:b,c! 2:c 4:a");
  s.scene.server(0).on(
      kMariaDb, [](ServerSide& side) { side.err(1142, "SELECT command denied to user 'monitor'", "42000"); });
  const auto asked = [&] { return s.scene.server(0).count(kMariaDb); };
  s.until([&, before = asked()] { return asked() > before; });
  const std::size_t pings = s.scene.server(0).count(Command::ping);
  const std::size_t before = asked();
  s.until([&] {
    s.watch.adopt(s.snapshot);  // judged again, however often
    return s.scene.server(0).count(Command::ping) >= pings + 40;
  });
  CHECK(asked() - before < 20);
}

TEST_CASE("what a server has said of read_only in a pair is forgotten in a cluster", "[cluster]") {
  ClusterScene s;
  s.scene.settings().monitor_read_only_interval_ms = 20;
  s.scene.settings().monitor_read_only_timeout_ms = 20'000;
  const auto clusters = std::exchange(s.scene.tables().galera_hostgroups, {});
  s.scene.tables().replication_hostgroups = {{.writer_hostgroup = 1, .reader_hostgroup = 3}};
  for (std::size_t i = 0; i < 3; ++i) {
    s.scene.server(i).on("SELECT @@global.read_only",
                         [](ServerSide& side) { side.rows("read_only", {"1"}); });
  }
  s.load();
  s.until_runs("3:a,b,c");
  CHECK(s.board.reports().at(s.host(0)).read_only == true);
  s.scene.tables().replication_hostgroups.clear();
  s.scene.tables().galera_hostgroups = clusters;
  s.load();
  s.until_runs("1:a,b!,c! 2:b,c");
  s.until([&] { return s.board.reports().at(s.host(0)).read_only == false; });
}

TEST_CASE("an account that may not look moves nobody", "[cluster]") {
  ClusterScene s(ClusterKind::group_replication);
  for (std::size_t i = 0; i < 3; ++i) {
    s.scene.server(i).on(
        kGroup, [](ServerSide& side) { side.err(1142, "SELECT command denied to user 'monitor'", "42000"); });
  }
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::group_replication).failed >= 12; });
  CHECK(s.runs() == "1:a,b!,c!");
  CHECK_THAT(s.board.reports().at(s.host(0)).error, Contains("command denied"));
}

TEST_CASE("a server that is no member is offline, and the reason says so", "[cluster]") {
  ClusterScene s;
  s.scene.server(1).on(kMariaDb, [](ServerSide& side) {
    side.head({"name", "value"});
    side.row({"READ_ONLY", "OFF"});
    side.end_rows();
  });
  s.load();
  s.until_runs("1:a,c! 2:c 4:b");
  CHECK_THAT(s.snapshot->overlay().at({4, "127.0.0.1", s.scene.server(1).port()}).reason,
             Contains("no member of a Galera cluster"));
}

TEST_CASE("a group's primary is followed", "[cluster]") {
  ClusterScene s(ClusterKind::group_replication);
  s.load();
  s.until_runs("1:a 3:b,c");
  set_member(s.scene.server(0), "ONLINE", true);
  s.until_runs("3:a,b,c");
  set_member(s.scene.server(2), "ONLINE", false);
  s.until_runs("1:c 3:a,b");
  set_member(s.scene.server(1), "RECOVERING", true);
  s.until_runs("1:c 3:a 4:b");
  set_member(s.scene.server(2), "ONLINE", false, "1");
  s.until_runs("3:a 4:b,c");
}

TEST_CASE("when a group's primary writes no more, the others are asked at once", "[cluster]") {
  ClusterScene s(ClusterKind::group_replication);
  s.scene.settings().monitor_group_interval_ms = 3'600'000;
  s.load();
  s.until_runs("1:a 3:b,c");
  set_member(s.scene.server(0), "ONLINE", true);
  set_member(s.scene.server(1), "ONLINE", false);
  s.watch.on_refused_write(s.host(0));
  s.until_runs("1:b 3:a,c");
  set_member(s.scene.server(1), "ONLINE", true);
  s.watch.on_refused_write(s.host(1));
  s.until_runs("3:a,b,c");
  s.until_asked(CheckKind::group_replication, 6);  // each is asked again, long before it is due
  set_member(s.scene.server(2), "ONLINE", false);
  s.until_runs("1:c 3:a,b");
}

TEST_CASE("a member of a group that applies too slowly is not read from", "[cluster]") {
  ClusterScene s(ClusterKind::group_replication);
  s.scene.tables().group_replication_hostgroups.front().max_transactions_behind = 5;
  s.load();
  s.until_runs("1:a 3:b,c");
  set_member(s.scene.server(1), "ONLINE", true, "3", "6");
  s.until_runs("1:a 3:b!,c");
  CHECK(s.server(3, 1).hold == Hold::lagging);
  set_member(s.scene.server(1), "ONLINE", true, "3", "5");
  s.until_runs("1:a 3:b,c");
}

TEST_CASE("a node that refuses a write is asked at once", "[cluster]") {
  for (const bool read_only : {false, true}) {
    ClusterScene s;
    s.scene.settings().monitor_galera_interval_ms = 600'000;
    s.load();
    s.until([&] { return s.board.log().counts(CheckKind::galera).ok == 3; });
    s.until_runs("1:a,b!,c! 2:b,c");
    answer_as(s.scene.server(0), kMariaDb, {.read_only = read_only ? "ON" : "OFF"});
    REQUIRE(s.server(1, 0).health().note_refused_write(s.scene.loop().now()));
    CHECK(s.runs() == "1:a!,b!,c! 2:b,c");
    s.watch.on_refused_write(s.host(0));
    s.until_runs(read_only ? "1:b,c! 2:c 3:a" : "1:a,b!,c! 2:b,c");
  }
}

TEST_CASE("a node that refuses a write because it is cut off has refused it in earnest", "[cluster]") {
  ClusterScene s;
  s.scene.settings().monitor_galera_interval_ms = 600'000;
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::galera).ok == 3; });
  s.until_runs("1:a,b!,c! 2:b,c");
  const auto writer = s.server(1, 0).shared_from_this();
  answer_as(s.scene.server(0), kMariaDb, {.component = "non-Primary"});
  REQUIRE(writer->health().note_refused_write(s.scene.loop().now()));
  s.watch.on_refused_write(s.host(0));
  s.until([&] { return s.snapshot->find_hostgroup(4) != nullptr && s.server(4, 0).hold == Hold::severed; });
  answer_as(s.scene.server(0), kMariaDb, {});
  s.scene.settings().monitor_galera_interval_ms = 20;
  s.load();
  s.until_runs("1:a,b!,c! 2:b,c");
  CHECK(writer->health().false_alarms() == 0);
}

TEST_CASE("a node that was out of operation is asked before it writes", "[cluster]") {
  ClusterScene s;
  s.load();
  s.until_runs("1:a,b!,c! 2:b,c");
  s.until_asked(CheckKind::galera, 6);
  s.scene.server_row(0).status = "OFFLINE_SOFT";
  s.load();
  s.until_runs("1:a!,b,c! 2:c");
  answer_as(s.scene.server(0), kMariaDb, {.state = "1"});
  s.scene.server_row(0).status = "ONLINE";
  s.load();
  CHECK(s.runs() == "1:a!,b,c! 2:c");
  s.until([&] {
    const std::string now = s.runs();
    CHECK_FALSE(now.starts_with("1:a,"));
    return now == "1:b,c! 2:c 4:a";
  });
}

TEST_CASE("what nodes have said outlives the monitor's account", "[cluster]") {
  ClusterScene s;
  answer_as(s.scene.server(0), kMariaDb, {.state = "2"});
  s.load();
  s.until_runs("1:a!,b,c! 2:a,c");
  s.scene.settings().monitor_password = "wrong";
  s.load();
  s.until([&] {
    CHECK(s.runs() == "1:a!,b,c! 2:a,c");  // a donor does not write while others can
    return s.board.log().counts(CheckKind::galera).failed >= 3;
  });
}

TEST_CASE("rows that come and go are followed", "[cluster]") {
  ClusterScene s;
  s.load();
  s.until_runs("1:a,b!,c! 2:b,c");
  s.row().max_writers = 2;
  s.row().writer_is_also_reader = 2;
  s.load();
  s.until_runs("1:a,b,c! 2:c 3:c");
  s.row().active = false;
  s.load();
  s.until_runs("1:a,b,c");
  CHECK(s.snapshot->pair_of(1) == nullptr);
  s.row().active = true;
  s.load();
  s.until_runs("1:a,b,c! 2:c 3:c");
}

}  // namespace
}  // namespace weir::test
