// What the query log wants to know of the statement under way beyond what the request knows. Kept only while
// one is to be logged; the memory of the texts stays.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

struct LoggedStatement {
  bool wanted = false;
  std::uint16_t error_code = 0;
  std::uint32_t statement_id = 0;  // what the client calls the statement that has been prepared
  std::uint64_t rows_sent = 0;     // from the query cache
  std::string server;              // that it was sent to last
  std::string error;

  void begin() {
    wanted = true;
    error_code = 0;
    statement_id = 0;
    rows_sent = 0;
    server.clear();
    error.clear();
  }
  // The client has been told, or will be.
  void note_error(std::uint16_t code, std::string_view message) {
    if (!wanted) return;
    error_code = code;
    error = message;
  }
};

}  // namespace weir
