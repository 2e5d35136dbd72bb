// What hostgroups are: their roles in a topology, and their own settings.
#include <array>

#include "router/config/table_bounds.hpp"
#include "router/config/table_spec_rows.hpp"
#include "router/config/tables.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;
using namespace table_bounds;

constexpr std::array kCheckTypes{"read_only"sv, "innodb_read_only"sv, "super_read_only"sv,
                                 "read_only|innodb_read_only"sv, "read_only&innodb_read_only"sv};
constexpr std::array kWriterKey{"writer_hostgroup"sv};
constexpr std::array kReaderKey{"reader_hostgroup"sv};
constexpr std::array kReplicationKeys{Key{"PRIMARY KEY", kWriterKey}, Key{"UNIQUE", kReaderKey}};
constexpr std::array<Column<ReplicationHostgroupRow>, 4> kReplicationColumns{{
    {"writer_hostgroup", "INT", &ReplicationHostgroupRow::writer_hostgroup, kHostgroup, Required::always,
     "Hostgroup of the servers that take writes."},
    {"reader_hostgroup",
     "INT",
     &ReplicationHostgroupRow::reader_hostgroup,
     {.min = 0, .max = kMaxHostgroup, .check = "reader_hostgroup<>writer_hostgroup AND reader_hostgroup>=0"},
     Required::always,
     "Hostgroup of the servers that only read."},
    {"check_type",
     "VARCHAR",
     &ReplicationHostgroupRow::check_type,
     {.words = kCheckTypes},
     Required::no,
     "Variables by which the monitor tells a writer from a reader."},
    {"comment", "VARCHAR", &ReplicationHostgroupRow::comment, kAny, Required::no, kCommentDoc},
}};

bool reader_is_another(const ReplicationHostgroupRow& row) {
  return row.reader_hostgroup != row.writer_hostgroup;
}
constexpr std::array kReplicationChecks{RowCheck<ReplicationHostgroupRow>{
    "reader_hostgroup", "", reader_is_another, "must differ from writer_hostgroup"}};

constexpr std::array kHostgroupKey{"hostgroup_id"sv};
constexpr std::array kAttributesKeys{Key{"PRIMARY KEY", kHostgroupKey}};
constexpr std::array kSettingsKeys{"balance"sv,
                                   "compression_algorithm"sv,
                                   "handle_warnings"sv,
                                   "max_replication_lag_ms"sv,
                                   "min_readers"sv,
                                   "monitor_slave_lag_when_null"sv,
                                   "send_proxy_protocol"sv,
                                   "slow_start_ms"sv,
                                   "two_writers"sv,
                                   "when_all_lag"sv};
constexpr std::array kServersDefaultsKeys{"weight"sv, "max_connections"sv, "use_ssl"sv};
constexpr std::array<Column<HostgroupAttributesRow>, 12> kAttributesColumns{{
    {"hostgroup_id", "INT", &HostgroupAttributesRow::hostgroup_id, kUncheckedHostgroup, Required::always,
     "The hostgroup."},
    {"max_num_online_servers",
     "INT",
     &HostgroupAttributesRow::max_num_online_servers,
     {.min = 0, .max = 1000000},
     Required::no,
     "With more servers online than this, none is used: a guard against two writers."},
    {"autocommit",
     "INT",
     &HostgroupAttributesRow::autocommit,
     {.min = -1, .max = 1},
     Required::no,
     "Kept, and of no effect.",
     "",
     "-1"},
    {"free_connections_pct",
     "INT",
     &HostgroupAttributesRow::free_connections_pct,
     {.min = 0, .max = 100},
     Required::no,
     "As mysql-free_connections_pct, for this hostgroup."},
    {"init_connect", "VARCHAR", &HostgroupAttributesRow::init_connect, kAny, Required::no,
     "As mysql-init_connect, for this hostgroup.", "", ""},
    {"multiplex", "INT", &HostgroupAttributesRow::multiplex, kAny, Required::no,
     "0 = sessions keep their connections to this hostgroup."},
    {"connection_warming", "INT", &HostgroupAttributesRow::connection_warming, kAny, Required::no,
     "As mysql-connection_warming, for this hostgroup.", "", "0"},
    {"throttle_connections_per_sec",
     "INT",
     &HostgroupAttributesRow::throttle_connections_per_sec,
     {.min = 1, .max = 1000000},
     Required::no,
     "As mysql-throttle_connections_per_sec_to_hostgroup, for this hostgroup.",
     "",
     "1000000"},
    {"ignore_session_variables", "VARCHAR", &HostgroupAttributesRow::ignore_session_variables, kJson,
     Required::no, "JSON array of variables that are not sent to this hostgroup.", "", "{}"},
    {"hostgroup_settings",
     "VARCHAR",
     &HostgroupAttributesRow::hostgroup_settings,
     {.words = kSettingsKeys, .json = true},
     Required::no,
     "JSON object. balance: weighted, least_in_flight or peak_ewma; slow_start_ms: how long a server that "
     "comes back takes to get its whole share, 0 = at once; two_writers: newest, configured, refuse or all: "
     "which of several writable servers writes (on the writer hostgroup); max_replication_lag_ms: how far "
     "behind its servers may be, measured by their GTIDs (on the reader hostgroup); min_readers: so many "
     "servers are "
     "used however far they lag behind; when_all_lag: writer, least_behind or error: who reads then; "
     "monitor_slave_lag_when_null: as the variable; send_proxy_protocol: 1 or 2: the version of the PROXY "
     "header that connections to its servers begin with, 0 = none; compression_algorithm: zlib or zstd, of "
     "its "
     "servers with compression = 1; handle_warnings has no effect in this version."},
    {"servers_defaults",
     "VARCHAR",
     &HostgroupAttributesRow::servers_defaults,
     {.words = kServersDefaultsKeys, .json = true},
     Required::no,
     "JSON object for servers that are found rather than configured; keys weight, max_connections, use_ssl.",
     "",
     "{}"},
    {"comment", "VARCHAR", &HostgroupAttributesRow::comment, kAny, Required::no, kCommentDoc},
}};

