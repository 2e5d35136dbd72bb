// The mysql- variables that this version uses, except the monitor's.
#include "protocol/wire/compression.hpp"
#include "router/config/variable_rows.hpp"

namespace weir::variable_rows {
namespace {

constexpr Variable kRows[] = {
    // Clients.
    {"mysql-interfaces", TextVariable{&Settings::interfaces, "0.0.0.0:6033", check_interfaces},
     TakesEffect::at_once,
     "Where clients connect: addresses with port, [IPv6]:port and socket paths, separated by semicolons. "
     "Sessions stay when their address goes. (ProxySQL: after a restart)."},
    {"mysql-threads", IntVariable{&Settings::threads, 0, 0, 255}, TakesEffect::at_restart,
     "Worker threads; 0 = as many as the machine has cores (ProxySQL: 4)."},
    {"mysql-max_connections", IntVariable{&Settings::max_connections, 10000, 1, 1'000'000},
     TakesEffect::at_once, "Most client connections at a time; error 1040 beyond."},
    {"mysql-server_version", TextVariable{&Settings::server_version, ""}, TakesEffect::on_new_sessions,
     "Version told to clients. Empty = that of the writer as last seen, 8.0.11 until one is known (ProxySQL: "
     "always 8.0.11)."},
    {"mysql-default_schema", TextVariable{&Settings::default_schema, ""}, TakesEffect::on_new_sessions,
     "Schema of sessions whose client and user name none. Empty = they stay without one (ProxySQL: "
     "information_schema)."},
    {"mysql-default_charset", TextVariable{&Settings::default_charset, "utf8mb4", check_charset},
     TakesEffect::on_new_sessions, "Character set of clients that name none. (ProxySQL: utf8)."},
    {"mysql-default_collation_connection",
     TextVariable{&Settings::default_collation_connection, "utf8mb4_general_ci", check_collation},
     TakesEffect::on_new_sessions,
     "Collation that goes with it: told to clients when they connect, and set for those that name none. "
     "(ProxySQL: "
     "utf8_general_ci)."},
    {"mysql-max_allowed_packet",
     IntVariable{&Settings::max_allowed_packet, 1'073'741'824, 8192, 1'073'741'824}, TakesEffect::at_once,
     "Longest statement of a client in bytes; error 1153 beyond. Weir streams them, so that servers' own "
     "limits may decide. (ProxySQL: 67108864)."},
    {"mysql-default_authentication_plugin",
     TextVariable{&Settings::default_authentication_plugin, "mysql_native_password", check_auth_plugin},
     TakesEffect::on_new_sessions,
     "Plugin offered to clients: mysql_native_password or caching_sha2_password."},
    {"mysql-max_connections_per_address",
     IntVariable{&Settings::max_connections_per_address, 0, 0, 1'000'000}, TakesEffect::on_new_sessions,
     "Connections of clients of one address, logged in or not; 0 = no limit. IPv6 addresses count by their "
     "first 64 bits "
     "(Weir)."},
    {"mysql-proxy_protocol_networks", TextVariable{&Settings::proxy_protocol_networks, "", check_networks},
     TakesEffect::on_new_sessions,
     "Addresses and networks of load balancers, separated by commas, that are believed when they say for "
     "whom "
     "they connect (PROXY protocol, version 1 or 2); * = everybody, who may then claim any address; empty = "
     "nobody."},
    {"mysql-memory_limit_mb", IntVariable{&Settings::memory_limit_mb, 0, 0, 100'000'000},
     TakesEffect::at_once,
     "Megabytes that the process may have: from 80 % on nothing is cached, from 95 % on new clients read "
     "error 1041, and so do sessions that would prepare more than a megabyte of statements; 0 = nine "
     "tenths of what the machine or its control group has (Weir)."},
    {"mysql-session_memory_limit_mb", IntVariable{&Settings::session_memory_limit_mb, 256, 0, 100'000'000},
     TakesEffect::at_once,
     "Megabytes that the prepared statements of a session may take; what would take more is not prepared, "
     "and "
     "reads error 1461. All "
     "else that is kept of a session has bounds of its own. 0 = no limit (Weir)."},
    {"mysql-max_failed_logins", IntVariable{&Settings::max_failed_logins, 20, 0, 1'000'000},
     TakesEffect::at_once,
     "Failed logins of an address as one user, half of them forgotten every minute, beyond which each login "
     "from there as "
     "him waits (50 ms to 1 s, at most 8 at a time; others read error 1129); ten times as many for an "
     "address as anybody; "
     "0 = no limit (Weir)."},
    {"mysql-connect_timeout_client", IntVariable{&Settings::connect_timeout_client, 10000, 500, 3'600'000},
     TakesEffect::at_once, "Milliseconds a client has for its login."},
    {"mysql-wait_timeout", IntVariable{&Settings::wait_timeout, 28'800'000, 0, 1'728'000'000},
     TakesEffect::at_once, "Milliseconds after which an idle client is disconnected."},
    {"mysql-use_tcp_keepalive", BoolVariable{&Settings::use_tcp_keepalive, true},
     TakesEffect::on_new_sessions, "Keep-alive probes on sockets."},
    {"mysql-tcp_keepalive_time", IntVariable{&Settings::tcp_keepalive_time, 120, 0, 7200},
     TakesEffect::on_new_sessions, "Seconds of silence before the first probe; 0 = the system's value."},
    {"mysql-tcp_user_timeout", IntVariable{&Settings::tcp_user_timeout, 30'000, 0, 3'600'000},
     TakesEffect::on_new_sessions,
     "Milliseconds that a server's machine may leave what it is sent unconfirmed before its connection "
     "counts as lost; 0 = "
     "the system's value (Weir)."},
    {"mysql-client_stall_timeout", IntVariable{&Settings::client_stall_timeout, 300'000, 0, 86'400'000},
     TakesEffect::at_once,
     "Milliseconds without a byte after which a client is ended that does not take an answer, or does not "
     "send the rest of "
     "a file or long statement; 0 = it may take any time (Weir)."},
    {"mysql-client_min_drain_rate", IntVariable{&Settings::client_min_drain_rate, 0, 0, 1'000'000'000},
     TakesEffect::at_once,
     "Bytes a second that a client must take of answers that wait for it, on average of the time in which "
     "they did, judged "
     "whenever that adds up to mysql-client_stall_timeout; 0 = any (Weir)."},
    {"mysql-shutdown_drain_time", IntVariable{&Settings::shutdown_drain_time, 10'000, 0, 86'400'000},
     TakesEffect::at_once,
     "Milliseconds that statements and transactions may go on for after SIGTERM or PROXYSQL SHUTDOWN SLOW "
     "(Weir)."},
    {"mysql-takeover_drain_time", IntVariable{&Settings::takeover_drain_time, 60'000, 0, 86'400'000},
     TakesEffect::at_once,
     "Milliseconds that sessions may go on for when another Weir has taken over (--takeover); each ends "
     "before that when it has been idle for a second, outside of transactions (Weir)."},
    {"mysql-watchdog_time", IntVariable{&Settings::watchdog_time, 5000, 0, 86'400'000}, TakesEffect::at_once,
     "Milliseconds after which a worker, or the monitor, that has not come to the end of what it is at is "
     "reported in the log, with the session and where it is; 0 = never (Weir)."},
    {"mysql-busy_poll_us", IntVariable{&Settings::busy_poll_us, 0, 0, 1000}, TakesEffect::at_once,
     "Microseconds for which a worker without work looks for more before it sleeps, as long as that is not "
     "in vain: for few clients, and a machine with more processors than workers; 0 = it sleeps at once "
     "(Weir)."},
    {"mysql-have_ssl", BoolVariable{&Settings::have_ssl, true}, TakesEffect::on_new_sessions,
     "Offer TLS to clients, on the admin port, too, with proxysql-cert.pem and proxysql-key.pem of the data "
     "directory, which are made if they are not there; without a data directory nothing is offered."},
    {"mysql-have_compress", BoolVariable{&Settings::have_compress, true}, TakesEffect::on_new_sessions,
     "Offer compression to clients, by zlib and by zstd; not on the admin port. (ProxySQL: zlib)."},
    {"mysql-protocol_compression_level",
     IntVariable{&Settings::protocol_compression_level, kDefaultCompressionLevel, 1, kMaxCompressionLevel},
     TakesEffect::on_new_sessions,
     "How hard to compress what is sent, to servers and by zlib to clients: 1 = fast; zlib has 9 levels. Of "
     "zstd clients choose the level, up to 9 or, if it is more, this (Weir)."},

    // Queries and transactions.
    {"mysql-max_transaction_idle_time",
     IntVariable{&Settings::max_transaction_idle_time, 14'400'000, 1000, 1'728'000'000}, TakesEffect::at_once,
     "Milliseconds a session may idle within a transaction before it is ended."},
    {"mysql-max_transaction_time",
     IntVariable{&Settings::max_transaction_time, 14'400'000, 1000, 1'728'000'000}, TakesEffect::at_once,
     "Milliseconds a transaction may last; then its session is ended, at the end of the statement under "
     "way."},
    {"mysql-default_query_timeout",
     IntVariable{&Settings::default_query_timeout, 86'400'000, 1000, 1'728'000'000}, TakesEffect::at_once,
     "Milliseconds a query may run before it is killed; a rule may say otherwise."},
    {"mysql-max_stmts_per_connection", IntVariable{&Settings::max_stmts_per_connection, 200, 1, 1024},
     TakesEffect::at_once,
     "Prepared statements that one backend connection holds; the least recently used makes room. (ProxySQL: "
     "20, and "
     "a reset of the connection)."},
    {"mysql-query_retries_on_failure", IntVariable{&Settings::query_retries_on_failure, 1, 0, 1000},
     TakesEffect::at_once, "How often a query is sent again after a lost connection, where that is safe."},
    {"mysql-query_processor_max_bytes",
     IntVariable{&Settings::query_processor_max_bytes, 1'048'576, 1024, 1'073'741'824}, TakesEffect::at_once,
     "Statements up to this length are routed by their whole text, longer ones by their first 64 KiB, and "
     "not to readers. Weir only."},
    {"mysql-auto_rw_split", BoolVariable{&Settings::auto_rw_split, false}, TakesEffect::at_once,
     "Split reads and writes over writer and reader hostgroups where no rule decides. On when started with "
     "--writer. Weir only."},
    {"mysql-query_processor_regex", IntVariable{&Settings::query_processor_regex, 1, 1, 2},
     TakesEffect::at_once,
     "Regular expressions of rules are read as by 1 = PCRE, 2 = RE2: by characters of UTF-8 rather than "
     "bytes, "
     "and $ only at the very end."},
    {"mysql-query_processor_iterations", IntVariable{&Settings::query_processor_iterations, 0, 0, 1'000'000},
     TakesEffect::at_once, "How often a flagOUT may start the rules over from the first."},
    {"mysql-default_query_delay", IntVariable{&Settings::default_query_delay, 0, 0, 3'600'000},
     TakesEffect::at_once,
     "Milliseconds that each statement waits before it is sent; a rule's delay replaces it."},
    {"mysql-query_cache_size_MB", IntVariable{&Settings::query_cache_size_mb, 256, 0, 1'048'576},
     TakesEffect::at_once, "Memory for replies that rules with cache_ttl keep; 0 = none."},
    {"mysql-query_cache_stores_empty_result", BoolVariable{&Settings::query_cache_stores_empty_result, true},
     TakesEffect::at_once, "Keep replies without rows, unless a rule's cache_empty_result says otherwise."},
    {"mysql-mirror_max_concurrency", IntVariable{&Settings::mirror_max_concurrency, 16, 1, 8192},
     TakesEffect::at_once, "Copies of statements that each worker runs on mirrors at a time."},
    {"mysql-mirror_max_queue_length", IntVariable{&Settings::mirror_max_queue_length, 32000, 0, 1'048'576},
     TakesEffect::at_once, "Copies that wait for their turn in each worker; more are dropped, and counted."},
    {"mysql-query_digests", BoolVariable{&Settings::query_digests, true}, TakesEffect::at_once,
     "Count statements by digest, for stats_mysql_query_digest."},
    {"mysql-query_digests_track_hostname", BoolVariable{&Settings::query_digests_track_hostname, false},
     TakesEffect::at_once, "Count digests for each client address apart."},
    {"mysql-commands_stats", BoolVariable{&Settings::commands_stats, true}, TakesEffect::at_once,
     "Count statements by command and time, for stats_mysql_commands_counters."},
    {"mysql-query_digests_lowercase", BoolVariable{&Settings::query_digests_lowercase, false},
     TakesEffect::at_once, "Digests in lower case."},
    {"mysql-query_digests_replace_null", BoolVariable{&Settings::query_digests_replace_null, false},
     TakesEffect::at_once, "NULL becomes ? in digests."},
    {"mysql-query_digests_no_digits", BoolVariable{&Settings::query_digests_no_digits, false},
     TakesEffect::at_once, "Digits inside identifiers become ? in digests."},
    {"mysql-query_digests_keep_comment", BoolVariable{&Settings::query_digests_keep_comment, false},
     TakesEffect::at_once, "Digests keep /*! comments."},
    {"mysql-query_digests_max_digest_length",
     IntVariable{&Settings::query_digests_max_digest_length, 2048, 16, 1'048'576}, TakesEffect::at_once,
     "Longest text of a digest."},
    {"mysql-query_digests_max_query_length",
     IntVariable{&Settings::query_digests_max_query_length, 65000, 16, 1'048'576}, TakesEffect::at_once,
     "Bytes of a statement that its digest considers."},
    {"mysql-query_digests_grouping_limit", IntVariable{&Settings::query_digests_grouping_limit, 3, 1, 2089},
     TakesEffect::at_once, "Items of a list beyond this many become ... in digests."},
    {"mysql-query_digests_groups_grouping_limit",
     IntVariable{&Settings::query_digests_groups_grouping_limit, 10, 0, 2089}, TakesEffect::at_once,
     "The same for groups, such as the rows of VALUES; 0 = off."},
    {"mysql-long_query_time", IntVariable{&Settings::long_query_time, 1000, 0, 1'728'000'000},
     TakesEffect::at_once, "Milliseconds from which a query counts as slow."},
    {"mysql-eventslog_filename", TextVariable{&Settings::eventslog_filename, "", check_log_name},
     TakesEffect::at_once,
     "Query log: lines of JSON in files of this name with a number, NAME.00000001; below the data directory, "
     "if it does not begin with /. Empty = there is none."},
    {"mysql-eventslog_filesize", IntVariable{&Settings::eventslog_filesize, 104857600, 1048576, 1073741824},
     TakesEffect::at_once, "Bytes after which the query log goes on in the next file."},
    {"mysql-eventslog_default_log", IntVariable{&Settings::eventslog_default_log, 0, 0, 1},
     TakesEffect::at_once,
     "1 = statements of which no rule says anything (`log`) are in the query log, too."},
    {"mysql-eventslog_format", IntVariable{&Settings::eventslog_format, 2, 1, 2}, TakesEffect::at_once,
     "2 = JSON. 1, which is ProxySQL's binary format and default, is taken, and JSON is written."},
    {"mysql-eventslog_buffer_max_query_length",
     IntVariable{&Settings::eventslog_buffer_max_query_length, 32768, 128, 33554432}, TakesEffect::at_once,
     "Bytes of a statement's text that the query log has; at most 524288."},

    // Connections to servers.
    {"mysql-connect_timeout_server", IntVariable{&Settings::connect_timeout_server, 1000, 10, 120000},
     TakesEffect::at_once, "Milliseconds for one attempt to connect to a server."},
    {"mysql-connect_timeout_server_max",
     IntVariable{&Settings::connect_timeout_server_max, 10000, 10, 3'600'000}, TakesEffect::at_once,
     "Milliseconds a query may wait for a connection; error 9001 beyond."},
    {"mysql-writer_wait_ms", IntVariable{&Settings::writer_wait_ms, 10'000, 0, 3'600'000},
     TakesEffect::at_once,
     "Milliseconds that a statement outside a transaction waits for a writer when its hostgroup of writers "
     "has "
     "none, or refuses it because it has become read-only; 0 = it is told at once. Needs the monitor."},
    {"mysql-connect_retries_on_failure", IntVariable{&Settings::connect_retries_on_failure, 10, 0, 1000},
     TakesEffect::at_once, "Further attempts to connect after a failed one."},
    {"mysql-connect_retries_delay", IntVariable{&Settings::connect_retries_delay, 1, 0, 10000},
     TakesEffect::at_once, "Milliseconds between attempts."},
    {"mysql-shun_on_failures", IntVariable{&Settings::shun_on_failures, 5, 0, 10'000'000},
     TakesEffect::at_once,
     "Failed attempts within one second that shun a server; at most connect_retries_on_failure + 1."},
    {"mysql-shun_recovery_time_sec", IntVariable{&Settings::shun_recovery_time_sec, 10, 0, 31'536'000},
     TakesEffect::at_once,
     "Seconds a server stays shunned; less than connect_timeout_server_max. 0 = until it is loaded again."},
    {"mysql-free_connections_pct", IntVariable{&Settings::free_connections_pct, 10, 0, 100},
     TakesEffect::at_once, "Idle connections kept per server, in per cent of its max_connections."},
    {"mysql-connection_max_age_ms", IntVariable{&Settings::connection_max_age_ms, 0, 0, 86'400'000},
     TakesEffect::at_once, "Idle connections older than this are closed; 0 = no limit."},
    {"mysql-ping_interval_server_msec",
     IntVariable{&Settings::ping_interval_server_msec, 10000, 1000, 604'800'000}, TakesEffect::at_once,
     "Milliseconds between pings of an idle connection."},
    {"mysql-ping_timeout_server", IntVariable{&Settings::ping_timeout_server, 200, 10, 600000},
     TakesEffect::at_once, "Milliseconds the answer to such a ping may take."},
    {"mysql-default_max_latency_ms", IntVariable{&Settings::default_max_latency_ms, 1000, 0, 1'728'000'000},
     TakesEffect::at_once,
     "A server whose pings take longer (the mean of three, of idle connections) is not chosen, unless that "
     "would be true of more than half of its hostgroup; 0 = any. (ProxySQL: without the half)."},
    {"mysql-ssl_p2s_ca", TextVariable{&Settings::ssl_p2s_ca, ""}, TakesEffect::at_once,
     "TLS towards servers (use_ssl): file of authorities. With this or ssl_p2s_capath a server is believed "
     "only "
     "with a certificate of one of them; without, nobody knows who the server is. For connections made from "
     "then "
     "on, as all of ssl_p2s."},
    {"mysql-ssl_p2s_capath", TextVariable{&Settings::ssl_p2s_capath, ""}, TakesEffect::at_once,
     "TLS towards servers: directory of authorities, as c_rehash makes it."},
    {"mysql-ssl_p2s_verify_host", BoolVariable{&Settings::ssl_p2s_verify_host, true}, TakesEffect::at_once,
     "TLS towards servers: where authorities are given, the certificate must be for the server's name, too, "
     "if it "
     "is configured by one. Certificates that MySQL makes by itself are for no name. (ProxySQL: never)."},
    {"mysql-ssl_p2s_cert", TextVariable{&Settings::ssl_p2s_cert, ""}, TakesEffect::at_once,
     "TLS towards servers: file of our certificate, for accounts that require one."},
    {"mysql-ssl_p2s_key", TextVariable{&Settings::ssl_p2s_key, ""}, TakesEffect::at_once,
     "TLS towards servers: file of its key."},
    {"mysql-ssl_p2s_cipher", TextVariable{&Settings::ssl_p2s_cipher, ""}, TakesEffect::at_once,
     "TLS towards servers: ciphers, as OpenSSL names them; empty = those that are good today."},
    {"mysql-ssl_p2s_crl", TextVariable{&Settings::ssl_p2s_crl, ""}, TakesEffect::at_once,
     "TLS towards servers: file of revoked certificates. Each authority must have a list then."},
    {"mysql-ssl_p2s_crlpath", TextVariable{&Settings::ssl_p2s_crlpath, ""}, TakesEffect::at_once,
     "TLS towards servers: directory of the same."},
    {"mysql-multiplexing", BoolVariable{&Settings::multiplexing, true}, TakesEffect::at_once,
     "Share connections to servers between sessions."},
    {"mysql-connection_delay_multiplex_ms",
     IntVariable{&Settings::connection_delay_multiplex_ms, 0, 0, 300000}, TakesEffect::at_once,
     "Milliseconds a session keeps its connection after a query.",
     "connections are shared as soon as nothing of a session is in them"},
    {"mysql-auto_increment_delay_multiplex",
     IntVariable{&Settings::auto_increment_delay_multiplex, 5, 0, 1'000'000}, TakesEffect::at_once,
     "Further queries for which a session keeps its connection after one that set an insert id.",
     "LAST_INSERT_ID() is right without keeping the connection"},
    {"mysql-auto_increment_delay_multiplex_timeout_ms",
     IntVariable{&Settings::auto_increment_delay_multiplex_timeout_ms, 10000, 0, 3'600'000},
     TakesEffect::at_once, "The same in milliseconds; whichever ends first. 0 = no limit in time.",
     "LAST_INSERT_ID() is right without keeping the connection"},
    {"mysql-throttle_connections_per_sec_to_hostgroup",
     IntVariable{&Settings::throttle_connections_per_sec_to_hostgroup, 1'000'000, 1, 100'000'000},
     TakesEffect::at_once, "New connections to a hostgroup per second.",
     "this version does not limit the rate; max_connections of each server holds"},
};

}  // namespace

std::span<const Variable> mysql_used() {
  return kRows;
}

}  // namespace weir::variable_rows
