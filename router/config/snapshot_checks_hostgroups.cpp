// Whether hostgroups have one role each, and whether those that are named have servers.
#include <fmt/format.h>

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "router/config/hostgroup_settings.hpp"
#include "router/config/snapshot_builder.hpp"

namespace weir {
namespace {

// Which table and column gave a hostgroup its role first, in words.
class Roles {
 public:
  // Nothing if the hostgroup had no role yet, else what it is already.
  std::string claim(std::int64_t hostgroup, std::string_view column, const std::string& row) {
    const auto [first, is_new] = roles_.emplace(hostgroup, fmt::format("{} of {}", column, row));
    return is_new ? "" : first->second;
  }

 private:
  std::unordered_map<std::int64_t, std::string> roles_;
};

// The columns that give roles are the ones named *_hostgroup.
template <class Row>
constexpr bool has_roles = requires(Row row) {
  row.writer_hostgroup;
  row.reader_hostgroup;
};

}  // namespace

// A hostgroup that two rows, or two columns, lay claim to would be filled by two rules that contradict each
// other.
void SnapshotBuilder::check_roles() {
  Roles roles;
  for_each_table(tables_, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    if constexpr (has_roles<Row>) {
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if constexpr (requires { rows[i].active; }) {
          if (!rows[i].active) continue;
        }
        const std::string name = fmt::format("{} ({})", spec.name, key_text(spec, rows[i]));
        for (const Column<Row>& column : spec.columns) {
          if (!column.name.ends_with("_hostgroup")) continue;
          const std::int64_t hostgroup = rows[i].*std::get<std::int64_t Row::*>(column.field);
          const std::string taken = roles.claim(hostgroup, column.name, name);
          if (taken.empty() || taken.ends_with(name)) continue;  // within a row its own checks have said it
          error(spec.name, i + 1, column.name,
                fmt::format("{} is already {}; a hostgroup has one role", hostgroup, taken));
        }
      }
    }
  });
}

// A server is asked one question of its cluster, and there is one answer to it: a node of a Galera cluster is
// no member of a group.
void SnapshotBuilder::check_memberships() {
  const auto hostgroups_of = [](const std::vector<ClusterHostgroupRow>& rows) {
    std::unordered_map<std::int64_t, const ClusterHostgroupRow*> hostgroups;
    for (const ClusterHostgroupRow& row : rows) {
      if (!row.active) continue;
      for (const std::int64_t hostgroup :
           {row.writer_hostgroup, row.backup_writer_hostgroup, row.reader_hostgroup, row.offline_hostgroup})
        hostgroups.emplace(hostgroup, &row);
    }
    return hostgroups;
  };
  const auto galera = hostgroups_of(tables_.galera_hostgroups);
  const auto groups = hostgroups_of(tables_.group_replication_hostgroups);
  if (galera.empty() || groups.empty()) return;
  std::map<std::pair<std::string, std::int64_t>, const ClusterHostgroupRow*> nodes;
  for (const ServerRow& row : tables_.servers) {
    const auto cluster = galera.find(row.hostgroup_id);
    if (cluster != galera.end()) nodes.emplace(std::pair(row.hostname, row.port), cluster->second);
  }
  for (std::size_t i = 0; i < tables_.servers.size(); ++i) {
    const ServerRow& row = tables_.servers[i];
    const auto group = groups.find(row.hostgroup_id);
    const auto node = nodes.find({row.hostname, row.port});
    if (group == groups.end() || node == nodes.end()) continue;
    error(
        kServersTable.name, i + 1, "hostgroup_id",
        fmt::format("{} is a hostgroup of {} ({}), and the server is in one of {} ({}), too; a server is in "
                    "clusters of one kind",
                    row.hostgroup_id, kGroupReplicationHostgroupsTable.name,
                    key_text(kGroupReplicationHostgroupsTable, *group->second), kGaleraHostgroupsTable.name,
                    key_text(kGaleraHostgroupsTable, *node->second)));
  }
}

void SnapshotBuilder::check_hostgroup_settings() {
  for (std::size_t i = 0; i < tables_.hostgroup_attributes.size(); ++i) {
    std::vector<std::string> problems;
    std::vector<std::string> without_effect;
    parse_hostgroup_settings(tables_.hostgroup_attributes[i].hostgroup_settings, problems, without_effect);
    for (std::string& problem : problems) {
      error(kHostgroupAttributesTable.name, i + 1, "hostgroup_settings", std::move(problem));
    }
    for (const std::string& key : without_effect) {
      warn(kHostgroupAttributesTable.name, i + 1, "hostgroup_settings",
           fmt::format("'{}' has no effect in this version", key));
    }
  }
}

// A hostgroup without servers is legal (they may be loaded later), and the most common mistake of newcomers.
void SnapshotBuilder::check_references() {
  std::unordered_set<std::int64_t> with_servers;
  for (const ServerRow& row : tables_.servers) with_servers.insert(row.hostgroup_id);
  const auto expect_servers = [&](std::string_view table, std::size_t row, std::string_view column,
                                  std::int64_t id) {
    if (id < 0 || with_servers.contains(id)) return;
    warn(table, row, column, fmt::format("hostgroup {} has no server", id));
  };
  for (std::size_t i = 0; i < tables_.users.size(); ++i) {
    const UserRow& row = tables_.users[i];
    if (row.active) expect_servers(kUsersTable.name, i + 1, "default_hostgroup", row.default_hostgroup);
  }
  for (std::size_t i = 0; i < tables_.query_rules.size(); ++i) {
    const QueryRuleRow& row = tables_.query_rules[i];
    if (!row.active) continue;
    if (row.destination_hostgroup)
      expect_servers(kQueryRulesTable.name, i + 1, "destination_hostgroup", *row.destination_hostgroup);
    if (row.mirror_hostgroup)
      expect_servers(kQueryRulesTable.name, i + 1, "mirror_hostgroup", *row.mirror_hostgroup);
  }
  for (std::size_t i = 0; i < tables_.fast_routing.size(); ++i) {
    expect_servers(kFastRoutingTable.name, i + 1, "destination_hostgroup",
                   tables_.fast_routing[i].destination_hostgroup);
  }
  for (std::size_t i = 0; i < tables_.replication_hostgroups.size(); ++i) {
    const ReplicationHostgroupRow& row = tables_.replication_hostgroups[i];
    expect_servers(kReplicationHostgroupsTable.name, i + 1, "writer_hostgroup", row.writer_hostgroup);
    expect_servers(kReplicationHostgroupsTable.name, i + 1, "reader_hostgroup", row.reader_hostgroup);
  }
  const auto expect_members = [&](const auto& spec, const std::vector<ClusterHostgroupRow>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const ClusterHostgroupRow& row = rows[i];
      const bool any =
          with_servers.contains(row.writer_hostgroup) || with_servers.contains(row.backup_writer_hostgroup) ||
          with_servers.contains(row.reader_hostgroup) || with_servers.contains(row.offline_hostgroup);
      if (row.active && !any)
        warn(spec.name, i + 1, "writer_hostgroup", "none of its hostgroups has a server");
    }
  };
  expect_members(kGroupReplicationHostgroupsTable, tables_.group_replication_hostgroups);
  expect_members(kGaleraHostgroupsTable, tables_.galera_hostgroups);
  for (std::size_t i = 0; i < tables_.hostgroup_attributes.size(); ++i) {
    expect_servers(kHostgroupAttributesTable.name, i + 1, "hostgroup_id",
                   tables_.hostgroup_attributes[i].hostgroup_id);
  }
}

}  // namespace weir
