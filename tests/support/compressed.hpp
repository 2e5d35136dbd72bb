// Compressed packets for tests, and what they become.
#pragma once

#include <stdexcept>
#include <utility>

#include "protocol/machine/compressed_stream.hpp"
#include "tests/support/hex.hpp"

namespace weir::test {

// One compressed packet with this payload as it is, whose header claims that it becomes `plain_bytes`; 0: it
// is not compressed.
inline Blob claimed_packet(Bytes payload, std::uint8_t id, std::size_t plain_bytes) {
  Blob header(CompressedStream::kHeaderBytes);
  store_le(header.data(), payload.size(), 3);
  header[3] = id;
  store_le(header.data() + 4, plain_bytes, 3);
  return std::move(header) + to_blob(payload);
}

// `plain` as one block; `none` and what does not become smaller throw.
inline Blob block_of(Bytes plain, Compression algorithm, int level = kDefaultCompressionLevel) {
  Codecs codecs;
  ByteQueue out;
  if (!codecs.compress(algorithm, level, plain, out)) throw std::runtime_error("it does not become smaller");
  return to_blob(out.readable());
}

inline Blob compressed_packet(Bytes plain, std::uint8_t id, Compression algorithm) {
  if (algorithm == Compression::none) return claimed_packet(plain, id, 0);
  return claimed_packet(block_of(plain, algorithm), id, plain.size());
}

// Everything that `stream` makes of `wire`, with so much room at a time.
inline Blob decode_all(CompressedStream& stream, Bytes wire, Codecs& codecs, std::size_t room_bytes = 65536) {
  Blob all;
  Blob room(room_bytes);
  for (;;) {
    const std::size_t made = stream.decode(wire, room, codecs);
    if (made == 0) break;
    all.insert(all.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(made));
  }
  if (!wire.empty() && !stream.fault()) throw std::runtime_error("decode() has left bytes");
  return all;
}

}  // namespace weir::test
