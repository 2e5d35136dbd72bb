// Who of a cluster writes, could write, reads, or is out.
#include "monitor/judge_cluster.hpp"

#include <catch2/catch.hpp>

#include "monitor/member_fitness.hpp"
#include "tests/unit/monitor/cluster_scene.hpp"

namespace weir::test {
namespace {

using Catch::Contains;

TEST_CASE("one node writes and the others stand by, from the first look on", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  CHECK(scene.judged() == "1:a,b!spare,c!spare");
  scene.all_fit({"a", "b", "c"});
  CHECK(scene.judged() == "1:a,b!spare,c!spare 2:b,c");
  CHECK_THAT(scene.reason(1, "b"), Contains("a:3306"));
}

TEST_CASE("where nodes are configured does not matter, but for what is copied", "[judge][cluster]") {
  for (const int configured : {1, 2, 3, 4}) {
    INFO(configured);
    ClusterScene scene;
    scene.add(configured, "a").weight = 2;
    scene.add(configured, "b").weight = 1;
    scene.all_fit({"a", "b"});
    CHECK(scene.judged() == "1:a,b!spare 2:b");
    for (const ServerRow& row : running_rows(scene.before.overlay, scene.plan.rows))
      CHECK(row.weight == (row.hostname == "a" ? 2 : 1));
  }
}

TEST_CASE("writer_is_also_reader and max_writers", "[judge][cluster]") {
  struct Case {
    int also_reader, max_writers;
    const char* expected;
  };
  const Case cases[] = {
      {0, 1, "1:a,b!spare,c!spare 2:b,c 3:r"},
      {1, 1, "1:a,b!spare,c!spare 2:b,c 3:r,a,b,c"},
      {2, 1, "1:a,b!spare,c!spare 2:b,c 3:r,b,c"},
      {0, 2, "1:a,b,c!spare 2:c 3:r"},
      {1, 2, "1:a,b,c!spare 2:c 3:r,a,b,c"},
      {2, 2, "1:a,b,c!spare 2:c 3:r,c"},
      {0, 3, "1:a,b,c 3:r"},
      {2, 9, "1:a,b,c 3:r"},
      {0, 0, "1:a!spare,b!spare,c!spare 2:a,b,c 3:r"},
  };
  for (const Case& one : cases) {
    INFO(one.also_reader << " " << one.max_writers);
    ClusterScene scene = three_writers();
    scene.add(3, "r");
    scene.cluster().writer_is_also_reader = one.also_reader;
    scene.cluster().max_writers = one.max_writers;
    scene.all_fit({"a", "b", "c"});
    scene.fit("r", true);
    CHECK(scene.judged() == one.expected);
    CHECK(scene.conflict().empty());
  }
}

TEST_CASE("the writer's end makes another one the writer", "[judge][cluster]") {
  struct Case {
    const char* name;
    void (*happen)(ClusterScene&);
  };
  const Case cases[] = {
      {"dead", [](ClusterScene& s) { s.dies("a"); }},
      {"partitioned", [](ClusterScene& s) { s.partitioned("a"); }},
      {"desynced",
       [](ClusterScene& s) {
         s.member_says("a", GaleraReading{.primary = true, .read_only = false, .state = 2, .desync = true});
       }},
      {"joining again",
       [](ClusterScene& s) { s.member_says("a", GaleraReading{.primary = true, .state = 1}); }},
      {"cannot be checked", [](ClusterScene& s) { s.fails_check("a", ProbeFault::server_error, 1047); }},
      {"times out",
       [](ClusterScene& s) {
         for (int i = 0; i < 3; ++i) s.fails_check("a", ProbeFault::timed_out);
       }},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    ClusterScene scene = three_writers();
    scene.all_fit({"a", "b", "c"});
    scene.judged();
    one.happen(scene);
    const bool dead = scene.facts_of("a").dead;
    CHECK(scene.judged() == (dead ? "1:b,c!spare 2:c 4:a!dead" : "1:b,c!spare 2:c 4:a"));
    CHECK_FALSE(scene.reason(1, "a").empty());
  }
}

TEST_CASE("a doubt moves nobody", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b", "c"});
  scene.judged();
  for (int i = 0; i < 2; ++i) scene.fails_check("a", ProbeFault::timed_out);
  for (const ProbeFault fault : {ProbeFault::access_denied, ProbeFault::too_many_connections,
                                 ProbeFault::refused, ProbeFault::unreachable, ProbeFault::not_asked})
    scene.fails_check("a", fault);
  scene.fails_check("a", ProbeFault::server_error, 1142);
  CHECK(scene.judged() == "1:a,b!spare,c!spare 2:b,c");
}

TEST_CASE("who does not answer yet keeps its place, and nobody is put beside it", "[judge][cluster]") {
  ClusterScene scene;
  scene.add(1, "a").weight = 30;
  scene.add(3, "b").weight = 20;
  CHECK(scene.judged() == "1:a 3:b");
  scene.fit("b");
  CHECK(scene.judged() == "1:a,b!spare 2:b");
  scene.dies("a");
  CHECK(scene.judged() == "1:b 4:a!dead");
}

TEST_CASE("a node that is new does not take over before it was asked", "[judge][cluster]") {
  ClusterScene scene;
  scene.add(1, "b").weight = 20;
  scene.add(1, "a").weight = 30;
  scene.plan.rows[1].status = "OFFLINE_SOFT";
  scene.fit("b");
  // So that it does not write from the LOAD that puts it back to when that is judged.
  CHECK(scene.judged() == "1:b,a!spare");
  scene.plan.rows[1].status = "ONLINE";
  CHECK(scene.judged() == "1:b,a!spare");
  CHECK(scene.judged() == "1:b,a!spare");
  scene.fit("a");
  CHECK(scene.judged() == "1:b!spare,a 2:b");
}

TEST_CASE("a node gets no new place before it was asked", "[judge][cluster]") {
  for (const ClusterKind kind : {ClusterKind::galera, ClusterKind::group_replication}) {
    ClusterScene scene = three_writers(kind);
    scene.cluster().writer_is_also_reader = 1;
    scene.add(3, "d");
    CHECK(scene.judged() == "1:a,b!spare,c!spare 3:d");
    // A LOAD in between.
    scene.cluster().max_writers = 2;
    CHECK(scene.judged() == "1:a,b,c!spare 3:d");
    scene.plan.rows[0].hostgroup_id = 3;
    CHECK(scene.judged() == "1:b,c 3:a,d");
    scene.cluster().max_writers = 1;
    CHECK(scene.judged() == "1:b,c!spare 3:a,d");
  }
}

TEST_CASE("a node that was out comes back at its second good word", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b", "c"});
  scene.judged();
  scene.partitioned("a");
  scene.judged();
  scene.fit("a");
  CHECK(scene.judged() == "1:b,c!spare 2:c 4:a");
  CHECK(scene.judged() == "1:b,c!spare 2:c 4:a");  // the same reading again
  CHECK(scene.reason(4, "a") == "it is fit again, and comes back when 2 checks in a row have said so");
  scene.partitioned("a");
  scene.judged();
  scene.fit("a");
  CHECK(scene.judged() == "1:b,c!spare 2:c 4:a");
  scene.fit("a");
  CHECK(scene.judged() == "1:a,b!spare,c!spare 2:b,c");
}

TEST_CASE("a restless node must be good for longer", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b", "c"});
  scene.judged();
  const auto returns_after = [&] {
    for (int readings = 1;; ++readings) {
      scene.fit("a");
      if (scene.judged(10).starts_with("1:a,")) return readings;
      REQUIRE(readings < 50);
    }
  };
  for (int i = 0; i < 3; ++i) {
    scene.partitioned("a");
    scene.judged(10);
    CHECK(returns_after() == kReadingsToReturn);
  }
  scene.partitioned("a");
  scene.judged(10);
  CHECK(returns_after() == kReadingsOfTheRestless);
  scene.partitioned("a");
  scene.judged(kDepartureMemoryMs + 1);
  CHECK(returns_after() == kReadingsToReturn);
}

TEST_CASE("with nobody else to write, who comes back writes at once", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b", "c"});
  scene.judged();
  for (const char* name : {"a", "b", "c"}) scene.partitioned(name);
  CHECK(scene.judged() == "4:a,b,c");
  CHECK_THAT(scene.conflict(), Contains("no member writes: a:3306: it is not in the primary component"));
  scene.fit("b");
  CHECK(scene.judged() == "1:b 4:a,c");
  CHECK(scene.conflict().empty());
  scene.fit("a");
  CHECK(scene.judged() == "1:b 4:a,c");
  scene.fit("a");
  CHECK(scene.judged() == "1:a,b!spare 2:b 4:c");
}

TEST_CASE("what a node said before it died makes it no writer", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b", "c"});
  scene.judged();
  for (const char* name : {"a", "b", "c"}) scene.dies(name);
  CHECK(scene.judged() == "4:a!dead,b!dead,c!dead");
  scene.pongs("b");
  CHECK(scene.judged() == "4:a!dead,b,c!dead");
  scene.fit("b");
  CHECK(scene.judged() == "1:b 4:a!dead,c!dead");
}

TEST_CASE("figures that change are no new decision", "[judge][cluster]") {
  struct Case {
    const char* name;
    void (*happen)(ClusterScene&, int round);
  };
  const Case cases[] = {
      {"queue",
       [](ClusterScene& s, int round) {
         s.member_says(
             "a", GaleraReading{.primary = true, .read_only = true, .state = 4, .recv_queue = 20 + round});
       }},
      {"time-outs", [](ClusterScene& s, int) { s.fails_check("a", ProbeFault::timed_out); }},
      {"dead",
       [](ClusterScene& s, int round) {
         s.dies("a");
         s.fails("a", CheckKind::ping, ProbeFault::refused, "attempt " + std::to_string(round));
       }},
  };
  for (const Case& one : cases) {
    INFO(one.name);
    ClusterScene scene = three_writers();
    scene.cluster().max_behind = 10;
    scene.all_fit({"a", "b", "c"});
    scene.judged();
    for (int round = 0; round < 3; ++round) one.happen(scene, round);
    CHECK_THAT(scene.judged(), Contains("4:a"));
    const ServerOverlay before = scene.before.overlay;
    for (int round = 3; round < 6; ++round) {
      one.happen(scene, round);
      scene.judged();
      CHECK(says_the_same(before, scene.before.overlay));
    }
  }
}

TEST_CASE("a donor writes only if nobody else does", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b", "c"});
  scene.judged();
  const GaleraReading donor{.primary = true, .read_only = false, .state = GaleraReading::kDonor};
  scene.member_says("a", donor);
  CHECK(scene.judged() == "1:a!spare,b,c!spare 2:a,c");
  scene.partitioned("b");
  scene.partitioned("c");
  CHECK(scene.judged() == "1:a 4:b,c");
  scene.fit("a");
  CHECK(scene.judged() == "1:a 4:b,c");
}

TEST_CASE("maintenance lets transactions finish", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.cluster().writer_is_also_reader = 1;
  scene.all_fit({"a", "b", "c"});
  CHECK(scene.judged() == "1:a,b!spare,c!spare 2:b,c 3:a,b,c");
  const GaleraReading leaving{.primary = true, .read_only = false, .state = 4, .maintenance = true};
  scene.member_says("a", leaving);
  CHECK(scene.judged() == "1:a!leaving,b,c!spare 2:c 3:a!leaving,b,c 4:a");
  scene.member_says("c", leaving);
  scene.member_says("a", leaving);
  CHECK(scene.judged() == "1:a!leaving,b,c!leaving 2:c!leaving 3:a!leaving,b,c!leaving 4:a,c");
  // A silent one is not to get work for that; a dead one loses its connections.
  scene.fails("a", CheckKind::ping, ProbeFault::timed_out);
  CHECK(scene.judged() == "1:a!leaving,b,c!leaving 2:c!leaving 3:a!leaving,b,c!leaving 4:a!silent,c");
  scene.dies("a");
  CHECK(scene.judged() == "1:b,c!leaving 2:c!leaving 3:b,c!leaving 4:a!dead,c");
  scene.fit("c");
  scene.judged();
  scene.fit("c");
  CHECK(scene.judged() == "1:b,c!spare 2:c 3:b,c 4:a!dead");
}

TEST_CASE("a read-only node with a long queue is out, and a writable one is not read from",
          "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.cluster().max_behind = 10;
  scene.cluster().writer_is_also_reader = 1;
  scene.all_fit({"a", "b"});
  scene.fit("c", true);
  CHECK(scene.judged() == "1:a,b!spare 2:b 3:a,b,c");
  scene.member_says("a", GaleraReading{.primary = true, .read_only = false, .state = 4, .recv_queue = 11});
  scene.member_says("c", GaleraReading{.primary = true, .read_only = true, .state = 4, .recv_queue = 11});
  CHECK(scene.judged() == "1:a,b!spare 2:b 3:a!lagging,b 4:c");
  scene.all_fit({"a", "b"});
  scene.fit("c", true);
  CHECK(scene.judged() == "1:a,b!spare 2:b 3:a,b 4:c");
  scene.fit("c", true);
  CHECK(scene.judged() == "1:a,b!spare 2:b 3:a,b,c");
}

TEST_CASE("what the operator has taken out of operation is left alone", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.plan.rows[0].status = "OFFLINE_SOFT";
  scene.all_fit({"a", "b", "c"});
  CHECK(scene.judged() == "1:a!spare,b,c!spare 2:c");
  scene.partitioned("a");
  CHECK(scene.judged() == "1:a!spare,b,c!spare 2:c");
  scene.plan.settings.monitor_enabled = false;
  CHECK(scene.judged() == "1:a,b,c!spare 2:c");
  scene.plan.settings.monitor_enabled = true;
  // One that is not to get work is the last to write.
  scene.plan.rows[0].status = "ONLINE";
  scene.plan.rows[0].weight = 0;
  scene.fit("a");
  CHECK(scene.judged() == "1:a!spare,b,c!spare 2:a,c");
}

TEST_CASE("of several rows of a node the first one in operation counts", "[judge][cluster]") {
  for (const ClusterKind kind : {ClusterKind::galera, ClusterKind::group_replication}) {
    ClusterScene scene(kind);
    scene.single_primary = false;
    scene.add(3, "a").status = "OFFLINE_HARD";
    scene.add(2, "a").weight = 30;
    scene.add(2, "b").weight = 20;
    scene.cluster().writer_is_also_reader = 1;
    scene.all_fit({"a", "b"});
    const bool galera = kind == ClusterKind::galera;
    // It is not to read, and so does not.
    CHECK(scene.judged() == (galera ? "1:a,b!spare 2:b 3:a,b" : "1:a 2:b 3:a,b"));
    for (const ServerRow& row : running_rows(scene.before.overlay, scene.plan.rows)) {
      if (row.hostname == "a") CHECK(row.status == (row.hostgroup_id == 3 ? "OFFLINE_HARD" : "ONLINE"));
      if (row.hostname == "a" && row.hostgroup_id == 1) CHECK(row.weight == 30);
    }
    scene.partitioned("a");
    CHECK(scene.judged() == "1:b 3:a,b 4:a");
    CHECK(scene.before.overlay.count({3, "a", 3306}) == 0);
  }
}

TEST_CASE("a node that is out of operation as a writer reads where it has another row", "[judge][cluster]") {
  for (const char* status : {"OFFLINE_SOFT", "OFFLINE_HARD"}) {
    ClusterScene scene = three_writers();
    scene.plan.rows[0].status = status;
    scene.add(3, "a").weight = 5;
    CHECK(scene.judged() == "1:a!spare,b,c!spare 3:a");
    scene.all_fit({"a", "b", "c"});
    CHECK(scene.judged() == "1:a!spare,b,c!spare 2:c 3:a");
    scene.partitioned("b");
    scene.partitioned("c");
    CHECK(scene.judged() == "1:a!spare 3:a 4:b,c");
    CHECK_THAT(scene.conflict(), Contains("its status among the writers is OFFLINE"));
    // Not even if nobody else could.
    scene.partitioned("a");
    CHECK(scene.judged() == "1:a!spare 4:a,b,c");
    scene.fit("a");
    CHECK(scene.judged() == "1:a!spare 4:a,b,c");
    scene.fit("a");
    CHECK(scene.judged() == "1:a!spare 3:a 4:b,c");
    scene.plan.rows[0].status = "ONLINE";
    CHECK(scene.judged() == "1:a 4:b,c");
  }
}

TEST_CASE("without the monitor, nodes stay where it has left them", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b", "c"});
  scene.partitioned("a");
  CHECK(scene.judged() == "1:b,c!spare 2:c 4:a");
  scene.plan.settings.monitor_enabled = false;
  scene.facts.clear();
  CHECK(scene.judged() == "1:b,c!spare 2:c 4:a");
  scene.plan.settings.monitor_enabled = true;
  CHECK(scene.judged() == "1:b,c!spare 2:c 4:a");
  ClusterScene never = three_writers();
  never.plan.settings.monitor_enabled = false;
  CHECK(never.judged() == "1:a,b,c");
}

TEST_CASE("without the monitor, a writer that the operator exchanges is exchanged", "[judge][cluster]") {
  const auto left_alone = [] {
    ClusterScene scene = three_writers();
    scene.add(3, "d").weight = 5;
    scene.all_fit({"a", "b", "c"});
    scene.fit("d", true);
    CHECK(scene.judged() == "1:a,b!spare,c!spare 2:b,c 3:d");
    scene.plan.settings.monitor_enabled = false;
    scene.facts.clear();
    CHECK(scene.judged() == "1:a,b!spare,c!spare 2:b,c 3:d");
    return scene;
  };
  ClusterScene moved = left_alone();
  moved.plan.rows[0].hostgroup_id = 3;
  moved.plan.rows[3].hostgroup_id = 1;
  CHECK(moved.judged() == "1:b!spare,c!spare,d 2:b,c 3:a");
  CHECK(moved.judged() == "1:b!spare,c!spare,d 2:b,c 3:a");
  ClusterScene gone = left_alone();
  gone.plan.rows.erase(gone.plan.rows.begin());
  CHECK(gone.judged() == "1:b,c!spare 2:c 3:d");
  // Beside the writer there is, nobody.
  ClusterScene beside = left_alone();
  beside.add(1, "e").weight = 100;
  CHECK(beside.judged() == "1:a,b!spare,c!spare,e!spare 2:b,c 3:d");
  beside.plan.rows[3].hostgroup_id = 1;
  CHECK(beside.judged() == "1:a,b!spare,c!spare,d!spare,e!spare 2:b,c");
  beside.cluster().max_writers = 2;
  CHECK(beside.judged() == "1:a,b!spare,c!spare,d!spare,e 2:b,c");
  beside.plan.settings.monitor_enabled = true;
  beside.all_fit({"a", "b", "c"});
  CHECK(beside.judged() == "1:a,b!spare,c!spare,d!spare,e 2:b,c");  // "e" writes until it is asked
}

TEST_CASE("without the monitor, nothing that only it would end holds a member back", "[judge][cluster]") {
  ClusterScene scene = three_writers(ClusterKind::group_replication);
  scene.cluster().max_behind = 10;
  scene.plan.settings.monitor_group_behind_for_read_only = 2;
  scene.plan.settings.monitor_group_behind_count = 1;
  scene.plan.rows.resize(1);
  for (int i = 0; i < 3; ++i) {
    scene.slow("a");
    CHECK(scene.judged() == "1:a");
  }
  scene.plan.settings.monitor_enabled = false;
  scene.facts.clear();
  CHECK(scene.judged() == "1:a");
  CHECK(scene.before.clusters.at(1).members.at(JudgeScene::host("a")).reason == "read_only=0");

  ClusterScene cut_off = three_writers();
  cut_off.all_fit({"a", "b", "c"});
  cut_off.judged();
  for (int i = 0; i < 2; ++i) {
    cut_off.partitioned("a");
    cut_off.judged(kSeverAfterMs);
  }
  CHECK(cut_off.judged() == "1:b,c!spare 2:c 4:a!severed");
  cut_off.plan.settings.monitor_enabled = false;
  cut_off.facts.clear();
  CHECK(cut_off.judged() == "1:b,c!spare 2:c 4:a");

  ClusterScene unasked = three_writers();
  CHECK(unasked.judged() == "1:a,b!spare,c!spare");
  unasked.plan.settings.monitor_enabled = false;
  unasked.plan.rows.erase(unasked.plan.rows.begin());
  CHECK(unasked.judged() == "1:b,c!spare");
}

TEST_CASE("who may not be used does not hide that nobody writes, nor keep off who comes back",
          "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.plan.rows[1].weight = 0;
  scene.plan.rows[2].status = "SHUNNED";
  scene.all_fit({"a", "b", "c"});
  scene.judged();
  scene.partitioned("a");
  scene.judged();
  CHECK_THAT(scene.conflict(), Contains("b:3306: its weight is 0") &&
                                   Contains("c:3306: its status is SHUNNED") && Contains("a:3306"));
  scene.fit("a");
  CHECK(scene.judged().starts_with("1:a"));
  CHECK(scene.conflict().empty());
}

}  // namespace
}  // namespace weir::test
