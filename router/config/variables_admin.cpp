// The admin- variables.
#include "router/config/variable_rows.hpp"

namespace weir::variable_rows {
namespace {

constexpr Variable kRows[] = {
    {"admin-admin_credentials",
     TextVariable{&Settings::admin_credentials, "admin:admin", check_some_credentials}, TakesEffect::at_once,
     "Accounts of the admin port that may change everything, name:password;name:password. Passwords may be "
     "clear text, *HEX or $A$005$... Names are the admin port's own: users of mysql_users do not matter."},
    {"admin-stats_credentials", TextVariable{&Settings::stats_credentials, "stats:stats", check_credentials},
     TakesEffect::at_once, "Accounts of the admin port that may read statistics, in the same form."},
    {"admin-mysql_ifaces", TextVariable{&Settings::admin_interfaces, "127.0.0.1:6032", check_interfaces},
     TakesEffect::at_once,
     "Where the admin port listens: addresses with port, [IPv6]:port and socket paths, separated by "
     "semicolons. (ProxySQL: 0.0.0.0:6032)."},
    {"admin-read_only", BoolVariable{&Settings::admin_read_only, false}, TakesEffect::at_once,
     "Refuse INSERT, UPDATE and DELETE on the admin port; LOAD, SAVE and SET stay."},
    accepted("admin-refresh_interval", "2000", "Loop period of the admin thread."),
    accepted("admin-vacuum_stats", "true", "Release stats memory after each query."),
    accepted("admin-web_enabled", "false", "Web page of statistics."),
    accepted("admin-web_port", "6080", "Port of the web page."),
    accepted("admin-web_verbosity", "0", "Log detail of the web page."),
    {"admin-restapi_enabled", BoolVariable{&Settings::restapi_enabled, false}, TakesEffect::at_once,
     "Serve the metrics to Prometheus: GET /metrics by HTTP, without a login. The routes of restapi_routes "
     "are "
     "not served."},
    {"admin-restapi_port", IntVariable{&Settings::restapi_port, 6070, 1, 65535}, TakesEffect::at_once,
     "The port of that."},
    {"admin-restapi_address", TextVariable{&Settings::restapi_address, "127.0.0.1", check_ip},
     TakesEffect::at_once,
     "Where it listens: a numeric address, 0.0.0.0 or :: for all. Whoever can connect there reads all "
     "metrics."},
    accepted("admin-prometheus_memory_metrics_interval", "61", "Refresh period of memory metrics."),
    accepted("admin-stats_mysql_connections", "60", "Sampling period of connections, 0 = off."),
    accepted("admin-stats_mysql_connection_pool", "60", "Sampling period of the connection pool, 0 = off."),
    accepted("admin-stats_mysql_query_cache", "60", "Sampling period of the query cache, 0 = off."),
    accepted("admin-stats_system_cpu", "60", "Sampling period of CPU use, 0 = off."),
    accepted("admin-stats_system_memory", "60", "Sampling period of memory use, 0 = off."),
    accepted("admin-stats_mysql_query_digest_to_disk", "0", "Dump and clear digests periodically."),
    accepted("admin-cluster_username", "", "Account between peers."),
    accepted("admin-cluster_password", "", "Its password."),
    accepted("admin-cluster_check_interval_ms", "1000", "Peer polling."),
    accepted("admin-cluster_check_status_frequency", "10", "Every Nth poll also reads status."),
    accepted("admin-cluster_admin_variables_diffs_before_sync", "3",
             "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted("admin-cluster_ldap_variables_diffs_before_sync", "3",
             "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted("admin-cluster_mysql_query_rules_diffs_before_sync", "3",
             "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted("admin-cluster_mysql_servers_diffs_before_sync", "3",
             "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted("admin-cluster_mysql_users_diffs_before_sync", "3",
             "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted("admin-cluster_mysql_variables_diffs_before_sync", "3",
             "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted("admin-cluster_proxysql_servers_diffs_before_sync", "3",
             "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted("admin-cluster_admin_variables_save_to_disk", "true",
             "Save this part to disk after pulling it."),
    accepted("admin-cluster_ldap_variables_save_to_disk", "true", "Save this part to disk after pulling it."),
    accepted("admin-cluster_mysql_query_rules_save_to_disk", "true",
             "Save this part to disk after pulling it."),
    accepted("admin-cluster_mysql_servers_save_to_disk", "true", "Save this part to disk after pulling it."),
    accepted("admin-cluster_mysql_users_save_to_disk", "true", "Save this part to disk after pulling it."),
    accepted("admin-cluster_mysql_variables_save_to_disk", "true",
             "Save this part to disk after pulling it."),
    accepted("admin-cluster_proxysql_servers_save_to_disk", "true",
             "Save this part to disk after pulling it."),
    accepted("admin-cluster_mysql_servers_sync_algorithm", "1",
             "1 runtime and configuration, 2 configuration only, 3 automatic by -M."),
    accepted("admin-checksum_admin_variables", "true", "Checksum of this part, for peers."),
    accepted("admin-checksum_ldap_variables", "true", "Checksum of this part, for peers."),
    accepted("admin-checksum_mysql_query_rules", "true", "Checksum of this part, for peers."),
    accepted("admin-checksum_mysql_servers", "true", "Checksum of this part, for peers."),
    accepted("admin-checksum_mysql_users", "true", "Checksum of this part, for peers."),
    accepted("admin-checksum_mysql_variables", "true", "Checksum of this part, for peers."),
    accepted("admin-coredump_generation_interval_ms", "30000", "Minimum time between on-demand core dumps."),
    accepted("admin-coredump_generation_threshold", "10", "Maximum number of them."),
    accepted("admin-ssl_keylog_file", "", "TLS secrets for packet analysis."),
    accepted("admin-telnet_admin_ifaces", "", "Unused by ProxySQL, too."),
    accepted("admin-telnet_stats_ifaces", "", "Unused by ProxySQL, too."),
    accepted("admin-debug_output", "", "Only for debug builds of ProxySQL."),
};

}  // namespace

std::span<const Variable> admin() {
  return kRows;
}

}  // namespace weir::variable_rows
