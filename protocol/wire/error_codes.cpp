#include "protocol/wire/error_codes.hpp"

#include <fmt/format.h>

#include <iterator>

namespace weir {
namespace {

using enum ProxyError;
constexpr AfterError kContinues = AfterError::session_continues;
constexpr AfterError kEnds = AfterError::session_ends;

// Codes, states and texts are the servers' own where they have one, and ProxySQL's from 9001 on, since
// applications look for them. 1927 is what MaxScale says of a lost server, and "Lost connection" what
// applications look for in the text.
constexpr ErrorSpec kErrors[] = {
    {too_many_connections, 1040, "08004", kEnds, 0, "Too many connections"},
    {too_many_of_address, 1040, "08004", kEnds, 2, "Too many connections from '{}' ({} at most)"},
    {too_many_failed_logins, 1129, "HY000", kEnds, 2,
     "Host '{}' is blocked for the moment because of many failed logins as '{}'"},
    {too_many_failed_of_address, 1129, "HY000", kEnds, 1,
     "Host '{}' is blocked for the moment because of many failed logins"},
    {access_denied, 1045, "28000", kEnds, 3, "Access denied for user '{}'@'{}' (using password: {})"},
    {unknown_database, 1049, "42000", kContinues, 1, "Unknown database '{}'"},
    {handshake_failed, 1043, "08S01", kEnds, 0, "Bad handshake"},
    {auth_method_unsupported, 1251, "08004", kEnds, 0,
     "Client does not support authentication protocol requested by server; consider upgrading MySQL client"},
    {unknown_command, 1047, "08S01", kContinues, 0, "Unknown command"},
    {unknown_charset, 1115, "42000", kContinues, 1, "Unknown character set: '{}'"},
    {packet_too_large, 1153, "08S01", kEnds, 0, "Got a packet bigger than 'max_allowed_packet' bytes"},
    {packets_out_of_order, 1156, "08S01", kEnds, 0, "Got packets out of order"},
    {malformed_packet, 1835, "HY000", kEnds, 0, "Malformed communication packet."},
    {uncompress_failed, 1157, "08S01", kEnds, 0, "Couldn't uncompress communication packet"},
    {out_of_resources, 1041, "HY000", kContinues, 0, "Out of memory or other resources"},
    {user_max_connections, 1226, "42000", kEnds, 3,
     "User '{}' has exceeded the '{}' resource (current value: {})"},
    {too_many_statements, 1461, "42000", kContinues, 1,
     "Can't create more than max_prepared_stmt_count statements (current value: {})"},
    {statements_too_large, 1461, "42000", kContinues, 1,
     "Can't prepare the statement: with it, those of this session would take more than {} MB "
     "(mysql-session_memory_limit_mb)"},
    {unknown_statement, 1243, "HY000", kContinues, 2, "Unknown prepared statement handler ({}) given to {}"},
    {no_open_cursor, 1421, "HY000", kContinues, 1, "The statement ({}) has no open cursor"},
    {query_interrupted, 1317, "70100", kContinues, 0, "Query execution was interrupted"},
    {connection_killed, 1927, "70100", kEnds, 0, "Connection was killed"},
    {query_timeout, 1907, "70100", kContinues, 1,
     "Query execution was interrupted, query_timeout exceeded ({} ms)"},
    {shutting_down, 1053, "08S01", kEnds, 0, "Server shutdown in progress"},
    {idle_timeout, 4031, "HY000", kEnds, 0,
     "The client was disconnected by the server because of inactivity."},
    {read_only_transaction, 1792, "25006", kContinues, 0,
     "Cannot execute statement in a READ ONLY transaction."},
    {rule_refused, 1148, "42000", kContinues, 1, "{}"},
    {local_infile_disabled, 1148, "42000", kContinues, 0,
     "The used command is not allowed: LOAD DATA LOCAL INFILE is disabled"},
    {unsupported, 1235, "42000", kContinues, 1, "This version of Weir doesn't yet support '{}'"},
    {backend_lost, 1927, "08S01", kContinues, 3,
     "Lost connection to server during query ({}, server {}, hostgroup {})"},
    {backend_lost_in_transaction, 1927, "08S01", kEnds, 3,
     "Lost connection to server during query ({}, server {}, hostgroup {}): the open transaction and session "
     "state are gone"},
    {no_backend_in_time, 9001, "HY000", kContinues, 3,
     "Max connect timeout reached while reaching hostgroup {} after {}ms: {}"},
    {no_backend_usable, 9001, "HY000", kContinues, 2, "No server of hostgroup {} can serve: {}"},
    {no_backend_reached, 9001, "HY000", kContinues, 3,
     "Max connect failures while reaching hostgroup {}, {} in all: {}"},
    {unknown_thread_id, 1094, "HY000", kContinues, 1, "Unknown thread id: {}"},
    {not_owner_of_thread, 1095, "HY000", kContinues, 1, "You are not owner of thread {}"},
    {hostgroup_empty, 9001, "HY000", kContinues, 1, "No server is configured in hostgroup {}"},
    {too_many_in_flight, 9050, "HY000", kContinues, 3,
     "No place among the {} statements that query rule {} allows at one time in {}ms"},
    {explain_route_usage, 1064, "42000", kContinues, 1, "EXPLAIN ROUTE: {}"},
};

// The rows stand in the order of the enumeration, so that a look-up is an index.
constexpr bool in_order() {
  for (std::size_t row = 0; row < std::size(kErrors); ++row)
    if (static_cast<std::size_t>(kErrors[row].error) != row) return false;
  return std::size(kErrors) == kProxyErrors;
}
static_assert(in_order(), "kErrors has one row per ProxyError, in the same order");

}  // namespace

const ErrorSpec& error_spec(ProxyError error) {
  return kErrors[static_cast<std::size_t>(error)];
}

std::span<const ErrorSpec> all_errors() {
  return kErrors;
}

std::string format_error(ProxyError error, fmt::format_args arguments) {
  const std::string_view text = error_spec(error).text;
  try {
    return fmt::vformat(fmt::string_view(text.data(), text.size()), arguments);
  } catch (const fmt::format_error&) {
    return std::string(text);
  }
}

}  // namespace weir
