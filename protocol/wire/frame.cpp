#include "protocol/wire/frame.hpp"

#include <algorithm>
#include <cstring>

namespace weir {
namespace {

// Frames that a payload of `size` bytes needs: an exact multiple of the largest ends with an empty one.
std::size_t frames_for(std::size_t size) {
  return size / kMaxFramePayload + 1;
}

}  // namespace

void write_packet(ByteQueue& out, Bytes payload, std::uint8_t& sequence) {
  for (;;) {
    const std::size_t length = std::min<std::size_t>(payload.size(), kMaxFramePayload);
    std::uint8_t header[kFrameHeaderBytes];
    encode_frame_header({static_cast<std::uint32_t>(length), sequence++}, header);
    out.append(header);
    out.append(payload.first(length));
    payload = payload.subspan(length);
    if (length < kMaxFramePayload) return;
  }
}

void complete_packet(ByteQueue& out, std::size_t start, std::uint8_t& sequence) {
  const std::size_t payload = out.size() - start - kFrameHeaderBytes;
  const std::size_t frames = frames_for(payload);
  if (frames > 1) {
    out.writable((frames - 1) * kFrameHeaderBytes);
    out.wrote((frames - 1) * kFrameHeaderBytes);
  }
  std::uint8_t* base = out.readable().data() + start;
  // From the last frame to the first, since each moves back by the headers of those before it.
  for (std::size_t i = frames; i-- > 0;) {
    const std::size_t from = i * kMaxFramePayload;
    const std::size_t length = std::min<std::size_t>(payload - from, kMaxFramePayload);
    std::uint8_t* header = base + i * (kMaxFramePayload + kFrameHeaderBytes);
    if (i > 0) std::memmove(header + kFrameHeaderBytes, base + kFrameHeaderBytes + from, length);
    encode_frame_header({static_cast<std::uint32_t>(length), static_cast<std::uint8_t>(sequence + i)},
                        header);
  }
  sequence = static_cast<std::uint8_t>(sequence + frames);
}

// Completes header_ from `input`; false if more is needed.
bool PacketReader::take_header(Bytes& input) {
  const std::size_t count = std::min(kFrameHeaderBytes - header_bytes_, input.size());
  if (count > 0) std::memcpy(header_ + header_bytes_, input.data(), count);
  header_bytes_ = static_cast<std::uint8_t>(header_bytes_ + count);
  input = input.subspan(count);
  return header_bytes_ == kFrameHeaderBytes;
}

std::optional<DecodeError> PacketReader::begin_frame() {
  const FrameHeader header = decode_frame_header(header_);
  if (header.sequence != sequence_) return DecodeError::out_of_order;
  if (header.length > max_payload_bytes_ || joined_.size() > max_payload_bytes_ - header.length)
    return DecodeError::too_large;
  ++sequence_;
  header_bytes_ = 0;
  frame_left_ = header.length;
  continued_ = header.continued();
  in_frame_ = in_packet_ = true;
  return std::nullopt;
}

Result<std::optional<Bytes>> PacketReader::next(Bytes& input) {
  if (error_) return std::unexpected(*error_);
  if (!in_packet_ && !joined_.empty()) {  // the view we handed out has ended
    joined_.clear();
    if (joined_.capacity() > ByteQueue::kKeptBytes) std::vector<std::uint8_t>().swap(joined_);
  }
  for (;;) {
    if (!in_frame_) {
      if (!take_header(input)) return std::nullopt;
      if (const auto error = begin_frame()) {
        error_ = error;
        return std::unexpected(*error);
      }
    }
    const Bytes part = input.first(std::min<std::size_t>(frame_left_, input.size()));
    input = input.subspan(part.size());
    const bool whole = part.size() == frame_left_ && !continued_ && joined_.empty();
    if (!whole) joined_.insert(joined_.end(), part.begin(), part.end());
    frame_left_ -= static_cast<std::uint32_t>(part.size());
    if (frame_left_ > 0) return std::nullopt;
    in_frame_ = false;
    if (continued_) continue;
    in_packet_ = false;
    return whole ? part : Bytes(joined_);
  }
}

}  // namespace weir
