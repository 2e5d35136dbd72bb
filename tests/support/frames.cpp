#include "tests/support/frames.hpp"

#include <stdexcept>

#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/frame.hpp"

namespace weir::test {
namespace {

// The payload of the one packet that `encode` writes.
template <class Encode>
Blob payload_from(Encode&& encode) {
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode(out, sequence);
  return to_blob(out.readable().subspan(kFrameHeaderBytes));
}

}  // namespace

Blob packet(Bytes payload, std::uint8_t sequence) {
  ByteQueue out;
  write_packet(out, payload, sequence);
  return to_blob(out.readable());
}

Blob packets(const std::vector<Blob>& payloads, std::uint8_t first_sequence) {
  ByteQueue out;
  for (const Blob& payload : payloads) write_packet(out, payload, first_sequence);
  return to_blob(out.readable());
}

Blob ok_payload(std::uint16_t status, std::uint64_t affected_rows) {
  return payload_from([&](ByteQueue& out, std::uint8_t& sequence) {
    encode_ok({.affected_rows = affected_rows, .status = status, .info = {}, .session_state = {}}, 0, out,
              sequence);
  });
}

Blob eof_payload(std::uint16_t status) {
  return payload_from([&](ByteQueue& out, std::uint8_t& sequence) {
    encode_eof({.warnings = 0, .status = status}, out, sequence);
  });
}

Blob err_payload(std::uint16_t code, std::string_view sqlstate, std::string_view message) {
  return payload_from(
      [&](ByteQueue& out, std::uint8_t& sequence) { encode_err({code, sqlstate, message}, out, sequence); });
}

Blob column_payload(std::string_view name) {
  return payload_from([&](ByteQueue& out, std::uint8_t& sequence) {
    ColumnDefinition column;
    column.name = name;
    encode_column(column, out, sequence);
  });
}

Blob row_payload(std::initializer_list<std::string_view> fields) {
  const std::vector<TextField> row(fields.begin(), fields.end());
  return payload_from([&](ByteQueue& out, std::uint8_t& sequence) { encode_text_row(row, out, sequence); });
}

std::vector<Blob> payloads_of(Bytes wire) {
  std::vector<Blob> payloads;
  if (wire.empty()) return payloads;
  PacketReader reader(std::size_t{1} << 30);
  reader.expect_sequence(wire.size() > 3 ? wire[3] : std::uint8_t{0});
  while (!wire.empty()) {
    const auto payload = reader.next(wire);
    if (!payload) throw std::runtime_error("not packets: " + std::string(to_text(payload.error())));
    if (!*payload) throw std::runtime_error("a packet is cut short");
    payloads.push_back(to_blob(**payload));
  }
  return payloads;
}

}  // namespace weir::test
