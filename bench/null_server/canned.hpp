// Replies made once and sent many times: what makes this server cheaper than whatever is measured before it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/wire/capabilities.hpp"

namespace weir::bench {

// A reply's form depends on these of a client's capabilities.
inline constexpr Caps kReplyForm = kDeprecateEof | kSessionTrack;

class CannedReplies {
 public:
  static constexpr std::size_t kValueBytes = 119;          // of the one value of a point select
  static constexpr std::size_t kMaxRowBytes = 256 * 1024;  // of a row in a block

  // One row of one column, complete: to COM_QUERY, and to COM_STMT_EXECUTE. Valid for the life of this
  // object.
  Bytes text_row(Caps caps, std::uint16_t status) { return one_row(caps, status, Row::text); }
  Bytes binary_row(Caps caps, std::uint16_t status) { return one_row(caps, status, Row::binary); }

  // 256 text rows of `value_bytes` (at most kMaxRowBytes) each, the first with the sequence id `first`: sent
  // again and again, they are a result of any length. Valid for the life of this object.
  Bytes block(std::size_t value_bytes, std::uint8_t first);

 private:
  enum class Row : unsigned char { text, binary };
  Bytes one_row(Caps caps, std::uint16_t status, Row row);

  std::map<std::tuple<Caps, std::uint16_t, Row>, ByteQueue> rows_;
  std::map<std::tuple<std::size_t, std::uint8_t>, ByteQueue> blocks_;
};

// The head of a result with the one column `c`: the count, the definition and, without kDeprecateEof, an EOF.
void append_head(ByteQueue& out, Caps caps, std::uint16_t status, std::uint8_t& sequence);
// The definition of that column.
void append_column(ByteQueue& out, std::uint8_t& sequence);

}  // namespace weir::bench
