// Whatever happens to the members of a cluster.
#include <catch2/catch.hpp>
#include <random>

#include "monitor/judge_cluster.hpp"
#include "monitor/member_fitness.hpp"
#include "tests/unit/monitor/cluster_scene.hpp"

namespace weir::test {
namespace {

// By name: those in the writers' hostgroup that get work.
std::vector<std::string> working_writers(const ClusterScene& scene) {
  std::vector<std::string> writers;
  for (const ServerRow& row : running_rows(scene.before.overlay, scene.plan.rows)) {
    const auto decided = scene.before.overlay.find(key_of(row));
    const Hold hold = decided == scene.before.overlay.end() ? Hold::none : decided->second.hold;
    if (row.hostgroup_id == 1 && (hold == Hold::none || hold == Hold::silent))
      writers.push_back(row.hostname);
  }
  return writers;
}

void check_writers(ClusterScene& scene) {
  const auto writers = working_writers(scene);
  CHECK(static_cast<std::int64_t>(writers.size()) <= scene.cluster().max_writers);
  for (const std::string& name : writers) {
    const ServerFacts& facts = scene.facts_of(name);
    CHECK_FALSE(facts.dead);
    CHECK(facts.member.unanswered < 3);
    if (facts.member.reading) CHECK(fitness_of(*facts.member.reading, 0).word == Fitness::Word::writes);
  }
}

// What they said last, for as long as it may take; those that do not answer go on doing so.
void go_on_as_before(ClusterScene& scene) {
  for (int round = 0; round < kReadingsOfTheRestless; ++round) {
    for (const ServerRow& row : scene.plan.rows) {
      const ServerFacts& facts = scene.facts_of(row.hostname);
      if (facts.dead || facts.member.unanswered > 0 || !facts.member.reading) continue;
      scene.member_says(row.hostname, MemberReading(*facts.member.reading));
    }
    scene.judged();
    check_writers(scene);
  }
}

// All that could write do, up to max_writers, but for those with a long queue: at least one of all.
void check_enough_write(ClusterScene& scene) {
  std::int64_t good = 0, slow = 0;
  for (const ServerRow& row : scene.plan.rows) {
    const ServerFacts& facts = scene.facts_of(row.hostname);
    if (facts.dead || facts.member.unanswered > 0 || !facts.member.reading || row.weight == 0) continue;
    const Fitness fitness = fitness_of(*facts.member.reading, scene.cluster().max_behind);
    if (fitness.word == Fitness::Word::writes) ++(fitness.behind ? slow : good);
  }
  const std::int64_t least = good > 0 ? good : slow;
  const auto writers = static_cast<std::int64_t>(working_writers(scene).size());
  CHECK(writers >= std::min(least, scene.cluster().max_writers));
}

void happens(ClusterScene& scene, std::mt19937& random) {
  const char* names[] = {"a", "b", "c"};
  const std::string name = names[random() % 3];
  switch (random() % 10) {
    case 0:
      return scene.partitioned(name);
    case 1:
      return scene.dies(name);
    case 2:
      return scene.fit(name, true);
    case 3:
      return scene.fails_check(name, ProbeFault::timed_out);
    case 4: {  // a LOAD
      ServerRow& row = scene.plan.rows[random() % 3];
      row.hostgroup_id = 1 + static_cast<int>(random() % 4);
      row.weight = static_cast<std::int64_t>(random() % 3);
      return;
    }
    case 5:
      scene.cluster().max_writers = static_cast<int>(random() % 3);
      return;
    case 6:
      return scene.cluster().kind == ClusterKind::galera ? scene.donates(name) : scene.slow(name);
    default:
      scene.pongs(name);
      return scene.fit(name);
  }
}

TEST_CASE("there are never more writers than max_writers, nor one that is not fit, and always enough",
          "[judge][cluster]") {
  std::mt19937 random(11);
  for (const ClusterKind kind : {ClusterKind::galera, ClusterKind::group_replication}) {
    for (int run = 0; run < 80; ++run) {
      ClusterScene scene = three_writers(kind);
      scene.single_primary = false;  // one primary is one of those that say so, in no order that is random
      scene.cluster().max_writers = 1 + run % 2;
      scene.cluster().writer_is_also_reader = run % 3;
      scene.cluster().max_behind = 10;
      scene.plan.settings.monitor_group_behind_for_read_only = run / 3 % 3;
      for (int step = 0; step < 60; ++step) {
        happens(scene, random);
        scene.judged(static_cast<Millis>(random() % 5000));
        check_writers(scene);
        if (step % 20 != 19) continue;
        go_on_as_before(scene);
        check_enough_write(scene);
      }
    }
  }
}

}  // namespace
}  // namespace weir::test
