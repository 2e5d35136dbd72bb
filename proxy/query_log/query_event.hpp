// A statement that is over, as the query log tells of it, and the line of JSON that it becomes.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/message/command.hpp"

namespace weir {

// Views: until the line is made.
struct QueryEvent {
  Command command = Command::query;  // one that has a name, see event_name()
  std::uint32_t session_id = 0;
  std::string_view username;
  std::string_view schema;
  std::string_view client_addr;  // empty: a Unix socket
  std::uint16_t client_port = 0;
  int hostgroup = -1;             // -1: no server was asked
  std::string_view server;        // "host:port", or the path of a socket
  std::uint64_t ended_at_us = 0;  // since 1970
  std::uint64_t took_us = 0;
  std::uint64_t rows_affected = 0;
  std::uint64_t last_insert_id = 0;
  std::uint64_t rows_sent = 0;
  std::uint64_t digest = 0;
  std::uint32_t statement_id = 0;  // the client's, of a prepared statement
  std::string_view query;          // as the client sent it; at most `query_limit` bytes of it are told
  std::uint64_t query_bytes = 0;   // of the whole, if `query` is not all of it
  bool masked = false;             // `query` has ? where the client's text had values
  std::uint16_t error_code = 0;    // 0: it succeeded
  std::string_view error;
};

// "COM_STMT_EXECUTE"; empty for a command that is not logged.
std::string_view event_name(Command command);

// Appends `text` as a JSON string, with its quotes. Any bytes: those that are no UTF-8 become \u0080 to
// \u00ff.
void append_json_text(std::string& line, std::string_view text);

// `text`, or its first `limit` bytes without a broken character at their end.
std::string_view cut_text(std::string_view text, std::size_t limit);

// Makes lines. It remembers how seconds are written, so that the time zone is looked at once a second. Of one
// thread.
class EventLines {
 public:
  // Appends the object and a newline. Keys as in ProxySQL's JSON, those that would say nothing left out.
  void append(std::string& line, const QueryEvent& event, std::size_t query_limit);

 private:
  struct Second {
    std::int64_t since_1970 = -1;
    std::array<char, 20> text{};  // "2026-11-21 13:30:00"
  };
  void append_time(std::string& line, std::uint64_t us);

  std::array<Second, 2> seconds_;  // by the last bit
};

}  // namespace weir
