// Frames: the header of three bytes length and one byte sequence id, and packets that span several of them.
//
// A packet's payload of 16 MB - 1 or more is cut into frames of exactly that size; the last frame is shorter,
// and empty if the payload is an exact multiple. MySQL: page_protocol_basic_packets.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"

namespace weir {

inline constexpr std::size_t kFrameHeaderBytes = 4;
inline constexpr std::uint32_t kMaxFramePayload = 0xffffff;

struct FrameHeader {
  std::uint32_t length;   // of the payload that follows, 0..kMaxFramePayload
  std::uint8_t sequence;  // counts the frames of a command in both directions, and wraps at 256

  // A full frame is not the last of its packet.
  bool continued() const { return length == kMaxFramePayload; }
};

// `at` points to kFrameHeaderBytes bytes.
inline FrameHeader decode_frame_header(const std::uint8_t* at) {
  const std::uint64_t both = load_le(at, 4);  // one load, where three bytes are three
  return {static_cast<std::uint32_t>(both & kMaxFramePayload), static_cast<std::uint8_t>(both >> 24)};
}
inline void encode_frame_header(FrameHeader header, std::uint8_t* at) {
  store_le(at, header.length, 3);
  at[3] = header.sequence;
}

// Appends `payload` as one packet, in as many frames as it needs. `sequence` is the id of the first frame;
// after the call, the id that comes next.
void write_packet(ByteQueue& out, Bytes payload, std::uint8_t& sequence);

// Turns what was appended to `out` since its size was `start` (four free bytes, then a payload) into one
// packet. Used through PacketWriter.
void complete_packet(ByteQueue& out, std::size_t start, std::uint8_t& sequence);

// Joins frames to whole packets, from any split of the byte stream.
//
// Keeps a copy only of a packet that is cut by the end of the input or spans frames; its memory grows with
// the bytes that have arrived, never by a length that a header claims. Fails with too_large as soon as a
// header promises more than the limit, and with out_of_order on an unexpected sequence id; a failure is
// final. Not thread-safe.
class PacketReader {
 public:
  // `max_payload_bytes`: the largest payload of a whole packet that is accepted.
  explicit PacketReader(std::size_t max_payload_bytes) : max_payload_bytes_(max_payload_bytes) {}

  // Consumes bytes from the front of `input` up to the end of one packet, and returns its payload; or
  // consumes all and returns nothing: feed more. The payload is valid until the next call, and while the
  // memory of `input` is.
  Result<std::optional<Bytes>> next(Bytes& input);

  // The sequence id that the next frame must carry; also the one with which to answer.
  std::uint8_t sequence() const { return sequence_; }
  // A new command starts at 0; after bytes of our own, at what follows them.
  void expect_sequence(std::uint8_t sequence) { sequence_ = sequence; }
  void set_max_payload(std::size_t bytes) { max_payload_bytes_ = bytes; }

  // Part of a packet has arrived, and the rest has not.
  bool mid_packet() const { return header_bytes_ > 0 || in_packet_; }
  // Memory held, in bytes; what was kept of a large packet is given back by the call of next() after it.
  std::size_t held_bytes() const { return joined_.capacity(); }

 private:
  bool take_header(Bytes& input);
  std::optional<DecodeError> begin_frame();

  std::size_t max_payload_bytes_;
  std::vector<std::uint8_t> joined_;        // the cut or multi-frame packet so far
  std::uint8_t header_[kFrameHeaderBytes];  // of the current frame, the first header_bytes_ of it
  std::uint8_t header_bytes_ = 0;
  std::uint8_t sequence_ = 0;
  bool in_frame_ = false;   // the header is complete, frame_left_ bytes are to come
  bool in_packet_ = false;  // between its first header and its end
  bool continued_ = false;
  std::uint32_t frame_left_ = 0;
  std::optional<DecodeError> error_;
};

}  // namespace weir
