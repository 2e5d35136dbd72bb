// What a worker counts. One writer, the worker; anybody may read.
#pragma once

#include <array>
#include <string_view>

#include "protocol/base/counter.hpp"

namespace weir {

struct WorkerStats {
  Counter client_connections_created;
  Counter client_connections_aborted;   // ended before they could log in
  Counter client_connections_too_slow;  // ended for it
  Counter client_tls_sessions;
  Counter client_tls_resumed;
  Counter client_tls_failures;
  Counter client_full_authentications;
  Counter client_compressed_sessions;
  Counter client_proxy_headers;
  Counter access_denied;
  Counter access_denied_max_connections;
  Counter access_denied_address_connections;
  Counter access_denied_failed_logins;
  Counter access_denied_memory;
  Counter access_denied_max_user_connections;
  Counter log_lines_left_out;
  Counter questions;
  Counter questions_local;
  Counter slow_queries;
  Counter commits;
  Counter rollbacks;
  Counter schema_commands;
  Counter use_statements;
  Counter locking_reads_without_autocommit;
  Counter client_prepares;
  Counter client_prepares_refused;
  Counter client_executes;
  Counter client_closes;
  Counter routed_by_rule;
  Counter routed_to_readers;
  Counter routed_to_writer;
  Counter routed_to_default;
  Counter reader_fallbacks;
  Counter schemas_unchecked;
  Counter misroutes_corrected;
  Counter writes_held;
  Counter reads_left_on_writer;
  Counter annotations_unheeded;
  Counter annotations_mistyped;
  Counter backend_connections_created;
  Counter backend_connect_errors;
  Counter backend_tls_connections;
  Counter backend_tls_resumed;
  Counter backend_tls_failures;
  Counter backend_compressed_connections;
  Counter backend_connections_lost;
  Counter backend_connections_handed_over;
  Counter backend_user_changes;
  Counter backend_prepares;
  Counter backend_executes;
  Counter backend_closes;
  Counter pool_requests;
  Counter pool_hits;
  Counter pool_waits;
  Counter pool_served;
  Counter pool_failures;
  Counter pool_timeouts;
  Counter pool_returns;
  Counter pool_discards;
  Counter connections_asked_back;
  Counter syncs;
  Counter retries;
  Counter connections_killed;
  Counter queries_killed;
  Counter errors_generated;
  Counter unexpected_packets;
  Counter bytes_from_clients;
  Counter bytes_to_clients;
  Counter bytes_from_servers;
  Counter bytes_to_servers;
  Counter compressed_from_clients, uncompressed_from_clients;
  Counter compressed_to_clients, uncompressed_to_clients;
  Counter compressed_from_servers, uncompressed_from_servers;
  Counter compressed_to_servers, uncompressed_to_servers;
  Counter names_asked;
  Counter names_known;
  Counter statements_prepared_again;
  Counter mirrored;
  Counter mirror_errors;
  Counter mirror_failures;
  Counter mirror_dropped;
  Counter query_log_lines;
  Counter query_log_dropped;
};

struct CounterSpec {
  std::string_view name;
  std::string_view status_name;  // in stats_mysql_global, as tools know it; empty: not there
  Counter WorkerStats::* counter;
  std::string_view doc;
};

inline constexpr std::array kCounters{
    CounterSpec{"client_connections_created", "Client_Connections_created",
                &WorkerStats::client_connections_created, "Clients accepted."},
    CounterSpec{"client_connections_aborted", "Client_Connections_aborted",
                &WorkerStats::client_connections_aborted,
                "Clients that went away, or were refused, before they had logged in."},
    CounterSpec{"client_tls_sessions", "", &WorkerStats::client_tls_sessions,
                "Clients that logged in by TLS."},
    CounterSpec{"client_tls_resumed", "", &WorkerStats::client_tls_resumed,
                "Of these, those that went on with a TLS session of before, which spares both sides most of "
                "the work."},
    CounterSpec{"client_tls_failures", "", &WorkerStats::client_tls_failures,
                "Clients with whom no TLS came about; the log says why."},
    CounterSpec{"client_full_authentications", "", &WorkerStats::client_full_authentications,
                "Logins by caching_sha2_password that needed the password itself, right or wrong: a few "
                "milliseconds of a worker each."},
    CounterSpec{"client_compressed_sessions", "", &WorkerStats::client_compressed_sessions,
                "Clients that logged in with compression."},
    CounterSpec{"client_proxy_headers", "", &WorkerStats::client_proxy_headers,
                "Clients of whom a load balancer has said where they come from, or that it does not know "
                "(mysql-proxy_protocol_networks)."},
    CounterSpec{"client_connections_too_slow", "", &WorkerStats::client_connections_too_slow,
                "Clients that were ended because they did not get on for mysql-client_stall_timeout."},
    CounterSpec{"access_denied", "Access_Denied_Wrong_Password", &WorkerStats::access_denied,
                "Logins refused for a wrong user or password."},
    CounterSpec{"access_denied_max_connections", "Access_Denied_Max_Connections",
                &WorkerStats::access_denied_max_connections,
                "Logins refused because of mysql-max_connections."},
    CounterSpec{"access_denied_max_user_connections", "Access_Denied_Max_User_Connections",
                &WorkerStats::access_denied_max_user_connections,
                "Logins refused because of the user's max_connections."},
    CounterSpec{"access_denied_address_connections", "", &WorkerStats::access_denied_address_connections,
                "Clients refused because of mysql-max_connections_per_address."},
    CounterSpec{"access_denied_failed_logins", "", &WorkerStats::access_denied_failed_logins,
                "Clients refused, right or wrong, because too many logins from there had failed "
                "(mysql-max_failed_logins)."},
    CounterSpec{
        "access_denied_memory", "", &WorkerStats::access_denied_memory,
        "Clients refused because the process had almost all the memory it may (mysql-memory_limit_mb)."},
    CounterSpec{"log_lines_left_out", "", &WorkerStats::log_lines_left_out,
                "Lines about clients that were not logged, because they caused too many at a time."},
    CounterSpec{"questions", "Questions", &WorkerStats::questions,
                "Commands received from clients that have logged in."},
    CounterSpec{"questions_local", "", &WorkerStats::questions_local, "Of these, answered without a server."},
    CounterSpec{"slow_queries", "Slow_queries", &WorkerStats::slow_queries,
                "Statements that took longer than mysql-long_query_time."},
    CounterSpec{"commits", "Com_commit", &WorkerStats::commits, "COMMIT statements."},
    CounterSpec{"rollbacks", "Com_rollback", &WorkerStats::rollbacks,
                "ROLLBACK statements, those to a savepoint apart."},
    CounterSpec{"schema_commands", "Com_frontend_init_db", &WorkerStats::schema_commands,
                "Changes of the schema by COM_INIT_DB."},
    CounterSpec{"use_statements", "Com_frontend_use_db", &WorkerStats::use_statements,
                "Changes of the schema by USE."},
    CounterSpec{"locking_reads_without_autocommit", "Selects_for_update__autocommit0",
                &WorkerStats::locking_reads_without_autocommit,
                "SELECT ... FOR UPDATE or FOR SHARE of sessions with autocommit off."},
    CounterSpec{"client_prepares", "Com_frontend_stmt_prepare", &WorkerStats::client_prepares,
                "COM_STMT_PREPARE of clients."},
    CounterSpec{"client_prepares_refused", "", &WorkerStats::client_prepares_refused,
                "Of these, refused because of what the session had prepared already, in number or bytes "
                "(mysql-session_memory_limit_mb), or because of the process's memory."},
    CounterSpec{"client_executes", "Com_frontend_stmt_execute", &WorkerStats::client_executes,
                "COM_STMT_EXECUTE of clients."},
    CounterSpec{"client_closes", "Com_frontend_stmt_close", &WorkerStats::client_closes,
                "COM_STMT_CLOSE of clients."},
    CounterSpec{"routed_by_rule", "", &WorkerStats::routed_by_rule,
                "Statements whose hostgroup a query rule chose."},
    CounterSpec{"routed_to_readers", "", &WorkerStats::routed_to_readers,
                "Statements that automatic splitting sent to a reader hostgroup."},
    CounterSpec{"routed_to_writer", "", &WorkerStats::routed_to_writer,
                "Statements that automatic splitting kept on the writer."},
    CounterSpec{"routed_to_default", "", &WorkerStats::routed_to_default,
                "Statements that went to the user's default hostgroup, or stayed on a pinned connection."},
    CounterSpec{
        "reader_fallbacks", "", &WorkerStats::reader_fallbacks,
        "Statements that went to the other hostgroup of a pair because none of their own could serve."},
    CounterSpec{
        "schemas_unchecked", "", &WorkerStats::schemas_unchecked,
        "Schemas named at login or by USE while no server could be asked: later statements are told."},
    CounterSpec{"misroutes_corrected", "", &WorkerStats::misroutes_corrected,
                "Statements that a replica refused as read-only, and the writer carried out instead."},
    CounterSpec{"writes_held", "", &WorkerStats::writes_held,
                "Statements that a writer refused as read-only, and that waited for the new writer."},
    CounterSpec{"reads_left_on_writer", "", &WorkerStats::reads_left_on_writer,
                "Reads that automatic splitting left on the writer; stats_mysql_route_doubts says why."},
    CounterSpec{
        "annotations_unheeded", "", &WorkerStats::annotations_unheeded,
        "Statements whose first comment asked for what this version does not do: create_new_connection, "
        "or max_lag_ms, min_epoch_ms, min_gtid where automatic splitting does not decide."},
    CounterSpec{"annotations_mistyped", "", &WorkerStats::annotations_mistyped,
                "Statements whose first comment has a key that is none, but much like one (hostgrup=1): "
                "EXPLAIN ROUTE names it."},
    CounterSpec{"backend_connections_created", "Server_Connections_created",
                &WorkerStats::backend_connections_created, "Connections to servers that were established."},
    CounterSpec{"backend_connect_errors", "Server_Connections_aborted", &WorkerStats::backend_connect_errors,
                "Attempts to connect to a server that failed."},
    CounterSpec{"backend_tls_connections", "", &WorkerStats::backend_tls_connections,
                "Connections opened to servers by TLS."},
    CounterSpec{"backend_tls_resumed", "", &WorkerStats::backend_tls_resumed,
                "Of these, those that went on with a TLS session of before."},
    CounterSpec{"backend_tls_failures", "", &WorkerStats::backend_tls_failures,
                "Attempts to connect to servers that failed because of TLS; the log says why."},
    CounterSpec{"backend_compressed_connections", "", &WorkerStats::backend_compressed_connections,
                "Connections opened to servers with compression."},
    CounterSpec{"backend_connections_lost", "", &WorkerStats::backend_connections_lost,
                "Established connections that a server or the network ended."},
    CounterSpec{"backend_connections_handed_over", "", &WorkerStats::backend_connections_handed_over,
                "Connections given to another worker whose sessions had waited longer."},
    CounterSpec{"backend_user_changes", "Com_backend_change_user", &WorkerStats::backend_user_changes,
                "COM_CHANGE_USER sent to servers."},
    CounterSpec{"backend_prepares", "Com_backend_stmt_prepare", &WorkerStats::backend_prepares,
                "COM_STMT_PREPARE sent to servers."},
    CounterSpec{"backend_executes", "Com_backend_stmt_execute", &WorkerStats::backend_executes,
                "COM_STMT_EXECUTE sent to servers."},
    CounterSpec{"backend_closes", "Com_backend_stmt_close", &WorkerStats::backend_closes,
                "COM_STMT_CLOSE sent to servers."},
    CounterSpec{"pool_requests", "MyHGM_myconnpoll_get", &WorkerStats::pool_requests,
                "Statements that needed a connection from the pool."},
    CounterSpec{"pool_hits", "ConnPool_get_conn_immediate", &WorkerStats::pool_hits,
                "Of these, those that found an idle connection at once."},
    CounterSpec{"pool_waits", "", &WorkerStats::pool_waits,
                "Of these, those that had to wait for a connection."},
    CounterSpec{"pool_served", "MyHGM_myconnpoll_get_ok", &WorkerStats::pool_served,
                "Of these, those that were given a connection, at once or after waiting."},
    CounterSpec{"pool_failures", "ConnPool_get_conn_failure", &WorkerStats::pool_failures,
                "Of these, those that ended without a connection, for whatever reason."},
    CounterSpec{"pool_timeouts", "max_connect_timeouts", &WorkerStats::pool_timeouts,
                "Of these, those that waited for mysql-connect_timeout_server_max."},
    CounterSpec{"pool_returns", "MyHGM_myconnpoll_push", &WorkerStats::pool_returns,
                "Connections that sessions gave back to the pool."},
    CounterSpec{"pool_discards", "MyHGM_myconnpoll_destroy", &WorkerStats::pool_discards,
                "Connections that were closed, by whoever."},
    CounterSpec{"connections_asked_back", "", &WorkerStats::connections_asked_back,
                "Connections that a session kept only for what could be read from them, and that another "
                "waited for."},
    CounterSpec{"syncs", "", &WorkerStats::syncs,
                "Times a connection was brought in step with its session before a statement."},
    CounterSpec{"retries", "", &WorkerStats::retries,
                "Reads that were sent again because their connection was lost before any answer."},
    CounterSpec{"connections_killed", "mysql_killed_backend_connections", &WorkerStats::connections_killed,
                "Connections that were killed on their server, with what they were executing."},
    CounterSpec{"queries_killed", "mysql_killed_backend_queries", &WorkerStats::queries_killed,
                "Statements that were killed on their server."},
    CounterSpec{"errors_generated", "generated_error_packets", &WorkerStats::errors_generated,
                "Errors that Weir itself sent to clients."},
    CounterSpec{"unexpected_packets", "mysql_unexpected_frontend_packets", &WorkerStats::unexpected_packets,
                "Clients that broke the protocol."},
    CounterSpec{"bytes_from_clients", "Queries_frontends_bytes_recv", &WorkerStats::bytes_from_clients,
                "Bytes received from clients."},
    CounterSpec{"bytes_to_clients", "Queries_frontends_bytes_sent", &WorkerStats::bytes_to_clients,
                "Bytes of results sent to clients."},
    CounterSpec{"bytes_from_servers", "Queries_backends_bytes_recv", &WorkerStats::bytes_from_servers,
                "Bytes of replies received from servers."},
    CounterSpec{"bytes_to_servers", "Queries_backends_bytes_sent", &WorkerStats::bytes_to_servers,
                "Bytes of commands sent to servers."},
    CounterSpec{"compressed_from_clients", "", &WorkerStats::compressed_from_clients,
                "Bytes received from clients by the compressed protocol, as they are on the wire."},
    CounterSpec{"uncompressed_from_clients", "", &WorkerStats::uncompressed_from_clients,
                "The same bytes without compression."},
    CounterSpec{"compressed_to_clients", "", &WorkerStats::compressed_to_clients,
                "Bytes sent to clients by the compressed protocol, as they are on the wire."},
    CounterSpec{"uncompressed_to_clients", "", &WorkerStats::uncompressed_to_clients,
                "The same bytes without compression."},
    CounterSpec{"compressed_from_servers", "", &WorkerStats::compressed_from_servers,
                "Bytes received from servers by the compressed protocol, as they are on the wire."},
    CounterSpec{"uncompressed_from_servers", "", &WorkerStats::uncompressed_from_servers,
                "The same bytes without compression."},
    CounterSpec{"compressed_to_servers", "", &WorkerStats::compressed_to_servers,
                "Bytes sent to servers by the compressed protocol, as they are on the wire."},
    CounterSpec{"uncompressed_to_servers", "", &WorkerStats::uncompressed_to_servers,
                "The same bytes without compression."},
    CounterSpec{"names_asked", "MySQL_Monitor_dns_cache_queried", &WorkerStats::names_asked,
                "Connections opened to servers that have a name rather than an address."},
    CounterSpec{"names_known", "MySQL_Monitor_dns_cache_lookup_success", &WorkerStats::names_known,
                "Of these, those whose addresses were known, and had not to be looked up."},
    CounterSpec{"statements_prepared_again", "", &WorkerStats::statements_prepared_again,
                "Prepared statements that had to be prepared on a further connection."},
    CounterSpec{"mirrored", "", &WorkerStats::mirrored, "Copies of statements that a mirror has answered."},
    CounterSpec{"mirror_errors", "", &WorkerStats::mirror_errors,
                "Those of them that a mirror has answered with an error; stats_mysql_errors tells which."},
    CounterSpec{"mirror_failures", "", &WorkerStats::mirror_failures,
                "Copies that no server of the mirror could be asked, or that took too long."},
    CounterSpec{
        "mirror_dropped", "", &WorkerStats::mirror_dropped,
        "Copies that were not made because mysql-mirror_max_queue_length others waited, or 64 MB of a "
        "worker's, or because only the session's connection knew the value of a variable."},
    CounterSpec{"query_log_lines", "", &WorkerStats::query_log_lines,
                "Statements handed over to the query log."},
    CounterSpec{"query_log_dropped", "", &WorkerStats::query_log_dropped,
                "Statements that are missing in the query log because it was written too slowly."},
};
static_assert(kCounters.size() * sizeof(Counter) == sizeof(WorkerStats), "every counter has a row");

}  // namespace weir
