#include "bench/null_server/canned.hpp"

#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/writer.hpp"

namespace weir::bench {
namespace {

// As sysbench fills its column: groups of digits.
std::string value_of(std::size_t bytes) {
  std::string value(bytes, '-');
  for (std::size_t i = 0; i < bytes; ++i) {
    if (i % 12 != 11) value[i] = static_cast<char>('0' + i * 7 % 10);
  }
  return value;
}

void append_binary_row(ByteQueue& out, std::uint8_t& sequence, std::string_view value) {
  PacketWriter row(out, sequence);
  row.fixed(0, 1);  // the header of a binary row
  row.fixed(0, 1);  // no NULL among its one column
  row.lenenc_text(value);
}

}  // namespace

void append_column(ByteQueue& out, std::uint8_t& sequence) {
  ColumnDefinition column;
  column.schema = "sbtest";
  column.table = column.org_table = "sbtest1";
  column.name = column.org_name = "c";
  column.collation = kCollationUtf8mb4General;
  column.length = 480;
  column.type = ColumnType::string;
  column.flags = kColumnNotNull;
  encode_column(column, out, sequence);
}

void append_head(ByteQueue& out, Caps caps, std::uint16_t status, std::uint8_t& sequence) {
  encode_column_count(1, out, sequence);
  append_column(out, sequence);
  if ((caps & kDeprecateEof) == 0) encode_eof({.status = status}, out, sequence);
}

Bytes CannedReplies::one_row(Caps caps, std::uint16_t status, Row row) {
  ByteQueue& reply = rows_[{caps & kReplyForm, status, row}];
  if (reply.empty()) {
    std::uint8_t sequence = 1;
    const std::string value = value_of(kValueBytes);
    append_head(reply, caps, status, sequence);
    if (row == Row::text) {
      const TextField field = value;
      encode_text_row({&field, 1}, reply, sequence);
    } else {
      append_binary_row(reply, sequence, value);
    }
    encode_end_of_rows({.status = status}, caps, reply, sequence);
  }
  return reply.readable();
}

Bytes CannedReplies::block(std::size_t value_bytes, std::uint8_t first) {
  ByteQueue& block = blocks_[{value_bytes, first}];
  if (block.empty()) {
    const std::string value = value_of(value_bytes);
    const TextField field = value;
    std::uint8_t sequence = first;
    for (int i = 0; i < 256; ++i) encode_text_row({&field, 1}, block, sequence);
  }
  return block.readable();
}

}  // namespace weir::bench
