#include "protocol/message/prepared.hpp"

#include "protocol/wire/reader.hpp"
#include "protocol/wire/writer.hpp"

namespace weir {

Result<PrepareOk> decode_prepare_ok(Bytes payload) {
  Reader in{payload};
  if (in.fixed(1) != 0x00) in.fail(DecodeError::bad_value);
  PrepareOk ok;
  ok.statement_id = static_cast<std::uint32_t>(in.fixed(4));
  ok.columns = static_cast<std::uint16_t>(in.fixed(2));
  ok.parameters = static_cast<std::uint16_t>(in.fixed(2));
  in.skip(1);
  ok.warnings = static_cast<std::uint16_t>(in.fixed(2));
  return in.finish(ok);
}

void encode_prepare_ok(const PrepareOk& ok, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  packet.fixed(0x00, 1);
  packet.fixed(ok.statement_id, 4);
  packet.fixed(ok.columns, 2);
  packet.fixed(ok.parameters, 2);
  packet.zeros(1);
  packet.fixed(ok.warnings, 2);
}

Result<ExecuteHeader> decode_execute_header(Bytes payload) {
  Reader in{payload};
  in.fixed(1);
  ExecuteHeader header;
  header.statement_id = static_cast<std::uint32_t>(in.fixed(4));
  header.flags = static_cast<std::uint8_t>(in.fixed(1));
  header.iterations = static_cast<std::uint32_t>(in.fixed(4));
  if (const auto error = in.error()) return std::unexpected(*error);
  return header;
}

Result<std::uint32_t> decode_statement_id(Bytes payload) {
  Reader in{payload};
  in.fixed(1);
  const std::uint32_t id = static_cast<std::uint32_t>(in.fixed(4));
  if (const auto error = in.error()) return std::unexpected(*error);
  return id;
}

Result<void> replace_statement_id(MutableBytes payload, std::uint32_t statement_id) {
  if (payload.size() < 5) return std::unexpected(DecodeError::truncated);
  store_le(payload.data() + 1, statement_id, 4);
  return {};
}

}  // namespace weir
