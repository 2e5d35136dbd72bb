// Servers that are checked, and what becomes of them.
#include "proxy/net/name_table.hpp"
#include "tests/component/monitor/health_scene.hpp"

namespace weir::test {
namespace {

using Catch::Contains;

TEST_CASE("read_only moves servers between the hostgroups of a pair", "[health]") {
  HealthScene s;
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok >= 6; });
  CHECK(s.runs() == "1:a 2:b,c");
  CHECK(s.decisions == 0);
  set_read_only(s.scene.server(0), true);
  s.until_runs("2:b,c,a");
  s.adopt(s.snapshot);
  set_read_only(s.scene.server(1), false);
  s.until_runs("1:b 2:b,c,a");
  s.adopt(s.snapshot);
  // Loading the same again, or other rows, undoes nothing.
  s.load();
  CHECK(s.runs() == "1:b 2:b,c,a");
  s.scene.server_row(2).weight = 5;
  s.load();
  s.until([&, before = s.board.log().counts(CheckKind::read_only).ok] {
    return s.board.log().counts(CheckKind::read_only).ok > before + 6;
  });
  CHECK(s.runs() == "1:b 2:b,c,a");
  // Without the monitor, it is as the monitor has left it.
  s.scene.settings().monitor_enabled = false;
  s.load();
  run_turns(s.scene.loop(), 100);
  CHECK(s.runs() == "1:b 2:b,c,a");
  CHECK(s.board.reports().empty());
}

TEST_CASE("a server that will not tell its read_only holds nobody up once it was asked", "[health]") {
  HealthScene s;
  s.scene.server_row(0).hostgroup_id = 2;
  s.scene.server(1).on(kReadOnly, [](ServerSide& side) {
    side.err(1227, "Access denied; you need the SUPER privilege", "42000");
    side.hold();
  });
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok >= 6; });
  CHECK(s.runs() == "2:a,b,c");
  s.until([&] { return s.scene.server(1).find_held() != nullptr; });
  s.scene.server(1).find_held()->release();
  s.until_runs("1:a 2:a,b,c");
}

TEST_CASE("a server that is gone is held back, and comes back by a ping", "[health]") {
  HealthScene s;
  s.load();
  s.until([&] { return s.board.reports().size() == 3 && s.board.log().counts(CheckKind::ping).ok >= 3; });
  s.scene.server(1).stop_listening();
  s.scene.server(1).close_all();
  s.until_runs("1:a 2:b!,c");
  s.until([&] { return s.server(2, 1).hold == Hold::dead; });
  CHECK(s.server(2, 1).status == ServerStatus::shunned);
  CHECK_FALSE(s.server(2, 1).hold_reason.empty());
  CHECK(s.board.reports().at(s.host(1)).dead);
  s.scene.server(1).listen_again();
  s.until_runs("1:a 2:b,c");
  CHECK(s.server(2, 1).health().would_be_back_since(7) == 7);  // it starts slowly
  CHECK_FALSE(s.board.reports().at(s.host(1)).dead);
}

TEST_CASE("a server that takes no new connection, and answers on those it has, is not held back",
          "[health]") {
  HealthScene s;
  s.load();
  s.until([&] {
    return s.board.log().counts(CheckKind::ping).ok >= 6 &&
           s.board.log().counts(CheckKind::read_only).ok >= 3;
  });
  s.scene.server(1).stop_listening();
  const std::uint64_t pings = s.board.log().counts(CheckKind::ping).ok;
  s.until([&] {
    CHECK_FALSE(s.server(2, 1).health().view().silent);
    return s.board.log().counts(CheckKind::connect).failed >= 5;
  });
  s.until([&] { return s.board.log().counts(CheckKind::ping).ok >= pings + 15; });
  CHECK(s.runs() == "1:a 2:b,c");
  CHECK(s.decisions == 0);
  CHECK_FALSE(s.board.reports().at(s.host(1)).error.empty());
}

TEST_CASE("a server that hangs is left out from the first check that it does not answer", "[health]") {
  HealthScene s;
  s.scene.settings().monitor_read_only_timeout_ms = 30;
  s.scene.settings().monitor_ping_max_failures = 1'000'000;
  s.scene.settings().monitor_read_only_max_timeout_count = 1'000'000;
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok >= 6; });
  s.scene.server(1).on(kReadOnly, [](ServerSide& side) { side.hold(); });
  s.until([&] { return s.server(2, 1).health().view().silent; });
  CHECK(s.server(2, 1).status == ServerStatus::online);
  CHECK_FALSE(s.server(2, 1).health().eligible(s.scene.loop().now()));
  CHECK(s.server(2, 1).health().eligible_as_last_resort(s.scene.loop().now()));
  set_read_only(s.scene.server(1), true);
  s.until([&] { return !s.server(2, 1).health().view().silent; });
}

