// One struct per configuration table: what an operator wrote, with ProxySQL's columns, order and defaults.
//
// The columns behind the members are declared in tables_*.cpp. What rows mean at run time is built from them
// in snapshot_builder.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

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

// Members of a cluster that decides by itself who writes: Group Replication and Galera have the same columns.
struct ClusterHostgroupRow {
  std::int64_t writer_hostgroup = 0;
  std::int64_t backup_writer_hostgroup = 0;
  std::int64_t reader_hostgroup = 0;
  std::int64_t offline_hostgroup = 0;
  bool active = true;
  std::int64_t max_writers = 1;
  std::int64_t writer_is_also_reader = 0;
  std::int64_t max_transactions_behind = 0;
  std::optional<std::string> comment{};

  bool operator==(const ClusterHostgroupRow&) const = default;
};

struct AuroraHostgroupRow {
  std::int64_t writer_hostgroup = 0;
  std::int64_t reader_hostgroup = 0;
  bool active = true;
  std::int64_t aurora_port = 3306;
  std::string domain_name{};
  std::int64_t max_lag_ms = 600000;
  std::int64_t check_interval_ms = 1000;
  std::int64_t check_timeout_ms = 800;
  bool writer_is_also_reader = false;
  std::int64_t new_reader_weight = 1;
  std::int64_t add_lag_ms = 30;
  std::int64_t min_lag_ms = 30;
  std::int64_t lag_num_checks = 1;
  std::optional<std::string> comment{};

  bool operator==(const AuroraHostgroupRow&) const = default;
};

struct ServerSslParamsRow {
  std::string hostname{};
  std::int64_t port = 3306;
  std::string username{};
  std::string ssl_ca{};
  std::string ssl_cert{};
  std::string ssl_key{};
  std::string ssl_capath{};
  std::string ssl_crl{};
  std::string ssl_crlpath{};
  std::string ssl_cipher{};
  std::string tls_version{};
  std::string comment{};

  bool operator==(const ServerSslParamsRow&) const = default;
};

struct FastRoutingRow {
  std::string username{};
  std::string schemaname{};
  std::int64_t flag_in = 0;
  std::int64_t destination_hostgroup = 0;
  std::string comment{};

  bool operator==(const FastRoutingRow&) const = default;
};

struct FirewallUserRow {
  bool active = true;
  std::string username{};
  std::string client_address{};
  std::string mode = "OFF";
  std::string comment{};

  bool operator==(const FirewallUserRow&) const = default;
};

struct FirewallRuleRow {
  bool active = true;
  std::string username{};
  std::string client_address{};
  std::string schemaname{};
  std::int64_t flag_in = 0;
  std::string digest{};
  std::string comment{};

  bool operator==(const FirewallRuleRow&) const = default;
};

struct FirewallFingerprintRow {
  bool active = true;
  std::string fingerprint{};

  bool operator==(const FirewallFingerprintRow&) const = default;
};

struct SchedulerRow {
  std::int64_t id = 0;
  bool active = true;
  std::int64_t interval_ms = 0;
  std::string filename{};
  std::optional<std::string> arg1{};
  std::optional<std::string> arg2{};
  std::optional<std::string> arg3{};
  std::optional<std::string> arg4{};
  std::optional<std::string> arg5{};
  std::string comment{};

  bool operator==(const SchedulerRow&) const = default;
};

struct RestapiRouteRow {
  std::int64_t id = 0;
  bool active = true;
  std::int64_t timeout_ms = 0;
  std::string method{};
  std::string uri{};
  std::string script{};
  std::string comment{};

  bool operator==(const RestapiRouteRow&) const = default;
};

struct PeerRow {
  std::string hostname{};
  std::int64_t port = 6032;
  std::int64_t weight = 0;
  std::string comment{};

  bool operator==(const PeerRow&) const = default;
};

struct VariableRow {
  std::string variable_name{};
  std::string variable_value{};

  bool operator==(const VariableRow&) const = default;
};

struct CollationRow {
  std::int64_t id = 0;
  std::string collation{};
  std::string charset{};
  std::string is_default{};  // "Yes" or empty

  bool operator==(const CollationRow&) const = default;
};

}  // namespace weir
