// What a member of a cluster says of itself, where it is the cluster that decides who may write.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace weir {

enum class ClusterKind : std::uint8_t { none, galera, group_replication };

struct GaleraReading {
  static constexpr int kDonor = 2;  // or desynced
  static constexpr int kSynced = 4;

  bool primary = false;  // it is in the part of the cluster that has the majority
  bool read_only = true;
  int state = 0;                // 1 joining, kDonor, 3 joined, kSynced; 0 not connected
  std::int64_t recv_queue = 0;  // write sets that it has still to apply
  bool desync = false;          // flow control is off, by the operator
  bool rejects_queries = false;
  bool donor_rejects_queries = false;
  bool maintenance = false;  // Percona's pxc_maint_mode

  bool operator==(const GaleraReading&) const = default;
};

struct GroupReading {
  std::string state{};    // ONLINE, RECOVERING, OFFLINE, ERROR, UNREACHABLE; empty: in no group
  bool majority = false;  // of the group's members, as it sees them
  bool read_only = true;
  bool single_primary = false;  // the group has one primary
  bool primary = false;         // it is that one, or one of several
  std::int64_t behind = 0;      // transactions that it has still to check or to apply

  bool operator==(const GroupReading&) const = default;
  bool viable() const { return state == "ONLINE" && majority; }
};

using MemberReading = std::variant<GaleraReading, GroupReading>;

inline bool is_read_only(const MemberReading& reading) {
  return std::visit([](const auto& one) { return one.read_only; }, reading);
}

// Of what it has still to do.
inline std::int64_t& queue_of(GaleraReading& reading) {
  return reading.recv_queue;
}
inline std::int64_t& queue_of(GroupReading& reading) {
  return reading.behind;
}
inline std::int64_t queue_of(const MemberReading& reading) {
  return std::visit([](auto one) { return queue_of(one); }, reading);
}
// But for how long its queue is.
inline MemberReading without_queue(MemberReading reading) {
  std::visit([](auto& one) { queue_of(one) = 0; }, reading);
  return reading;
}

}  // namespace weir
