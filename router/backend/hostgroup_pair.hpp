// Two hostgroups over the same data: from mysql_replication_hostgroups, or from --writer and --reader.
#pragma once

namespace weir {

struct HostgroupPair {
  int writer = 0;
  int reader = 0;
};

}  // namespace weir
