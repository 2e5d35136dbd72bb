// The configuration tables: their specs, and the contents of all of them.
//
// A new column is a member in rows.hpp and a line in tables_*.cpp; a new table is a struct, a spec, a member
// of Tables, a line in for_each_table(), and its meaning.
#pragma once

#include <vector>

#include "router/config/rows.hpp"
#include "router/config/table_spec.hpp"

namespace weir {

extern const TableSpec<ServerRow> kServersTable;
extern const TableSpec<ServerSslParamsRow> kServersSslParamsTable;
extern const TableSpec<ReplicationHostgroupRow> kReplicationHostgroupsTable;
extern const TableSpec<ClusterHostgroupRow> kGroupReplicationHostgroupsTable;
extern const TableSpec<ClusterHostgroupRow> kGaleraHostgroupsTable;
extern const TableSpec<AuroraHostgroupRow> kAuroraHostgroupsTable;
extern const TableSpec<HostgroupAttributesRow> kHostgroupAttributesTable;
extern const TableSpec<UserRow> kUsersTable;
extern const TableSpec<QueryRuleRow> kQueryRulesTable;
extern const TableSpec<FastRoutingRow> kFastRoutingTable;
extern const TableSpec<FirewallUserRow> kFirewallUsersTable;
extern const TableSpec<FirewallRuleRow> kFirewallRulesTable;
extern const TableSpec<FirewallFingerprintRow> kFirewallFingerprintsTable;
extern const TableSpec<SchedulerRow> kSchedulerTable;
extern const TableSpec<RestapiRouteRow> kRestapiRoutesTable;
extern const TableSpec<PeerRow> kPeersTable;

// Not among the Tables: the one is Settings, the other is the same everywhere and for information only.
extern const TableSpec<VariableRow> kVariablesTable;
extern const TableSpec<CollationRow> kCollationsTable;
std::vector<CollationRow> collation_rows();

// The contents of all configuration tables but global_variables, which is Settings.
struct Tables {
  std::vector<ServerRow> servers{};
  std::vector<ServerSslParamsRow> servers_ssl_params{};
  std::vector<ReplicationHostgroupRow> replication_hostgroups{};
  std::vector<ClusterHostgroupRow> group_replication_hostgroups{};
  std::vector<ClusterHostgroupRow> galera_hostgroups{};
  std::vector<AuroraHostgroupRow> aurora_hostgroups{};
  std::vector<HostgroupAttributesRow> hostgroup_attributes{};
  std::vector<UserRow> users{};
  std::vector<QueryRuleRow> query_rules{};
  std::vector<FastRoutingRow> fast_routing{};
  std::vector<FirewallUserRow> firewall_users{};
  std::vector<FirewallRuleRow> firewall_rules{};
  std::vector<FirewallFingerprintRow> firewall_fingerprints{};
  std::vector<SchedulerRow> scheduler{};
  std::vector<RestapiRouteRow> restapi_routes{};
  std::vector<PeerRow> peers{};

  bool operator==(const Tables&) const = default;
};

// Calls visit(spec, rows) for every table of `tables`, so that loaders and savers know none by name.
template <class TablesType, class Visit>
void for_each_table(TablesType& tables, Visit visit) {
  visit(kServersTable, tables.servers);
  visit(kReplicationHostgroupsTable, tables.replication_hostgroups);
  visit(kGroupReplicationHostgroupsTable, tables.group_replication_hostgroups);
  visit(kGaleraHostgroupsTable, tables.galera_hostgroups);
  visit(kAuroraHostgroupsTable, tables.aurora_hostgroups);
  visit(kHostgroupAttributesTable, tables.hostgroup_attributes);
  visit(kServersSslParamsTable, tables.servers_ssl_params);
  visit(kUsersTable, tables.users);
  visit(kQueryRulesTable, tables.query_rules);
  visit(kFastRoutingTable, tables.fast_routing);
  visit(kFirewallUsersTable, tables.firewall_users);
  visit(kFirewallRulesTable, tables.firewall_rules);
  visit(kFirewallFingerprintsTable, tables.firewall_fingerprints);
  visit(kSchedulerTable, tables.scheduler);
  visit(kRestapiRoutesTable, tables.restapi_routes);
  visit(kPeersTable, tables.peers);
}

// Calls visit(spec, rows of `tables`, rows of `others`) for every table.
template <class Visit>
void for_each_table_of_both(const Tables& tables, const Tables& others, Visit visit) {
  std::vector<const void*> rows_of_others;  // in the same order, and so of the same type
  for_each_table(others, [&](const auto&, const auto& rows) { rows_of_others.push_back(&rows); });
  auto next = rows_of_others.begin();
  for_each_table(tables, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    visit(spec, rows, *static_cast<const std::vector<Row>*>(*next++));
  });
}

}  // namespace weir
