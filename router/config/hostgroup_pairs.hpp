// Which hostgroups hold the same data: those that write, and those that read it.
#pragma once

#include <vector>

#include "router/backend/hostgroup_pair.hpp"
#include "router/config/tables.hpp"

namespace weir {

// Of mysql_replication_hostgroups and of the active rows of the clusters' tables; by writer.
std::vector<HostgroupPair> hostgroup_pairs(const Tables& tables);

}  // namespace weir
