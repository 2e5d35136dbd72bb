// A session as the process list shows it: a copy, for other threads to read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/time.hpp"
#include "protocol/message/command.hpp"
#include "router/session/pinning.hpp"

namespace weir {

struct ProcessRow {
  std::size_t worker = 0;
  std::uint32_t session_id = 0;
  std::string user;         // empty before the login
  std::string schema;       // empty: none
  std::string client_host;  // numeric; "localhost" over a Unix socket
  std::uint16_t client_port = 0;
  int hostgroup = -1;      // of the statement under way, else where the session's statements go by default
  std::string local_host;  // our end of the connection to the server; empty, as the next, without one
  std::uint16_t local_port = 0;
  std::string server_host;  // or a Unix socket's path, with port 0
  std::uint16_t server_port = 0;
  std::string_view command;  // as SHOW PROCESSLIST of a server names it: "Sleep", "Query", "Connect"
  std::string_view stage;    // Session::Stage, as text
  Millis time_ms = 0;        // in this command, or idle since the last
  std::string text;          // of the statement under way; of a very long one the beginning
  Pins pins;                 // why the session keeps its connection
  std::string
      pin_causes;  // the same, each with the beginning of its statement: "named_lock: DO GET_LOCK(?,?)"
};

// "Query", "Execute", ...: what a server's process list calls a session that executes this.
std::string_view process_command(Command command);

// The pins as the bits of stats_mysql_processlist.status_flags. Pins without a bit there show in the pins
// only.
std::uint32_t status_flags(Pins pins);

}  // namespace weir
