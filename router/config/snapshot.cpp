#include "router/config/snapshot.hpp"

#include <algorithm>

#include "router/config/snapshot_builder.hpp"

namespace weir {

const User* Snapshot::find_user(std::string_view username) const noexcept {
  const auto found = users_->users.find(username);
  return found == users_->users.end() ? nullptr : &found->second;
}

const Hostgroup* Snapshot::find_hostgroup(int id) const noexcept {
  const auto& hostgroups = servers_->hostgroups;
  constexpr std::size_t kFew = 8;  // a search by halves is slower there, and each query looks twice
  const auto found = hostgroups.size() <= kFew ? std::ranges::find(hostgroups, id, &Hostgroup::id)
                                               : std::ranges::lower_bound(hostgroups, id, {}, &Hostgroup::id);
  return found == hostgroups.end() || found->id != id ? nullptr : &*found;
}

const HostgroupPair* Snapshot::pair_of(int writer_hostgroup) const noexcept {
  const auto found = std::ranges::lower_bound(servers_->pairs, writer_hostgroup, {}, &HostgroupPair::writer);
  return found == servers_->pairs.end() || found->writer != writer_hostgroup ? nullptr : &*found;
}

const HostgroupPair* Snapshot::pair_of_reader(int reader_hostgroup) const noexcept {
  const auto found = std::ranges::find(servers_->pairs, reader_hostgroup, &HostgroupPair::reader);
  return found == servers_->pairs.end() || found->writer == reader_hostgroup ? nullptr : &*found;
}

const Server* Snapshot::find_server(const ServerState& state) const noexcept {
  const Hostgroup* hostgroup = find_hostgroup(state.hostgroup);
  return hostgroup == nullptr ? nullptr : hostgroup->find(state);
}

Result<std::shared_ptr<const Snapshot>, Complaints> build_snapshot(
    Tables tables, Settings settings, ServerStates& states, const std::shared_ptr<const Snapshot>& previous) {
  return SnapshotBuilder(std::move(tables), std::move(settings), previous).build(states);
}

std::shared_ptr<const Snapshot> with_overlay(const Snapshot& previous, ServerOverlay overlay,
                                             ServerStates& states) {
  return SnapshotBuilder::overlaid(previous, std::move(overlay), states);
}

}  // namespace weir
