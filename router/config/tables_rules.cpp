// The rules, and routing by user and schema.
#include <array>

#include "router/config/table_bounds.hpp"
#include "router/config/table_spec_rows.hpp"
#include "router/config/tables.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;
using namespace table_bounds;

constexpr std::array kRuleKey{"rule_id"sv};
constexpr std::array kQueryRulesKeys{Key{"", kRuleKey}};
constexpr std::array<Column<QueryRuleRow>, 35> kQueryRulesColumns{{
    {"rule_id", "INTEGER PRIMARY KEY AUTOINCREMENT", &QueryRuleRow::rule_id, kAny, Required::always,
     "Rules are tried in ascending order of it."},
    {"active", "INT", &QueryRuleRow::active, kAny, Required::no,
     "Only rules with 1 take part. The default is 0 in SQL and 1 in configuration files."},
    {"username", "VARCHAR", &QueryRuleRow::username, kAny, Required::no,
     "Condition: the session's user, exactly. NULL = any, here and below."},
    {"schemaname", "VARCHAR", &QueryRuleRow::schemaname, kAny, Required::no,
     "Condition: the current schema, exactly."},
    {"flagIN", "INT", &QueryRuleRow::flag_in, kNotNegative, Required::no,
     "Condition: number of the chain; evaluation begins with 0."},
    {"client_addr", "VARCHAR", &QueryRuleRow::client_addr, kAny, Required::no,
     "Condition: the client's address; may end in % as a wildcard."},
    {"proxy_addr", "VARCHAR", &QueryRuleRow::proxy_addr, kAny, Required::no,
     "Condition: the local address that the client connected to."},
    {"proxy_port", "INT", &QueryRuleRow::proxy_port, kPort, Required::no,
     "Condition: the local port that the client connected to."},
    {"digest", "VARCHAR", &QueryRuleRow::digest, kAny, Required::no,
     "Condition: digest of the statement, 0x and 16 hexadecimal digits."},
    {"match_digest", "VARCHAR", &QueryRuleRow::match_digest, kAny, Required::no,
     "Condition: regular expression over the normalised statement."},
    {"match_pattern", "VARCHAR", &QueryRuleRow::match_pattern, kAny, Required::no,
     "Condition: regular expression over the statement as it came."},
    {"negate_match_pattern", "INT", &QueryRuleRow::negate_match_pattern, kAny, Required::no,
     "1 = the regular expressions must not match."},
    {"re_modifiers", "VARCHAR", &QueryRuleRow::re_modifiers, kAny, Required::no,
     "CASELESS, GLOBAL, or both with a comma."},
    {"flagOUT", "INT", &QueryRuleRow::flag_out, kNotNegative, Required::no,
     "Effect: number of the chain for the rules that follow."},
    {"replace_pattern", "VARCHAR", &QueryRuleRow::replace_pattern, kAny, Required::no,
     "Effect: rewrites what match_pattern found."},
    {"destination_hostgroup", "INT", &QueryRuleRow::destination_hostgroup, kUncheckedHostgroup, Required::no,
     "Effect: the hostgroup."},
    {"cache_ttl",
     "INT",
     &QueryRuleRow::cache_ttl,
     {.min = 1, .check = "cache_ttl>0"},
     Required::no,
     "Effect: milliseconds for which the result is cached."},
    {"cache_empty_result", "INT", &QueryRuleRow::cache_empty_result, kZeroOrOne, Required::no,
     "Effect: 0 = an empty result is not cached."},
    {"cache_timeout", "INT", &QueryRuleRow::cache_timeout, kNotNegative, Required::no,
     "Kept, and of no effect.", "", "0"},
    {"reconnect", "INT", &QueryRuleRow::reconnect, kZeroOrOne, Required::no, "Kept, and of no effect.", "",
     "0"},
    {"timeout", "INT UNSIGNED", &QueryRuleRow::timeout, kNotNegative, Required::no,
     "Effect: milliseconds after which the statement is killed. 0: mysql-default_query_timeout."},
    {"retries",
     "INT",
     &QueryRuleRow::retries,
     {.min = 0, .max = 1000},
     Required::no,
     "Effect: how often it is sent again after a lost connection."},
    {"delay", "INT UNSIGNED", &QueryRuleRow::delay, kNotNegative, Required::no,
     "Effect: milliseconds for which it is held before it is sent."},
    {"next_query_flagIN", "INT UNSIGNED", &QueryRuleRow::next_query_flag_in, kUncheckedNotNegative,
     Required::no,
     "Effect: number of the chain with which the session's statements begin from the next one on."},
    {"mirror_flagOUT", "INT UNSIGNED", &QueryRuleRow::mirror_flag_out, kUncheckedNotNegative, Required::no,
     "Effect: a copy is sent, evaluated from this chain."},
    {"mirror_hostgroup", "INT UNSIGNED", &QueryRuleRow::mirror_hostgroup, kUncheckedHostgroup, Required::no,
     "Effect: a copy is sent to this hostgroup."},
    {"error_msg", "VARCHAR", &QueryRuleRow::error_msg, kAny, Required::no,
     "Effect: not sent; the client gets error 1148 with this text."},
    {"OK_msg", "VARCHAR", &QueryRuleRow::ok_msg, kAny, Required::no,
     "Effect: not sent; the client gets OK with this text."},
    {"sticky_conn", "INT", &QueryRuleRow::sticky_conn, kZeroOrOne, Required::no, "Kept, and of no effect.",
     "", "0"},
    {"multiplex",
     "INT",
     &QueryRuleRow::multiplex,
     {.min = 0, .max = 2},
     Required::no,
     "Effect: 0 = the session keeps its connection, 1 = it shares again, 2 = this statement does not change "
     "that."},
    {"gtid_from_hostgroup", "INT UNSIGNED", &QueryRuleRow::gtid_from_hostgroup, kUncheckedHostgroup,
     Required::no, "Effect: only servers that have the session's last write in that hostgroup.", "", ""},
    {"log", "INT", &QueryRuleRow::log, kZeroOrOne, Required::no,
     "Effect: 1 = in the query log, 0 = not; NULL = as mysql-eventslog_default_log says."},
    {"apply", "INT", &QueryRuleRow::apply, kAny, Required::no, "1 = the last rule tried."},
    {"attributes", "VARCHAR", &QueryRuleRow::attributes, kJson, Required::no,
     "JSON object; keys flagOUTs (weighted choice of flagOUT), dry_run, max_in_flight, max_in_flight_per."},
    {"comment", "VARCHAR", &QueryRuleRow::comment, kAny, Required::no, kCommentDoc},
}};

