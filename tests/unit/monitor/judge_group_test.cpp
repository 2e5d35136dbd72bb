// Who of a group with Group Replication writes or reads.
#include <catch2/catch.hpp>

#include "monitor/judge_cluster.hpp"
#include "tests/unit/monitor/cluster_scene.hpp"

namespace weir::test {
namespace {

using Catch::Contains;

TEST_CASE("of a group with one primary the one that became writable last writes", "[judge][cluster]") {
  ClusterScene scene = three_writers(ClusterKind::group_replication);
  scene.fit("a");
  scene.fit("b", true);
  scene.fit("c", true);
  CHECK(scene.judged() == "1:a 3:b,c");
  // The old primary does not answer any more; what it said last is that it is writable.
  scene.fails_check("a", ProbeFault::timed_out);
  // The new one may have much to apply.
  scene.cluster().max_behind = 10;
  scene.plan.settings.monitor_group_behind_for_read_only = 2;
  scene.plan.settings.monitor_group_behind_count = 1;
  scene.slow("c");
  CHECK(scene.judged() == "1:c 2:a 3:b");
  scene.fit("c");
  CHECK(scene.judged() == "1:c 2:a 3:b");
  scene.fit("a", true);
  CHECK(scene.judged() == "1:c 3:a,b");
}

TEST_CASE("whom a hand has made writable in a group with another primary writes nothing",
          "[judge][cluster]") {
  ClusterScene scene = three_writers(ClusterKind::group_replication);
  scene.fit("b");
  scene.fit("a", true);
  scene.fit("c", true);
  CHECK(scene.judged() == "1:b 3:a,c");
  scene.member_says(
      "a", GroupReading{.state = "ONLINE", .majority = true, .read_only = false, .single_primary = true});
  CHECK(scene.judged() == "1:b 3:a,c");
  CHECK_THAT(scene.reason(1, "a"), Contains("not its group's primary"));
}

TEST_CASE("who cannot be asked is a reason for that nobody writes", "[judge][cluster]") {
  ClusterScene scene(ClusterKind::group_replication);
  scene.add(3, "a");
  scene.add(3, "b");
  scene.judged();
  CHECK(scene.conflict().empty());
  scene.fails_check("a", ProbeFault::server_error, 1142);
  scene.judged();
  CHECK(scene.conflict().empty());  // b may be about to say that it writes
  scene.fails_check("b", ProbeFault::access_denied, 1045);
  CHECK(scene.judged() == "3:a,b");
  CHECK_THAT(scene.conflict(),
             Contains("a:3306: it could not be asked: gone") && Contains("b:3306: it could"));
}

TEST_CASE("of a group with several primaries the weight decides", "[judge][cluster]") {
  ClusterScene scene = three_writers(ClusterKind::group_replication);
  scene.single_primary = false;
  scene.all_fit({"c", "b", "a"});
  CHECK(scene.judged() == "1:a 2:b,c");
  scene.cluster().max_writers = 2;
  CHECK(scene.judged() == "1:a,b 2:c");
  scene.partitioned("a");
  CHECK(scene.judged() == "1:b,c 4:a");
}

TEST_CASE("members with a long queue are held back where the variables say", "[judge][cluster]") {
  struct Case {
    int for_read_only;
    const char* expected;
  };
  const Case cases[] = {{0, "1:a 3:b,a"}, {1, "1:a 3:b!lagging,a!lagging"}, {2, "1:a 3:b!lagging,a!lagging"}};
  for (const Case& one : cases) {
    INFO(one.for_read_only);
    ClusterScene scene(ClusterKind::group_replication);
    scene.add(1, "a");
    scene.add(3, "b");
    scene.cluster().max_behind = 10;
    scene.cluster().writer_is_also_reader = 1;
    scene.plan.settings.monitor_group_behind_for_read_only = one.for_read_only;
    scene.plan.settings.monitor_group_behind_count = 2;
    const auto both_say = [&](std::int64_t behind) {
      GroupReading reading{
          .state = "ONLINE", .majority = true, .single_primary = true, .primary = true, .behind = behind};
      scene.member_says("b", reading);
      reading.read_only = false;
      scene.member_says("a", reading);
    };
    both_say(11);
    CHECK(scene.judged() == "1:a 3:b,a");
    CHECK(scene.judged() == "1:a 3:b,a");  // the same readings again
    both_say(11);
    CHECK(scene.judged() == one.expected);
    both_say(10);
    CHECK(scene.judged() == "1:a 3:b,a");
  }
}

TEST_CASE("a writer with a long queue gives way to one without, and stays if there is none",
          "[judge][cluster]") {
  for (const int for_read_only : {0, 1, 2}) {
    INFO(for_read_only);
    ClusterScene scene = three_writers(ClusterKind::group_replication);
    scene.single_primary = false;
    scene.cluster().max_behind = 10;
    scene.plan.settings.monitor_group_behind_for_read_only = for_read_only;
    scene.plan.settings.monitor_group_behind_count = 2;
    const bool counts = for_read_only != 1;
    const auto slow = [&](std::initializer_list<const char*> names) {
      for (const char* name : names) scene.slow(name);
      scene.judged();
      for (const char* name : names) scene.slow(name);
      return scene.judged();
    };
    scene.all_fit({"a", "b", "c"});
    CHECK(scene.judged() == "1:a 2:b,c");
    scene.slow("a");
    CHECK(scene.judged() == "1:a 2:b,c");  // once is not twice
    CHECK(slow({"a"}) == (counts ? "1:b 2:a,c" : "1:a 2:b,c"));
    CHECK(slow({"a", "b", "c"}) == "1:a 2:b,c");  // the greatest weight again
    CHECK(scene.conflict().empty());
    scene.partitioned("b");
    scene.partitioned("c");
    CHECK(scene.judged() == "1:a 4:b,c");
    scene.partitioned("a");
    scene.judged();
    scene.slow("b");
    CHECK(slow({"b"}) == "1:b 4:a,c");  // who comes back with one
  }
}

TEST_CASE("of several writers those with a long queue are held back beside one without", "[judge][cluster]") {
  ClusterScene scene = three_writers(ClusterKind::group_replication);
  scene.single_primary = false;
  scene.cluster().max_writers = 2;
  scene.cluster().max_behind = 10;
  scene.plan.settings.monitor_group_behind_for_read_only = 2;
  scene.plan.settings.monitor_group_behind_count = 1;
  scene.all_fit({"a", "b", "c"});
  CHECK(scene.judged() == "1:a,b 2:c");
  scene.slow("b");
  CHECK(scene.judged() == "1:a,c 2:b");
  scene.slow("a");
  CHECK(scene.judged() == "1:a!lagging,c 2:b");
  scene.slow("c");
  CHECK(scene.judged() == "1:a,b 2:c");
  scene.fit("a");
  CHECK(scene.judged() == "1:a,b!lagging 2:c");
}

// ---- replication beside the cluster

TEST_CASE("max_replication_lag is not for the writer of a cluster, which reads when all others lag",
          "[judge][cluster][lag]") {
  ClusterScene scene(ClusterKind::group_replication);
  scene.add(3, "a", 10);
  scene.add(3, "b", 10);
  scene.fit("a");
  scene.fit("b", true);
  scene.lags("a", 99);
  scene.lags("b", 0);
  CHECK(scene.judged() == "1:a 3:b");
  scene.cluster().writer_is_also_reader = 1;
  CHECK(scene.judged() == "1:a 3:a,b");
  scene.cluster().writer_is_also_reader = 0;
  scene.lags("b", 99);
  CHECK(scene.judged() == "1:a 3:a,b!lagging");
  scene.lags("b", 0);
  CHECK(scene.judged() == "1:a 3:b");
}

}  // namespace
}  // namespace weir::test
