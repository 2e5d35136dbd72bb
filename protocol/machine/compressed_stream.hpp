// The compressed protocol: one connection's end of it, from the OK of the login on.
//
// Bytes in, bytes out. A compressed packet has a header (its length, a sequence id, the length that it
// becomes, or 0 if it is not compressed) and a payload that holds any part of the protocol above: pieces of
// frames, or several. Both ends count packets; PacketNumbers tells how.
//
// Takes any split. Unpacks as far as there is room, and keeps nothing of what has been unpacked; never more
// comes out of a packet than its header claims, and what it claims reserves nothing. Between two packets it
// holds no memory but its own 100 bytes. Not thread-safe; it may move to another thread, whose Codecs it is
// given then.
//
// MySQL: page_protocol_basic_compression.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/machine/packet_numbers.hpp"
#include "protocol/wire/compression.hpp"

namespace weir {

// What is wrong with a peer's compressed packets.
enum class CompressionFault : std::uint8_t {
  wrong_id,   // another sequence id was due
  bad_block,  // not what the algorithm makes
  too_short,  // it becomes less than its header says
  too_long,   // or more
  surplus,    // bytes behind its end
  cut,        // the connection ended within it
};

std::string_view to_text(CompressionFault fault);

class CompressedStream {
 public:
  static constexpr std::size_t kHeaderBytes = 7;
  // Shorter ones are not worth it: servers and clients do the same (MIN_COMPRESS_LENGTH).
  static constexpr std::size_t kMinCompressedBytes = 50;

  // `algorithm` is not `none`; `level` is of what we send.
  CompressedStream(PacketNumbers::Side side, Compression algorithm, int level);
  ~CompressedStream();

  // Takes bytes off the front of `wire`, writes what they become to `plain`, and returns how many that are.
  // When it returns 0, all of `wire` is taken, or fault() says why not. Of a packet that came whole, and is
  // wrong, nothing is written.
  std::size_t decode(Bytes& wire, MutableBytes plain, Codecs& codecs);
  // The connection has ended.
  void on_cut();
  // Appends what is to be sent for `plain` to `wire`: all of it, but for a frame's header that is not
  // complete.
  void encode(Bytes plain, ByteQueue& wire, Codecs& codecs);

  // As a server, behind a fault: appends the ERR that servers send then, if the client can read it where it
  // comes.
  void tell_fault(ByteQueue& wire, Codecs& codecs);

  std::optional<CompressionFault> fault() const { return fault_; }
  Compression algorithm() const { return algorithm_; }

 private:
  bool take_header(Bytes& wire);
  void begin_packet(Codecs& codecs);
  bool unpack(Bytes& wire, MutableBytes plain, std::size_t& made);
  void check_end(Decompressor::State state);
  void finish_packet(Codecs& codecs);
  void send_packet(Bytes plain, ByteQueue& wire, Codecs& codecs);
  const std::optional<CompressionCounters>& counters(const Codecs& codecs) const;

  const PacketNumbers::Side side_;
  const Compression algorithm_;
  const int level_;
  PacketNumbers numbers_;
  std::optional<CompressionFault> fault_;
  // The packet that is coming.
  std::uint8_t header_[kHeaderBytes] = {};
  std::uint8_t header_bytes_ = 0;
  bool in_packet_ = false;
  std::unique_ptr<Decompressor> codec_;  // null: it is not compressed
  std::size_t wire_left_ = 0;            // of its payload
  std::size_t plain_left_ = 0;           // of what that becomes
  // The beginning of a frame's header that is to be sent.
  std::uint8_t held_[kFrameHeaderBytes] = {};
  std::uint8_t held_bytes_ = 0;
};

}  // namespace weir
