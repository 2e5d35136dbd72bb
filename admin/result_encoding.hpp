// Rows of the admin port on the wire: as text, or in the binary form that prepared statements are answered
// in. Every column is VAR_STRING, as ProxySQL has it: clients convert.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "admin/reply.hpp"
#include "protocol/base/byte_queue.hpp"
#include "protocol/machine/reply_writer.hpp"
#include "protocol/wire/capabilities.hpp"

namespace weir {

enum class RowForm : std::uint8_t { text, binary };

// Definitions of such columns; `rows` tell how wide they are. Views into `names`.
std::vector<ReplyColumn> text_columns(const std::vector<std::string>& names,
                                      const std::vector<Row>& rows = {});

// One result set, in portions: a client that reads slowly costs the rows that it has not been sent, and no
// more.
class ResultEncoder {
 public:
  struct Answer {
    RowForm form = RowForm::text;
    Caps caps = 0;
    std::uint8_t sequence = 1;
    std::uint16_t status = 0;
    std::uint16_t warnings = 0;
  };

  ResultEncoder(Rows rows, const Answer& answer);

  // Appends packets until `out` holds at least `bytes`, or all is written (true). Not to be called after
  // that.
  bool write_some(ByteQueue& out, std::size_t bytes);
  // When all is written: the id of what follows.
  std::uint8_t next_sequence() const { return answer_.sequence; }

 private:
  Rows rows_;
  Answer answer_;
  std::size_t next_row_ = 0;
  bool head_written_ = false;
};

}  // namespace weir
