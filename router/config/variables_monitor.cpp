// The mysql-monitor_ variables.
#include "router/config/variable_rows.hpp"

namespace weir::variable_rows {
namespace {

constexpr std::string_view kMonitor = "this version does not check servers";

constexpr Variable kRows[] = {
    {"mysql-monitor_enabled", BoolVariable{&Settings::monitor_enabled, true}, TakesEffect::at_once,
     "Ask the servers what clients' traffic does not tell: which stored functions there are. This version "
     "checks nothing else of them."},
    {"mysql-monitor_username", TextVariable{&Settings::monitor_username, "monitor", check_not_empty},
     TakesEffect::at_once, "Account on the servers by which they are asked."},
    {"mysql-monitor_password", TextVariable{&Settings::monitor_password, "monitor"}, TakesEffect::at_once,
     "Its password."},
    {"mysql-monitor_routines_interval",
     IntVariable{&Settings::monitor_routines_interval_ms, 60'000, 0, 604'800'000}, TakesEffect::at_once,
     "Milliseconds between two looks at the stored functions of each pair of hostgroups, if anyone has "
     "automatic splitting on; 0 = none: what calls a stored function runs on the writer."},
    {"mysql-monitor_routines_timeout",
     IntVariable{&Settings::monitor_routines_timeout_ms, 5000, 100, 600'000}, TakesEffect::at_once,
     "Milliseconds that a server has to answer each of these questions, connecting included."},

    accepted_number("mysql-monitor_history", 7200000, 1000, 604800000, kMonitor,
                    "How long outcomes of checks are kept."),
    accepted_number("mysql-monitor_connect_interval", 120000, 100, 604800000, kMonitor,
                    "Period of the connect check."),
    accepted_number("mysql-monitor_connect_timeout", 600, 100, 600000, kMonitor,
                    "Time limit of the connect check."),
    accepted_number("mysql-monitor_ping_interval", 8000, 100, 604800000, kMonitor,
                    "Period of the ping check."),
    accepted_number("mysql-monitor_ping_timeout", 1000, 100, 600000, kMonitor,
                    "Time limit of the ping check."),
    accepted_number("mysql-monitor_ping_max_failures", 3, 1, 1000000, kMonitor,
                    "Missed pings in a row that shun a server and cut its connections."),
    accepted_number("mysql-monitor_read_only_interval", 1000, 100, 604800000, kMonitor,
                    "Period of the read_only check."),
    accepted_number("mysql-monitor_read_only_timeout", 800, 100, 600000, kMonitor,
                    "Time limit of the read_only check."),
    accepted_number("mysql-monitor_read_only_max_timeout_count", 3, 1, 1000000, kMonitor,
                    "Time-outs in a row after which read_only=1 is assumed."),
    accepted_flag("mysql-monitor_writer_is_also_reader", true, kMonitor,
                  "The writer stays in the reader hostgroup."),
    accepted_number("mysql-monitor_replication_lag_interval", 10000, 100, 604800000, kMonitor,
                    "Period of the lag check."),
    accepted_number("mysql-monitor_replication_lag_timeout", 1000, 100, 600000, kMonitor,
                    "Time limit of the lag check."),
    accepted_number("mysql-monitor_replication_lag_count", 1, 1, 10, kMonitor,
                    "Bad lag readings in a row before shunning."),
    accepted_flag("mysql-monitor_replication_lag_group_by_host", false, kMonitor,
                  "One check per host instead of per hostgroup row."),
    accepted_text("mysql-monitor_replication_lag_use_percona_heartbeat", "", kMonitor,
                  "Table that pt-heartbeat writes."),
    accepted_number("mysql-monitor_slave_lag_when_null", 60, 0, 604800, kMonitor,
                    "Lag assumed when replication is stopped."),
    accepted_number("mysql-monitor_groupreplication_healthcheck_interval", 5000, 100, 604800000, kMonitor,
                    "Period of the Group Replication check."),
    accepted_number("mysql-monitor_groupreplication_healthcheck_timeout", 800, 100, 600000, kMonitor,
                    "Time limit of the Group Replication check."),
    accepted_number("mysql-monitor_groupreplication_healthcheck_max_timeout_count", 3, 1, 10, kMonitor,
                    "Time-outs in a row before a member is offline."),
    accepted_number("mysql-monitor_groupreplication_max_transactions_behind_count", 3, 1, 10, kMonitor,
                    "Lag readings in a row before a member is shunned."),
    accepted_number("mysql-monitor_groupreplication_max_transactions_behind_for_read_only", 1, 0, 2, kMonitor,
                    "Which members the lag rule applies to: 0 writers, 1 read-only members, 2 both."),
    accepted_number("mysql-monitor_galera_healthcheck_interval", 5000, 50, 604800000, kMonitor,
                    "Period of the Galera check."),
    accepted_number("mysql-monitor_galera_healthcheck_timeout", 800, 50, 600000, kMonitor,
                    "Time limit of the Galera check."),
    accepted_number("mysql-monitor_galera_healthcheck_max_timeout_count", 3, 1, 10, kMonitor,
                    "Time-outs in a row before a node is offline."),
    accepted_number("mysql-monitor_aws_rds_topology_discovery_interval", 0, 0, 100000, kMonitor,
                    "RDS multi-AZ discovery every N read_only checks; 0 off."),
    accepted_number("mysql-monitor_query_interval", 60000, 100, 604800000, kUnused,
                    "Unused by ProxySQL, too."),
    accepted_number("mysql-monitor_query_timeout", 100, 100, 600000, kUnused, "Unused by ProxySQL, too."),
    accepted_number("mysql-monitor_threads_min", 8, 2, 256, kMonitor, "Fewest threads of the monitor."),
    accepted_number("mysql-monitor_threads_max", 128, 4, 1024, kMonitor, "Most threads of the monitor."),
    accepted_number("mysql-monitor_threads_queue_maxsize", 128, 16, 1024, kMonitor,
                    "Checks that wait for a thread."),
    accepted_flag("mysql-monitor_wait_timeout", true, kMonitor, "Set wait_timeout on monitor connections."),
    accepted_number("mysql-monitor_local_dns_cache_ttl", 300000, 0, 604800000, kMonitor,
                    "How long resolved names are kept; 0 = not."),
    accepted_number("mysql-monitor_local_dns_cache_refresh_interval", 60000, 0, 604800000, kMonitor,
                    "Period at which resolved names are refreshed."),
    accepted_number("mysql-monitor_local_dns_resolver_queue_maxsize", 128, 16, 1024, kMonitor,
                    "Names that wait to be resolved."),
};

}  // namespace

std::span<const Variable> monitor() {
  return kRows;
}

}  // namespace weir::variable_rows
