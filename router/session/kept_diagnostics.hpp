// The warnings and errors of a session's last statement, kept when it gave away the connection that had them:
// the server's replies to SHOW WARNINGS and the two SHOW COUNT(*), and the answers that can be made of them.
//
// Pure; cold: it allocates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/wire/capabilities.hpp"
#include "router/query/function.hpp"
#include "router/query/lexer.hpp"

namespace weir {

class KeptDiagnostics {
 public:
  explicit KeptDiagnostics(ServerFamily family) : family_(family) {}

  // Of the server that had them. After a SELECT of @@warning_count MySQL has nothing more to show.
  ServerFamily family() const { return family_; }

  // To be asked in this order.
  static constexpr std::string_view kQuestions[] = {"SHOW COUNT(*) WARNINGS", "SHOW COUNT(*) ERRORS",
                                                    "SHOW WARNINGS"};
  static constexpr std::size_t kCount = std::size(kQuestions);

  // The whole reply, as it came by a connection with `caps`; false if it is not one result set.
  bool keep(std::size_t question, Bytes reply, Caps caps);

  // Appends the reply to `sql`, framed from `sequence` on, if it is SHOW WARNINGS or SHOW ERRORS (with a
  // LIMIT or without), SHOW COUNT(*) of them, or a SELECT of nothing but @@warning_count and @@error_count.
  // False: it is not.
  bool answer(std::string_view sql, LexMode mode, std::uint8_t sequence, ByteQueue& out) const;

 private:
  // A result set, as payloads.
  struct Reply {
    std::vector<std::string> columns;  // the definitions
    std::string after_columns;         // the EOF behind them; empty if there is none
    std::vector<std::string> rows;
    std::string end;
  };
  struct Shown {
    bool errors_only = false;
    std::uint64_t skip = 0;
    std::uint64_t most = ~std::uint64_t{0};
  };

  bool answer_show(Lexer& lexer, std::uint8_t sequence, ByteQueue& out) const;
  bool answer_count(Lexer& lexer, std::uint8_t sequence, ByteQueue& out) const;
  bool answer_select(Lexer& lexer, std::uint8_t sequence, ByteQueue& out) const;
  Reply shown(const Shown& wanted) const;
  static void write_reply(const Reply& reply, std::uint8_t sequence, ByteQueue& out);

  ServerFamily family_;
  Reply replies_[kCount];
};

}  // namespace weir
