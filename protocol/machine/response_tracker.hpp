// Where the response to one command ends. Reads frame headers and the first payload byte; rows pass unseen.
//
// scan() takes any split of the server's byte stream and says how many leading bytes may go to the client
// now, and whether a complete packet follows that the caller must look at. No allocation; not thread-safe.
//
// MySQL: page_protocol_com_query_response, page_protocol_basic_packets, page_protocol_com_stmt_prepare.
// MariaDB agrees, except for progress reports (0xff, code 0xffff) before the end, which we never ask for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/message/command.hpp"
#include "protocol/wire/capabilities.hpp"

namespace weir {

// The packets that a caller looks at. Their layouts:
enum class PacketKind {
  ok,            // OK_Packet; its first byte is 0x00, or 0xfe when it ends rows (DEPRECATE_EOF)
  eof,           // EOF_Packet of five payload bytes
  err,           // ERR_Packet
  local_infile,  // 0xfb and a file name: the server asks for an upload
  prepare_ok,    // COM_STMT_PREPARE_OK; its definitions follow
};

class ResponseTracker {
 public:
  // A packet of interest larger than this is too_large (an OK with session-track items may be long; rows are
  // never packets of interest).
  static constexpr std::size_t kMaxPacketBytes = 1 << 20;

  struct Scan {
    std::size_t forward = 0;           // leading bytes that pass to the client unseen
    std::size_t packet = 0;            // after them: bytes (header included) of one complete packet, or 0
    PacketKind kind = PacketKind::ok;  // if packet != 0
  };

  // Expects the response to a command of this shape: any but `auth` (a conversation, see ServerHandshake and
  // ClientHandshake) and `refuse` (never sent). A `none` is done at once. A `stream` that begins with an ERR
  // is done with it; any other passes everything, never done.
  //
  // `first`: the sequence id of its first frame, if it is known; each frame has the next, but for an ERR,
  // which a server that ends the connection may send at any time. With a command that asks for no file
  // kLocalFiles is left out of `backend_caps`: a server that asks all the same breaks the protocol.
  void start(Shape shape, Caps backend_caps, std::optional<std::uint8_t> first = std::nullopt);

  // `bytes` starts where the last scan stopped: forward + packet bytes further. When packet == 0, what
  // remains after `forward` (an incomplete header or an incomplete packet of interest, at most
  // kMaxPacketBytes + 4) must be offered again with what follows. After a packet, call again for the rest,
  // even if nothing is left. Fails with out_of_order if bytes arrive after the end, and otherwise if the
  // server broke the protocol; sound_bytes() of `bytes` may go to the client then, and next_sequence()
  // follows those.
  Result<Scan> scan(Bytes bytes);
  std::size_t sound_bytes() const { return sound_bytes_; }

  // The whole response has been returned by scan(), as `forward` or as `packet`.
  bool done() const { return phase_ == Phase::ended && body_left_ == 0 && !continues_; }
  // What the server sends has no end any more, and what the client sends is no command.
  bool streaming() const { return phase_ == Phase::stream; }
  // The server asked for a file (`local_infile`) and waits: the client speaks. It ends with upload_ended(),
  // or when the server answers before that.
  bool awaiting_upload() const { return phase_ == Phase::uploading; }
  // The last, empty packet of the upload has been sent.
  void upload_ended();

  // If the server falls silent for good: whether what has passed ends within a packet, and otherwise the
  // sequence id of an ERR in the place of the next one.
  bool mid_packet() const { return body_left_ > 0 || continues_; }
  std::uint8_t next_sequence() const { return next_sequence_; }

  // Of the last OK or EOF returned as a packet, 0 before the first. A prepared statement's reply has neither
  // status nor warnings. `status` is a set of bits of protocol/wire/status.hpp.
  std::uint16_t status() const { return status_; }
  std::uint16_t warnings() const { return warnings_; }
  // The errno of the ERR that ended the response, 0 if none did.
  std::uint16_t error_code() const { return error_code_; }
  // Rows passed so far, over all result sets; for a `rows` response of FIELD_LIST, definitions.
  std::uint64_t rows() const { return rows_; }

 private:
  enum class Phase {
    ended,
    single,       // shape ok: one OK, EOF or ERR
    line,         // shape text: one packet of any content
    head,         // first packet of a result
    uploading,    // LOCAL INFILE asked for
    columns,      // left_ definitions of a result set
    columns_end,  // the EOF after them (without DEPRECATE_EOF)
    rows,         // until a terminator
    prepare,      // COM_STMT_PREPARE_OK
    definitions,  // left_ definitions of a group of a prepare reply; then later_ in a second group
    group_end,    // the EOF after such a group (without DEPRECATE_EOF)
    stream_head,  // the first packet of a stream, or an ERR in place of it
    stream,
  };
  // What one frame header (and what follows it) means.
  struct Step {
    std::size_t pass = 0;    // bytes to forward (header, and body if it must be complete)
    std::size_t packet = 0;  // or: a packet to look at
    PacketKind kind = PacketKind::ok;
    // neither: wait for more
  };

  Result<Scan> scan_on(Bytes bytes, Scan& scan);
  bool count(const Step& step, std::uint8_t sequence);
  std::size_t pass_columns(Bytes bytes, std::size_t at);
  std::size_t pass_rows(Bytes bytes, std::size_t at);
  std::size_t pass_body(std::size_t available);
  Result<Step> next_frame(Bytes bytes);
  Result<Step> first_frame(Bytes bytes, std::size_t payload_size);
  Result<Step> head_frame(Bytes bytes, std::size_t payload_size);
  Result<Step> columns_end_frame(Bytes bytes, std::size_t payload_size);
  Result<Step> rows_frame(Bytes bytes, std::size_t payload_size);
  Result<Step> pass_frame(std::size_t payload_size);
  Result<Step> look_at(Bytes bytes, std::size_t payload_size, PacketKind kind);
  PacketKind terminator_kind(std::size_t payload_size) const;
  std::optional<DecodeError> on_packet(Bytes payload, PacketKind kind);
  std::optional<DecodeError> on_prepare_ok(Bytes payload);
  void end_result();
  void end_group();
  void next_group();

  Phase phase_ = Phase::ended;
  bool one_result_ = false;  // MORE_RESULTS does not apply
  // The result holds a CALL's OUT parameters, behind which the CALL's OK comes: without DEPRECATE_EOF, MySQL
  // 9 says in the EOF after the columns that there is more, and in the one after the row that there is not.
  bool ok_follows_ = false;
  bool eof_deprecated_ = false;
  bool asks_for_files_ = false;
  bool counted_ = false;  // next_sequence_ is that of the next frame
  std::uint8_t next_sequence_ = 1;
  std::size_t sound_bytes_ = 0;
  bool continues_ = false;       // the current packet goes on in the next frame
  std::uint32_t body_left_ = 0;  // payload bytes of the current frame still to pass
  std::uint64_t left_ = 0;
  std::uint32_t later_ = 0;
  std::uint16_t status_ = 0;
  std::uint16_t warnings_ = 0;
  std::uint16_t error_code_ = 0;
  std::uint64_t rows_ = 0;
};

}  // namespace weir
