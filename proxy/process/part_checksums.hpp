// What the parts of the configuration in force are, for noticing drift: runtime_checksums_values.
//
// A part is a module that LOAD names, by its name with underscores ("mysql_query_rules"). Its version counts
// the loads that changed it.
#pragma once

#include <cstdint>
#include <vector>

#include "admin/stats/sources.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class PartChecksums {
 public:
  // `snapshot` has come into force at `unix_time`, instead of `before` (null = it is the first).
  void on_load(const Snapshot& snapshot, const Snapshot* before, std::int64_t unix_time);
  const std::vector<PartChecksum>& parts() const { return parts_; }

 private:
  std::vector<PartChecksum> parts_;
};

}  // namespace weir
