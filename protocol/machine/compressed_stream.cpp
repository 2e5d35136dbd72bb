#include "protocol/machine/compressed_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/message/response.hpp"
#include "protocol/wire/error_codes.hpp"

namespace weir {

std::string_view to_text(CompressionFault fault) {
  switch (fault) {
    case CompressionFault::wrong_id:
      return "compressed protocol: a packet with a wrong sequence id";
    case CompressionFault::bad_block:
      return "compressed protocol: a packet that cannot be uncompressed";
    case CompressionFault::too_short:
      return "compressed protocol: a packet that becomes less than it says";
    case CompressionFault::too_long:
      return "compressed protocol: a packet that becomes more than it says";
    case CompressionFault::surplus:
      return "compressed protocol: a packet with bytes behind what is compressed";
    case CompressionFault::cut:
      return "compressed protocol: the peer closed the connection within a packet";
  }
  unreachable();
}

CompressedStream::CompressedStream(PacketNumbers::Side side, Compression algorithm, int level)
    : side_(side), algorithm_(algorithm), level_(level), numbers_(side) {}

CompressedStream::~CompressedStream() = default;

const std::optional<CompressionCounters>& CompressedStream::counters(const Codecs& codecs) const {
  return side_ == PacketNumbers::Side::server ? codecs.with_clients() : codecs.with_servers();
}

// ---- what comes

std::size_t CompressedStream::decode(Bytes& wire, MutableBytes plain, Codecs& codecs) {
  const std::size_t offered = wire.size();
  std::size_t made = 0;
  while (!fault_) {
    const std::size_t packet_at = made;  // where what this call makes of the packet begins
    if (!in_packet_) {
      if (!take_header(wire)) break;
      begin_packet(codecs);
    }
    bool goes_on = !fault_;
    while (goes_on) goes_on = unpack(wire, plain, made);
    if (fault_) {
      made = packet_at;
    } else if (in_packet_) {
      break;  // needs more bytes, or room
    } else {
      finish_packet(codecs);
    }
  }
  if (const auto& counted = counters(codecs)) {
    counted->wire_in.add(offered - wire.size());
    counted->plain_in.add(made);
  }
  return made;
}

bool CompressedStream::take_header(Bytes& wire) {
  const std::size_t count = std::min(kHeaderBytes - header_bytes_, wire.size());
  if (count > 0) std::memcpy(header_ + header_bytes_, wire.data(), count);
  header_bytes_ = static_cast<std::uint8_t>(header_bytes_ + count);
  wire = wire.subspan(count);
  return header_bytes_ == kHeaderBytes;
}

void CompressedStream::begin_packet(Codecs& codecs) {
  header_bytes_ = 0;
  in_packet_ = true;
  wire_left_ = load_le(header_, 3);
  plain_left_ = load_le(header_ + 4, 3);
  if (!numbers_.came(header_[3])) {
    fault_ = CompressionFault::wrong_id;
  } else if (plain_left_ == 0) {
    plain_left_ = wire_left_;
    in_packet_ = wire_left_ > 0;
  } else {
    codec_ = codecs.take(algorithm_);
    codec_->begin(plain_left_);
  }
}

// One step of the packet under way. False: nothing more can be done now.
bool CompressedStream::unpack(Bytes& wire, MutableBytes plain, std::size_t& made) {
  if (!in_packet_) return false;
  const MutableBytes room = plain.subspan(made, std::min(plain.size() - made, plain_left_));
  if (room.empty() && plain_left_ > 0) return false;
  Bytes part = wire.first(std::min(wire.size(), wire_left_));
  const std::size_t offered = part.size();
  std::size_t got = 0;
  auto state = Decompressor::State::under_way;
  if (codec_) {
    std::uint8_t beyond = 0;  // all that was claimed is there: only the end may follow
    std::size_t surplus = 0;
    state = plain_left_ > 0 ? codec_->run(part, room, got) : codec_->run(part, {&beyond, 1}, surplus);
    if (surplus > 0) fault_ = CompressionFault::too_long;
  } else {
    got = std::min(part.size(), room.size());
    if (got > 0) std::memcpy(room.data(), part.data(), got);
    part = part.subspan(got);
  }
  wire = wire.subspan(offered - part.size());
  wire_left_ -= offered - part.size();
  plain_left_ -= got;
  made += got;
  if (!numbers_.number(room.first(got))) fault_ = CompressionFault::wrong_id;
  if (fault_) return false;
  const bool moved = got > 0 || part.size() < offered;
  if (codec_) {
    check_end(state);
    if (in_packet_ && !moved && wire_left_ == 0) fault_ = CompressionFault::too_short;
  } else {
    in_packet_ = wire_left_ > 0;
  }
  return !fault_ && in_packet_ && moved;
}

void CompressedStream::check_end(Decompressor::State state) {
  if (state == Decompressor::State::failed) {
    fault_ = CompressionFault::bad_block;
  } else if (state == Decompressor::State::ended) {
    in_packet_ = false;
    if (plain_left_ > 0) fault_ = CompressionFault::too_short;
    if (wire_left_ > 0) fault_ = CompressionFault::surplus;
  }
}

void CompressedStream::finish_packet(Codecs& codecs) {
  if (codec_) codecs.give_back(std::move(codec_));
}

// A client may leave as he likes; a server's reason is asked for.
void CompressedStream::on_cut() {
  if (side_ == PacketNumbers::Side::client && !fault_ && (in_packet_ || header_bytes_ > 0))
    fault_ = CompressionFault::cut;
}

// ---- what is sent

void CompressedStream::tell_fault(ByteQueue& wire, Codecs& codecs) {
  if (side_ == PacketNumbers::Side::client || !numbers_.sent_whole_packets() || held_bytes_ > 0) return;
  ByteQueue plain;
  std::uint8_t sequence = numbers_.next_frame();
  encode_proxy_error(plain, sequence,
                     fault_ == CompressionFault::wrong_id ? ProxyError::packets_out_of_order
                                                          : ProxyError::uncompress_failed);
  encode(plain.readable(), wire, codecs);
}

void CompressedStream::encode(Bytes plain, ByteQueue& wire, Codecs& codecs) {
  ByteQueue joined;  // without memory, unless a header was cut
  if (held_bytes_ > 0) {
    joined.append({held_, std::exchange(held_bytes_, std::uint8_t{0})});
    joined.append(plain);
    plain = joined.readable();
  }
  while (!plain.empty()) {
    const Bytes part = plain.first(std::min<std::size_t>(plain.size(), kMaxFramePayload));
    const std::size_t taken = numbers_.take(part);
    if (taken == 0) {
      held_bytes_ = static_cast<std::uint8_t>(plain.size());
      std::memcpy(held_, plain.data(), plain.size());
      return;
    }
    send_packet(plain.first(taken), wire, codecs);
    plain = plain.subspan(taken);
  }
}

void CompressedStream::send_packet(Bytes plain, ByteQueue& wire, Codecs& codecs) {
  const std::size_t before = wire.size();
  const MutableBytes header = wire.writable(kHeaderBytes);
  std::memset(header.data(), 0, kHeaderBytes);
  wire.wrote(kHeaderBytes);
  const bool packed = plain.size() >= kMinCompressedBytes && codecs.compress(algorithm_, level_, plain, wire);
  if (!packed) wire.append(plain);
  std::uint8_t* const at = wire.readable().data() + before;
  store_le(at, wire.size() - before - kHeaderBytes, 3);
  at[3] = numbers_.next_id();
  if (packed) store_le(at + 4, plain.size(), 3);
  if (const auto& counted = counters(codecs)) {
    counted->plain_out.add(plain.size());
    counted->wire_out.add(wire.size() - before);
  }
}

}  // namespace weir