// The same columns for Group Replication and Galera.
constexpr std::array kBackupWriterKey{"backup_writer_hostgroup"sv};
constexpr std::array kOfflineKey{"offline_hostgroup"sv};
constexpr std::array kClusterKeys{Key{"PRIMARY KEY", kWriterKey}, Key{"UNIQUE", kReaderKey},
                                  Key{"UNIQUE", kOfflineKey}, Key{"UNIQUE", kBackupWriterKey}};
constexpr std::array<Column<ClusterHostgroupRow>, 9> kClusterColumns{{
    {"writer_hostgroup", "INT", &ClusterHostgroupRow::writer_hostgroup, kHostgroup, Required::always,
     "Hostgroup of the servers that take writes."},
    {"backup_writer_hostgroup",
     "INT",
     &ClusterHostgroupRow::backup_writer_hostgroup,
     {.min = 0,
      .max = kMaxHostgroup,
      .check = "backup_writer_hostgroup>=0 AND backup_writer_hostgroup<>writer_hostgroup"},
     Required::always,
     "Hostgroup of those that could, beyond max_writers."},
    {"reader_hostgroup",
     "INT",
     &ClusterHostgroupRow::reader_hostgroup,
     {.min = 1,
      .max = kMaxHostgroup,
      .check = "reader_hostgroup<>writer_hostgroup AND backup_writer_hostgroup<>reader_hostgroup AND "
               "reader_hostgroup>0"},
     Required::always,
     "Hostgroup of the servers that only read; not 0."},
    {"offline_hostgroup",
     "INT",
     &ClusterHostgroupRow::offline_hostgroup,
     {.min = 0,
      .max = kMaxHostgroup,
      .check = "offline_hostgroup<>writer_hostgroup AND offline_hostgroup<>reader_hostgroup AND "
               "backup_writer_hostgroup<>offline_hostgroup AND offline_hostgroup>=0"},
     Required::always,
     "Hostgroup of the members that are not healthy."},
    {"active", "INT", &ClusterHostgroupRow::active, kAny, Required::no, kActiveDoc},
    {"max_writers", "INT", &ClusterHostgroupRow::max_writers, kNotNegative, Required::no,
     "Most servers of the writer's hostgroup."},
    {"writer_is_also_reader", "INT", &ClusterHostgroupRow::writer_is_also_reader, kZeroToTwo, Required::no,
     "1 = writers are readers, too; 2 = only backup writers are."},
    {"max_transactions_behind", "INT", &ClusterHostgroupRow::max_transactions_behind, kNotNegative,
     Required::no, "Length of a member's queue beyond which it is not read from; 0 = any."},
    {"comment", "VARCHAR", &ClusterHostgroupRow::comment, kAny, Required::no, kCommentDoc},
}};

bool backup_writer_differs(const ClusterHostgroupRow& row) {
  return row.backup_writer_hostgroup != row.writer_hostgroup;
}
bool cluster_reader_differs(const ClusterHostgroupRow& row) {
  return row.reader_hostgroup != row.writer_hostgroup && row.reader_hostgroup != row.backup_writer_hostgroup;
}
bool offline_differs(const ClusterHostgroupRow& row) {
  return row.offline_hostgroup != row.writer_hostgroup && row.offline_hostgroup != row.reader_hostgroup &&
         row.offline_hostgroup != row.backup_writer_hostgroup;
}
constexpr std::array kClusterChecks{
    RowCheck<ClusterHostgroupRow>{"backup_writer_hostgroup", "", backup_writer_differs,
                                  "must differ from writer_hostgroup"},
    RowCheck<ClusterHostgroupRow>{"reader_hostgroup", "", cluster_reader_differs,
                                  "must differ from writer_hostgroup and backup_writer_hostgroup"},
    RowCheck<ClusterHostgroupRow>{"offline_hostgroup", "", offline_differs,
                                  "must differ from the other hostgroups of the row"}};

