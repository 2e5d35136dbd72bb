#include "protocol/machine/reply_writer.hpp"

#include "protocol/message/response.hpp"
#include "protocol/wire/frame.hpp"

namespace weir {

void ReplyWriter::ok(std::uint16_t status, std::uint64_t affected_rows, std::uint64_t last_insert_id,
                     std::uint16_t warnings, std::string_view info) {
  const OkPacket ok{.affected_rows = affected_rows,
                    .last_insert_id = last_insert_id,
                    .status = status,
                    .warnings = warnings,
                    .info = info,
                    .session_state = {}};
  encode_ok(ok, caps_, out_, sequence_);
}

void ReplyWriter::eof(std::uint16_t status, std::uint16_t warnings) {
  encode_end_of_rows({.warnings = warnings, .status = status}, caps_, out_, sequence_);
}

void ReplyWriter::err(std::uint16_t code, std::string_view sqlstate, std::string_view message) {
  encode_err({.code = code, .sqlstate = sqlstate, .message = message}, out_, sequence_);
}

void ReplyWriter::columns(std::span<const ReplyColumn> columns, std::uint16_t status) {
  encode_column_count(columns.size(), out_, sequence_);
  for (const ReplyColumn& column : columns) {
    ColumnDefinition definition;
    definition.name = column.name;
    if (!column.of_expression) definition.org_name = column.name;
    definition.collation = column.collation;
    definition.length = column.max_bytes;
    definition.type = column.type;
    definition.flags = column.flags;
    encode_column(definition, out_, sequence_);
  }
  if ((caps_ & kDeprecateEof) == 0) encode_eof({.warnings = 0, .status = status}, out_, sequence_);
}

void ReplyWriter::row(std::span<const TextField> values) {
  encode_text_row(values, out_, sequence_);
}

void ReplyWriter::end_rows(std::uint16_t status, std::uint16_t warnings) {
  encode_end_of_rows({.warnings = warnings, .status = status}, caps_, out_, sequence_);
}

void ReplyWriter::packet(Bytes payload) {
  write_packet(out_, payload, sequence_);
}

}  // namespace weir
