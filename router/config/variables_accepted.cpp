// The mysql- variables that are known, kept, and of no effect in this version.
#include "router/config/variable_rows.hpp"

namespace weir::variable_rows {
namespace {

constexpr std::string_view kEvents = "workers wait for events as long as there are none";
constexpr std::string_view kIdle = "sessions cost nothing while they idle, and wait in line when they do not";
constexpr std::string_view kStack =
    "the stack of a thread is the system's, and sessions need none of their own";
constexpr std::string_view kStreams = "results are streamed, as fast as the client reads";
constexpr std::string_view kFirewall = "this version has no SQL firewall";
constexpr std::string_view kCache = "the query cache keeps no such results";
constexpr std::string_view kAuditLog = "there is no audit log; logins that are refused are in the log";
constexpr std::string_view kGtid = "this version does not follow GTIDs";
constexpr std::string_view kLatency = "balance and max_replication_lag of hostgroups say how readers are chosen";
constexpr std::string_view kReset = "sessions reset their own connections, without waiting";

constexpr Variable kRows[] = {
    accepted_number("mysql-stacksize", 1048576, 262144, 4194304, kStack, "Stack of a thread, in bytes."),
    accepted_text("mysql-server_capabilities", "",
                  "what clients are offered is what Weir and the servers can", "Capability bits advertised."),
    accepted_number(
        "mysql-handle_unknown_charset", 1, 0, 2,
        "a collation is passed to the servers as the client names it",
        "Handshake collation unknown to the proxy: 0 refuse, 1 use default and log, 2 use default silently."),
    accepted_number("mysql-poll_timeout", 2000, 10, 20000, kEvents, "Longest wait of a worker loop."),
    accepted_number("mysql-poll_timeout_on_failure", 100, 10, 20000, kEvents,
                    "Longest wait of a worker loop while servers fail."),
    accepted_number("mysql-session_idle_ms", 1, 1, 3600000, kIdle,
                    "Idle time before a session moves to the idle threads (only with --idle-threads)."),
    accepted_flag("mysql-session_idle_show_processlist", true, kIdle,
                  "Show sessions of idle threads in the process list."),
    accepted_flag("mysql-sessions_sort", true, kIdle, "Sort sessions by wait so that old waiters go first."),
    accepted_number("mysql-data_packets_history_size", 0, 0, 2147483647, kDebug,
                    "Debug history of packets per stream."),
    accepted_flag("mysql-enable_client_deprecate_eof", true, "clients choose by themselves",
                  "Offer CLIENT_DEPRECATE_EOF to clients."),
    accepted_flag("mysql-enable_server_deprecate_eof", true,
                  "servers are asked for what the client understands",
                  "Use CLIENT_DEPRECATE_EOF with servers."),
    accepted_flag(
        "mysql-enable_load_data_local_infile", false,
        "Weir reads no files: data comes from the client, if client and server agree on it",
        "Allow LOAD DATA LOCAL. Weir relays it from the client whenever client and server agree on it."),
    accepted_text("mysql-init_connect", "", "this version sends nothing of its own to new connections",
                  "Run on every new connection to a server."),
    accepted_flag("mysql-log_unhealthy_connections", true, "lost connections are always logged",
                  "Log broken backend connections found in the pool."),
    accepted_number("mysql-client_host_cache_size", 0, 0, 1048576,
                    "mysql-max_failed_logins counts failed logins by address",
                    "Client IPs remembered for error counting; 0 = off."),
    accepted_number("mysql-client_host_error_counts", 0, 0, 1048576,
                    "mysql-max_failed_logins counts failed logins by address",
                    "Failed handshakes before an IP is refused."),
    accepted_number("mysql-throttle_max_bytes_per_second_to_client", 0, 0, 2147483647,
                    "this version does not limit the rate of results", "Result throttle per client."),
    accepted_number("mysql-throttle_ratio_server_to_client", 0, 0, 100, kStreams,
                    "Stop reading from the server when the client buffer exceeds ratio x throttle."),
    accepted_number("mysql-threshold_resultset_size", 4194304, 1024, 1073741824, kStreams,
                    "Buffer size at which rows are streamed instead of stored."),
    accepted_number("mysql-threshold_query_length", 524288, 1024, 1073741824,
                    "long statements are streamed, and leave nothing behind in a connection",
                    "A backend connection that saw a longer query is closed instead of pooled."),
    accepted_number("mysql-unshun_algorithm", 0, 0, 1, "a server comes back in each hostgroup by itself",
                    "1 = a shunned server comes back in all hostgroups at once."),
    accepted_text("mysql-keep_multiplexing_variables", "tx_isolation,transaction_isolation,version",
                  "reading a variable never keeps a connection from being shared",
                  "Reading these @@ variables does not pin a connection."),
    accepted_number("mysql-max_stmts_cache", 10000, 128, 1048576,
                    "prepared statements live as long as sessions use them; per connection see "
                    "mysql-max_stmts_per_connection",
                    "Entries in the global statement cache before purging."),
    accepted_number("mysql-reset_connection_algorithm", 2, 1, 2, kReset,
                    "Resetting a connection: 1 = by the session, 2 = by a background queue."),
    accepted_number("mysql-connpoll_reset_queue_length", 50, 0, 10000, kReset,
                    "Size of the queue of connections to reset."),
    accepted_flag("mysql-connection_warming", false, "this version opens connections when they are needed",
                  "Open connections until the warming level is met instead of reusing."),
    accepted_flag("mysql-kill_backend_connection_when_disconnect", true, "always done",
                  "A client that vanished during a query has it killed on the server."),
    accepted_number("mysql-min_num_servers_lantency_awareness", 1000, 0, 10000, kLatency,
                    "From this many servers on, prefer low-latency ones."),
    accepted_number("mysql-hostgroup_manager_verbose", 1, 0, 3, "changes of servers are always logged",
                    "Log detail of the hostgroups."),
    accepted_flag("mysql-default_reconnect", true, kUnused, "Unused by ProxySQL, too."),
    accepted_number("mysql-evaluate_replication_lag_on_servers_load", 1, 0, 1, kLatency,
                    "Keep lag-shun across LOAD MYSQL SERVERS."),
    accepted_number(
        "mysql-set_query_lock_on_hostgroup", 1, 0, 1,
        "a SET that is not understood keeps the session on its connection, and nothing is refused",
        "A SET that is not understood locks the session to a hostgroup. Weir always pins it to its "
        "connection, and refuses nothing."),
    accepted_number("mysql-set_parser_algorithm", 2, 1, 3, "there is one parser of SET",
                    "Choice of parser for SET."),
    accepted_flag("mysql-enforce_autocommit_on_reads", false,
                  "autocommit is always what the client has set, on reads, too",
                  "Replay autocommit=0 before a SELECT too."),
    accepted_flag("mysql-autocommit_false_is_transaction", false,
                  "whether a transaction is open is what the server says",
                  "autocommit=0 counts as an open transaction."),
    accepted_flag("mysql-autocommit_false_not_reusable", false,
                  "autocommit is set right for whoever gets the connection next",
                  "Connection with autocommit=0 is not pooled."),
    accepted_flag("mysql-client_session_track_gtid", true, kGtid,
                  "Relay session-tracked GTIDs to clients that ask."),
    accepted_text("mysql-default_session_track_gtids", "OFF", kGtid, "Ask backends to report GTIDs."),
    accepted_number("mysql-binlog_reader_connect_retry_msec", 3000, 200, 120000, kGtid,
                    "Delay before connecting to a GTID stream again."),
    accepted_number("mysql-aurora_max_lag_ms_only_read_from_replicas", 2, 0, 100, kLatency,
                    "With at least this many replicas, a lag-limited read avoids the writer."),
    accepted_number("mysql-query_rules_fast_routing_algorithm", 1, 1, 2,
                    "all threads share one table, without locks", "1 = copy per thread, 2 = shared map."),
    accepted_flag("mysql-query_digests_normalize_digest_text", false, "digests are kept by schema",
                  "Store one text per digest, regardless of schema."),
    accepted_flag("mysql-servers_stats", true, "servers are always counted", "Count per server."),
    accepted_flag("mysql-stats_time_backend_query", false, "times are always measured",
                  "Measure the time of queries on servers."),
    accepted_flag("mysql-stats_time_query_processor", false, "the time of routing is not measured apart",
                  "Measure the time of routing."),
    accepted_number("mysql-show_processlist_extended", 0, 0, 2,
                    "extended_info of the process list is empty in this version",
                    "Process list: 1 = compact, 2 = pretty JSON per session."),
    accepted_flag("mysql-verbose_query_error", false,
                  "errors of statements are in stats_mysql_errors, with user, client and schema",
                  "Put user, client, schema in the error log."),
    accepted_flag("mysql-log_mysql_warnings_enabled", false, "this version does not ask servers for warnings",
                  "Run SHOW WARNINGS after a warning and log it."),
    accepted_number("mysql-handle_warnings", 1, 0, 1,
                    "SHOW WARNINGS always reaches the connection that has them",
                    "Keep the connection after a warning so that SHOW WARNINGS works."),
    accepted_flag("mysql-parse_failure_logs_digest", false, "a SET that is not understood is not logged",
                  "Log the digest instead of the text of a SET that is not understood."),
    accepted_flag("mysql-automatic_detect_sqli", false, kFirewall, "Detect SQL injection."),
    accepted_flag("mysql-firewall_whitelist_enabled", false, kFirewall, "SQL firewall."),
    accepted_text("mysql-firewall_whitelist_errormsg", "Firewall blocked this query", kFirewall,
                  "What the SQL firewall answers."),
    accepted_number("mysql-query_cache_soft_ttl_pct", 0, 0, 100, kCache,
                    "After this share of the time to live the next hit refreshes."),
    accepted_number("mysql-query_cache_handle_warnings", 0, 0, 1, kCache,
                    "Cache results that carried warnings."),
    accepted_text("mysql-auditlog_filename", "", kAuditLog, "Audit log of connections."),
    accepted_number("mysql-auditlog_filesize", 104857600, 1048576, 1073741824, kAuditLog,
                    "Size at which the audit log is rotated."),
    accepted_text("mysql-ldap_user_variable", "", kLdap, "Session variable that receives the LDAP user."),
    accepted_text("mysql-add_ldap_user_comment", "", kLdap, "Comment that carries the LDAP user."),
};

}  // namespace

std::span<const Variable> mysql_accepted() {
  return kRows;
}

}  // namespace weir::variable_rows
