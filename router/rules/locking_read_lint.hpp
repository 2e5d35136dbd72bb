// Sends locking reads through rules and tells which end up where plain reads go, although writes go
// elsewhere: the mistake of most rules that were copied from somewhere. For warnings when rules are loaded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "router/rules/rule_set.hpp"

namespace weir {

// Whose statements are tried: every kind of session that rules tell apart should be among them.
struct SampleSession {
  std::string_view username{};
  std::string_view schema{};
  std::string_view client_addr{};
  std::string_view proxy_addr{};
  std::int64_t proxy_port = 0;
  int default_hostgroup = 0;
};

struct CaughtLockingReads {
  std::int64_t rule_id = 0;  // of the rule that sends them there
  int hostgroup = 0;         // where they go, with plain reads
  int writes_hostgroup = 0;  // where an UPDATE of the same session goes
  bool for_update = false;   // some form of FOR UPDATE is among them
  std::string endings{};     // "FOR UPDATE NOWAIT, LOCK IN SHARE MODE"
};

// One entry per rule that catches any form of FOR UPDATE, with all other locking reads that go the same way;
// of sessions whose FOR UPDATE is safe, one per rule that catches FOR SHARE or LOCK IN SHARE MODE.
std::vector<CaughtLockingReads> find_caught_locking_reads(const RuleSet& rules,
                                                          std::span<const SampleSession> sessions);

}  // namespace weir
