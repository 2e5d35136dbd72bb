// Members of clusters that are cut off, or change their word.
#include <catch2/catch.hpp>

#include "monitor/judge_cluster.hpp"
#include "monitor/member_fitness.hpp"
#include "tests/unit/monitor/cluster_scene.hpp"

namespace weir::test {
namespace {

TEST_CASE("a question that was ended counts as one that timed out", "[judge][cluster]") {
  const std::pair<ProbeFault, std::uint16_t> ends[] = {{ProbeFault::server_error, 1317},
                                                       {ProbeFault::server_error, 1927},
                                                       {ProbeFault::server_error, 1969},
                                                       {ProbeFault::server_error, 3024},
                                                       {ProbeFault::lost, 0},
                                                       {ProbeFault::protocol, 0}};
  for (const auto& [fault, code] : ends) {
    INFO(to_text(fault) << " " << code);
    ClusterScene scene = three_writers();
    scene.all_fit({"a", "b", "c"});
    for (int i = 0; i < 2; ++i) {
      for (int j = 0; j < 2; ++j) scene.fails_check("a", fault, code);
      CHECK(scene.judged() == "1:a,b!spare,c!spare 2:b,c");
      scene.fit("a");
    }
    scene.fails_check("a", ProbeFault::timed_out);
    for (int j = 0; j < 2; ++j) scene.fails_check("a", fault, code);
    CHECK(scene.judged() == "1:b,c!spare 2:c 4:a");
    CHECK(scene.reason(4, "a") == "3 checks in a row had no answer");
  }
}

TEST_CASE("what runs on a node that is cut off is ended when it has said so for a second",
          "[judge][cluster]") {
  for (const ClusterKind kind : {ClusterKind::galera, ClusterKind::group_replication}) {
    ClusterScene scene(kind);
    scene.add(1, "a");
    scene.all_fit({"a"});
    scene.judged();
    const auto offline = [&](Millis passed_ms) {
      const std::string runs = scene.judged(passed_ms);
      REQUIRE(runs.starts_with("4:a"));
      return runs.substr(2);
    };
    scene.partitioned("a");
    CHECK(offline(10) == "a");
    CHECK(offline(kSeverAfterMs) == "a");  // it has not been asked again
    scene.partitioned("a");
    CHECK(offline(0) == "a!severed");
    CHECK(scene.reason(4, "a") == fitness_of(*scene.facts_of("a").member.reading, 0).reason);
    CHECK(offline(9999) == "a!severed");
    scene.dies("a");
    CHECK(offline(1) == "a!dead");
    scene.pongs("a");
    CHECK(offline(1) == "a");  // and has not been asked since
    scene.fit("a");
    CHECK(scene.judged() == "1:a");
    // For a moment only.
    scene.partitioned("a");
    CHECK(offline(10) == "a");
    scene.partitioned("a");
    CHECK(offline(kSeverAfterMs - 1) == "a");
    scene.fit("a");
    CHECK(scene.judged(1) == "1:a");
    scene.partitioned("a");
    CHECK(offline(kSeverAfterMs) == "a");
  }
}

TEST_CASE("what an operator lets finish is ended on a node that is cut off", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b", "c"});
  scene.judged();
  scene.plan.rows[0].status = "OFFLINE_SOFT";
  CHECK(scene.judged() == "1:a!spare,b,c!spare 2:c");
  scene.partitioned("a");
  CHECK(scene.judged(10) == "1:a!spare,b,c!spare 2:c");
  CHECK(scene.judged(kSeverAfterMs) == "1:a!spare,b,c!spare 2:c");  // it has not been asked again
  scene.partitioned("a");
  CHECK(scene.judged(10) == "1:a!severed,b,c!spare 2:c");
  CHECK(scene.reason(1, "a") == fitness_of(*scene.facts_of("a").member.reading, 0).reason);
  CHECK(scene.before.overlay.at({1, "a", 3306}).presence == ServerDecision::Presence::as_configured);
  scene.fit("a");
  CHECK(scene.judged(10) == "1:a!spare,b,c!spare 2:c");
  // By the row that there is.
  scene.plan.rows[0].hostgroup_id = 3;
  scene.partitioned("a");
  scene.judged(10);
  scene.partitioned("a");
  CHECK(scene.judged(kSeverAfterMs) == "1:b,c!spare 2:c 3:a!severed");
  scene.plan.settings.monitor_enabled = false;
  CHECK(scene.judged() == "1:b,c!spare 2:c 3:a");
}

TEST_CASE("a row that is out of operation hides no end", "[judge][cluster]") {
  for (const int hostgroup : {1, 2, 3, 4}) {
    ClusterScene scene(ClusterKind::galera);
    scene.add(hostgroup == 1 ? 3 : 1, "a");
    scene.add(hostgroup, "a").status = "OFFLINE_HARD";
    scene.add(1, "b");
    scene.all_fit({"a", "b"});
    scene.judged();
    scene.partitioned("a");
    scene.judged(10);
    scene.partitioned("a");
    scene.judged(kSeverAfterMs);
    REQUIRE(find_end(scene.before.overlay, "a", 3306) != nullptr);
    CHECK(find_end(scene.before.overlay, "a", 3306)->hold == Hold::severed);
    CHECK(find_end(scene.before.overlay, "b", 3306) == nullptr);
    for (const ServerRow& row : running_rows(scene.before.overlay, scene.plan.rows)) {
      if (row.hostname == "a" && row.hostgroup_id == hostgroup) CHECK(row.status == "OFFLINE_HARD");
    }
  }
}

TEST_CASE("what runs on a node that is out for something else may finish", "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b", "c"});
  for (int i = 0; i < 6; ++i) scene.fails_check("a", ProbeFault::timed_out);  // it may only be slow
  for (int i = 0; i < 3; ++i) {
    scene.fails_check("a", ProbeFault::timed_out);
    CHECK(scene.judged(kSeverAfterMs) == "1:b,c!spare 2:c 4:a");
  }
  const GaleraReading faults[] = {{.primary = true, .state = 1},
                                  {.primary = true, .state = 4, .desync = true},
                                  {.primary = true, .state = 4, .rejects_queries = true}};
  for (const GaleraReading& fault : faults) {
    for (int i = 0; i < 3; ++i) {
      scene.member_says("a", fault);
      CHECK(scene.judged(kSeverAfterMs) == "1:b,c!spare 2:c 4:a");
    }
  }
}

