// Tables about the proxy rather than about servers, users and statements.
#include <array>

#include "protocol/wire/charsets.hpp"
#include "router/config/table_bounds.hpp"
#include "router/config/table_spec_rows.hpp"
#include "router/config/tables.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;
using namespace table_bounds;

constexpr std::array kIdKey{"id"sv};
constexpr std::array kIdKeys{Key{"", kIdKey}};
constexpr std::array<Column<SchedulerRow>, 10> kSchedulerColumns{{
    {"id", "INTEGER PRIMARY KEY AUTOINCREMENT", &SchedulerRow::id, kAny, Required::always,
     "Number of the row."},
    {"active", "INT", &SchedulerRow::active, kAny, Required::no, kActiveDoc},
    {"interval_ms",
     "INTEGER",
     &SchedulerRow::interval_ms,
     {.min = 100, .max = 100000000},
     Required::always,
     "Milliseconds between two starts."},
    {"filename", "VARCHAR", &SchedulerRow::filename, kAny, Required::always, "Path of the program."},
    {"arg1", "VARCHAR", &SchedulerRow::arg1, kAny, Required::no, "Its first argument."},
    {"arg2", "VARCHAR", &SchedulerRow::arg2, kAny, Required::no, "Its second argument."},
    {"arg3", "VARCHAR", &SchedulerRow::arg3, kAny, Required::no, "Its third argument."},
    {"arg4", "VARCHAR", &SchedulerRow::arg4, kAny, Required::no, "Its fourth argument."},
    {"arg5", "VARCHAR", &SchedulerRow::arg5, kAny, Required::no,
     "Its fifth argument; the first that is NULL ends the list."},
    {"comment", "VARCHAR", &SchedulerRow::comment, kAny, Required::no, kCommentDoc},
}};

constexpr std::array kMethods{"GET"sv, "POST"sv};
constexpr std::array<Column<RestapiRouteRow>, 7> kRestapiColumns{{
    {"id", "INTEGER PRIMARY KEY AUTOINCREMENT", &RestapiRouteRow::id, kAny, Required::in_sql,
     "Number of the row."},
    {"active", "INT", &RestapiRouteRow::active, kAny, Required::no, kActiveDoc},
    {"timeout_ms",
     "INTEGER",
     &RestapiRouteRow::timeout_ms,
     {.min = 100, .max = 100000000},
     Required::always,
     "Milliseconds after which the script is killed.",
     "interval_ms"},
    {"method", "VARCHAR", &RestapiRouteRow::method, {.words = kMethods}, Required::always, "GET or POST."},
    {"uri", "VARCHAR", &RestapiRouteRow::uri, kAny, Required::always, "Last part of the path /sync/uri."},
    {"script", "VARCHAR", &RestapiRouteRow::script, kAny, Required::always, "Path of the program."},
    {"comment", "VARCHAR", &RestapiRouteRow::comment, kAny, Required::no, kCommentDoc},
}};

constexpr std::array kPeersKey{"hostname"sv, "port"sv};
constexpr std::array kPeersKeys{Key{"PRIMARY KEY", kPeersKey}};
constexpr std::array<Column<PeerRow>, 4> kPeersColumns{{
    {"hostname", "VARCHAR", &PeerRow::hostname, kAny, Required::always, "Address of another proxy.",
     "address"},
    {"port", "INT", &PeerRow::port, kUncheckedPort, Required::no, "Its admin port."},
    {"weight", "INT", &PeerRow::weight, kNotNegative, Required::no, "Kept, and of no effect."},
    {"comment", "VARCHAR", &PeerRow::comment, kAny, Required::no, kCommentDoc},
}};

constexpr std::array kVariableKey{"variable_name"sv};
constexpr std::array kVariablesKeys{Key{"PRIMARY KEY", kVariableKey}};
constexpr std::array<Column<VariableRow>, 2> kVariablesColumns{{
    {"variable_name", "VARCHAR", &VariableRow::variable_name, kAny, Required::always,
     "With its prefix: mysql- or admin-."},
    {"variable_value", "VARCHAR", &VariableRow::variable_value, {}, Required::always, "As text."},
}};

constexpr std::array kCollationKey{"Id"sv};
constexpr std::array kCollationsKeys{Key{"", kCollationKey}};
constexpr std::array<Column<CollationRow>, 4> kCollationsColumns{{
    {"Id", "INTEGER PRIMARY KEY", &CollationRow::id, kAny, Required::always,
     "Number of the collation in the protocol."},
    {"Collation", "VARCHAR", &CollationRow::collation, kAny, Required::always, "Its name."},
    {"Charset", "VARCHAR", &CollationRow::charset, kAny, Required::always, "Name of its character set."},
    {"Default", "VARCHAR", &CollationRow::is_default, kAny, Required::always,
     "Yes for the default collation of the character set, else empty."},
}};

}  // namespace

constinit const TableSpec<SchedulerRow> kSchedulerTable{
    "scheduler", "Programs that are started periodically.", kSchedulerColumns, kIdKeys};
constinit const TableSpec<RestapiRouteRow> kRestapiRoutesTable{"restapi_routes",
                                                               "Programs that are started by HTTP requests.",
                                                               kRestapiColumns,
                                                               kIdKeys,
                                                               {},
                                                               "nothing in this version serves them",
                                                               "restapi"};
constinit const TableSpec<PeerRow> kPeersTable{"proxysql_servers",
                                               "Proxies that share one configuration.",
                                               kPeersColumns,
                                               kPeersKeys,
                                               {},
                                               "this version does not synchronise with others"};
constinit const TableSpec<VariableRow> kVariablesTable{"global_variables", "Values of all variables.",
                                                       kVariablesColumns, kVariablesKeys};
constinit const TableSpec<CollationRow> kCollationsTable{
    "mysql_collations", "Collations that the protocol knows; for information.", kCollationsColumns,
    kCollationsKeys};

std::vector<CollationRow> collation_rows() {
  std::vector<CollationRow> rows;
  for (const Collation& collation : all_collations()) {
    // Of two names for one number, the table has room for the first.
    if (!rows.empty() && rows.back().id == collation.id) continue;
    const bool is_default = collation.charset->default_collation == collation.id;
    rows.push_back({collation.id, std::string(collation.name), std::string(collation.charset->name),
                    is_default ? "Yes" : ""});
  }
  return rows;
}

WEIR_TABLE_ROWS(SchedulerRow);
WEIR_TABLE_ROWS(RestapiRouteRow);
WEIR_TABLE_ROWS(PeerRow);
WEIR_TABLE_ROWS(VariableRow);
WEIR_TABLE_ROWS(CollationRow);

}  // namespace weir
