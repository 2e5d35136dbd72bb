#include "protocol/message/resultset.hpp"

#include "protocol/wire/writer.hpp"

namespace weir {
namespace {

constexpr std::uint64_t kColumnFixedBytes = 12;  // of the fields after the names; their length is written out

}  // namespace

Result<ColumnDefinition> decode_column(Bytes payload) {
  Reader in{payload};
  ColumnDefinition column;
  column.catalog = in.lenenc_text();
  column.schema = in.lenenc_text();
  column.table = in.lenenc_text();
  column.org_table = in.lenenc_text();
  column.name = in.lenenc_text();
  column.org_name = in.lenenc_text();
  if (in.lenenc() != kColumnFixedBytes) in.fail(DecodeError::bad_value);
  column.collation = static_cast<std::uint16_t>(in.fixed(2));
  column.length = static_cast<std::uint32_t>(in.fixed(4));
  column.type = static_cast<ColumnType>(in.fixed(1));
  column.flags = static_cast<std::uint16_t>(in.fixed(2));
  column.decimals = static_cast<std::uint8_t>(in.fixed(1));
  in.fixed(2);
  return in.finish(column);
}

void encode_column(const ColumnDefinition& column, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  packet.lenenc_text(column.catalog);
  packet.lenenc_text(column.schema);
  packet.lenenc_text(column.table);
  packet.lenenc_text(column.org_table);
  packet.lenenc_text(column.name);
  packet.lenenc_text(column.org_name);
  packet.lenenc(kColumnFixedBytes);
  packet.fixed(column.collation, 2);
  packet.fixed(column.length, 4);
  packet.fixed(static_cast<std::uint64_t>(column.type), 1);
  packet.fixed(column.flags, 2);
  packet.fixed(column.decimals, 1);
  packet.zeros(2);
}

Result<std::uint64_t> decode_column_count(Bytes payload) {
  Reader in{payload};
  const std::uint64_t count = in.lenenc();
  if (count == 0) in.fail(DecodeError::bad_value);
  return in.finish(count);
}

void encode_column_count(std::uint64_t count, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  packet.lenenc(count);
}

TextField TextRowReader::next() {
  if (in_.empty()) {
    in_.fail(DecodeError::truncated);
    return std::nullopt;
  }
  if (in_.peek() == kNullField) {
    in_.skip(1);
    return std::nullopt;
  }
  const std::string_view field = in_.lenenc_text();
  if (in_.failed()) return std::nullopt;
  return field;
}

void encode_text_row(std::span<const TextField> fields, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  for (const TextField& field : fields) packet.field(field);
}

}  // namespace weir
