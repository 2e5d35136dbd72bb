// An idle connection as stats_mysql_free_connections shows it: a copy, for other threads to read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "protocol/base/time.hpp"

namespace weir {

struct FreeConnection {
  std::size_t worker = 0;
  int fd = -1;
  int hostgroup = 0;
  std::string hostname;  // or a Unix socket's path, with port 0
  std::uint16_t port = 0;
  std::string user;
  std::string schema;     // empty: none
  std::string time_zone;  // as it would be replayed; empty, as the next: the server's default
  std::string sql_mode;
  bool autocommit = true;
  Millis idle_ms = 0;
  Millis age_ms = 0;
  std::uint64_t thread_id = 0;  // the server's number for it, as its SHOW PROCESSLIST has it
  std::string server_version;
  std::size_t prepared_statements = 0;
};

}  // namespace weir
