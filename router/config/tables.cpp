#include "router/config/tables.hpp"

#include <array>

namespace weir {
namespace {

using namespace std::string_view_literals;

// Hostgroup ids are plain ints once loaded, hence a limit that ProxySQL does not have.
constexpr std::int64_t kMaxHostgroup = std::numeric_limits<std::int32_t>::max();
constexpr Allowed kHostgroup{.min = 0, .max = kMaxHostgroup};
constexpr Allowed kPort{.min = 0, .max = 65535};
constexpr Allowed kNotNegative{.min = 0};
constexpr Allowed kJson{.json = true};
constexpr std::string_view kCommentDoc = "Free text for the operator; never interpreted.";

constexpr std::array kStatusWords{"ONLINE"sv, "SHUNNED"sv, "OFFLINE_SOFT"sv, "OFFLINE_HARD"sv};
constexpr std::array kServersKey{"hostgroup_id"sv, "hostname"sv, "port"sv};
constexpr std::array kServersKeys{Key{"PRIMARY KEY", kServersKey}};
constexpr std::array<Column<ServerRow>, 12> kServersColumns{{
    {"hostgroup_id", "INT", &ServerRow::hostgroup_id, kHostgroup, Required::in_files,
     "Hostgroup this entry belongs to; a host may be in several, with limits of its own in each.",
     "hostgroup"},
    {"hostname",
     "VARCHAR",
     &ServerRow::hostname,
     {},
     Required::always,
     "Host name, IPv4 or IPv6 address; with port 0 the path of a Unix socket.",
     "address"},
    {"port", "INT", &ServerRow::port, kPort, Required::no,
     "TCP port; 0 means that hostname is the path of a Unix socket."},
    {"gtid_port", "INT", &ServerRow::gtid_port, kPort, Required::no,
     "Port of a GTID stream beside the server; 0 = none. No effect in this version."},
    {"status",
     "VARCHAR",
     &ServerRow::status,
     {.words = kStatusWords},
     Required::no,
     "ONLINE; SHUNNED: no new work until changed; OFFLINE_SOFT: transactions in progress may finish; "
     "OFFLINE_HARD: out at once."},
    {"weight",
     "INT",
     &ServerRow::weight,
     {.min = 0, .max = 10000000},
     Required::no,
     "Share of the hostgroup's work; 0 = never chosen."},
    {"compression",
     "INT",
     &ServerRow::compression,
     {},
     Required::no,
     "1 = compressed protocol towards the server. No effect in this version."},
    {"max_connections", "INT", &ServerRow::max_connections, kNotNegative, Required::no,
     "Most connections to this entry, over all threads; 0 stops its work."},
    {"max_replication_lag",
     "INT",
     &ServerRow::max_replication_lag,
     {.min = 0, .max = 126144000},
     Required::no,
     "Seconds of replication lag beyond which it gets no work; 0 = any. No effect in this version."},
    {"use_ssl",
     "INT",
     &ServerRow::use_ssl,
     {},
     Required::no,
     "1 = TLS towards the server. Refused in this version, which has none."},
    {"max_latency_ms", "INT UNSIGNED", &ServerRow::max_latency_ms, kNotNegative, Required::no,
     "A server with slower pings is not chosen; 0 = the global setting. No effect in this version."},
    {"comment", "VARCHAR", &ServerRow::comment, {}, Required::no, kCommentDoc},
}};

bool gtid_port_is_another(const ServerRow& row) {
  return row.gtid_port == 0 || row.gtid_port != row.port;
}
constexpr std::array kServersChecks{RowCheck<ServerRow>{"gtid_port", "gtid_port <> port OR gtid_port = 0",
                                                        gtid_port_is_another,
                                                        "must differ from port, or be 0"}};

constexpr std::array kUsersBackendKey{"username"sv, "backend"sv};
constexpr std::array kUsersFrontendKey{"username"sv, "frontend"sv};
constexpr std::array kUsersKeys{Key{"PRIMARY KEY", kUsersBackendKey}, Key{"UNIQUE", kUsersFrontendKey}};
constexpr std::array<Column<UserRow>, 14> kUsersColumns{{
    {"username", "VARCHAR", &UserRow::username, {}, Required::always, "Login name, without a host part."},
    {"password",
     "VARCHAR",
     &UserRow::password,
     {},
     Required::no,
     "Clear text, *HEX (mysql_native_password) or $A$005$... (caching_sha2_password); empty = none."},
    {"active",
     "INT",
     &UserRow::active,
     {},
     Required::no,
     "0 = the row is kept, but nobody can log in with it."},
    {"use_ssl",
     "INT",
     &UserRow::use_ssl,
     {},
     Required::no,
     "1 = clients must use TLS: in this version, which has none, nobody can log in."},
    {"default_hostgroup",
     "INT",
     &UserRow::default_hostgroup,
     {.min = std::numeric_limits<std::int32_t>::min(), .max = kMaxHostgroup},
     Required::no,
     "Hostgroup used when no rule chooses one. Rows with a negative value are not loaded."},
    {"default_schema",
     "VARCHAR",
     &UserRow::default_schema,
     {},
     Required::no,
     "Schema of clients that name none; empty = mysql-default_schema."},
    {"schema_locked", "INT", &UserRow::schema_locked, {}, Required::no, "Kept, and of no effect."},
    {"transaction_persistent",
     "INT",
     &UserRow::transaction_persistent,
     {},
     Required::no,
     "1 = all statements of a transaction go where it began."},
    {"fast_forward",
     "INT",
     &UserRow::fast_forward,
     {},
     Required::no,
     "1 = a connection of its own, without routing after login. No effect in this version."},
    {"backend", "INT", &UserRow::backend, {}, Required::no, "1 = the password is for servers."},
    {"frontend", "INT", &UserRow::frontend, {}, Required::no, "1 = the password is for clients."},
    {"max_connections", "INT", &UserRow::max_connections, kNotNegative, Required::no,
     "Most client connections of this user at a time; error 1226 beyond."},
    {"attributes", "VARCHAR", &UserRow::attributes, kJson, Required::no, "JSON. No effect in this version."},
    {"comment", "VARCHAR", &UserRow::comment, {}, Required::no, kCommentDoc},
}};

constexpr std::array kCheckTypes{"read_only"sv, "innodb_read_only"sv, "super_read_only"sv,
                                 "read_only|innodb_read_only"sv, "read_only&innodb_read_only"sv};
constexpr std::array kWriterKey{"writer_hostgroup"sv};
constexpr std::array kReaderKey{"reader_hostgroup"sv};
constexpr std::array kReplicationKeys{Key{"PRIMARY KEY", kWriterKey}, Key{"UNIQUE", kReaderKey}};
constexpr std::array<Column<ReplicationHostgroupRow>, 4> kReplicationColumns{{
    {"writer_hostgroup", "INT", &ReplicationHostgroupRow::writer_hostgroup, kHostgroup, Required::always,
     "Hostgroup of the servers that take writes."},
    {"reader_hostgroup", "INT", &ReplicationHostgroupRow::reader_hostgroup, kHostgroup, Required::always,
     "Hostgroup of the servers that only read."},
    {"check_type",
     "VARCHAR",
     &ReplicationHostgroupRow::check_type,
     {.words = kCheckTypes},
     Required::no,
     "Variables by which the monitor tells a writer from a reader. No effect in this version."},
    {"comment", "VARCHAR", &ReplicationHostgroupRow::comment, {}, Required::no, kCommentDoc},
}};

bool reader_is_another(const ReplicationHostgroupRow& row) {
  return row.reader_hostgroup != row.writer_hostgroup;
}
constexpr std::array kReplicationChecks{
    RowCheck<ReplicationHostgroupRow>{"reader_hostgroup", "reader_hostgroup <> writer_hostgroup",
                                      reader_is_another, "must differ from writer_hostgroup"}};

constexpr std::array kHostgroupKey{"hostgroup_id"sv};
constexpr std::array kAttributesKeys{Key{"PRIMARY KEY", kHostgroupKey}};
constexpr std::array<Column<HostgroupAttributesRow>, 12> kAttributesColumns{{
    {"hostgroup_id", "INT", &HostgroupAttributesRow::hostgroup_id, kHostgroup, Required::always,
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
     "Kept, and of no effect."},
    {"free_connections_pct",
     "INT",
     &HostgroupAttributesRow::free_connections_pct,
     {.min = 0, .max = 100},
     Required::no,
     "As mysql-free_connections_pct, for this hostgroup."},
    {"init_connect",
     "VARCHAR",
     &HostgroupAttributesRow::init_connect,
     {},
     Required::no,
     "As mysql-init_connect, for this hostgroup. No effect in this version."},
    {"multiplex",
     "INT",
     &HostgroupAttributesRow::multiplex,
     {},
     Required::no,
     "0 = sessions keep their connections to this hostgroup."},
    {"connection_warming",
     "INT",
     &HostgroupAttributesRow::connection_warming,
     {},
     Required::no,
     "As mysql-connection_warming, for this hostgroup. No effect in this version."},
    {"throttle_connections_per_sec",
     "INT",
     &HostgroupAttributesRow::throttle_connections_per_sec,
     {.min = 1, .max = 1000000},
     Required::no,
     "As mysql-throttle_connections_per_sec_to_hostgroup, for this hostgroup. No effect in this version."},
    {"ignore_session_variables", "VARCHAR", &HostgroupAttributesRow::ignore_session_variables, kJson,
     Required::no, "JSON array of variables that are not sent to this hostgroup. No effect in this version."},
    {"hostgroup_settings", "VARCHAR", &HostgroupAttributesRow::hostgroup_settings, kJson, Required::no,
     "JSON object. No effect in this version."},
    {"servers_defaults", "VARCHAR", &HostgroupAttributesRow::servers_defaults, kJson, Required::no,
     "JSON object for servers that are found rather than configured. No effect in this version."},
    {"comment", "VARCHAR", &HostgroupAttributesRow::comment, {}, Required::no, kCommentDoc},
}};

constexpr std::array kVariableKey{"variable_name"sv};
constexpr std::array kVariablesKeys{Key{"PRIMARY KEY", kVariableKey}};
constexpr std::array<Column<VariableRow>, 2> kVariablesColumns{{
    {"variable_name",
     "VARCHAR",
     &VariableRow::variable_name,
     {},
     Required::always,
     "With its prefix: mysql- or admin-."},
    {"variable_value", "VARCHAR", &VariableRow::variable_value, {}, Required::always, "As text."},
}};

}  // namespace

constinit const TableSpec<ServerRow> kServersTable{"mysql_servers",
                                                   "Backends, and the hostgroup each belongs to.",
                                                   kServersColumns, kServersKeys, kServersChecks};
constinit const TableSpec<UserRow> kUsersTable{
    "mysql_users", "Accounts: what clients log in with, and what servers are logged in to with.",
    kUsersColumns, kUsersKeys};
constinit const TableSpec<ReplicationHostgroupRow> kReplicationHostgroupsTable{
    "mysql_replication_hostgroups", "Pairs of a writer's and a reader's hostgroup over the same data.",
    kReplicationColumns, kReplicationKeys, kReplicationChecks};
constinit const TableSpec<HostgroupAttributesRow> kHostgroupAttributesTable{
    "mysql_hostgroup_attributes", "Settings that one hostgroup has different from the rest.",
    kAttributesColumns, kAttributesKeys};
constinit const TableSpec<VariableRow> kVariablesTable{"global_variables", "Values of all variables.",
                                                       kVariablesColumns, kVariablesKeys};

}  // namespace weir
