#include "protocol/message/response.hpp"

#include "protocol/wire/reader.hpp"
#include "protocol/wire/status.hpp"
#include "protocol/wire/writer.hpp"

namespace weir {
namespace {

constexpr std::size_t kSqlstateChars = 5;

// Without session tracking the document says "the rest", and servers (MySQL 9.7, MariaDB 10.11) send a
// length-encoded text all the same: an OK in which nothing changed is the same in both forms.
std::string_view decode_untracked_info(std::string_view rest) {
  Reader in{as_bytes(rest)};
  const std::string_view info = in.lenenc_text();
  return in.finish() ? rest : info;
}

}  // namespace

Result<OkPacket> decode_ok(Bytes payload, Caps caps) {
  Reader in{payload};
  const std::uint64_t header = in.fixed(1);
  if (header != kOkHeader && header != kEofHeader) in.fail(DecodeError::bad_value);
  OkPacket ok;
  ok.affected_rows = in.lenenc();
  ok.last_insert_id = in.lenenc();
  ok.status = static_cast<std::uint16_t>(in.fixed(2));
  ok.warnings = static_cast<std::uint16_t>(in.fixed(2));
  if (!(caps & kSessionTrack)) {
    ok.info = decode_untracked_info(in.rest());
  } else if (!in.empty()) {  // servers omit an empty info
    ok.info = in.lenenc_text();
    if (ok.status & kStatusSessionChanged) ok.session_state = in.lenenc_text();
  }
  return in.finish(ok);
}

void encode_ok(const OkPacket& ok, Caps caps, ByteQueue& out, std::uint8_t& sequence, OkForm form) {
  const bool tracked = (caps & kSessionTrack) != 0 && !ok.session_state.empty();
  const unsigned status =
      tracked ? ok.status | kStatusSessionChanged : ok.status & ~unsigned{kStatusSessionChanged};
  PacketWriter packet{out, sequence};
  packet.fixed(form == OkForm::plain ? kOkHeader : kEofHeader, 1);
  packet.lenenc(ok.affected_rows);
  packet.lenenc(ok.last_insert_id);
  packet.fixed(status, 2);
  packet.fixed(ok.warnings, 2);
  if (!ok.info.empty() || tracked) packet.lenenc_text(ok.info);
  if (tracked) packet.lenenc_text(ok.session_state);
}

Result<EofPacket> decode_eof(Bytes payload) {
  Reader in{payload};
  if (in.fixed(1) != kEofHeader) in.fail(DecodeError::bad_value);
  EofPacket eof;
  eof.warnings = static_cast<std::uint16_t>(in.fixed(2));
  eof.status = static_cast<std::uint16_t>(in.fixed(2));
  return in.finish(eof);
}

void encode_eof(const EofPacket& eof, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  packet.fixed(kEofHeader, 1);
  packet.fixed(eof.warnings, 2);
  packet.fixed(eof.status, 2);
}

void encode_end_of_rows(const EofPacket& eof, Caps caps, ByteQueue& out, std::uint8_t& sequence) {
  if (!(caps & kDeprecateEof)) return encode_eof(eof, out, sequence);
  OkPacket ok;
  ok.status = eof.status;
  ok.warnings = eof.warnings;
  encode_ok(ok, caps, out, sequence, OkForm::ends_results);
}

Result<ErrPacket> decode_err(Bytes payload) {
  Reader in{payload};
  if (in.fixed(1) != kErrHeader) in.fail(DecodeError::bad_value);
  ErrPacket err;
  err.code = static_cast<std::uint16_t>(in.fixed(2));
  if (in.peek() == '#') {
    in.skip(1);
    err.sqlstate = in.text(kSqlstateChars);
  }
  err.message = in.rest();
  return in.finish(err);
}

void encode_err(const ErrPacket& err, ByteQueue& out, std::uint8_t& sequence) {
  PacketWriter packet{out, sequence};
  packet.fixed(kErrHeader, 1);
  packet.fixed(err.code, 2);
  if (!err.sqlstate.empty()) {
    packet.text("#");
    packet.text(err.sqlstate);
  }
  packet.text(err.message);
}

void encode_greeting_error(std::uint16_t code, std::string_view message, ByteQueue& out) {
  std::uint8_t sequence = 0;
  encode_err({.code = code, .sqlstate = {}, .message = message}, out, sequence);
}

}  // namespace weir
