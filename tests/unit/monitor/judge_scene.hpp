// Servers, what they say, and what is judged of it: for tests of the judge.
#pragma once

#include <map>
#include <string>

#include "monitor/judge.hpp"
#include "router/config/variables.hpp"

namespace weir::test {

// Hostgroup 1 writes and 2 reads. Servers have one letter, and port 3306.
class JudgeScene {
 public:
  JudgeScene() {
    plan.settings = defaults();
    plan.pairs = {{1, 2, "read_only"}};
  }

  ServerRow& add(int hostgroup, const std::string& name, std::int64_t max_lag = 0) {
    ServerRow row;
    row.hostgroup_id = hostgroup;
    row.hostname = name;
    row.max_replication_lag = max_lag;
    plan.rows.push_back(row);
    return plan.rows.back();
  }
  static Host host(const std::string& name) { return {name, 3306}; }
  ServerFacts& facts_of(const std::string& name) { return facts[host(name)]; }

  Observation seen(CheckKind check) { return {.check = check, .at = now}; }
  void note(const std::string& name, const Observation& observation) {
    weir::note(facts_of(name), observation, plan.settings);
  }
  void fails(const std::string& name, CheckKind check, ProbeFault fault, std::string message = "gone") {
    Observation observation = seen(check);
    observation.failure = ProbeFailure{fault, 0, std::move(message)};
    observation.fresh = true;
    note(name, observation);
  }
  void says(const std::string& name, bool read_only) {
    Observation observation = seen(CheckKind::read_only);
    observation.read_only = read_only;
    note(name, observation);
  }
  void dies(const std::string& name) {
    for (int i = 0; i < plan.settings.monitor_ping_max_failures; ++i)
      fails(name, CheckKind::ping, ProbeFault::refused);
  }
  void pongs(const std::string& name) { note(name, seen(CheckKind::ping)); }
  void has(const std::string& name, const std::string& mariadb_position) {
    Observation observation = seen(CheckKind::position);
    observation.position = GtidSet::from_mariadb(mariadb_position);
    note(name, observation);
  }
  void replicates(const std::string& name, ReplicationReading reading) {
    Observation observation = seen(CheckKind::replication_lag);
    observation.replication = std::move(reading);
    note(name, observation);
  }
  void follows(const std::string& name, const std::string& source) {
    replicates(name, {.replica = true, .lag_s = 0, .sources = {host(source)}});
  }
  void follows_nobody(const std::string& name) { replicates(name, {}); }
  void lags(const std::string& name, double lag_s) { replicates(name, {.replica = true, .lag_s = lag_s}); }

  // After `passed_ms`: what runs in each hostgroup, such as "1:a 2:a,b!dead". Added servers have no mark;
  // what is held back has its reason behind a '!'.
  std::string judged(Millis passed_ms = 1000) {
    now += passed_ms;
    before = judge({plan, facts, before, now, now * 1000});
    std::map<std::int64_t, std::string> groups;
    for (const ServerRow& row : running_rows(before.overlay, plan.rows)) {
      std::string& group = groups[row.hostgroup_id];
      if (!group.empty()) group += ',';
      group += row.hostname;
      const auto decided = before.overlay.find(key_of(row));
      if (decided != before.overlay.end() && decided->second.hold != Hold::none)
        group += "!" + std::string(to_text(decided->second.hold));
    }
    std::string text;
    for (const auto& [hostgroup, names] : groups) {
      text += (text.empty() ? "" : " ") + std::to_string(hostgroup) + ":" + names;
    }
    return text;
  }
  std::string reason(int hostgroup, const std::string& name) const {
    const auto decided = before.overlay.find({hostgroup, name, 3306});
    return decided == before.overlay.end() ? "" : decided->second.reason;
  }
  const PairJudgement& pair() const { return before.pairs.at(1); }

  WatchPlan plan;
  AllFacts facts;
  Judgement before;
  Instant now = 1'000'000;
};

// "a" writes and "b" reads, and each has said so.
inline JudgeScene writer_and_reader() {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(2, "b");
  scene.says("a", false);
  scene.says("b", true);
  return scene;
}

}  // namespace weir::test
