#include "admin/monitor_tables.hpp"

#include <array>

#include "admin/stats/stat_table.hpp"
#include "monitor/monitor_board.hpp"

namespace weir {
namespace {

using Column = StatColumn<Nothing>;

constexpr Column kHost{"hostname", "VARCHAR NOT NULL", nullptr, "The server: name, address, or socket path."};
constexpr Column kPort{"port", "INT NOT NULL DEFAULT 3306", nullptr, "Its port; 0 = a Unix socket."};
constexpr Column kStart{"time_start_us", "INT NOT NULL DEFAULT 0", nullptr,
                        "When the check began, microseconds since 1970."};
constexpr Column kTook{"success_time_us", "INT DEFAULT 0", nullptr,
                       "How long a successful check took, microseconds; 0 = it failed."};
constexpr Column kError{"error", "VARCHAR", nullptr, "Why it failed; NULL = it did not."};
constexpr Column kWriterHostgroup{"writer_hostgroup", "INT NOT NULL", nullptr, "Hostgroup of the writer."};

constexpr std::string_view kServerKey = "PRIMARY KEY (hostname, port, time_start_us)";

// ---- of checks

using LogColumn = StatColumn<CheckLogRow>;

constexpr LogColumn kLogHost{"hostname", "VARCHAR NOT NULL",
                             [](const CheckLogRow& row) { return to_cell(row.host->name); },
                             "The server: name, address, or socket path."};
constexpr LogColumn kLogPort{"port", "INT NOT NULL DEFAULT 3306",
                             [](const CheckLogRow& row) { return to_cell(row.host->port); },
                             "Its port; 0 = a Unix socket."};
constexpr LogColumn kLogStart{"time_start_us", "INT NOT NULL DEFAULT 0",
                              [](const CheckLogRow& row) { return to_cell(row.started_us); },
                              "When the check began, microseconds since 1970."};
constexpr LogColumn took(std::string_view name, std::string_view doc) {
  return {name, "INT DEFAULT 0", [](const CheckLogRow& row) { return to_cell(row.took_us); }, doc};
}
constexpr LogColumn log_error(std::string_view name) {
  return {name, "VARCHAR",
          [](const CheckLogRow& row) -> Cell { return row.error ? Cell(*row.error) : std::nullopt; },
          "Why it failed; NULL = it did not."};
}
constexpr LogColumn value(std::string_view name, std::string_view sql, std::string_view doc) {
  return {name, sql, [](const CheckLogRow& row) -> Cell { return row.value ? to_cell(*row.value) : Cell(); },
          doc};
}
constexpr std::string_view kTookDoc = "How long a successful check took, microseconds; 0 = it failed.";

constexpr LogColumn kConnectLog[] = {
    kLogHost,
    kLogPort,
    kLogStart,
    took("connect_success_time_us", "How long connecting took; 0 = it failed."),
    log_error("connect_error"),
};
constexpr LogColumn kPingLog[] = {
    kLogHost,
    kLogPort,
    kLogStart,
    took("ping_success_time_us", "How long the answer took; 0 = there was none."),
    log_error("ping_error"),
};
constexpr LogColumn kReadOnlyLog[] = {
    kLogHost,
    kLogPort,
    kLogStart,
    took("success_time_us", kTookDoc),
    value("read_only", "INT DEFAULT 1", "What the server answered; NULL = the check failed."),
    log_error("error"),
};
constexpr LogColumn kReplicationLagLog[] = {
    kLogHost,
    kLogPort,
    kLogStart,
    took("success_time_us", kTookDoc),
    value("repl_lag", "INT DEFAULT 0", "Seconds behind its source; NULL = not known, or it has no source."),
    log_error("error"),
};
constexpr LogColumn kGtidLagLog[] = {
    kLogHost,
    kLogPort,
    kLogStart,
    took("success_time_us", kTookDoc),
    value("lag_ms", "INT DEFAULT 0",
          "Milliseconds behind its writer; NULL = not known yet, or the check failed."),
    log_error("error"),
};

// ---- of members of clusters

// What a failed check says nothing of is NULL, or what takes a member out.
template <class Reading>
const Reading* reading_of(const CheckLogRow& row) {
  return row.member ? std::get_if<Reading>(row.member.get()) : nullptr;
}
Cell yes_or_no(bool yes) {
  return yes ? "YES" : "NO";
}
template <auto field>
Cell galera_flag(const CheckLogRow& row) {
  const auto* reading = reading_of<GaleraReading>(row);
  return yes_or_no(reading != nullptr && reading->*field);
}
template <auto field>
Cell galera_number(const CheckLogRow& row) {
  const auto* reading = reading_of<GaleraReading>(row);
  return reading == nullptr ? Cell() : to_cell(reading->*field);
}
Cell member_read_only(const CheckLogRow& row) {
  return yes_or_no(!row.member || is_read_only(*row.member));
}
constexpr LogColumn kMemberReadOnly{"read_only", "VARCHAR NOT NULL DEFAULT 'YES'", member_read_only,
                                    "Whether it refuses writes."};

constexpr LogColumn kGroupReplicationLog[] = {
    kLogHost,
    kLogPort,
    kLogStart,
    took("success_time_us", kTookDoc),
    {"viable_candidate", "VARCHAR NOT NULL DEFAULT 'NO'",
     [](const CheckLogRow& row) {
       const auto* reading = reading_of<GroupReading>(row);
       return yes_or_no(reading != nullptr && reading->viable());
     },
     "Whether it is ONLINE in the part of the group that has the majority."},
    kMemberReadOnly,
    {"transactions_behind", "INT DEFAULT 0",
     [](const CheckLogRow& row) {
       const auto* reading = reading_of<GroupReading>(row);
       return reading == nullptr ? Cell() : to_cell(reading->behind);
     },
     "Transactions that it has still to check or to apply; NULL = the check failed."},
    log_error("error"),
};
constexpr LogColumn kGaleraLog[] = {
    kLogHost,
    kLogPort,
    kLogStart,
    took("success_time_us", kTookDoc),
    {"primary_partition", "VARCHAR NOT NULL DEFAULT 'NO'", galera_flag<&GaleraReading::primary>,
     "Whether it is in the primary component."},
    kMemberReadOnly,
    {"wsrep_local_recv_queue", "INT DEFAULT 0", galera_number<&GaleraReading::recv_queue>,
     "Length of its receive queue; NULL = the check failed."},
    {"wsrep_local_state", "INT DEFAULT 0", galera_number<&GaleraReading::state>,
     "4 = synced, 2 = donor or desynced."},
    {"wsrep_desync", "VARCHAR NOT NULL DEFAULT 'NO'", galera_flag<&GaleraReading::desync>,
     "Whether flow control is off."},
    {"wsrep_reject_queries", "VARCHAR NOT NULL DEFAULT 'NO'", galera_flag<&GaleraReading::rejects_queries>,
     "Whether it refuses queries."},
    {"wsrep_sst_donor_rejects_queries", "VARCHAR NOT NULL DEFAULT 'NO'",
     galera_flag<&GaleraReading::donor_rejects_queries>, "Whether it refuses queries as a donor."},
    {"pxc_maint_mode", "VARCHAR NOT NULL DEFAULT 'NO'", galera_flag<&GaleraReading::maintenance>,
     "Whether maintenance mode is on."},
    log_error("error"),
};

struct LogTable {
  CheckKind kind;
  StatTable<CheckLogRow> table;
};
constexpr LogTable log_table(CheckKind kind, std::string_view name, std::string_view doc,
                             std::span<const LogColumn> columns) {
  return {kind, {name, doc, columns, kServerKey, "monitor"}};
}
constexpr std::array kLogTables{
    log_table(CheckKind::connect, "mysql_server_connect_log", "Attempts to connect.", kConnectLog),
    log_table(CheckKind::ping, "mysql_server_ping_log", "Pings.", kPingLog),
    log_table(CheckKind::read_only, "mysql_server_read_only_log", "Checks of read_only.", kReadOnlyLog),
    log_table(CheckKind::replication_lag, "mysql_server_replication_lag_log", "Checks of replication lag.",
              kReplicationLagLog),
    log_table(
        CheckKind::timeline, "mysql_server_gtid_lag_log",
        "Looks at what replicas have of their writer's transactions, where max_replication_lag_ms is set.",
        kGtidLagLog),
    log_table(CheckKind::group_replication, "mysql_server_group_replication_log",
              "Checks of Group Replication.", kGroupReplicationLog),
    log_table(CheckKind::galera, "mysql_server_galera_log", "Checks of Galera.", kGaleraLog),
};

// ---- of Aurora: nothing asks it

constexpr Column kAuroraLog[] = {
    kHost,
    kPort,
    kStart,
    kTook,
    kError,
    {"SERVER_ID", "VARCHAR NOT NULL DEFAULT ''", nullptr, "The instance's id."},
    {"SESSION_ID", "VARCHAR", nullptr, "MASTER_SESSION_ID on the writer."},
    {"LAST_UPDATE_TIMESTAMP", "VARCHAR", nullptr, "As the server has it."},
    {"replica_lag_in_milliseconds", "INT NOT NULL DEFAULT 0", nullptr, "As the server has it."},
    {"estimated_lag_ms", "INT NOT NULL DEFAULT 0", nullptr, "The lag that counts."},
    {"CPU", "INT NOT NULL DEFAULT 0", nullptr, "Load of its CPUs, per cent."},
};
constexpr Column kAuroraCheckStatus[] = {
    kWriterHostgroup,
    kHost,
    kPort,
    {"last_checked_at", "VARCHAR", nullptr, "Time of the last check, as text."},
    {"checks_tot", "INT NOT NULL DEFAULT 0", nullptr, "Checks made."},
    {"checks_ok", "INT NOT NULL DEFAULT 0", nullptr, "Of these, successful."},
    {"last_error", "VARCHAR", nullptr, "Why the last failure happened."},
};
constexpr Column kAuroraFailovers[] = {
    kWriterHostgroup,
    kHost,
    {"inserted_at", "VARCHAR NOT NULL", nullptr, "When the failover was noticed, as text."},
};

constexpr auto table(std::string_view name, std::string_view doc, std::span<const Column> columns,
                     std::string_view key) {
  return StatTable<Nothing>{name, doc, columns, key, "monitor"};
}

constexpr std::array kTables{
    table("mysql_server_aws_aurora_log", "Checks of Aurora.", kAuroraLog,
          "PRIMARY KEY (hostname, port, time_start_us, SERVER_ID)"),
    table("mysql_server_aws_aurora_check_status", "Checks of Aurora, in sum.", kAuroraCheckStatus,
          "PRIMARY KEY (writer_hostgroup, hostname, port)"),
    table("mysql_server_aws_aurora_failovers", "Failovers seen on Aurora.", kAuroraFailovers, ""),
};

}  // namespace

std::vector<LiveTable> monitor_tables(StatsSources& sources) {
  std::vector<LiveTable> tables;
  for (const LogTable& log : kLogTables) {
    tables.push_back(live_table(log.table, [&sources, kind = log.kind] {
      const MonitorBoard* board = sources.monitor_board();
      return board == nullptr ? std::vector<CheckLogRow>() : board->log().rows(kind);
    }));
  }
  for (const StatTable<Nothing>& table : kTables) tables.push_back(empty_table(table));
  return tables;
}

}  // namespace weir
