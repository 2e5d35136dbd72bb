#include "protocol/machine/response_tracker.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/message/prepared.hpp"
#include "protocol/message/response.hpp"
#include "protocol/message/resultset.hpp"
#include "protocol/wire/frame.hpp"
#include "protocol/wire/reader.hpp"
#include "protocol/wire/status.hpp"

namespace weir {

namespace {

constexpr std::size_t kEofPayload = 5;          // of an EOF since MySQL 4.1
constexpr std::size_t kEofPayloadLimit = 9;     // from here on, 0xfe is the length of a huge field
constexpr std::size_t kColumnCountPayload = 9;  // the longest length-encoded integer

auto broken(DecodeError error) {
  return std::unexpected(error);
}

}  // namespace

void ResponseTracker::start(Shape shape, Caps backend_caps, std::optional<std::uint8_t> first) {
  *this = ResponseTracker{};
  eof_deprecated_ = (backend_caps & kDeprecateEof) != 0;
  asks_for_files_ = (backend_caps & kLocalFiles) != 0;
  counted_ = first.has_value();
  next_sequence_ = first.value_or(1);
  one_result_ = shape != Shape::result;
  ok_follows_ = false;
  switch (shape) {
    case Shape::none:
      phase_ = Phase::ended;
      return;
    case Shape::ok:
      phase_ = Phase::single;
      return;
    case Shape::text:
      phase_ = Phase::line;
      return;
    case Shape::result:
      phase_ = Phase::head;
      return;
    case Shape::rows:
      phase_ = Phase::rows;
      return;
    case Shape::prepare:
      phase_ = Phase::prepare;
      return;
    case Shape::stream:
      phase_ = Phase::stream_head;
      return;
    case Shape::auth:
    case Shape::refuse:
      break;
  }
  WEIR_CHECK(false, "a conversation, or a command that is never sent, has no tracked response");
}

Result<ResponseTracker::Scan> ResponseTracker::scan(Bytes bytes) {
  Scan scan;
  const auto found = scan_on(bytes, scan);
  sound_bytes_ = scan.forward;
  return found;
}

Result<ResponseTracker::Scan> ResponseTracker::scan_on(Bytes bytes, Scan& scan) {
  for (;;) {
    if (streaming()) {
      scan.forward = bytes.size();
      return scan;
    }
    scan.forward += pass_body(bytes.size() - scan.forward);
    if (body_left_ > 0) return scan;
    if (phase_ == Phase::columns && !continues_) scan.forward = pass_columns(bytes, scan.forward);
    if (phase_ == Phase::rows && !continues_) scan.forward = pass_rows(bytes, scan.forward);
    if (done()) {
      if (scan.forward == 0 && !bytes.empty()) return broken(DecodeError::out_of_order);
      return scan;
    }
    const bool within_packet = continues_;
    const auto step = next_frame(bytes.subspan(scan.forward));
    if (!step) return broken(step.error());
    if (step->pass + step->packet > 0 && !count(*step, bytes[scan.forward + 3])) {
      body_left_ = 0;  // nothing of this frame passes
      continues_ = within_packet;
      return broken(DecodeError::out_of_order);
    }
    scan.packet = step->packet;
    scan.kind = step->kind;
    if (step->pass == 0) return scan;
    scan.forward += step->pass;
  }
}

// False: it is not the frame that is due, nor an ERR.
bool ResponseTracker::count(const Step& step, std::uint8_t sequence) {
  const bool is_err = step.packet > 0 && step.kind == PacketKind::err;
  if (counted_ && sequence != next_sequence_ && !is_err) return false;
  counted_ = phase_ != Phase::uploading;  // what the client sends now is counted, too
  next_sequence_ = static_cast<std::uint8_t>(sequence + 1);
  return true;
}

void ResponseTracker::upload_ended() {
  if (phase_ == Phase::uploading) phase_ = Phase::head;
}

// Definitions that lie whole in the buffer.
std::size_t ResponseTracker::pass_columns(Bytes bytes, std::size_t at) {
  if (!counted_) return at;
  while (left_ > 0 && bytes.size() - at > kFrameHeaderBytes) {
    const std::uint8_t* const frame = bytes.data() + at;
    const auto [payload, sequence] = decode_frame_header(frame);
    if (frame[4] == kErrHeader || payload == 0 || payload == kMaxFramePayload) break;
    if (bytes.size() - at - kFrameHeaderBytes < payload || sequence != next_sequence_) break;
    at += kFrameHeaderBytes + payload;
    ++next_sequence_;
    --left_;
  }
  if (left_ == 0) phase_ = eof_deprecated_ ? Phase::rows : Phase::columns_end;
  return at;
}

// Most bytes of most responses: rows that lie whole in the buffer and cannot be a terminator.
std::size_t ResponseTracker::pass_rows(Bytes bytes, std::size_t at) {
  if (!counted_) return at;
  const std::uint8_t* const start = bytes.data();
  const std::size_t size = bytes.size();
  std::uint8_t due = next_sequence_;
  while (size - at > kFrameHeaderBytes) {
    const std::uint8_t* const frame = start + at;
    const auto [payload, sequence] = decode_frame_header(frame);
    if (frame[4] >= kEofHeader || payload == 0 || payload == kMaxFramePayload) break;
    if (size - at - kFrameHeaderBytes < payload || sequence != due) break;
    at += kFrameHeaderBytes + payload;
    ++due;
    ++rows_;
  }
  next_sequence_ = due;
  return at;
}

std::size_t ResponseTracker::pass_body(std::size_t available) {
  const std::size_t count = std::min<std::size_t>(available, body_left_);
  body_left_ -= static_cast<std::uint32_t>(count);
  return count;
}

// `bytes` starts at a frame header.
Result<ResponseTracker::Step> ResponseTracker::next_frame(Bytes bytes) {
  if (bytes.size() < kFrameHeaderBytes) return Step{};
  const std::size_t payload = decode_frame_header(bytes.data()).length;
  if (continues_) return pass_frame(payload);  // its first byte is the middle of something
  if (payload == 0) {
    if (phase_ != Phase::line) return broken(DecodeError::truncated);
    phase_ = Phase::ended;
    return pass_frame(payload);
  }
  if (bytes.size() == kFrameHeaderBytes) return Step{};
  if (bytes[kFrameHeaderBytes] == kErrHeader) return look_at(bytes, payload, PacketKind::err);
  return first_frame(bytes, payload);
}

// The first frame of a packet that is neither empty nor an ERR; its first payload byte is there.
Result<ResponseTracker::Step> ResponseTracker::first_frame(Bytes bytes, std::size_t payload_size) {
  const std::uint8_t first = bytes[kFrameHeaderBytes];
  switch (phase_) {
    case Phase::single:
      if (first == kOkHeader) return look_at(bytes, payload_size, PacketKind::ok);
      if (first == kEofHeader) return look_at(bytes, payload_size, terminator_kind(payload_size));
      return broken(DecodeError::bad_value);
    case Phase::line:
      phase_ = Phase::ended;
      return pass_frame(payload_size);
    case Phase::head:
    case Phase::uploading:
      return head_frame(bytes, payload_size);
    case Phase::columns:
      if (--left_ == 0) phase_ = eof_deprecated_ ? Phase::rows : Phase::columns_end;
      return pass_frame(payload_size);
    case Phase::columns_end:
      return columns_end_frame(bytes, payload_size);
    case Phase::rows:
      return rows_frame(bytes, payload_size);
    case Phase::prepare:
      if (first != kOkHeader) return broken(DecodeError::bad_value);
      return look_at(bytes, payload_size, PacketKind::prepare_ok);
    case Phase::definitions:
      if (--left_ == 0) end_group();
      return pass_frame(payload_size);
    case Phase::group_end:
      if (first != kEofHeader || payload_size != kEofPayload) return broken(DecodeError::bad_value);
      next_group();
      return pass_frame(payload_size);
    case Phase::stream_head:
      phase_ = Phase::stream;
      return Step{.pass = kFrameHeaderBytes};
    case Phase::ended:
    case Phase::stream:
      break;
  }
  unreachable();  // scan() does not come here in these
}

Result<ResponseTracker::Step> ResponseTracker::head_frame(Bytes bytes, std::size_t payload_size) {
  switch (bytes[kFrameHeaderBytes]) {
    case kOkHeader:
      return look_at(bytes, payload_size, PacketKind::ok);
    case kLocalInfileHeader:
      if (!asks_for_files_) return broken(DecodeError::bad_value);
      return look_at(bytes, payload_size, PacketKind::local_infile);
    // No count is that large: some server answers a statement as it would end rows.
    case kEofHeader:
      return look_at(bytes, payload_size, terminator_kind(payload_size));
    default:
      break;
  }
  if (payload_size > kColumnCountPayload) return broken(DecodeError::bad_length);
  const std::size_t size = kFrameHeaderBytes + payload_size;
  if (bytes.size() < size) return Step{};
  WEIR_TRY(left_, decode_column_count(bytes.subspan(kFrameHeaderBytes, payload_size)));
  phase_ = Phase::columns;
  return Step{.pass = size};
}

// With a cursor this EOF ends the response to EXECUTE: the rows come with FETCH.
Result<ResponseTracker::Step> ResponseTracker::columns_end_frame(Bytes bytes, std::size_t payload_size) {
  if (bytes[kFrameHeaderBytes] != kEofHeader || payload_size != kEofPayload)
    return broken(DecodeError::bad_value);
  const std::size_t size = kFrameHeaderBytes + payload_size;
  if (bytes.size() < size) return Step{};
  WEIR_TRY(const EofPacket eof, decode_eof(bytes.subspan(kFrameHeaderBytes, payload_size)));
  if ((eof.status & kStatusCursorExists) != 0) return look_at(bytes, payload_size, PacketKind::eof);
  ok_follows_ = (eof.status & kStatusPsOutParams) != 0;
  phase_ = Phase::rows;
  return Step{.pass = size};
}

Result<ResponseTracker::Step> ResponseTracker::rows_frame(Bytes bytes, std::size_t payload_size) {
  const std::size_t limit = eof_deprecated_ ? kMaxFramePayload : kEofPayloadLimit;
  if (bytes[kFrameHeaderBytes] == kEofHeader && payload_size < limit) {
    return look_at(bytes, payload_size, terminator_kind(payload_size));
  }
  ++rows_;
  return pass_frame(payload_size);
}

Result<ResponseTracker::Step> ResponseTracker::pass_frame(std::size_t payload_size) {
  continues_ = payload_size == kMaxFramePayload;
  body_left_ = static_cast<std::uint32_t>(payload_size);
  return Step{.pass = kFrameHeaderBytes};
}

// Both forms may start with 0xfe; their sizes differ whatever was agreed on.
PacketKind ResponseTracker::terminator_kind(std::size_t payload_size) const {
  return eof_deprecated_ && payload_size != kEofPayload ? PacketKind::ok : PacketKind::eof;
}

Result<ResponseTracker::Step> ResponseTracker::look_at(Bytes bytes, std::size_t payload_size,
                                                       PacketKind kind) {
  if (payload_size > kMaxPacketBytes) return broken(DecodeError::too_large);
  const std::size_t size = kFrameHeaderBytes + payload_size;
  if (bytes.size() < size) return Step{};
  if (const auto error = on_packet(bytes.subspan(kFrameHeaderBytes, payload_size), kind))
    return broken(*error);
  return Step{.packet = size, .kind = kind};
}

std::optional<DecodeError> ResponseTracker::on_packet(Bytes payload, PacketKind kind) {
  if (kind == PacketKind::prepare_ok) return on_prepare_ok(payload);
  Reader in{payload};
  in.skip(1);
  switch (kind) {
    case PacketKind::ok:
      in.lenenc();  // affected rows, last insert id
      in.lenenc();
      status_ = static_cast<std::uint16_t>(in.fixed(2));
      warnings_ = static_cast<std::uint16_t>(in.fixed(2));
      end_result();
      break;
    case PacketKind::eof:
      warnings_ = static_cast<std::uint16_t>(in.fixed(2));
      status_ = static_cast<std::uint16_t>(in.fixed(2));
      end_result();
      break;
    case PacketKind::err:
      error_code_ = static_cast<std::uint16_t>(in.fixed(2));
      phase_ = Phase::ended;
      break;
    case PacketKind::local_infile:
      phase_ = Phase::uploading;
      break;
    case PacketKind::prepare_ok:
      break;
  }
  return in.error();
}

std::optional<DecodeError> ResponseTracker::on_prepare_ok(Bytes payload) {
  const auto ok = decode_prepare_ok(payload);
  if (!ok) return ok.error();
  left_ = ok->parameters;
  later_ = ok->columns;
  phase_ = Phase::definitions;
  if (left_ == 0) next_group();
  return std::nullopt;
}

void ResponseTracker::end_result() {
  const bool more = (status_ & kStatusMoreResults) != 0 || ok_follows_;
  phase_ = !one_result_ && more ? Phase::head : Phase::ended;
  ok_follows_ = false;
}

void ResponseTracker::end_group() {
  if (eof_deprecated_) return next_group();
  phase_ = Phase::group_end;
}

void ResponseTracker::next_group() {
  left_ = std::exchange(later_, 0);
  phase_ = left_ > 0 ? Phase::definitions : Phase::ended;
}

}  // namespace weir