constexpr std::array<Column<AuroraHostgroupRow>, 14> kAuroraColumns{{
    {"writer_hostgroup", "INT", &AuroraHostgroupRow::writer_hostgroup, kHostgroup, Required::always,
     "Hostgroup of the server that takes writes."},
    {"reader_hostgroup",
     "INT",
     &AuroraHostgroupRow::reader_hostgroup,
     {.min = 1, .max = kMaxHostgroup, .check = "reader_hostgroup<>writer_hostgroup AND reader_hostgroup>0"},
     Required::always,
     "Hostgroup of the servers that only read; not 0."},
    {"active", "INT", &AuroraHostgroupRow::active, kAny, Required::no, kActiveDoc},
    {"aurora_port", "INT", &AuroraHostgroupRow::aurora_port, kUncheckedPort, Required::no,
     "Port of servers that are found."},
    {"domain_name",
     "VARCHAR",
     &AuroraHostgroupRow::domain_name,
     {.check = "SUBSTR(domain_name,1,1) = '.'"},
     Required::always,
     "End of their names, beginning with a dot."},
    {"max_lag_ms",
     "INT",
     &AuroraHostgroupRow::max_lag_ms,
     {.min = 10, .max = 600000},
     Required::no,
     "Lag beyond which a reader gets no work."},
    {"check_interval_ms",
     "INT",
     &AuroraHostgroupRow::check_interval_ms,
     {.min = 100, .max = 600000},
     Required::no,
     "Period of the check."},
    {"check_timeout_ms",
     "INT",
     &AuroraHostgroupRow::check_timeout_ms,
     {.min = 80, .max = 3000},
     Required::no,
     "Time limit of the check."},
    {"writer_is_also_reader", "INT", &AuroraHostgroupRow::writer_is_also_reader, kAny, Required::no,
     "1 = the writer is a reader, too."},
    {"new_reader_weight",
     "INT",
     &AuroraHostgroupRow::new_reader_weight,
     {.min = 0, .max = 10000000},
     Required::no,
     "Weight of readers that are found."},
    {"add_lag_ms",
     "INT",
     &AuroraHostgroupRow::add_lag_ms,
     {.min = 0, .max = 600000},
     Required::no,
     "Added to the lag that was read."},
    {"min_lag_ms",
     "INT",
     &AuroraHostgroupRow::min_lag_ms,
     {.min = 0, .max = 600000},
     Required::no,
     "Least lag that is assumed."},
    {"lag_num_checks",
     "INT",
     &AuroraHostgroupRow::lag_num_checks,
     {.min = 1, .max = 16},
     Required::no,
     "Checks whose greatest lag counts."},
    {"comment", "VARCHAR", &AuroraHostgroupRow::comment, kAny, Required::no, kCommentDoc},
}};
bool domain_begins_with_a_dot(const AuroraHostgroupRow& row) {
  return row.domain_name.starts_with('.');
}
bool aurora_roles_differ(const AuroraHostgroupRow& row) {
  return row.reader_hostgroup != row.writer_hostgroup;
}
constexpr std::array kAuroraChecks{
    RowCheck<AuroraHostgroupRow>{"domain_name", "", domain_begins_with_a_dot, "must begin with a dot"},
    RowCheck<AuroraHostgroupRow>{"reader_hostgroup", "", aurora_roles_differ,
                                 "must differ from writer_hostgroup"}};

constexpr std::string_view kNoTopology = "nothing in this version moves their servers between hostgroups";

}  // namespace

constinit const TableSpec<ReplicationHostgroupRow> kReplicationHostgroupsTable{
    "mysql_replication_hostgroups", "Pairs of a writer's and a reader's hostgroup over the same data.",
    kReplicationColumns, kReplicationKeys, kReplicationChecks};
constinit const TableSpec<ClusterHostgroupRow> kGroupReplicationHostgroupsTable{
    "mysql_group_replication_hostgroups", "Hostgroups of a Group Replication cluster.", kClusterColumns,
    kClusterKeys, kClusterChecks};
constinit const TableSpec<ClusterHostgroupRow> kGaleraHostgroupsTable{
    "mysql_galera_hostgroups", "Hostgroups of a Galera cluster.", kClusterColumns, kClusterKeys,
    kClusterChecks};
constinit const TableSpec<AuroraHostgroupRow> kAuroraHostgroupsTable{"mysql_aws_aurora_hostgroups",
                                                                     "Hostgroups of an Aurora cluster.",
                                                                     kAuroraColumns,
                                                                     kReplicationKeys,
                                                                     kAuroraChecks,
                                                                     kNoTopology};
constinit const TableSpec<HostgroupAttributesRow> kHostgroupAttributesTable{
    "mysql_hostgroup_attributes", "Settings that one hostgroup has different from the rest.",
    kAttributesColumns, kAttributesKeys};

WEIR_TABLE_ROWS(ReplicationHostgroupRow);
WEIR_TABLE_ROWS(ClusterHostgroupRow);
WEIR_TABLE_ROWS(AuroraHostgroupRow);
WEIR_TABLE_ROWS(HostgroupAttributesRow);

}  // namespace weir
