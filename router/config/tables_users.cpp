// The accounts, and what the firewall allows them.
#include <array>

#include "router/config/table_bounds.hpp"
#include "router/config/table_spec_rows.hpp"
#include "router/config/tables.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;
using namespace table_bounds;

constexpr std::array kUsersBackendKey{"username"sv, "backend"sv};
constexpr std::array kUsersFrontendKey{"username"sv, "frontend"sv};
constexpr std::array kUsersKeys{Key{"PRIMARY KEY", kUsersBackendKey}, Key{"UNIQUE", kUsersFrontendKey}};
constexpr std::array kUserAttributes{
    "additional_password"sv,           "allowed_addresses"sv, "annotations"sv, "auto_rw_split"sv,
    "default-transaction_isolation"sv, "local_infile"sv,      "spiffe_id"sv};
constexpr std::array<Column<UserRow>, 14> kUsersColumns{{
    {"username", "VARCHAR", &UserRow::username, kAny, Required::always, "Login name, without a host part."},
    {"password", "VARCHAR", &UserRow::password, kAny, Required::no,
     "Clear text, *HEX (mysql_native_password) or $A$005$... (caching_sha2_password); empty = none."},
    {"active", "INT", &UserRow::active, kAny, Required::no,
     "0 = the row is kept, but nobody can log in with it."},
    {"use_ssl", "INT", &UserRow::use_ssl, kAny, Required::no, "1 = clients must use TLS, or a Unix socket."},
    {"default_hostgroup", "INT", &UserRow::default_hostgroup, kAnyHostgroup, Required::no,
     "Hostgroup used when no rule chooses one. Rows with a negative value are not loaded."},
    {"default_schema", "VARCHAR", &UserRow::default_schema, kAny, Required::no,
     "Schema of clients that name none; empty = mysql-default_schema."},
    {"schema_locked", "INT", &UserRow::schema_locked, kAny, Required::no, "Kept, and of no effect.", "", "0"},
    {"transaction_persistent", "INT", &UserRow::transaction_persistent, kAny, Required::no,
     "1 = all statements of a transaction go where it began."},
    {"fast_forward", "INT", &UserRow::fast_forward, kAny, Required::no,
     "1 = one connection of the default hostgroup from the first statement on, without rules, splitting, "
     "cache "
     "and mirrors."},
    {"backend", "INT", &UserRow::backend, kAny, Required::no, "1 = the password is for servers."},
    {"frontend", "INT", &UserRow::frontend, kAny, Required::no, "1 = the password is for clients."},
    {"max_connections",
     "INT",
     &UserRow::max_connections,
     {.min = 0, .check = "max_connections >=0"},
     Required::no,
     "Most client connections of this user at a time; error 1226 beyond."},
    {"attributes",
     "VARCHAR",
     &UserRow::attributes,
     {.words = kUserAttributes, .json = true, .secret = true},
     Required::no,
     "JSON object; additional_password: HEX() of a password, or of its hash, that is as good as the other; "
     "allowed_addresses: list of addresses and networks (10.0.0.0/8, 10.1.%, fd00::1; localhost "
     "= "
     "Unix sockets) from where the user may log in; auto_rw_split: true or false, instead of "
     "mysql-auto_rw_split; "
     "annotations: false = what the "
     "first comment of a statement asks for does not count; local_infile: false = servers may not ask "
     "clients for "
     "files (LOAD DATA LOCAL INFILE); spiffe_id: URI that the client's certificate must have, or ! and a "
     "regular expression for it. ProxySQL's default-transaction_isolation has no effect in this version."},
    {"comment", "VARCHAR", &UserRow::comment, kAny, Required::no, kCommentDoc},
}};

