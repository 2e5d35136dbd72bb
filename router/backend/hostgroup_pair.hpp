// Two hostgroups over the same data: from mysql_replication_hostgroups, or from --writer and --reader; of a
// cluster those of its writers and readers.
#pragma once

namespace weir {

struct HostgroupPair {
  int writer = 0;
  int reader = 0;
};

}  // namespace weir
