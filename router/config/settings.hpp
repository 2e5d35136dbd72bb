// Every variable this version uses, one typed field each.
//
// Values come from kVariables (variables.hpp): start from defaults(), never from a bare Settings{}. A
// Settings is a plain value; the one in force is part of the Snapshot and immutable. A field is named as its
// variable without "mysql-", and with "admin_" for "admin-"; times are milliseconds unless the name says
// otherwise.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace weir {

struct Settings {
  // Clients.
  std::string interfaces;    // "0.0.0.0:6033;[::1]:6033;/run/weir.sock"
  std::int64_t threads = 0;  // 0 = as many as the machine has cores
  std::int64_t max_connections = 0;
  std::int64_t max_connections_per_address = 0;  // 0 = no limit
  std::string proxy_protocol_networks;           // as PeerNetworks
  std::int64_t memory_limit_mb = 0;              // 0 = by what the machine has
  std::int64_t session_memory_limit_mb = 0;      // 0 = none
  std::int64_t max_failed_logins = 0;            // of an address as one user; 0 = no limit
  std::string server_version;                    // empty = that of the writer as last seen
  std::string default_schema;                    // empty = none
  std::string default_charset;
  std::string default_collation_connection;
  std::int64_t max_allowed_packet = 0;
  std::string default_authentication_plugin;
  std::int64_t connect_timeout_client = 0;
  std::int64_t wait_timeout = 0;
  bool use_tcp_keepalive = false;
  std::int64_t tcp_keepalive_time = 0;  // seconds; 0 = the system's value
  std::int64_t tcp_user_timeout = 0;    // of servers; 0 = the system's value
  std::int64_t shutdown_drain_time = 0;
  std::int64_t takeover_drain_time = 0;
  std::int64_t watchdog_time = 0;  // 0 = off
  std::int64_t busy_poll_us = 0;
  std::int64_t client_stall_timeout = 0;        // 0 = no limit
  std::int64_t client_min_drain_rate = 0;       // bytes a second; 0 = any
  bool have_ssl = false;                        // TLS is offered, on the admin port, too
  bool have_compress = false;                   // compression is offered
  std::int64_t protocol_compression_level = 0;  // of what is sent, but for what clients have chosen

  // Queries and transactions.
  std::int64_t max_transaction_idle_time = 0;
  std::int64_t max_transaction_time = 0;
  std::int64_t default_query_timeout = 0;
  std::int64_t query_retries_on_failure = 0;
  std::int64_t query_processor_max_bytes = 0;  // a longer statement is routed by its first 64 KiB
  bool auto_rw_split = false;
  std::int64_t query_processor_regex = 0;       // 1 = like PCRE, 2 = like RE2
  std::int64_t query_processor_iterations = 0;  // how often a flagOUT may start the rules over
  std::int64_t default_query_delay = 0;
  std::int64_t query_cache_size_mb = 0;
  bool query_cache_stores_empty_result = false;
  std::int64_t mirror_max_concurrency = 0;   // of each worker
  std::int64_t mirror_max_queue_length = 0;  // of each worker
  bool query_digests = false;
  bool query_digests_lowercase = false;
  bool query_digests_replace_null = false;
  bool query_digests_no_digits = false;
  bool query_digests_keep_comment = false;
  std::int64_t query_digests_max_digest_length = 0;
  std::int64_t query_digests_max_query_length = 0;
  std::int64_t query_digests_grouping_limit = 0;
  std::int64_t query_digests_groups_grouping_limit = 0;
  bool query_digests_track_hostname = false;
  bool commands_stats = false;
  std::int64_t long_query_time = 0;
  std::string eventslog_filename;          // of the query log, without its number; empty = there is none
  std::int64_t eventslog_filesize = 0;     // bytes
  std::int64_t eventslog_default_log = 0;  // 1 = what no rule speaks of is logged
  std::int64_t eventslog_format = 0;       // 1 is ProxySQL's binary one
  std::int64_t eventslog_buffer_max_query_length = 0;

