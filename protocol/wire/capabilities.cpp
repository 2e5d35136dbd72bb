#include "protocol/wire/capabilities.hpp"

#include <array>
#include <string_view>

namespace weir {
namespace {

// By bit. MySQL's names without CLIENT_, MariaDB's with their prefix.
constexpr std::array<std::string_view, 38> kNames{
    "LONG_PASSWORD",
    "FOUND_ROWS",
    "LONG_FLAG",
    "CONNECT_WITH_DB",
    "NO_SCHEMA",
    "COMPRESS",
    "ODBC",
    "LOCAL_FILES",
    "IGNORE_SPACE",
    "PROTOCOL_41",
    "INTERACTIVE",
    "SSL",
    "IGNORE_SIGPIPE",
    "TRANSACTIONS",
    "RESERVED",
    "SECURE_CONNECTION",
    "MULTI_STATEMENTS",
    "MULTI_RESULTS",
    "PS_MULTI_RESULTS",
    "PLUGIN_AUTH",
    "CONNECT_ATTRS",
    "PLUGIN_AUTH_LENENC_CLIENT_DATA",
    "CAN_HANDLE_EXPIRED_PASSWORDS",
    "SESSION_TRACK",
    "DEPRECATE_EOF",
    "OPTIONAL_RESULTSET_METADATA",
    "ZSTD_COMPRESSION_ALGORITHM",
    "QUERY_ATTRIBUTES",
    "MULTI_FACTOR_AUTHENTICATION",
    "CAPABILITY_EXTENSION",
    "SSL_VERIFY_SERVER_CERT",
    "REMEMBER_OPTIONS",
    "MARIADB_PROGRESS",
    "MARIADB_COM_MULTI",
    "MARIADB_STMT_BULK_OPERATIONS",
    "MARIADB_EXTENDED_METADATA",
    "MARIADB_CACHE_METADATA",
    "MARIADB_BULK_UNIT_RESULTS",
};

}  // namespace

std::string caps_to_text(Caps caps) {
  std::string text;
  for (std::size_t bit = 0; bit < 64; ++bit) {
    if ((caps >> bit & 1) == 0) continue;
    if (!text.empty()) text += '|';
    text += bit < kNames.size() ? std::string(kNames[bit]) : "bit" + std::to_string(bit);
  }
  return text;
}

}  // namespace weir
