// The widest table has a file of its own.
#include <array>

#include "router/config/tables.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;

constexpr Allowed kHostgroup{.min = 0, .max = std::numeric_limits<std::int32_t>::max()};
constexpr Allowed kPort{.min = 0, .max = 65535};
constexpr Allowed kNotNegative{.min = 0};
constexpr Allowed kZeroOrOne{.min = 0, .max = 1};
constexpr Allowed kJson{.json = true};
constexpr std::string_view kCommentDoc = "Free text for the operator; never interpreted.";

constexpr std::array kRuleKey{"rule_id"sv};
constexpr std::array kQueryRulesKeys{Key{"", kRuleKey}};
constexpr std::array<Column<QueryRuleRow>, 35> kQueryRulesColumns{{
    {"rule_id",
     "INTEGER PRIMARY KEY AUTOINCREMENT",
     &QueryRuleRow::rule_id,
     {},
     Required::always,
     "Rules are tried in ascending order of it."},
    {"active",
     "INT",
     &QueryRuleRow::active,
     {},
     Required::no,
     "Only rules with 1 take part. The default is 0 in SQL and 1 in configuration files."},
    {"username",
     "VARCHAR",
     &QueryRuleRow::username,
     {},
     Required::no,
     "Condition: the session's user, exactly. NULL = any, here and below."},
    {"schemaname",
     "VARCHAR",
     &QueryRuleRow::schemaname,
     {},
     Required::no,
     "Condition: the current schema, exactly."},
    {"flagIN", "INT", &QueryRuleRow::flag_in, kNotNegative, Required::no,
     "Condition: number of the chain; evaluation begins with 0."},
    {"client_addr",
     "VARCHAR",
     &QueryRuleRow::client_addr,
     {},
     Required::no,
     "Condition: the client's address; may end in % as a wildcard."},
    {"proxy_addr",
     "VARCHAR",
     &QueryRuleRow::proxy_addr,
     {},
     Required::no,
     "Condition: the local address that the client connected to."},
    {"proxy_port", "INT", &QueryRuleRow::proxy_port, kPort, Required::no,
     "Condition: the local port that the client connected to."},
    {"digest",
     "VARCHAR",
     &QueryRuleRow::digest,
     {},
     Required::no,
     "Condition: digest of the statement, 0x and 16 hexadecimal digits."},
    {"match_digest",
     "VARCHAR",
     &QueryRuleRow::match_digest,
     {},
     Required::no,
     "Condition: regular expression over the normalised statement."},
    {"match_pattern",
     "VARCHAR",
     &QueryRuleRow::match_pattern,
     {},
     Required::no,
     "Condition: regular expression over the statement as it came."},
    {"negate_match_pattern",
     "INT",
     &QueryRuleRow::negate_match_pattern,
     {},
     Required::no,
     "1 = the regular expressions must not match."},
    {"re_modifiers",
     "VARCHAR",
     &QueryRuleRow::re_modifiers,
     {},
     Required::no,
     "CASELESS, GLOBAL, or both with a comma."},
    {"flagOUT", "INT", &QueryRuleRow::flag_out, kNotNegative, Required::no,
     "Effect: number of the chain for the rules that follow."},
    {"replace_pattern",
     "VARCHAR",
     &QueryRuleRow::replace_pattern,
     {},
     Required::no,
     "Effect: rewrites what match_pattern found. No effect in this version."},
    {"destination_hostgroup", "INT", &QueryRuleRow::destination_hostgroup, kHostgroup, Required::no,
     "Effect: the hostgroup."},
    {"cache_ttl",
     "INT",
     &QueryRuleRow::cache_ttl,
     {.min = 1},
     Required::no,
     "Effect: milliseconds for which the result is cached. No effect in this version."},
    {"cache_empty_result", "INT", &QueryRuleRow::cache_empty_result, kZeroOrOne, Required::no,
     "Effect: 0 = an empty result is not cached. No effect in this version."},
    {"cache_timeout", "INT", &QueryRuleRow::cache_timeout, kNotNegative, Required::no,
     "Kept, and of no effect."},
    {"reconnect", "INT", &QueryRuleRow::reconnect, kZeroOrOne, Required::no, "Kept, and of no effect."},
    {"timeout", "INT UNSIGNED", &QueryRuleRow::timeout, kNotNegative, Required::no,
     "Effect: milliseconds after which the statement is killed."},
    {"retries",
     "INT",
     &QueryRuleRow::retries,
     {.min = 0, .max = 1000},
     Required::no,
     "Effect: how often it is sent again after a lost connection. No effect in this version."},
    {"delay", "INT UNSIGNED", &QueryRuleRow::delay, kNotNegative, Required::no,
     "Effect: milliseconds for which it is held before it is sent. No effect in this version."},
    {"next_query_flagIN", "INT UNSIGNED", &QueryRuleRow::next_query_flag_in, kNotNegative, Required::no,
     "Effect: number of the chain with which the session's next statement begins."},
    {"mirror_flagOUT", "INT UNSIGNED", &QueryRuleRow::mirror_flag_out, kNotNegative, Required::no,
     "Effect: a copy is sent, evaluated from this chain. No effect in this version."},
    {"mirror_hostgroup", "INT UNSIGNED", &QueryRuleRow::mirror_hostgroup, kHostgroup, Required::no,
     "Effect: a copy is sent to this hostgroup. No effect in this version."},
    {"error_msg",
     "VARCHAR",
     &QueryRuleRow::error_msg,
     {},
     Required::no,
     "Effect: not sent; the client gets error 1148 with this text."},
    {"OK_msg",
     "VARCHAR",
     &QueryRuleRow::ok_msg,
     {},
     Required::no,
     "Effect: not sent; the client gets OK with this text."},
    {"sticky_conn", "INT", &QueryRuleRow::sticky_conn, kZeroOrOne, Required::no, "Kept, and of no effect."},
    {"multiplex",
     "INT",
     &QueryRuleRow::multiplex,
     {.min = 0, .max = 2},
     Required::no,
     "Effect: 0 = the session keeps its connection, 1 = it shares again, 2 = this statement does not change "
     "that."},
    {"gtid_from_hostgroup", "INT UNSIGNED", &QueryRuleRow::gtid_from_hostgroup, kHostgroup, Required::no,
     "Effect: only servers that have the session's last write in that hostgroup. No effect in this version."},
    {"log", "INT", &QueryRuleRow::log, kZeroOrOne, Required::no, "Effect: 1 = in the query log, 0 = not."},
    {"apply", "INT", &QueryRuleRow::apply, {}, Required::no, "1 = the last rule tried."},
    {"attributes", "VARCHAR", &QueryRuleRow::attributes, kJson, Required::no,
     "JSON; flagOUTs: weighted choice of flagOUT. No effect in this version."},
    {"comment", "VARCHAR", &QueryRuleRow::comment, {}, Required::no, kCommentDoc},
}};

bool replaces_what_matched(const QueryRuleRow& row) {
  return !row.replace_pattern || row.match_pattern;
}
constexpr std::array kQueryRulesChecks{
    RowCheck<QueryRuleRow>{"replace_pattern", "replace_pattern IS NULL OR match_pattern IS NOT NULL",
                           replaces_what_matched, "needs match_pattern"}};

}  // namespace

constinit const TableSpec<QueryRuleRow> kQueryRulesTable{
    "mysql_query_rules", "Rules that route, refuse or answer statements; tried in order of rule_id.",
    kQueryRulesColumns, kQueryRulesKeys, kQueryRulesChecks};

}  // namespace weir