TEST_CASE("who does not let the monitor in is there, and stays where it is", "[health]") {
  for (const std::uint16_t code : {std::uint16_t{1040}, std::uint16_t{1045}}) {
    HealthScene s;
    s.scene.server(1).set_greeting_error(code, "not you");
    s.load();
    const std::uint64_t failures = code == 1040 ? 5 : 1;  // those that deny are asked less often
    s.until([&] { return s.board.log().counts(CheckKind::ping).failed >= failures; });
    CHECK(s.runs() == "1:a 2:b,c");
    CHECK(s.board.reports().at(s.host(1)).error == "not you");
    CHECK_FALSE(s.board.reports().at(s.host(1)).silent);
  }
}

TEST_CASE("a server that wants a plugin we do not have is not dead", "[health]") {
  HealthScene s;
  s.scene.server(1).set_asks_plugin("auth_gssapi_client");
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::ping).failed >= 1; });
  CHECK(s.runs() == "1:a 2:b,c");
  CHECK_THAT(s.board.reports().at(s.host(1)).error, Contains("auth_gssapi_client"));
  CHECK_FALSE(s.board.reports().at(s.host(1)).silent);
}

TEST_CASE("a replica that lags is taken out, whichever form of the question it knows", "[health]") {
  HealthScene s;
  s.scene.server_row(1).max_replication_lag = 10;
  set_lag(s.scene.server(1), "0");
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::replication_lag).ok >= 3; });
  CHECK(s.runs() == "1:a 2:b,c");
  CHECK(s.asked(1, "SHOW ALL SLAVES STATUS") == 1);
  for (const auto& row : s.board.log().rows(CheckKind::replication_lag)) CHECK(*row.host == s.host(1));
  set_lag(s.scene.server(1), "11");
  s.until_runs("1:a 2:b!,c");
  CHECK(s.server(2, 1).hold == Hold::lagging);
  CHECK_THAT(s.server(2, 1).hold_reason, Contains("11 s behind"));
  set_lag(s.scene.server(1), "0");
  s.until_runs("1:a 2:b,c");
  CHECK(s.board.log().rows(CheckKind::replication_lag).back().value == 0);
}

TEST_CASE("a replica without a limit that stands still is told, until it has one", "[health]") {
  HealthScene s;
  set_threads(s.scene.server(1), "Yes", "No");
  s.load();
  const Host host{"127.0.0.1", s.scene.server(1).port()};
  const auto told = [&] {
    const auto reports = s.board.reports();
    const auto report = reports.find(host);
    return report == reports.end() ? std::string() : report->second.standstill;
  };
  s.until([&] { return !told().empty(); });
  CHECK_THAT(told(), Contains("SQL thread"));
  s.until_runs("1:a 2:b,c");
  CHECK(s.board.log().counts(CheckKind::replication_lag).ok == 0);
  set_threads(s.scene.server(1), "Yes", "Yes");
  s.until([&] { return told().empty(); });
  set_threads(s.scene.server(1), "Connecting", "Yes");
  s.until([&] { return !told().empty(); });
  CHECK_THAT(told(), Contains("IO thread"));
  s.scene.server_row(1).max_replication_lag = 10;
  s.load();
  s.until([&] { return told().empty(); });
  s.until_runs("1:a 2:b!,c");
}

TEST_CASE("a server that is slow to tell its lag is not silent", "[health]") {
  HealthScene s;
  s.scene.settings().monitor_replication_lag_timeout_ms = 20;
  s.scene.server_row(1).max_replication_lag = 10;
  s.scene.server(1).on("SHOW", [](ServerSide& side) { side.hold(); });
  s.load();
  const std::size_t pings = s.asked_pings(1);
  s.until([&] {
    CHECK_FALSE(s.server(2, 1).health().view().silent);
    return s.board.log().counts(CheckKind::replication_lag).failed >= 5;
  });
  CHECK(s.asked_pings(1) > pings);
  CHECK(s.server(2, 1).health().would_be_back_since(7) == kNever);  // no slow start
  CHECK(s.runs() == "1:a 2:b,c");
}

