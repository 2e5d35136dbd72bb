// The mysql-monitor_ variables.
#include "router/config/variable_rows.hpp"

namespace weir::variable_rows {
namespace {

constexpr Variable kRows[] = {
    {"mysql-monitor_enabled", BoolVariable{&Settings::monitor_enabled, true}, TakesEffect::not_yet,
     "Check the servers."},
    {"mysql-monitor_username", TextVariable{&Settings::monitor_username, "monitor", check_not_empty},
     TakesEffect::not_yet, "Account on the servers by which they are checked."},
    {"mysql-monitor_password", TextVariable{&Settings::monitor_password, "monitor"}, TakesEffect::not_yet,
     "Its password."},

    accepted("mysql-monitor_history", "7200000", "How long outcomes of checks are kept."),
    accepted("mysql-monitor_connect_interval", "120000", "Period of the connect check."),
    accepted("mysql-monitor_connect_timeout", "600", "Time limit of the connect check."),
    accepted("mysql-monitor_ping_interval", "8000", "Period of the ping check."),
    accepted("mysql-monitor_ping_timeout", "1000", "Time limit of the ping check."),
    accepted("mysql-monitor_ping_max_failures", "3",
             "Missed pings in a row that shun a server and cut its connections."),
    accepted("mysql-monitor_read_only_interval", "1000", "Period of the read_only check."),
    accepted("mysql-monitor_read_only_timeout", "800", "Time limit of the read_only check."),
    accepted("mysql-monitor_read_only_max_timeout_count", "3",
             "Time-outs in a row after which read_only=1 is assumed."),
    accepted("mysql-monitor_writer_is_also_reader", "true", "The writer stays in the reader hostgroup."),
    accepted("mysql-monitor_replication_lag_interval", "10000", "Period of the lag check."),
    accepted("mysql-monitor_replication_lag_timeout", "1000", "Time limit of the lag check."),
    accepted("mysql-monitor_replication_lag_count", "1", "Bad lag readings in a row before shunning."),
    accepted("mysql-monitor_replication_lag_group_by_host", "false",
             "One check per host instead of per hostgroup row."),
    accepted("mysql-monitor_replication_lag_use_percona_heartbeat", "", "Table that pt-heartbeat writes."),
    accepted("mysql-monitor_slave_lag_when_null", "60", "Lag assumed when replication is stopped."),
    accepted("mysql-monitor_groupreplication_healthcheck_interval", "5000",
             "Period of the Group Replication check."),
    accepted("mysql-monitor_groupreplication_healthcheck_timeout", "800",
             "Time limit of the Group Replication check."),
    accepted("mysql-monitor_groupreplication_healthcheck_max_timeout_count", "3",
             "Time-outs in a row before a member is offline."),
    accepted("mysql-monitor_groupreplication_max_transactions_behind_count", "3",
             "Lag readings in a row before a member is shunned."),
    accepted("mysql-monitor_groupreplication_max_transactions_behind_for_read_only", "1",
             "Which members the lag rule applies to: 0 writers, 1 read-only members, 2 both."),
    accepted("mysql-monitor_galera_healthcheck_interval", "5000", "Period of the Galera check."),
    accepted("mysql-monitor_galera_healthcheck_timeout", "800", "Time limit of the Galera check."),
    accepted("mysql-monitor_galera_healthcheck_max_timeout_count", "3",
             "Time-outs in a row before a node is offline."),
    accepted("mysql-monitor_aws_rds_topology_discovery_interval", "0",
             "RDS multi-AZ discovery every N read_only checks; 0 off."),
    accepted("mysql-monitor_query_interval", "60000", "Unused by ProxySQL, too."),
    accepted("mysql-monitor_query_timeout", "100", "Unused by ProxySQL, too."),
    accepted("mysql-monitor_threads_min", "8", "Fewest threads of the monitor."),
    accepted("mysql-monitor_threads_max", "128", "Most threads of the monitor."),
    accepted("mysql-monitor_threads_queue_maxsize", "128", "Checks that wait for a thread."),
    accepted("mysql-monitor_wait_timeout", "true", "Set wait_timeout on monitor connections."),
    accepted("mysql-monitor_local_dns_cache_ttl", "300000", "How long resolved names are kept; 0 = not."),
    accepted("mysql-monitor_local_dns_cache_refresh_interval", "60000",
             "Period at which resolved names are refreshed."),
    accepted("mysql-monitor_local_dns_resolver_queue_maxsize", "128", "Names that wait to be resolved."),
};

}  // namespace

std::span<const Variable> monitor() {
  return kRows;
}

}  // namespace weir::variable_rows