bool replaces_what_matched(const QueryRuleRow& row) {
  return !row.replace_pattern || row.match_pattern;
}
constexpr std::array kQueryRulesChecks{
    RowCheck<QueryRuleRow>{"replace_pattern", "replace_pattern IS NULL OR match_pattern IS NOT NULL",
                           replaces_what_matched, "needs match_pattern"}};

constexpr std::array kFastRoutingKey{"username"sv, "schemaname"sv, "flagIN"sv};
constexpr std::array kFastRoutingKeys{Key{"PRIMARY KEY", kFastRoutingKey}};
constexpr std::array<Column<FastRoutingRow>, 5> kFastRoutingColumns{{
    {"username", "VARCHAR", &FastRoutingRow::username, kAny, Required::always,
     "The session's user, exactly; empty = any."},
    {"schemaname", "VARCHAR", &FastRoutingRow::schemaname, kAny, Required::always,
     "The current schema, exactly."},
    {"flagIN", "INT", &FastRoutingRow::flag_in, kAny, Required::no,
     "Number of the chain that the rules have left."},
    {"destination_hostgroup", "INT", &FastRoutingRow::destination_hostgroup, kHostgroup, Required::always,
     "The hostgroup."},
    {"comment", "VARCHAR", &FastRoutingRow::comment, kAny, Required::in_sql, kCommentDoc},
}};

}  // namespace

constinit const TableSpec<QueryRuleRow> kQueryRulesTable{
    "mysql_query_rules", "Rules that route, refuse or answer statements; tried in order of rule_id.",
    kQueryRulesColumns, kQueryRulesKeys, kQueryRulesChecks};

constinit const TableSpec<FastRoutingRow> kFastRoutingTable{
    "mysql_query_rules_fast_routing",
    "Hostgroup by user and schema; looked up unless the last rule that matched has apply=1.",
    kFastRoutingColumns, kFastRoutingKeys};

WEIR_TABLE_ROWS(QueryRuleRow);
WEIR_TABLE_ROWS(FastRoutingRow);

}  // namespace weir
