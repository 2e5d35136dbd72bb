// The servers, and how TLS towards each is set up.
#include <array>

#include "router/backend/status_word.hpp"
#include "router/config/table_bounds.hpp"
#include "router/config/table_spec_rows.hpp"
#include "router/config/tables.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;
using namespace table_bounds;

constexpr std::array kServersKey{"hostgroup_id"sv, "hostname"sv, "port"sv};
constexpr std::array kServersKeys{Key{"PRIMARY KEY", kServersKey}};
constexpr std::array<Column<ServerRow>, 12> kServersColumns{{
    {"hostgroup_id",
     "INT",
     &ServerRow::hostgroup_id,
     {.min = 0, .max = kMaxHostgroup, .check = "hostgroup_id>=0"},
     Required::in_files,
     "Hostgroup this entry belongs to; a host may be in several, with limits of its own in each.",
     "hostgroup"},
    {"hostname", "VARCHAR", &ServerRow::hostname, kAny, Required::always,
     "Host name, IPv4 or IPv6 address; with port 0 the path of a Unix socket.", "address"},
    {"port", "INT", &ServerRow::port, kPort, Required::no,
     "TCP port; 0 means that hostname is the path of a Unix socket."},
    {"gtid_port",
     "INT",
     &ServerRow::gtid_port,
     {.min = 0,
      .max = 65535,
      .check = "(gtid_port <> port OR gtid_port=0) AND gtid_port >= 0 AND gtid_port <= 65535"},
     Required::no,
     "Port of a GTID stream beside the server; 0 = none.",
     "",
     "0"},
    {"status",
     "VARCHAR",
     &ServerRow::status,
     {.words = kStatusWords, .check = "UPPER(status) IN ('ONLINE','SHUNNED','OFFLINE_SOFT', 'OFFLINE_HARD')"},
     Required::no,
     "ONLINE; SHUNNED: no new work until changed; OFFLINE_SOFT: transactions in progress may finish; "
     "OFFLINE_HARD: out at once."},
    {"weight",
     "INT",
     &ServerRow::weight,
     {.min = 0, .max = 10000000, .check = "weight >= 0 AND weight <=10000000"},
     Required::no,
     "Share of the hostgroup's work; 0 = never chosen."},
    {"compression",
     "INT",
     &ServerRow::compression,
     {.check = "compression IN(0,1)"},
     Required::no,
     "1 = compressed protocol towards the server, by zlib or what compression_algorithm in "
     "hostgroup_settings says; a server that does not offer it is spoken to without."},
    {"max_connections", "INT", &ServerRow::max_connections, kNotNegative, Required::no,
     "Most connections to this entry, over all threads; 0 stops its work."},
    {"max_replication_lag",
     "INT",
     &ServerRow::max_replication_lag,
     {.min = 0, .max = 126144000},
     Required::no,
     "Seconds of replication lag beyond which it gets no work; 0 = any."},
    {"use_ssl",
     "INT",
     &ServerRow::use_ssl,
     {.check = "use_ssl IN(0,1)"},
     Required::no,
     "1 = TLS towards the server, and nothing without it: see mysql-ssl_p2s_ca."},
    {"max_latency_ms", "INT UNSIGNED", &ServerRow::max_latency_ms, kNotNegative, Required::no,
     "A server with slower pings is not chosen, while at least half of its hostgroup is; 0 = "
     "mysql-default_max_latency_ms."},
    {"comment", "VARCHAR", &ServerRow::comment, kAny, Required::no, kCommentDoc},
}};

bool gtid_port_is_another(const ServerRow& row) {
  return row.gtid_port == 0 || row.gtid_port != row.port;
}
constexpr std::array kServersChecks{
    RowCheck<ServerRow>{"gtid_port", "", gtid_port_is_another, "must differ from port, or be 0"}};

constexpr std::array kSslParamsKey{"hostname"sv, "port"sv, "username"sv};
constexpr std::array kSslParamsKeys{Key{"PRIMARY KEY", kSslParamsKey}};
constexpr std::array<Column<ServerSslParamsRow>, 12> kSslParamsColumns{{
    {"hostname", "VARCHAR", &ServerSslParamsRow::hostname, kAny, Required::always,
     "Host of the server, as in mysql_servers."},
    {"port", "INT", &ServerSslParamsRow::port, kPort, Required::no, "Its port."},
    {"username", "VARCHAR", &ServerSslParamsRow::username, kAny, Required::no,
     "User the row applies to; empty = all."},
    {"ssl_ca", "VARCHAR", &ServerSslParamsRow::ssl_ca, kAny, Required::no, "File of authorities."},
    {"ssl_cert", "VARCHAR", &ServerSslParamsRow::ssl_cert, kAny, Required::no, "File of our certificate."},
    {"ssl_key", "VARCHAR", &ServerSslParamsRow::ssl_key, kAny, Required::no, "File of its key."},
    {"ssl_capath", "VARCHAR", &ServerSslParamsRow::ssl_capath, kAny, Required::no,
     "Directory of authorities."},
    {"ssl_crl", "VARCHAR", &ServerSslParamsRow::ssl_crl, kAny, Required::no, "File of revoked certificates."},
    {"ssl_crlpath", "VARCHAR", &ServerSslParamsRow::ssl_crlpath, kAny, Required::no,
     "Directory of revoked certificates."},
    {"ssl_cipher", "VARCHAR", &ServerSslParamsRow::ssl_cipher, kAny, Required::no,
     "Ciphers, as OpenSSL names them."},
    {"tls_version", "VARCHAR", &ServerSslParamsRow::tls_version, kAny, Required::no,
     "TLSv1.2 or TLSv1.3, separated by commas; empty = both. (ProxySQL: without effect)."},
    {"comment", "VARCHAR", &ServerSslParamsRow::comment, kAny, Required::no, kCommentDoc},
}};

}  // namespace

constinit const TableSpec<ServerRow> kServersTable{"mysql_servers",
                                                   "Backends, and the hostgroup each belongs to.",
                                                   kServersColumns, kServersKeys, kServersChecks};
constinit const TableSpec<ServerSslParamsRow> kServersSslParamsTable{
    "mysql_servers_ssl_params", "Settings of TLS that one server has different from mysql-ssl_p2s_*.",
    kSslParamsColumns, kSslParamsKeys};

WEIR_TABLE_ROWS(ServerRow);
WEIR_TABLE_ROWS(ServerSslParamsRow);

}  // namespace weir