TEST_CASE("two writable servers are asked for their transactions, and the newer one writes", "[health]") {
  HealthScene s;
  for (std::size_t i = 0; i < 3; ++i) {
    ScriptedServer& server = s.scene.server(i);
    server.on("SHOW ALL SLAVES STATUS", [](ServerSide& side) {
      side.head({"Master_Host", "Seconds_Behind_Master"});
      side.end_rows();
    });
    server.on("SELECT @@global.gtid_executed",
              [](ServerSide& side) { side.err(1193, "Unknown system variable"); });
    server.on("SELECT @@global.gtid_binlog_state", [i](ServerSide& side) {
      side.head({"binlog_state", "slave_pos"});
      side.row({i == 1 ? "0-1-10,0-2-12" : "0-1-10", ""});
      side.end_rows();
    });
  }
  set_read_only(s.scene.server(1), false);
  s.load();
  s.until([&] { return s.runs() == "1:a!,b 2:b,c"; });
  CHECK(s.server(1, 0).hold == Hold::fenced);
  CHECK_THAT(s.board.conflicts().at(1), Contains("has all transactions"));
  set_read_only(s.scene.server(0), true);
  s.until_runs("1:b 2:b,c,a");
  s.until([&] { return s.board.conflicts().empty(); });
  const std::size_t asked = s.asked(1, "SELECT @@global.gtid_binlog_state");
  run_turns(s.scene.loop(), 100);
  CHECK(s.asked(1, "SELECT @@global.gtid_binlog_state") <= asked + 1);
}

TEST_CASE("a refused write is looked into at once, and ends in a move or in nothing", "[health]") {
  for (const bool read_only : {false, true}) {
    HealthScene s;
    s.scene.settings().monitor_read_only_interval_ms = 600'000;
    s.load();
    s.until([&] { return s.board.log().counts(CheckKind::read_only).ok == 3; });
    set_read_only(s.scene.server(0), read_only);
    REQUIRE(s.server(1, 0).health().note_refused_write(s.scene.loop().now()));
    CHECK_FALSE(s.server(1, 0).health().note_refused_write(s.scene.loop().now()));
    CHECK_FALSE(s.server(1, 0).health().eligible_as_last_resort(s.scene.loop().now()));
    s.watch.on_refused_write(s.host(0));
    s.until_runs(read_only ? "2:b,c,a" : "1:a 2:b,c");
    if (!read_only) s.until([&] { return s.server(1, 0).health().false_alarms() == 1; });
  }
  // Nobody asks a server that is not watched: its word stands.
  HealthScene s;
  s.scene.settings().monitor_enabled = false;
  s.load();
  s.server(1, 0).health().note_refused_write(s.scene.loop().now());
  s.watch.on_refused_write(s.host(0));
  CHECK(s.runs() == "1:a 2:b,c");
}

TEST_CASE("a server that refuses writes a moment before it says read_only=1 is believed", "[health]") {
  HealthScene s;
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok >= 3; });
  s.scene.server(0).on(kReadOnly, [](ServerSide& side) {
    side.rows("read_only", {"0"});
    side.hold();
  });
  const auto answer_is_held = [&] { return s.scene.server(0).find_held() != nullptr; };
  const auto next_question = [&] {
    s.scene.server(0).find_held()->release();
    s.until(answer_is_held);
  };
  s.until(answer_is_held);
  REQUIRE(s.server(1, 0).health().note_refused_write(s.scene.loop().now()));
  next_question();  // the monitor has not been told yet
  CHECK(s.server(1, 0).health().view().refuses_writes);
  s.watch.on_refused_write(s.host(0));
  next_question();  // it had asked before it was
  CHECK(s.server(1, 0).health().view().refuses_writes);
  set_read_only(s.scene.server(0), true);
  s.scene.server(0).find_held()->release();
  s.until_runs("2:b,c,a");
}

TEST_CASE("refusals that do not end put off no answer", "[health]") {
  HealthScene s;
  s.scene.settings().monitor_read_only_interval_ms = 600'000;
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok == 3; });
  s.watch.on_refused_write(s.host(0));  // what does not hold it back is followed by what does
  REQUIRE(s.server(1, 0).health().note_refused_write(s.scene.loop().now()));
  const std::size_t asked = s.asked(0, kReadOnly);
  s.until([&] {
    s.watch.on_refused_write(s.host(0));
    return !s.server(1, 0).health().view().refuses_writes;
  });
  CHECK(s.asked(0, kReadOnly) <= asked + 3);
  CHECK(s.runs() == "1:a 2:b,c");
  CHECK(s.server(1, 0).health().note_refused_write(s.scene.loop().now()));
  CHECK_FALSE(s.server(1, 0).health().view().refuses_writes);
}

