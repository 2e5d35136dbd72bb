#include "router/config/newcomers.hpp"

#include <map>
#include <set>

#include "router/backend/status_word.hpp"
#include "router/config/hostgroup_pairs.hpp"

namespace weir {

ServerOverlay hold_newcomers(ServerOverlay overlay, std::span<const ServerRow> before, const Tables& now,
                             bool monitored) {
  if (!monitored) return overlay;
  std::set<ServerKey> worked;
  std::map<int, int> at_work;  // by hostgroup: rows before, and now
  for (const ServerRow& row : before) {
    if (!in_operation(row)) continue;
    worked.insert(key_of(row));
    ++at_work[key_of(row).hostgroup];
  }
  std::vector<ServerKey> newcomers;
  for (const ServerRow& row : running_rows(overlay, now.servers)) {
    const ServerKey key = key_of(row);
    if (!in_operation(row) || worked.contains(key)) continue;
    ++at_work[key.hostgroup];
    newcomers.push_back(key);
  }
  std::set<int> writers;
  for (const HostgroupPair& pair : hostgroup_pairs(now)) writers.insert(pair.writer);
  for (const ServerKey& key : newcomers) {
    const bool alone = at_work[key.hostgroup] == 1;
    if (alone || !writers.contains(key.hostgroup)) continue;
    ServerDecision& decision = overlay[key];
    if (decision.hold != Hold::none) continue;
    decision.hold = Hold::unjudged;
    decision.reason = "it was put among the writers by a LOAD, and the monitor has not judged it there yet";
  }
  return overlay;
}

}  // namespace weir
