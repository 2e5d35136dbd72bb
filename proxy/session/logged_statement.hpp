// What the query log wants to know of the statement under way beyond what the request knows. Kept only while
// one is to be logged; the memory of the texts stays, once there is any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

struct LoggedStatement {
  bool wanted = false;
  std::uint16_t error_code = 0;
  std::uint32_t statement_id = 0;  // what the client calls the statement that has been prepared
  std::uint64_t rows_sent = 0;     // from the query cache

  struct Texts {
    std::string server;  // that it was sent to last
    std::string error;
  };
  std::unique_ptr<Texts> texts;  // while wanted

  void begin() {
    wanted = true;
    error_code = 0;
    statement_id = 0;
    rows_sent = 0;
    if (!texts) texts = std::make_unique<Texts>();
    texts->server.clear();
    texts->error.clear();
  }
  // The client has been told, or will be.
  void note_error(std::uint16_t code, std::string_view message) {
    if (!wanted) return;
    error_code = code;
    texts->error = message;
  }
};

}  // namespace weir