// Says that it could write, and that it could not.
struct Flapping {
  const char* name;
  void (*could)(ClusterScene&);
  void (*could_not)(ClusterScene&);
  const char* runs;  // while it could not
};
const Flapping kFlappings[] = {
    {"read_only", [](ClusterScene& s) { s.fit("a"); }, [](ClusterScene& s) { s.fit("a", true); },
     "1:b,c!spare 2:c 3:a"},
    {"donor", [](ClusterScene& s) { s.fit("a"); }, [](ClusterScene& s) { s.donates("a"); },
     "1:a!spare,b,c!spare 2:a,c"},
};

TEST_CASE("a node that keeps changing its word is not followed each time", "[judge][cluster]") {
  for (const Flapping& each : kFlappings) {
    INFO(each.name);
    ClusterScene scene = three_writers();
    scene.all_fit({"a", "b", "c"});
    scene.judged();
    int writer_changes = 0;
    std::string writer = "1:a,";
    for (int second = 0; second < 50; ++second) {
      second % 2 == 0 ? each.could_not(scene) : each.could(scene);
      const std::string runs = scene.judged();
      if (second % 2 == 0) CHECK(runs == each.runs);
      const std::string now = runs.starts_with("1:a,b!") ? "1:a," : "1:b";
      writer_changes += now != writer;
      writer = now;
    }
    CHECK(writer_changes == 3);  // to b, back at the first change that was still believed, and to b for good
    CHECK(scene.reason(1, "a") ==
          "its read_only or state changes too often: it writes when 3 checks in a row agree");
    each.could(scene);
    CHECK_FALSE(scene.judged().starts_with("1:a,b!"));
    each.could(scene);
    CHECK(scene.judged() == "1:a,b!spare,c!spare 2:b,c");
    // What it has said is forgotten.
    each.could_not(scene);
    scene.judged(Steadiness::kMemoryMs + 1);
    each.could(scene);
    CHECK(scene.judged() == "1:a,b!spare,c!spare 2:b,c");
  }
}

TEST_CASE(
    "a node that keeps changing its word writes if nobody else could, and stays if the others are no better",
    "[judge][cluster]") {
  ClusterScene scene = three_writers();
  scene.all_fit({"a", "b"});
  scene.partitioned("c");
  for (int second = 0; second < 10; ++second) {
    scene.fit("a", second % 2 == 0);
    scene.fit("b", second % 2 == 1);
    // Each time the only one.
    CHECK(scene.judged().starts_with(second % 2 == 0 ? "1:b " : "1:a "));
  }
  scene.fit("b");
  CHECK(scene.judged() == "1:a,b!spare 2:b 4:c");
  scene.fit("b", true);
  scene.fit("a", true);
  CHECK(scene.judged() == "3:a,b 4:c");
  scene.fit("b");
  CHECK(scene.judged() == "1:b 3:a 4:c");
  scene.fit("a");
  CHECK(scene.judged() == "1:a!spare,b 2:a 4:c");  // its weight is greater, and b stays all the same
}

}  // namespace
}  // namespace weir::test
