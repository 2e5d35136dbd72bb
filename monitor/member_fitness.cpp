// The order of the reasons is ProxySQL's.
#include "monitor/member_fitness.hpp"

#include <fmt/format.h>

namespace weir {
namespace {

using Word = Fitness::Word;

Fitness out(std::string reason) {
  return {.reason = std::move(reason)};
}

Fitness cut_off(std::string reason) {
  return {.reason = std::move(reason), .cut_off = true};
}

Fitness by_read_only(bool read_only) {
  return {.word = read_only ? Word::reads : Word::writes,
          .reason = read_only ? "read_only=1" : "read_only=0"};
}

std::string_view name_of_state(int state) {
  switch (state) {
    case 1:
      return "joining";
    case GaleraReading::kDonor:
      return "donor or desynced";
    case 3:
      return "joined, not yet synced";
    case GaleraReading::kSynced:
      return "synced";
    default:
      return "not connected";
  }
}

Fitness fitness(const GaleraReading& seen, std::int64_t max_behind) {
  const bool donor = seen.state == GaleraReading::kDonor;
  if (!seen.primary) return cut_off("it is not in the primary component (wsrep_cluster_status)");
  if (seen.desync) return out("wsrep_desync=ON");
  if (donor && seen.donor_rejects_queries) return out("it is a donor that rejects queries");
  if (seen.state != GaleraReading::kSynced && !donor)
    return out(fmt::format("wsrep_local_state={} ({})", seen.state, name_of_state(seen.state)));
  if (seen.rejects_queries) return out("wsrep_reject_queries is not NONE");
  if (seen.maintenance) return {.word = Word::leaving, .reason = "pxc_maint_mode is not DISABLED"};
  const bool behind = max_behind > 0 && seen.recv_queue > max_behind;
  if (seen.read_only && behind)
    return out(fmt::format("wsrep_local_recv_queue is more than max_transactions_behind {}", max_behind));
  Fitness fit = by_read_only(seen.read_only);
  fit.behind = behind;
  fit.donor = donor;
  return fit;
}

Fitness fitness(const GroupReading& seen, std::int64_t max_behind) {
  if (seen.state.empty()) return out("it is in no group");
  if (seen.state != "ONLINE") return out(fmt::format("MEMBER_STATE is {}", seen.state));
  if (!seen.majority) return cut_off("it sees no majority of its group");
  Fitness fit = by_read_only(seen.read_only);
  // What it takes is checked against nothing that the primary takes.
  if (seen.single_primary && !seen.primary && !seen.read_only)
    fit = {.word = Word::reads, .reason = "read_only=0, but it is not its group's primary"};
  fit.behind = max_behind > 0 && seen.behind > max_behind;
  return fit;
}

}  // namespace

Fitness fitness_of(const MemberReading& reading, std::int64_t max_behind) {
  return std::visit([&](const auto& seen) { return fitness(seen, max_behind); }, reading);
}

}  // namespace weir
