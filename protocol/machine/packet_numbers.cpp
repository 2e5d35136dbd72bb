#include "protocol/machine/packet_numbers.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocol/message/command.hpp"
#include "protocol/message/response.hpp"

namespace weir {

void PacketNumbers::Walk::begin_frame() {
  const FrameHeader frame = decode_frame_header(header);
  begins = !continued;
  if (begins) first = 0;
  continued = frame.continued();
  left = frame.length;
  header_bytes = 0;
}

// Passes over payload; returns how many bytes of it there were.
std::size_t PacketNumbers::skip_body(Walk& walk, Bytes bytes) {
  const std::size_t count = std::min<std::size_t>(walk.left, bytes.size());
  if (count > 0 && walk.begins) {
    walk.first = bytes[0];
    walk.begins = false;
    if (&walk == &outgoing_) note_sent_byte(bytes[0]);
  }
  walk.left -= static_cast<std::uint32_t>(count);
  return count;
}

// ---- what comes

bool PacketNumbers::came(std::uint8_t id) {
  const bool due = side_ == Side::server ? came_from_client(id) : came_from_server(id);
  next_id_ = static_cast<std::uint8_t>(id + 1);
  return due;
}

// Between two packets a client may begin a command at any time, or answer what he was asked last. Where both
// would carry the same id, he answers if a file was the last that he was asked for.
bool PacketNumbers::came_from_client(std::uint8_t id) {
  if (!incoming_.between_packets()) return id == next_id_;
  goes_on_ = id == next_id_ && (id != 0 || outgoing_.first == kLocalInfileHeader);
  return goes_on_ || id == 0;
}

bool PacketNumbers::came_from_server(std::uint8_t id) {
  if (!incoming_.between_packets()) return id == next_id_;
  must_be_error_ = id != next_id_;
  if (unanswered_ == 0) return true;
  --unanswered_;
  if (!sent_ahead_) return true;
  must_be_error_ = false;
  next_frame_ = 1;
  return true;
}

bool PacketNumbers::number(MutableBytes plain) {
  std::size_t at = 0;
  while (at < plain.size()) {
    if (incoming_.left > 0) {
      at += skip_body(incoming_, plain.subspan(at));
      if (std::exchange(must_be_error_, false) && incoming_.first != kErrHeader) return false;
      continue;
    }
    incoming_.header[incoming_.header_bytes++] = plain[at++];
    if (incoming_.header_bytes < kFrameHeaderBytes) continue;
    number_frame();
    plain[at - 1] = incoming_.header[kFrameHeaderBytes - 1];
    if (must_be_error_ && incoming_.left == 0) return false;
  }
  return true;
}

void PacketNumbers::number_frame() {
  const bool begins_packet = !incoming_.continued;
  if (side_ == Side::server && begins_packet && !goes_on_) next_frame_ = 0;
  incoming_.header[kFrameHeaderBytes - 1] = next_frame_++;
  incoming_.begin_frame();
  // An empty packet ends a file; what follows is another command.
  if (begins_packet && incoming_.left == 0) goes_on_ = false;
}

// ---- what is sent

std::size_t PacketNumbers::take(Bytes plain) {
  std::size_t at = 0;
  while (at < plain.size()) {
    if (outgoing_.left > 0) {
      at += skip_body(outgoing_, plain.subspan(at));
      continue;
    }
    if (plain.size() - at < kFrameHeaderBytes) break;
    const FrameHeader header = decode_frame_header(plain.data() + at);
    if (begins_command(header)) {
      if (at > 0) break;
      next_id_ = header.sequence;
      sends_command_ = side_ == Side::client;
    }
    std::memcpy(outgoing_.header, plain.data() + at, kFrameHeaderBytes);
    outgoing_.begin_frame();
    next_frame_ = static_cast<std::uint8_t>(header.sequence + 1);
    at += kFrameHeaderBytes;
  }
  return at;
}

// As a server: the reply to another command than the last that came. Its request was one compressed packet,
// as far as anybody who sends ahead looks at it.
bool PacketNumbers::begins_command(const FrameHeader& header) const {
  if (outgoing_.continued) return false;
  if (side_ == Side::server) return header.sequence != next_frame_;
  const bool wraps = next_frame_ == 0 && incoming_.first == kLocalInfileHeader;
  return header.sequence == 0 && !wraps;
}

// The first byte of a packet.
void PacketNumbers::note_sent_byte(std::uint8_t first) {
  if (!std::exchange(sends_command_, false)) return;
  if (command_spec(first).shape == Shape::none) return;
  sent_ahead_ = unanswered_ > 0;
  ++unanswered_;
}

}  // namespace weir
