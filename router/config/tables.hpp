// The rows of the configuration tables, with ProxySQL's names, order and defaults, and their specs.
//
// A row struct is what an operator wrote; what it means at run time is built from it in snapshot.cpp. A new
// column is a member here and a line in tables.cpp; a new table is a struct, a spec, a member of Tables, and
// its meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "router/config/table_spec.hpp"

namespace weir {

struct ServerRow {
  std::int64_t hostgroup_id = 0;
  std::string hostname{};
  std::int64_t port = 3306;  // 0 = hostname is the path of a Unix socket
  std::int64_t gtid_port = 0;
  std::string status = "ONLINE";
  std::int64_t weight = 1;
  bool compression = false;
  std::int64_t max_connections = 1000;
  std::int64_t max_replication_lag = 0;
  bool use_ssl = false;
  std::int64_t max_latency_ms = 0;
  std::string comment{};

  bool operator==(const ServerRow&) const = default;
};

struct UserRow {
  std::string username{};
  std::optional<std::string> password{};
  bool active = true;
  bool use_ssl = false;
  std::int64_t default_hostgroup = 0;
  std::optional<std::string> default_schema{};
  bool schema_locked = false;
  bool transaction_persistent = true;
  bool fast_forward = false;
  bool backend = true;
  bool frontend = true;
  std::int64_t max_connections = 10000;
  std::string attributes{};
  std::string comment{};

  bool operator==(const UserRow&) const = default;
};

struct QueryRuleRow {
  std::int64_t rule_id = 0;
  bool active = false;  // a configuration file's default is 1
  std::optional<std::string> username{};
  std::optional<std::string> schemaname{};
  std::int64_t flag_in = 0;
  std::optional<std::string> client_addr{};
  std::optional<std::string> proxy_addr{};
  std::optional<std::int64_t> proxy_port{};
  std::optional<std::string> digest{};
  std::optional<std::string> match_digest{};
  std::optional<std::string> match_pattern{};
  bool negate_match_pattern = false;
  std::optional<std::string> re_modifiers = "CASELESS";
  std::optional<std::int64_t> flag_out{};
  std::optional<std::string> replace_pattern{};
  std::optional<std::int64_t> destination_hostgroup{};
  std::optional<std::int64_t> cache_ttl{};
  std::optional<std::int64_t> cache_empty_result{};
  std::optional<std::int64_t> cache_timeout{};
  std::optional<std::int64_t> reconnect{};
  std::optional<std::int64_t> timeout{};
  std::optional<std::int64_t> retries{};
  std::optional<std::int64_t> delay{};
  std::optional<std::int64_t> next_query_flag_in{};
  std::optional<std::int64_t> mirror_flag_out{};
  std::optional<std::int64_t> mirror_hostgroup{};
  std::optional<std::string> error_msg{};
  std::optional<std::string> ok_msg{};
  std::optional<std::int64_t> sticky_conn{};
  std::optional<std::int64_t> multiplex{};
  std::optional<std::int64_t> gtid_from_hostgroup{};
  std::optional<std::int64_t> log{};
  bool apply = false;
  std::string attributes{};
  std::optional<std::string> comment{};

  bool operator==(const QueryRuleRow&) const = default;
};

struct ReplicationHostgroupRow {
  std::int64_t writer_hostgroup = 0;
  std::int64_t reader_hostgroup = 0;
  std::string check_type = "read_only";
  std::string comment{};

  bool operator==(const ReplicationHostgroupRow&) const = default;
};

struct HostgroupAttributesRow {
  std::int64_t hostgroup_id = 0;
  std::int64_t max_num_online_servers = 1000000;
  std::int64_t autocommit = -1;
  std::int64_t free_connections_pct = 10;
  std::string init_connect{};
  bool multiplex = true;
  bool connection_warming = false;
  std::int64_t throttle_connections_per_sec = 1000000;
  std::string ignore_session_variables{};
  std::string hostgroup_settings{};
  std::string servers_defaults{};
  std::string comment{};

  bool operator==(const HostgroupAttributesRow&) const = default;
};

struct VariableRow {
  std::string variable_name{};
  std::string variable_value{};

  bool operator==(const VariableRow&) const = default;
};

extern const TableSpec<ServerRow> kServersTable;
extern const TableSpec<UserRow> kUsersTable;
extern const TableSpec<QueryRuleRow> kQueryRulesTable;
extern const TableSpec<ReplicationHostgroupRow> kReplicationHostgroupsTable;
extern const TableSpec<HostgroupAttributesRow> kHostgroupAttributesTable;
extern const TableSpec<VariableRow> kVariablesTable;

// The contents of all configuration tables but global_variables, which is Settings.
struct Tables {
  std::vector<ServerRow> servers;
  std::vector<UserRow> users;
  std::vector<QueryRuleRow> query_rules;
  std::vector<ReplicationHostgroupRow> replication_hostgroups;
  std::vector<HostgroupAttributesRow> hostgroup_attributes;
};

// Calls visit(spec, rows) for every table of `tables`, so that loaders and savers know none by name.
template <class TablesType, class Visit>
void for_each_table(TablesType& tables, Visit visit) {
  visit(kServersTable, tables.servers);
  visit(kReplicationHostgroupsTable, tables.replication_hostgroups);
  visit(kHostgroupAttributesTable, tables.hostgroup_attributes);
  visit(kUsersTable, tables.users);
  visit(kQueryRulesTable, tables.query_rules);
}

}  // namespace weir
