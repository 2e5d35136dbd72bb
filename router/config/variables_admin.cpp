// The admin- variables.
#include "router/config/variable_rows.hpp"

namespace weir::variable_rows {
namespace {

constexpr std::string_view kPeers = "this version does not synchronise with others";
constexpr std::string_view kHistory = "this version keeps no history of statistics";
constexpr std::string_view kWebPage = "this version has no web page; for metrics see admin-restapi_enabled";
constexpr std::string_view kWhenRead = "statistics are made when they are read";

constexpr Variable kRows[] = {
    {"admin-version", FixedVariable{kCompatibleVersion}, TakesEffect::at_once,
     "The version of ProxySQL whose interface this is."},
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
    {"admin-scheduler_timeout_ms", IntVariable{&Settings::scheduler_timeout_ms, 3'600'000, 0, 100'000'000},
     TakesEffect::at_once,
     "How long a program of the table scheduler may run, in milliseconds: then it and what it has started "
     "get "
     "SIGTERM, and two seconds later SIGKILL. 0 = as long as it likes."},
    accepted_number("admin-refresh_interval", 2000, 101, 99999, kWhenRead,
                    "Loop period of the admin thread."),
    accepted_flag("admin-vacuum_stats", true, kWhenRead, "Release stats memory after each query."),
    accepted_flag("admin-web_enabled", false, kWebPage, "Web page of statistics."),
    accepted_number("admin-web_port", 6080, 1, 65535, kWebPage, "Port of the web page."),
    accepted_number("admin-web_verbosity", 0, 0, 10, kWebPage, "Log detail of the web page."),
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
    accepted_number("admin-prometheus_memory_metrics_interval", 61, 1, 604800, kWhenRead,
                    "Refresh period of memory metrics."),
    accepted_number("admin-stats_mysql_connections", 60, 0, 300, kHistory,
                    "Sampling period of connections, 0 = off."),
    accepted_number("admin-stats_mysql_connection_pool", 60, 0, 300, kHistory,
                    "Sampling period of the connection pool, 0 = off."),
    accepted_number("admin-stats_mysql_query_cache", 60, 0, 300, kHistory,
                    "Sampling period of the query cache, 0 = off."),
    accepted_number("admin-stats_system_cpu", 60, 0, 600, kHistory, "Sampling period of CPU use, 0 = off."),
    accepted_number("admin-stats_system_memory", 60, 0, 600, kHistory,
                    "Sampling period of memory use, 0 = off."),
    accepted_number("admin-stats_mysql_query_digest_to_disk", 0, 0, 86400, kHistory,
                    "Dump and clear digests periodically."),
    accepted_text("admin-cluster_username", "", kPeers, "Account between peers."),
    accepted_text("admin-cluster_password", "", kPeers, "Its password."),
    accepted_number("admin-cluster_check_interval_ms", 1000, 10, 300000, kPeers, "Peer polling."),
    accepted_number("admin-cluster_check_status_frequency", 10, 0, 10000, kPeers,
                    "Every Nth poll also reads status."),
    accepted_number("admin-cluster_admin_variables_diffs_before_sync", 3, 0, 1000, kPeers,
                    "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted_number("admin-cluster_ldap_variables_diffs_before_sync", 3, 0, 1000, kLdap,
                    "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted_number("admin-cluster_mysql_query_rules_diffs_before_sync", 3, 0, 1000, kPeers,
                    "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted_number("admin-cluster_mysql_servers_diffs_before_sync", 3, 0, 1000, kPeers,
                    "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted_number("admin-cluster_mysql_users_diffs_before_sync", 3, 0, 1000, kPeers,
                    "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted_number("admin-cluster_mysql_variables_diffs_before_sync", 3, 0, 1000, kPeers,
                    "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted_number("admin-cluster_proxysql_servers_diffs_before_sync", 3, 0, 1000, kPeers,
                    "Differing checks in a row before this part is pulled from a peer; 0 = never."),
    accepted_flag("admin-cluster_admin_variables_save_to_disk", true, kPeers,
                  "Save this part to disk after pulling it."),
    accepted_flag("admin-cluster_ldap_variables_save_to_disk", true, kLdap,
                  "Save this part to disk after pulling it."),
    accepted_flag("admin-cluster_mysql_query_rules_save_to_disk", true, kPeers,
                  "Save this part to disk after pulling it."),
    accepted_flag("admin-cluster_mysql_servers_save_to_disk", true, kPeers,
                  "Save this part to disk after pulling it."),
    accepted_flag("admin-cluster_mysql_users_save_to_disk", true, kPeers,
                  "Save this part to disk after pulling it."),
    accepted_flag("admin-cluster_mysql_variables_save_to_disk", true, kPeers,
                  "Save this part to disk after pulling it."),
    accepted_flag("admin-cluster_proxysql_servers_save_to_disk", true, kPeers,
                  "Save this part to disk after pulling it."),
    accepted_number("admin-cluster_mysql_servers_sync_algorithm", 1, 1, 3, kPeers,
                    "1 runtime and configuration, 2 configuration only, 3 automatic by -M."),
    accepted_flag("admin-checksum_admin_variables", true, kPeers, "Checksum of this part, for peers."),
    accepted_flag("admin-checksum_ldap_variables", true, kLdap, "Checksum of this part, for peers."),
    accepted_flag("admin-checksum_mysql_query_rules", true, kPeers, "Checksum of this part, for peers."),
    accepted_flag("admin-checksum_mysql_servers", true, kPeers, "Checksum of this part, for peers."),
    accepted_flag("admin-checksum_mysql_users", true, kPeers, "Checksum of this part, for peers."),
    accepted_flag("admin-checksum_mysql_variables", true, kPeers, "Checksum of this part, for peers."),
    accepted_number("admin-coredump_generation_interval_ms", 30000, 0, 2147483647, kDebug,
                    "Minimum time between on-demand core dumps."),
    accepted_number("admin-coredump_generation_threshold", 10, 1, 500, kDebug, "Maximum number of them."),
    accepted_text("admin-ssl_keylog_file", "", "this version writes down no secrets of TLS",
                  "TLS secrets for packet analysis."),
    accepted_text("admin-telnet_admin_ifaces", "", kUnused, "Unused by ProxySQL, too."),
    accepted_text("admin-telnet_stats_ifaces", "", kUnused, "Unused by ProxySQL, too."),
    accepted_text("admin-debug_output", "", kDebug, "Only for debug builds of ProxySQL."),
};

}  // namespace

std::span<const Variable> admin() {
  return kRows;
}

}  // namespace weir::variable_rows