TEST_CASE("a server that becomes the writer again is not held back by what it refused before", "[health]") {
  HealthScene s;
  s.scene.settings().monitor_read_only_interval_ms = 600'000;
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok == 3; });
  const auto state = s.server(1, 0).state;  // as a session's connection would keep it
  REQUIRE(state->health.note_refused_write(s.scene.loop().now()));
  set_read_only(s.scene.server(0), true);
  s.watch.on_refused_write(s.host(0));
  s.until_runs("2:b,c,a");
  s.adopt(s.snapshot);
  set_read_only(s.scene.server(0), false);
  s.watch.on_refused_write(s.host(0));
  s.until_runs("1:a 2:b,c,a");
  CHECK(state->health.false_alarms() == 0);
  // What it refuses before the monitor has the configuration in which it writes is news all the same.
  REQUIRE(state->health.note_refused_write(s.scene.loop().now()));
  s.adopt(s.snapshot);
  CHECK(s.runs() == "1:a! 2:b,c,a");

  // The same without a monitor, which would have to say it.
  state->health.note_refused_write(s.scene.loop().now());
  set_read_only(s.scene.server(0), true);
  s.watch.on_refused_write(s.host(0));
  s.until_runs("2:b,c,a");
  s.adopt(s.snapshot);
  s.scene.settings().monitor_enabled = false;
  s.load();
  CHECK(state->health.view().refuses_writes);
  s.scene.server_row(0).hostgroup_id = 2;
  s.load();
  run_turns(s.scene.loop(), 10);
  s.adopt(s.snapshot);
  s.scene.server_row(0).hostgroup_id = 1;
  s.load();
  run_turns(s.scene.loop(), 10);
  s.adopt(s.snapshot);
  CHECK_FALSE(state->health.view().refuses_writes);
}

TEST_CASE("a server that connect errors have shunned comes back when the monitor connects", "[health]") {
  HealthScene s;
  s.scene.settings().shun_on_failures = 1;
  s.scene.settings().shun_recovery_time_sec = 0;
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::ping).ok >= 3; });
  s.scene.settings().connect_retries_on_failure = 0;
  s.server(2, 1).health().note_connect_error(s.scene.loop().now(), 2003, s.scene.settings(), "nobody there");
  CHECK(s.runs() == "1:a 2:b!,c");
  CHECK(s.server(2, 1).health().last_error() == "nobody there");
  s.until_runs("1:a 2:b,c");
}

TEST_CASE("outcomes are kept as long as the history says", "[health]") {
  HealthScene s;
  s.load();
  s.until([&] { return s.board.log().rows(CheckKind::ping).size() >= 30; });
  const auto rows = s.board.log().rows(CheckKind::ping);
  CHECK(rows.front().took_us > 0);
  CHECK(rows.front().error == nullptr);
  CheckLog log;
  const auto host = std::make_shared<const Host>(s.host(0));
  for (const std::int64_t at : {1'000, 2'000, 3'000, 4'000})
    log.add(host, {.started_us = at, .took_us = 1}, 1'500);
  CHECK(log.rows(CheckKind::ping).size() == 2);
  CHECK(log.counts(CheckKind::ping).ok == 4);
  CHECK_FALSE(log.rows(CheckKind::ping).front().value);
  log.add(host, {.check = CheckKind::timeline, .started_us = 5'000, .took_us = 1}, 1'500, 7);
  CHECK(log.rows(CheckKind::timeline).front().value == 7);
}

TEST_CASE("when a name moves, the server is asked where it is now, and judged by that", "[health]") {
  HealthScene s;
  ScriptedServer& twin = s.scene.add_twin("twin", "127.0.0.2");
  set_read_only(twin, true);
  s.scene.server_row(0).hostname = "db.test";
  const auto stands_for = [&](const char* ip) {
    s.scene.loop().set_names(
        std::make_shared<const NameTable>(NameTable::Entries{{"db.test", {*Address::from_ip(ip, 0)}}}));
  };
  stands_for("127.0.0.1");
  s.load();
  s.until([&] { return s.asked(0, kReadOnly) > 2 && s.asked_pings(0) > 2; });
  CHECK(s.runs() == "1:a 2:b,c");
  stands_for("127.0.0.2");
  s.watch.on_name_moved("db.test");
  s.until_runs("2:b,c,a");  // by the port that it has in common with its twin
  CHECK(twin.count(kReadOnly) > 0);
  s.until([&] { return s.scene.server(0).open_connections() == 0; });
}

TEST_CASE("a host that a check cannot reach is told, and not one that refuses the account", "[health]") {
  HealthScene s;
  std::set<std::string> unreachable;
  s.watch.set_on_unreachable([&](const std::string& name) { unreachable.insert(name); });
  s.scene.server(1).set_greeting_error(1045, "Access denied");
  s.scene.server_row(0).hostname = "db.test";
  s.scene.loop().set_names(std::make_shared<const NameTable>(
      NameTable::Entries{{"db.test", {*Address::from_ip("127.0.0.3", 0)}}}));
  s.load();
  s.until([&] { return !unreachable.empty() && s.board.log().counts(CheckKind::ping).failed > 1; });
  CHECK(unreachable == std::set<std::string>{"db.test"});
}

}  // namespace
}  // namespace weir::test
