// A cluster for tests of the judge: hostgroup 1 of its writers, 2 of its backup writers, 3 of its readers, 4
// of those that are offline.
#pragma once

#include "tests/unit/monitor/judge_scene.hpp"

namespace weir::test {

class ClusterScene : public JudgeScene {
 public:
  explicit ClusterScene(ClusterKind kind = ClusterKind::galera) {
    plan.pairs.clear();
    plan.clusters = {
        {.kind = kind, .writer = 1, .backup_writer = 2, .reader = 3, .offline = 4, .max_timeouts = 3}};
  }

  WatchPlan::Cluster& cluster() { return plan.clusters.front(); }
  void member_says(const std::string& name, MemberReading reading) {
    const bool galera = std::holds_alternative<GaleraReading>(reading);
    Observation observation = seen(galera ? CheckKind::galera : CheckKind::group_replication);
    observation.read_only = is_read_only(reading);
    observation.member = std::move(reading);
    note(name, observation);
  }
  // Synced, or ONLINE.
  void fit(const std::string& name, bool read_only = false) {
    if (cluster().kind == ClusterKind::galera)
      return member_says(name, GaleraReading{.primary = true, .read_only = read_only, .state = 4});
    member_says(name, GroupReading{.state = "ONLINE",
                                   .majority = true,
                                   .read_only = read_only,
                                   .single_primary = single_primary,
                                   .primary = !read_only});
  }
  void partitioned(const std::string& name) {
    if (cluster().kind == ClusterKind::galera) return member_says(name, GaleraReading{.read_only = false});
    member_says(name, GroupReading{.state = "ONLINE", .read_only = false});
  }
  void donates(const std::string& name) {
    member_says(name, GaleraReading{.primary = true, .read_only = false, .state = GaleraReading::kDonor});
  }
  // With much to apply.
  void slow(const std::string& name) {
    member_says(name, GroupReading{.state = "ONLINE",
                                   .majority = true,
                                   .read_only = false,
                                   .single_primary = single_primary,
                                   .primary = true,
                                   .behind = 1'000'000});
  }
  void all_fit(std::initializer_list<const char*> names) {
    for (const char* name : names) fit(name);
  }
  void fails_check(const std::string& name, ProbeFault fault, std::uint16_t code = 0) {
    const bool galera = cluster().kind == ClusterKind::galera;
    Observation observation = seen(galera ? CheckKind::galera : CheckKind::group_replication);
    observation.failure = ProbeFailure{fault, code, "gone"};
    note(name, observation);
  }
  const std::string& conflict() const { return before.clusters.at(1).conflict; }

  bool single_primary = true;
};

// "a" with the greatest weight, "b" and "c": all configured as writers.
inline ClusterScene three_writers(ClusterKind kind = ClusterKind::galera) {
  ClusterScene scene(kind);
  scene.add(1, "a").weight = 30;
  scene.add(1, "b").weight = 20;
  scene.add(1, "c").weight = 10;
  return scene;
}

}  // namespace weir::test
