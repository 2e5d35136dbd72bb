// The mysql-monitor_ variables.
#include "router/config/variable_rows.hpp"

namespace weir::variable_rows {
namespace {

constexpr std::string_view kClusters = "this version does not ask RDS for members";
constexpr std::string_view kThreads = "one thread asks all servers";
constexpr std::string_view kNames = "every name has its place in the queue";

constexpr Variable kRows[] = {
    {"mysql-monitor_enabled", BoolVariable{&Settings::monitor_enabled, true}, TakesEffect::at_once,
     "Check the servers (connect, ping, read_only, replication lag), move them between hostgroups by what "
     "they say, and look up their stored functions."},
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

    {"mysql-monitor_history", IntVariable{&Settings::monitor_history_ms, 7'200'000, 1000, 604'800'000},
     TakesEffect::at_once,
     "Milliseconds for which outcomes of checks are kept in the tables of the schema monitor."},
    {"mysql-monitor_connect_interval",
     IntVariable{&Settings::monitor_connect_interval_ms, 120'000, 100, 604'800'000}, TakesEffect::at_once,
     "Milliseconds between two connect checks of a server: a new connection, and a login."},
    {"mysql-monitor_connect_timeout", IntVariable{&Settings::monitor_connect_timeout_ms, 600, 100, 600'000},
     TakesEffect::at_once, "Milliseconds that it has for one."},
    {"mysql-monitor_ping_interval", IntVariable{&Settings::monitor_ping_interval_ms, 8000, 100, 604'800'000},
     TakesEffect::at_once, "Milliseconds between two pings of a server, on a connection that is kept."},
    {"mysql-monitor_ping_timeout", IntVariable{&Settings::monitor_ping_timeout_ms, 1000, 100, 600'000},
     TakesEffect::at_once, "Milliseconds that it has to answer one."},
    {"mysql-monitor_ping_max_failures", IntVariable{&Settings::monitor_ping_max_failures, 3, 1, 1'000'000},
     TakesEffect::at_once,
     "Pings in a row without an answer after which a server is dead: it gets no work, and its connections "
     "end. After the first failure of any check pings follow each other at once."},
    {"mysql-monitor_read_only_interval",
     IntVariable{&Settings::monitor_read_only_interval_ms, 1000, 100, 604'800'000}, TakesEffect::at_once,
     "Milliseconds between two checks of read_only of a server in a replication hostgroup."},
    {"mysql-monitor_read_only_timeout",
     IntVariable{&Settings::monitor_read_only_timeout_ms, 800, 100, 600'000}, TakesEffect::at_once,
     "Milliseconds that it has to answer one."},
    {"mysql-monitor_read_only_max_timeout_count",
     IntVariable{&Settings::monitor_read_only_max_timeout_count, 3, 1, 1'000'000}, TakesEffect::at_once,
     "Time-outs of that check in a row after which a server counts as read-only."},
    {"mysql-monitor_writer_is_also_reader", BoolVariable{&Settings::monitor_writer_is_also_reader, true},
     TakesEffect::at_once,
     "A server that is moved to the writer hostgroup stays in the reader hostgroup, too."},
    {"mysql-monitor_replication_lag_interval",
     IntVariable{&Settings::monitor_replication_lag_interval_ms, 10'000, 100, 604'800'000},
     TakesEffect::at_once,
     "Milliseconds between two looks at the replication lag of a server with a max_replication_lag."},
    {"mysql-monitor_replication_lag_timeout",
     IntVariable{&Settings::monitor_replication_lag_timeout_ms, 1000, 100, 600'000}, TakesEffect::at_once,
     "Milliseconds that it has to answer one."},
    {"mysql-monitor_replication_lag_count", IntVariable{&Settings::monitor_replication_lag_count, 1, 1, 10},
     TakesEffect::at_once, "Readings above max_replication_lag in a row after which a server is taken out."},
    accepted_flag("mysql-monitor_replication_lag_group_by_host", false,
                  "each server is asked once, whatever its hostgroups",
                  "One check per host instead of per hostgroup row."),
    {"mysql-monitor_replication_lag_use_percona_heartbeat",
     TextVariable{&Settings::monitor_heartbeat_table, "", check_table_name}, TakesEffect::at_once,
     "schema.table that pt-heartbeat writes: the lag is that of its newest row. Empty = what the replica "
     "says of itself."},
    {"mysql-monitor_gtid_interval", IntVariable{&Settings::monitor_gtid_interval_ms, 50, 10, 60'000},
     TakesEffect::at_once,
     "Milliseconds between two looks at the GTIDs of the servers of a pair whose reader hostgroup has a "
     "max_replication_lag_ms: the precision of that."},
    {"mysql-monitor_slave_lag_when_null", IntVariable{&Settings::monitor_slave_lag_when_null, 60, 0, 604'800},
     TakesEffect::at_once, "Seconds of lag of a replica whose replication is stopped or broken."},
    {"mysql-monitor_groupreplication_healthcheck_interval",
     IntVariable{&Settings::monitor_group_interval_ms, 5000, 100, 604'800'000}, TakesEffect::at_once,
     "Milliseconds between two checks of a member of mysql_group_replication_hostgroups."},
    {"mysql-monitor_groupreplication_healthcheck_timeout",
     IntVariable{&Settings::monitor_group_timeout_ms, 800, 100, 600'000}, TakesEffect::at_once,
     "Milliseconds that it has to answer one."},
    {"mysql-monitor_groupreplication_healthcheck_max_timeout_count",
     IntVariable{&Settings::monitor_group_max_timeout_count, 3, 1, 10}, TakesEffect::at_once,
     "Time-outs of that check in a row after which a member is offline."},
    {"mysql-monitor_groupreplication_max_transactions_behind_count",
     IntVariable{&Settings::monitor_group_behind_count, 3, 1, 10}, TakesEffect::at_once,
     "Readings above max_transactions_behind in a row after which a member is taken out."},
    {"mysql-monitor_groupreplication_max_transactions_behind_for_read_only",
     IntVariable{&Settings::monitor_group_behind_for_read_only, 1, 0, 2}, TakesEffect::at_once,
     "Whom max_transactions_behind counts for: 0 = the writer hostgroup, 1 = the reader hostgroup, 2 = "
     "both."},
    {"mysql-monitor_galera_healthcheck_interval",
     IntVariable{&Settings::monitor_galera_interval_ms, 5000, 50, 604'800'000}, TakesEffect::at_once,
     "Milliseconds between two checks of a node of mysql_galera_hostgroups."},
    {"mysql-monitor_galera_healthcheck_timeout",
     IntVariable{&Settings::monitor_galera_timeout_ms, 800, 50, 600'000}, TakesEffect::at_once,
     "Milliseconds that it has to answer one."},
    {"mysql-monitor_galera_healthcheck_max_timeout_count",
     IntVariable{&Settings::monitor_galera_max_timeout_count, 3, 1, 10}, TakesEffect::at_once,
     "Time-outs of that check in a row after which a node is offline."},
    accepted_number("mysql-monitor_aws_rds_topology_discovery_interval", 0, 0, 100000, kClusters,
                    "RDS multi-AZ discovery every N read_only checks; 0 off."),
    accepted_number("mysql-monitor_query_interval", 60000, 100, 604800000, kUnused,
                    "Unused by ProxySQL, too."),
    accepted_number("mysql-monitor_query_timeout", 100, 100, 600000, kUnused, "Unused by ProxySQL, too."),
    accepted_number("mysql-monitor_threads_min", 8, 2, 256, kThreads, "Fewest threads of the monitor."),
    accepted_number("mysql-monitor_threads_max", 128, 4, 1024, kThreads, "Most threads of the monitor."),
    accepted_number("mysql-monitor_threads_queue_maxsize", 128, 16, 1024, kThreads,
                    "Checks that wait for a thread."),
    accepted_flag("mysql-monitor_wait_timeout", true, "a connection that a server has closed is opened again",
                  "Set wait_timeout on monitor connections."),
    {"mysql-monitor_local_dns_cache_ttl",
     IntVariable{&Settings::monitor_names_kept_ms, 300'000, 0, 604'800'000}, TakesEffect::at_once,
     "Milliseconds for which the addresses of a server's name are kept while it cannot be looked up. 0: "
     "names "
     "are looked up at each connect."},
    {"mysql-monitor_local_dns_cache_refresh_interval",
     IntVariable{&Settings::monitor_names_refresh_ms, 60'000, 0, 604'800'000}, TakesEffect::at_once,
     "Milliseconds between two look-ups of the name of a server; whenever it cannot be reached, it is looked "
     "up at once. 0: names are looked up at each connect."},
    accepted_number("mysql-monitor_local_dns_resolver_queue_maxsize", 128, 16, 1024, kNames,
                    "Names that wait to be resolved."),
};

}  // namespace

std::span<const Variable> monitor() {
  return kRows;
}

}  // namespace weir::variable_rows
