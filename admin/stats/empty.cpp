// Tables of functions that this version does not have: they exist, so that tools find them, and have no rows.
#include <array>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"

namespace weir {
namespace {

using Column = StatColumn<Nothing>;

constexpr Column kHost{"hostname", "VARCHAR NOT NULL", nullptr, "Name or address."};
constexpr Column kAdminPort{"port", "INT NOT NULL DEFAULT 6032", nullptr, "Its admin port."};
constexpr Column kWeight{"weight", "INT NOT NULL DEFAULT 0", nullptr, "As in proxysql_servers."};

constexpr Column kGtidExecuted[] = {
    kHost,
    {"port", "INT NOT NULL DEFAULT 3306", nullptr, "Port; 0 = a Unix socket."},
    {"gtid_executed", "VARCHAR", nullptr, "Transactions that the server has executed."},
    {"events", "INT NOT NULL", nullptr, "Events received from its binlog reader."},
};
constexpr Column kClientHostCache[] = {
    {"client_address", "VARCHAR NOT NULL", nullptr, "Address of the clients."},
    {"error_count", "INT NOT NULL", nullptr, "Connections that failed."},
    {"last_updated", "BIGINT NOT NULL", nullptr, "When, in microseconds."},
};
constexpr Column kQueryEvents[] = {
    {"id", "INTEGER PRIMARY KEY", nullptr, "Number of the row."},
    {"thread_id", "INTEGER", nullptr, "Session."},
    {"username", "TEXT", nullptr, "User."},
    {"schemaname", "TEXT", nullptr, "Schema."},
    {"start_time", "INTEGER", nullptr, "Microseconds since 1970."},
    {"end_time", "INTEGER", nullptr, "Microseconds since 1970."},
    {"query_digest", "TEXT", nullptr, "Digest."},
    {"query", "TEXT", nullptr, "Text."},
    {"server", "TEXT", nullptr, "Address of the server."},
    {"client", "TEXT", nullptr, "Address of the client."},
    {"event_type", "INTEGER", nullptr, "Kind of event."},
    {"hid", "INTEGER", nullptr, "Hostgroup."},
    {"extra_info", "TEXT", nullptr, "Anything else."},
    {"affected_rows", "INTEGER", nullptr, "Rows changed."},
    {"last_insert_id", "INTEGER", nullptr, "Id that was generated."},
    {"rows_sent", "INTEGER", nullptr, "Rows returned."},
    {"client_stmt_id", "INTEGER", nullptr, "Prepared statement."},
    {"gtid", "TEXT", nullptr, "Transaction."},
    {"errno", "INT", nullptr, "Error number, 0 = success."},
    {"error", "TEXT", nullptr, "Error text."},
};
constexpr Column kServersChecksums[] = {
    kHost,
    kAdminPort,
    {"name", "VARCHAR NOT NULL", nullptr, "Part of the configuration."},
    {"version", "INT NOT NULL", nullptr, "As in runtime_checksums_values of the peer."},
    {"epoch", "INT NOT NULL", nullptr, "The same."},
    {"checksum", "VARCHAR NOT NULL", nullptr, "The same."},
    {"changed_at", "INT NOT NULL", nullptr, "When it last changed there."},
    {"updated_at", "INT NOT NULL", nullptr, "When it was last fetched."},
    {"diff_check", "INT NOT NULL", nullptr, "Checks in a row for which it has differed from ours."},
};
constexpr Column kServersMetrics[] = {
    kHost,
    kAdminPort,
    kWeight,
    {"comment", "VARCHAR NOT NULL DEFAULT ''", nullptr, "As in proxysql_servers."},
    {"response_time_ms", "INT NOT NULL", nullptr, "How long the last answer took."},
    {"Uptime_s", "INT NOT NULL", nullptr, "How long the peer has been running."},
    {"last_check_ms", "INT NOT NULL", nullptr, "Age of the last check."},
    {"Queries", "INT NOT NULL", nullptr, "The peer's counter."},
    {"Client_Connections_connected", "INT NOT NULL", nullptr, "The peer's figure."},
    {"Client_Connections_created", "INT NOT NULL", nullptr, "The peer's counter."},
};
constexpr Column kServersStatus[] = {
    kHost,
    kAdminPort,
    kWeight,
    {"master", "VARCHAR NOT NULL", nullptr, "Reserved."},
    {"global_version", "INT NOT NULL", nullptr, "Reserved."},
    {"check_age_us", "INT NOT NULL", nullptr, "Age of the last check."},
    {"ping_time_us", "INT NOT NULL", nullptr, "How long the last ping took."},
    {"checks_OK", "INT NOT NULL", nullptr, "Checks that succeeded."},
    {"checks_ERR", "INT NOT NULL", nullptr, "Checks that failed."},
};
constexpr Column kServersClientsStatus[] = {
    {"uuid", "VARCHAR NOT NULL", nullptr, "The peer's id."},
    kHost,
    {"port", "INT NOT NULL", nullptr, "Its admin port."},
    {"admin_mysql_ifaces", "VARCHAR NOT NULL", nullptr, "Addresses of its admin port."},
    {"last_seen_at", "INT NOT NULL", nullptr, "When it last asked us, unix time."},
};
constexpr Column kMessageMetrics[] = {
    {"message_id", "VARCHAR NOT NULL", nullptr, "Number of the message."},
    {"filename", "VARCHAR NOT NULL", nullptr, "Source file."},
    {"line", "INT NOT NULL DEFAULT 0", nullptr, "Its line."},
    {"func", "VARCHAR NOT NULL", nullptr, "Function."},
    {"count_star", "INTEGER NOT NULL", nullptr, "Times logged."},
    {"first_seen", "INTEGER NOT NULL", nullptr, "Unix time."},
    {"last_seen", "INTEGER NOT NULL", nullptr, "Unix time."},
};

constexpr std::array kTables{
    StatTable<Nothing>{"stats_mysql_gtid_executed", "GTID sets known of each server.", kGtidExecuted},
    StatTable<Nothing>{"stats_mysql_client_host_cache", "Failed connections by client address.",
                       kClientHostCache},
    StatTable<Nothing>{"stats_mysql_client_host_cache_reset", "The same, cleared by reading.",
                       kClientHostCache},
    StatTable<Nothing>{"stats_mysql_query_events", "Statements from the events log.", kQueryEvents},
    StatTable<Nothing>{"stats_proxysql_servers_checksums", "What cluster peers have loaded.",
                       kServersChecksums, "PRIMARY KEY (hostname, port, name)"},
    StatTable<Nothing>{"stats_proxysql_servers_metrics", "How cluster peers are.", kServersMetrics,
                       "PRIMARY KEY (hostname, port)"},
    StatTable<Nothing>{"stats_proxysql_servers_status", "Checks of cluster peers.", kServersStatus,
                       "PRIMARY KEY (hostname, port)"},
    StatTable<Nothing>{"stats_proxysql_servers_clients_status", "Cluster peers that ask this one.",
                       kServersClientsStatus, "PRIMARY KEY (uuid, hostname, port)"},
    StatTable<Nothing>{"stats_proxysql_message_metrics", "How often each message was logged.",
                       kMessageMetrics, "PRIMARY KEY (filename, line, func)"},
    StatTable<Nothing>{"stats_proxysql_message_metrics_reset", "The same, cleared by reading.",
                       kMessageMetrics, "PRIMARY KEY (filename, line, func)"},
};

}  // namespace

std::vector<LiveTable> empty_tables(Store&, StatsSources&) {
  std::vector<LiveTable> tables;
  for (const StatTable<Nothing>& table : kTables) tables.push_back(empty_table(table));
  return tables;
}

}  // namespace weir