constexpr std::array kModes{"OFF"sv, "DETECTING"sv, "PROTECTING"sv};
constexpr std::array kFirewallUsersKey{"username"sv, "client_address"sv};
constexpr std::array kFirewallUsersKeys{Key{"PRIMARY KEY", kFirewallUsersKey}};
constexpr std::array<Column<FirewallUserRow>, 5> kFirewallUsersColumns{{
    {"active", "INT", &FirewallUserRow::active, kAny, Required::no, kActiveDoc},
    {"username", "VARCHAR", &FirewallUserRow::username, kAny, Required::always, "The user."},
    {"client_address", "VARCHAR", &FirewallUserRow::client_address, kAny, Required::in_sql,
     "Address of the client; empty = any."},
    {"mode",
     "VARCHAR",
     &FirewallUserRow::mode,
     {.words = kModes, .check = "mode IN ('OFF','DETECTING','PROTECTING')"},
     Required::no,
     "OFF: not checked; DETECTING: what is not allowed is logged; PROTECTING: it is refused."},
    {"comment", "VARCHAR", &FirewallUserRow::comment, kAny, Required::in_sql, kCommentDoc},
}};

constexpr std::array kFirewallRulesKey{"username"sv, "client_address"sv, "schemaname"sv, "flagIN"sv,
                                       "digest"sv};
constexpr std::array kFirewallRulesKeys{Key{"PRIMARY KEY", kFirewallRulesKey}};
constexpr std::array<Column<FirewallRuleRow>, 7> kFirewallRulesColumns{{
    {"active", "INT", &FirewallRuleRow::active, kAny, Required::no, kActiveDoc},
    {"username", "VARCHAR", &FirewallRuleRow::username, kAny, Required::always, "The user."},
    {"client_address", "VARCHAR", &FirewallRuleRow::client_address, kAny, Required::in_sql,
     "Address of the client; empty = any."},
    {"schemaname", "VARCHAR", &FirewallRuleRow::schemaname, kAny, Required::always, "The schema."},
    {"flagIN", "INT", &FirewallRuleRow::flag_in, kAny, Required::no, "Number of the chain."},
    {"digest", "VARCHAR", &FirewallRuleRow::digest, kAny, Required::always, "Digest that is allowed."},
    {"comment", "VARCHAR", &FirewallRuleRow::comment, kAny, Required::in_sql, kCommentDoc},
}};

constexpr std::array kFingerprintsKey{"fingerprint"sv};
constexpr std::array kFingerprintsKeys{Key{"PRIMARY KEY", kFingerprintsKey}};
constexpr std::array<Column<FirewallFingerprintRow>, 2> kFingerprintsColumns{{
    {"active", "INT", &FirewallFingerprintRow::active, kAny, Required::no, kActiveDoc},
    {"fingerprint", "VARCHAR", &FirewallFingerprintRow::fingerprint, kAny, Required::always,
     "Pattern of an injection that is tolerated."},
}};

constexpr std::string_view kNoFirewall = "this version has no firewall: nothing is checked against them";

}  // namespace

constinit const TableSpec<UserRow> kUsersTable{
    "mysql_users", "Accounts: what clients log in with, and what servers are logged in to with.",
    kUsersColumns, kUsersKeys};
constinit const TableSpec<FirewallUserRow> kFirewallUsersTable{"mysql_firewall_whitelist_users",
                                                               "Users whose statements the firewall checks.",
                                                               kFirewallUsersColumns,
                                                               kFirewallUsersKeys,
                                                               {},
                                                               kNoFirewall};
constinit const TableSpec<FirewallRuleRow> kFirewallRulesTable{"mysql_firewall_whitelist_rules",
                                                               "Digests that the firewall allows.",
                                                               kFirewallRulesColumns,
                                                               kFirewallRulesKeys,
                                                               {},
                                                               kNoFirewall};
constinit const TableSpec<FirewallFingerprintRow> kFirewallFingerprintsTable{
    "mysql_firewall_whitelist_sqli_fingerprints",
    "What looks like an injection and is none.",
    kFingerprintsColumns,
    kFingerprintsKeys,
    {},
    kNoFirewall};

WEIR_TABLE_ROWS(UserRow);
WEIR_TABLE_ROWS(FirewallUserRow);
WEIR_TABLE_ROWS(FirewallRuleRow);
WEIR_TABLE_ROWS(FirewallFingerprintRow);

}  // namespace weir
