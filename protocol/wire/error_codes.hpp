// Every error that we ourselves answer with: one row each in error_codes.cpp. What a server says is not here:
// it is forwarded as it came.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weir {

// The comment names the arguments of the message, in order.
enum class ProxyError : std::uint8_t {
  too_many_connections,
  too_many_of_address,         // client host, limit
  too_many_failed_logins,      // client host, user
  too_many_failed_of_address,  // client host
  access_denied,               // user, client host, "YES" or "NO": a password was given
  unknown_database,            // schema
  handshake_failed,
  auth_method_unsupported,
  unknown_command,
  unknown_charset,  // name or id
  packet_too_large,
  packets_out_of_order,
  malformed_packet,
  uncompress_failed,
  out_of_resources,
  user_max_connections,  // user, resource name, limit
  too_many_statements,   // limit
  statements_too_large,  // limit in MB
  unknown_statement,     // statement id, command name
  no_open_cursor,        // statement id
  query_interrupted,
  connection_killed,
  query_timeout,  // limit in ms
  shutting_down,
  idle_timeout,
  read_only_transaction,
  rule_refused,  // the rule's text
  local_infile_disabled,
  unsupported,                  // what
  backend_lost,                 // why, server, hostgroup
  backend_lost_in_transaction,  // why, server, hostgroup
  no_backend_in_time,           // hostgroup, ms, why
  no_backend_usable,            // hostgroup, why
  no_backend_reached,           // hostgroup, number of attempts, why
  unknown_thread_id,            // connection id
  not_owner_of_thread,          // connection id
  hostgroup_empty,              // hostgroup
  too_many_in_flight,           // limit, rule id, ms
  explain_route_usage,          // what is wrong
};

// Numbers of MySQL's client library for what went wrong with a server: causes, in statistics, logs and texts.
// No row of ours has such a code, for MariaDB's client library takes one that arrives in an ERR for a
// malformed packet. What a server says with one is forwarded all the same.
inline constexpr std::uint16_t kCannotConnect = 2003;
inline constexpr std::uint16_t kServerLost = 2013;
inline constexpr std::uint16_t kTransportUnsupported = 2026;
inline constexpr std::uint16_t kServerMalformed = 2027;
constexpr bool is_client_code(std::uint16_t code) {
  return code >= 2000 && code <= 2999;
}

inline constexpr std::size_t kProxyErrors = static_cast<std::size_t>(ProxyError::explain_route_usage) + 1;

enum class AfterError : std::uint8_t {
  session_continues,
  session_ends,
};

struct ErrorSpec {
  ProxyError error;
  std::uint16_t code;
  std::string_view sqlstate;  // five characters
  AfterError after;
  int arguments;          // how many the text takes
  std::string_view text;  // of the message, in fmt's format
};

const ErrorSpec& error_spec(ProxyError error);
std::span<const ErrorSpec> all_errors();

// The message for the client. Arguments that do not fit the text show the bare text: an error about an error
// helps nobody.
std::string format_error(ProxyError error, fmt::format_args arguments);
template <class... Arguments>
std::string error_text(ProxyError error, const Arguments&... arguments) {
  return format_error(error, fmt::make_format_args(arguments...));
}

}  // namespace weir
