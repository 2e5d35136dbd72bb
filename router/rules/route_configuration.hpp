// What the configuration in force says about the routes of a session.
#pragma once

#include "router/config/snapshot.hpp"
#include "router/rules/route.hpp"

namespace weir {

inline bool splits_reads(const UserAttributes& attributes, const Settings& settings) {
  return attributes.auto_rw_split.value_or(settings.auto_rw_split);
}

// Fills in what does not depend on the session's state. `default_hostgroup` and `attributes` are the user's.
inline void apply_configuration(RouteInput& input, const Snapshot& snapshot, int default_hostgroup,
                                const UserAttributes& attributes) {
  const Settings& settings = snapshot.settings();
  input.default_hostgroup = default_hostgroup;
  input.restarts = static_cast<int>(settings.query_processor_iterations);
  input.annotations = attributes.annotations;
  input.auto_rw_split = input.split_read_only_transactions = splits_reads(attributes, settings);
  if (const HostgroupPair* pair = snapshot.pair_of(default_hostgroup)) input.pair = *pair;
}

}  // namespace weir