  // Backend connections.
  std::int64_t connect_timeout_server = 0;
  std::int64_t connect_timeout_server_max = 0;  // a query's whole wait for a connection; then error 9001
  std::int64_t writer_wait_ms = 0;              // that of a write that found the writer read-only
  std::int64_t connect_retries_on_failure = 0;
  std::int64_t connect_retries_delay = 0;
  std::int64_t shun_on_failures = 0;
  std::int64_t shun_recovery_time_sec = 0;
  std::int64_t free_connections_pct = 0;
  std::int64_t connection_max_age_ms = 0;  // 0 = no limit
  std::int64_t ping_interval_server_msec = 0;
  std::int64_t ping_timeout_server = 0;
  std::int64_t default_max_latency_ms = 0;
  bool multiplexing = false;
  std::int64_t max_stmts_per_connection = 0;  // prepared handles on one backend connection
  std::int64_t connection_delay_multiplex_ms = 0;
  std::int64_t auto_increment_delay_multiplex = 0;             // queries after one that set an insert id
  std::int64_t auto_increment_delay_multiplex_timeout_ms = 0;  // or this time
  std::int64_t throttle_connections_per_sec_to_hostgroup = 0;
  // TLS towards servers: see TlsParameters.
  std::string ssl_p2s_ca, ssl_p2s_capath;
  std::string ssl_p2s_cert, ssl_p2s_key;
  std::string ssl_p2s_cipher;
  std::string ssl_p2s_crl, ssl_p2s_crlpath;
  bool ssl_p2s_verify_host = false;

  // Monitor.
  bool monitor_enabled = false;
  std::string monitor_username;
  std::string monitor_password;
  std::int64_t monitor_routines_interval_ms = 0;  // 0 = stored functions are not looked up
  std::int64_t monitor_routines_timeout_ms = 0;
  std::int64_t monitor_history_ms = 0;
  std::int64_t monitor_connect_interval_ms = 0;
  std::int64_t monitor_connect_timeout_ms = 0;
  std::int64_t monitor_ping_interval_ms = 0;
  std::int64_t monitor_ping_timeout_ms = 0;
  std::int64_t monitor_ping_max_failures = 0;
  std::int64_t monitor_read_only_interval_ms = 0;
  std::int64_t monitor_read_only_timeout_ms = 0;
  std::int64_t monitor_read_only_max_timeout_count = 0;
  bool monitor_writer_is_also_reader = false;
  std::int64_t monitor_replication_lag_interval_ms = 0;
  std::int64_t monitor_replication_lag_timeout_ms = 0;
  std::int64_t monitor_replication_lag_count = 0;
  std::string monitor_heartbeat_table;           // schema.table that pt-heartbeat writes; empty = none
  std::int64_t monitor_slave_lag_when_null = 0;  // seconds
  std::int64_t monitor_gtid_interval_ms = 0;
  std::int64_t monitor_galera_interval_ms = 0;
  std::int64_t monitor_galera_timeout_ms = 0;
  std::int64_t monitor_galera_max_timeout_count = 0;
  std::int64_t monitor_group_interval_ms = 0;  // of Group Replication
  std::int64_t monitor_group_timeout_ms = 0;
  std::int64_t monitor_group_max_timeout_count = 0;
  std::int64_t monitor_group_behind_count = 0;          // readings in a row
  std::int64_t monitor_group_behind_for_read_only = 0;  // whom that counts for: 0 writers, 1 readers, 2 both
  std::int64_t monitor_names_kept_ms = 0;     // a name's addresses without a new answer; 0 = not kept
  std::int64_t monitor_names_refresh_ms = 0;  // between two look-ups of a name; 0 = not kept

  // The admin port.
  std::string admin_credentials;          // may change everything; as parse_credentials() reads it
  std::string stats_credentials;          // may read statistics
  std::string admin_interfaces;           // admin-mysql_ifaces, in the form of `interfaces`
  bool admin_read_only = false;           // statements of SQL that write are refused
  std::int64_t scheduler_timeout_ms = 0;  // of a program of the table scheduler; 0 = none

  // Metrics by HTTP.
  bool restapi_enabled = false;
  std::int64_t restapi_port = 0;
  std::string restapi_address;  // numeric

  // Variables that are known and kept but not used by this version, by full name; only those that were set.
  std::map<std::string, std::string, std::less<>> accepted;

  bool operator==(const Settings&) const = default;
};

}  // namespace weir
