// OK, EOF and ERR: how every command is answered. Encoders append one complete packet, framed with
// `sequence`, and advance it.
//
// MySQL: page_protocol_basic_ok_packet, page_protocol_basic_eof_packet, page_protocol_basic_err_packet.
#pragma once

#include <string_view>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/wire/capabilities.hpp"
#include "protocol/wire/error_codes.hpp"

namespace weir {

// The first byte of a reply. 0xfe is an EOF, or an OK in its place, only in a payload of the right size: rows
// of more than 16 MB start with it too.
inline constexpr std::uint8_t kOkHeader = 0x00;
inline constexpr std::uint8_t kEofHeader = 0xfe;
inline constexpr std::uint8_t kErrHeader = 0xff;
inline constexpr std::uint8_t kLocalInfileHeader = 0xfb;

inline bool is_ok(Bytes payload) {
  return payload.size() >= 7 && payload[0] == kOkHeader;
}
inline bool is_err(Bytes payload) {
  return !payload.empty() && payload[0] == kErrHeader;
}
inline bool is_eof(Bytes payload) {
  return !payload.empty() && payload[0] == kEofHeader && payload.size() < 9;
}

// `info` and `session_state` view the payload: valid until its frame is released. `session_state` holds the
// items for SessionTrackReader.
struct OkPacket {
  std::uint64_t affected_rows = 0;
  std::uint64_t last_insert_id = 0;
  std::uint16_t status = 0;
  std::uint16_t warnings = 0;
  std::string_view info;
  std::string_view session_state;
};

enum class OkForm : std::uint8_t {
  plain,         // header 0x00
  ends_results,  // header 0xfe: in the place of an EOF, with kDeprecateEof
};

// `caps`: as agreed with the peer concerned; only kSessionTrack matters. Either header is accepted.
Result<OkPacket> decode_ok(Bytes payload, Caps caps);
// Writes `session_state`, if any, only with kSessionTrack, and sets or clears kStatusSessionChanged
// accordingly.
void encode_ok(const OkPacket& ok, Caps caps, ByteQueue& out, std::uint8_t& sequence,
               OkForm form = OkForm::plain);

struct EofPacket {
  std::uint16_t warnings = 0;
  std::uint16_t status = 0;
};

Result<EofPacket> decode_eof(Bytes payload);
void encode_eof(const EofPacket& eof, ByteQueue& out, std::uint8_t& sequence);

// Ends a result set, or a list of definitions, in the form the peer expects: an EOF, or an OK with 0xfe.
void encode_end_of_rows(const EofPacket& eof, Caps caps, ByteQueue& out, std::uint8_t& sequence);

// `sqlstate` is five characters, or empty in an error that comes before a login (too many connections). The
// views are into the payload.
struct ErrPacket {
  std::uint16_t code = 0;
  std::string_view sqlstate;
  std::string_view message;
};

Result<ErrPacket> decode_err(Bytes payload);
// Without a SQLSTATE if `sqlstate` is empty.
void encode_err(const ErrPacket& err, ByteQueue& out, std::uint8_t& sequence);

// Instead of a greeting, as servers do it: without a SQLSTATE, for clients look for one only when the
// greeting has told them what the server speaks.
void encode_greeting_error(std::uint16_t code, std::string_view message, ByteQueue& out);

// An error of our own: code, SQLSTATE and text are its row's; `arguments` as the row says.
template <class... Arguments>
void encode_proxy_error(ByteQueue& out, std::uint8_t& sequence, ProxyError error,
                        const Arguments&... arguments) {
  const ErrorSpec& spec = error_spec(error);
  encode_err({spec.code, spec.sqlstate, error_text(error, arguments...)}, out, sequence);
}

}  // namespace weir
