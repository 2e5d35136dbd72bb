#include "protocol/machine/request_tracker.hpp"

#include <algorithm>

namespace weir {

void RequestTracker::start_upload(std::uint8_t expected_sequence) {
  start();
  upload_ = true;
  sequence_ = expected_sequence;
}

Result<std::size_t> RequestTracker::feed_slowly(Bytes bytes) {
  std::size_t at = 0;
  while (!done_ && at < bytes.size()) {
    fresh_ = false;
    if (header_have_ < kFrameHeaderBytes) {
      header_[header_have_++] = bytes[at++];
      if (header_have_ == kFrameHeaderBytes) {
        if (const auto error = begin_frame()) return std::unexpected(*error);
      }
      continue;
    }
    if (command_ < 0) command_ = bytes[at];
    const std::size_t count = std::min<std::size_t>(frame_left_, bytes.size() - at);
    at += count;
    payload_bytes_ += count;
    frame_left_ -= static_cast<std::uint32_t>(count);
    if (frame_left_ == 0) end_frame();
  }
  return at;
}

std::optional<DecodeError> RequestTracker::begin_frame() {
  const FrameHeader header = decode_frame_header(header_);
  if (header.sequence != sequence_) return DecodeError::out_of_order;
  ++sequence_;
  frame_size_ = frame_left_ = header.length;
  if (frame_size_ == 0) end_frame();
  return std::nullopt;
}

void RequestTracker::end_frame() {
  header_have_ = 0;
  const bool empty_packet = frame_size_ == 0 && !continues_;
  continues_ = frame_size_ == kMaxFramePayload;
  if (!continues_) done_ = !upload_ || empty_packet;
}

}  // namespace weir
