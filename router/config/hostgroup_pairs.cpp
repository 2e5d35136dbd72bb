#include "router/config/hostgroup_pairs.hpp"

#include <algorithm>

namespace weir {

std::vector<HostgroupPair> hostgroup_pairs(const Tables& tables) {
  std::vector<HostgroupPair> pairs;
  const auto add = [&](const auto& row) {
    pairs.push_back({static_cast<int>(row.writer_hostgroup), static_cast<int>(row.reader_hostgroup)});
  };
  std::ranges::for_each(tables.replication_hostgroups, add);
  for (const auto* rows : {&tables.group_replication_hostgroups, &tables.galera_hostgroups}) {
    for (const ClusterHostgroupRow& row : *rows) {
      if (row.active) add(row);
    }
  }
  std::ranges::sort(pairs, {}, &HostgroupPair::writer);
  return pairs;
}

}  // namespace weir
