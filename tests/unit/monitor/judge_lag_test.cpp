// Who is too far behind, and who reads then.
#include "monitor/judge_lag.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/monitor/judge_scene.hpp"

namespace weir::test {
namespace {

// A writer "a", and readers "b" and "c" with a limit of 10 s.
struct LagScene : JudgeScene {
  LagScene() {
    add(1, "a");
    add(2, "b", 10);
    add(2, "c", 10);
    says("a", false);
    says("b", true);
    says("c", true);
    lags("b", 0);
    lags("c", 0);
    REQUIRE(judged() == "1:a 2:b,c");
  }
};

struct Reading {
  const char* name;
  ReplicationReading reading;
  std::optional<double> lag_s;
};

TEST_CASE("what a server says of its replication is a lag in seconds", "[judge][lag]") {
  const Reading readings[] = {
      {"no replica", {}, 0},
      {"a number", {.replica = true, .lag_s = 3}, 3},
      {"a stopped applier", {.replica = true, .sql_stopped = true}, 60},
      {"no connection to its source", {.replica = true, .io_stopped = true}, 60},
  };
  for (const Reading& reading : readings) {
    INFO(reading.name);
    ServerFacts facts;
    CHECK_FALSE(lag_of(facts, 60, false, 1000));
    facts.replication = reading.reading;
    CHECK(lag_of(facts, 60, false, 1000) == reading.lag_s);
  }
  ServerFacts facts;
  facts.replication = {.replica = true, .io_stopped = true};
  CHECK_FALSE(lag_of(facts, 60, true, 1000));
  facts.replication->sql_stopped = true;
  CHECK(lag_of(facts, 60, true, 1000) == 60);
  CHECK(lag_of(facts, 0, false, 1000) == 0);
  facts.known_lag_at = 1000;
  facts.known_lag_s = 5;
  CHECK(lag_of(facts, 60, false, 101'000) == 105);
}

TEST_CASE("a reader that lags is out, and comes back with a distance", "[judge][lag]") {
  LagScene scene;
  scene.lags("b", 11);
  CHECK(scene.judged() == "1:a 2:b!lagging,c");
  CHECK(scene.reason(2, "b") == "11 s behind, more than max_replication_lag 10");
  scene.lags("b", 9);
  CHECK(scene.judged() == "1:a 2:b!lagging,c");
  CHECK(scene.judged() == "1:a 2:b!lagging,c");  // the same reading does not count twice
  scene.lags("b", 9);
  CHECK(scene.judged() == "1:a 2:b,c");
  scene.lags("b", 11);
  scene.judged();
  scene.lags("b", 5);
  CHECK(scene.judged() == "1:a 2:b,c");
}

TEST_CASE("only readings in a row count", "[judge][lag]") {
  LagScene scene;
  scene.plan.settings.monitor_replication_lag_count = 3;
  for (const double lag : {11., 11., 0., 11., 11.}) {
    scene.lags("b", lag);
    CHECK(scene.judged() == "1:a 2:b,c");
  }
  scene.lags("b", 11);
  CHECK(scene.judged() == "1:a 2:b!lagging,c");
}

TEST_CASE("a check that fails changes nothing", "[judge][lag]") {
  LagScene scene;
  scene.lags("b", 11);
  scene.judged();
  scene.fails("b", CheckKind::replication_lag, ProbeFault::server_error);
  scene.fails("c", CheckKind::replication_lag, ProbeFault::server_error);
  CHECK(scene.judged() == "1:a 2:b!lagging,c");
}

TEST_CASE("a server without a source is not behind: it was promoted", "[judge][lag]") {
  LagScene scene;
  scene.lags("b", 11);
  scene.judged();
  scene.follows_nobody("b");
  CHECK(scene.judged() == "1:a 2:b,c");
}

TEST_CASE("a writer whose old replication has stopped is not behind", "[judge][lag]") {
  LagScene scene;
  scene.says("a", true);
  scene.says("b", false);
  scene.replicates("b", {.replica = true, .sql_stopped = true, .io_stopped = true, .sources = {{"a", 3306}}});
  scene.lags("c", 0);
  CHECK(scene.judged() == "1:b 2:b,c,a");
  scene.add(1, "b", 10);  // written down, too
  CHECK(scene.judged() == "1:b 2:b,c,a");
  scene.plan.rows.pop_back();
  scene.says("b", true);
  scene.replicates("b", {.replica = true, .sql_stopped = true, .sources = {{"c", 3306}}});
  CHECK(scene.judged() == "2:b!lagging,c,a");
}

TEST_CASE("a limit of 0 lets everybody back in", "[judge][lag]") {
  LagScene scene;
  scene.lags("b", 11);
  scene.judged();
  scene.plan.rows[1].max_replication_lag = 0;
  CHECK(scene.judged() == "1:a 2:b,c");
}

struct AllLag {
  const char* name;
  WhenAllLag policy;
  std::int64_t min_readers;
  bool also_reader;
  const char* expected;
};

TEST_CASE("when all lag, the hostgroup's policy says who reads", "[judge][lag]") {
  const AllLag cases[] = {
      {"the writer", WhenAllLag::writer, 0, false, "1:a 2:b!lagging,c!lagging,a"},
      {"the least behind", WhenAllLag::least_behind, 0, true, "1:a 2:b!lagging,c"},
      {"nobody", WhenAllLag::error, 0, true, "1:a 2:b!lagging,c!lagging"},
      {"at least one stays", WhenAllLag::error, 1, true, "1:a 2:b!lagging,c"},
      {"at least three stay", WhenAllLag::writer, 3, true, "1:a 2:b,c"},
  };
  for (const AllLag& each : cases) {
    INFO(each.name);
    LagScene scene;
    scene.plan.settings.monitor_writer_is_also_reader = each.also_reader;
    scene.plan.hostgroups[2].when_all_lag = each.policy;
    scene.plan.hostgroups[2].min_readers = each.min_readers;
    scene.lags("b", 30);
    scene.lags("c", 20);
    CHECK(scene.judged() == each.expected);
    scene.lags("b", 0);
    CHECK(scene.judged() == (each.min_readers == 3 ? "1:a 2:b,c" : "1:a 2:b,c!lagging"));
  }
}

TEST_CASE("a writer that was moved reads as well, if it is to", "[judge][lag]") {
  LagScene scene;
  scene.plan.settings.monitor_writer_is_also_reader = false;
  scene.says("a", true);
  scene.says("b", false);
  REQUIRE(scene.judged() == "1:b 2:c,a");
  scene.follows_nobody("b");
  scene.lags("c", 20);
  CHECK(scene.judged() == "1:b 2:c!lagging,a");
  scene.dies("a");
  CHECK(scene.judged() == "1:b 2:b,c!lagging,a!dead");
}

TEST_CASE("a dead server counts for no reader, and is not called lagging", "[judge][lag]") {
  LagScene scene;
  scene.plan.hostgroups[2].min_readers = 1;
  scene.lags("b", 20);
  CHECK(scene.judged() == "1:a 2:b!lagging,c");
  scene.dies("c");
  CHECK(scene.judged() == "1:a 2:b,c!dead");
}

TEST_CASE("each hostgroup has its own limit, and its own word for a stopped replica", "[judge][lag]") {
  LagScene scene;
  scene.add(7, "b", 15);
  scene.add(8, "b", 15);
  scene.plan.hostgroups[8].lag_when_null = 0;
  scene.lags("b", 12);
  CHECK(scene.judged() == "1:a 2:b!lagging,c 7:b 8:b");
  scene.replicates("b", {.replica = true, .sql_stopped = true});
  CHECK(scene.judged() == "1:a 2:b!lagging,c 7:b!lagging 8:b");
}

TEST_CASE("a replica is not blamed for its source, which is gone", "[judge][lag]") {
  LagScene scene;
  scene.dies("a");
  scene.replicates("b", {.replica = true, .io_stopped = true, .sources = {scene.host("a")}});
  CHECK(scene.judged() == "1:a!dead 2:b,c");
}

// ---- without a limit

TEST_CASE("a replica without a limit stands still, or does not, or nobody knows", "[judge][lag]") {
  const Host source{"a", 3306};
  struct Case {
    const char* name;
    ReplicationReading reading;
    bool source_silent;
    std::optional<std::string> expected;
  };
  const std::string end = "), and it has no max_replication_lag";
  const Case cases[] = {
      {"no replica", {}, false, ""},
      {"runs", {.replica = true, .lag_s = 99, .sources = {source}}, false, ""},
      {"SQL thread",
       {.replica = true, .sql_stopped = true},
       false,
       "its replication stands still (SQL thread" + end},
      {"error",
       {.replica = true, .sql_stopped = true, .error = "Duplicate entry"},
       false,
       "its replication stands still (SQL thread: Duplicate entry" + end},
      {"IO thread",
       {.replica = true, .io_stopped = true, .error = "denied", .sources = {source}},
       false,
       "its replication stands still (IO thread: denied" + end},
      {"waits for a source that is gone",
       {.replica = true, .io_stopped = true, .sources = {source}},
       true,
       std::nullopt},
      {"stopped, and its source is gone",
       {.replica = true, .sql_stopped = true, .io_stopped = true, .sources = {source}},
       true,
       "its replication stands still (SQL thread" + end},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    AllFacts all;
    all[source].silent = one.source_silent;
    ServerFacts facts;
    CHECK(standstill(facts, all) == "");
    facts.threads = one.reading;
    CHECK(standstill(facts, all) == one.expected);
    facts.read_only = true;
    CHECK(standstill(facts, all) == one.expected);
    facts.read_only = false;  // what is left of the replication that it had says nothing of a writer
    CHECK(standstill(facts, all) == "");
  }
}

TEST_CASE("who may not tell of its threads is in no trouble, and has no lag", "[judge][lag]") {
  LagScene scene;
  scene.fails("b", CheckKind::threads, ProbeFault::server_error, "denied");
  CHECK(scene.facts_of("b").trouble.empty());
  const auto readings = scene.facts_of("b").replication_readings;
  Observation seen = scene.seen(CheckKind::threads);
  seen.replication = ReplicationReading{.replica = true, .sql_stopped = true};
  scene.note("b", seen);
  CHECK(scene.facts_of("b").threads->sql_stopped);
  CHECK(scene.facts_of("b").replication_readings == readings);
  CHECK(scene.judged() == "1:a 2:b,c");
}

}  // namespace
}  // namespace weir::test
