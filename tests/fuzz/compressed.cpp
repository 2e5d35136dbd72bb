// The compressed protocol: any split of a stream becomes the same bytes, and ends with a fault or without
// one, no packet becomes more than it claims, and what one end makes of bytes the other makes as many bytes
// of again. Input: who we are and by which algorithm, the room, the size of a chunk, then the stream.
#include <vector>

#include "protocol/machine/compressed_stream.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;
using Side = PacketNumbers::Side;

struct Outcome {
  std::vector<std::uint8_t> plain;
  std::optional<CompressionFault> fault;
};

Outcome decode_all(CompressedStream& stream, Bytes wire, std::size_t chunk_bytes, std::size_t room_bytes) {
  static Codecs codecs;
  Outcome outcome;
  std::vector<std::uint8_t> room(room_bytes);
  while (!wire.empty() && !stream.fault()) {
    Bytes chunk = wire.first(std::min(chunk_bytes, wire.size()));
    wire = wire.subspan(chunk.size());
    while (const std::size_t made = stream.decode(chunk, room, codecs)) {
      fuzz::require(made <= room.size(), "there is room for what is made");
      outcome.plain.insert(outcome.plain.end(), room.begin(),
                           room.begin() + static_cast<std::ptrdiff_t>(made));
    }
    fuzz::require(chunk.empty() || stream.fault(), "all is taken");
  }
  outcome.fault = stream.fault();
  return outcome;
}

// But for the packet that is wrong: of which more comes out in pieces, and which may be wrong in several
// ways.
void agree(const Outcome& whole, const Outcome& pieces) {
  fuzz::require(whole.fault.has_value() == pieces.fault.has_value(), "the end does not depend on the pieces");
  const Bytes less = whole.plain, more = pieces.plain;
  fuzz::require(less.size() <= more.size() && std::equal(less.begin(), less.end(), more.begin()),
                "what comes out does not depend on the pieces");
  fuzz::require(whole.fault.has_value() || less.size() == more.size(), "nor how much");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 3) return 0;
  const Side side = (input[0] & 1) != 0 ? Side::client : Side::server;
  const Compression algorithm = (input[0] & 2) != 0 ? Compression::zstd : Compression::zlib;
  const Bytes stream(input + 3, size - 3);
  CompressedStream whole(side, algorithm, 1), chunks(side, algorithm, 1), single(side, algorithm, 1);
  const Outcome outcome = decode_all(whole, stream, stream.size() + 1, std::size_t{1} << 18);
  if (outcome.plain.size() > std::size_t{1} << 20) return 0;  // a bomb takes its time in single bytes
  agree(outcome, decode_all(chunks, stream, input[2] + std::size_t{1}, input[1] + std::size_t{1}));
  agree(outcome, decode_all(single, stream, 1, 1));

  // The same bytes as frames of a client, whatever they are: out in pieces, and in again.
  static Codecs codecs;
  CompressedStream sender(Side::client, algorithm, 1), receiver(Side::server, algorithm, 1);
  ByteQueue wire;
  for (std::size_t at = 0; at < stream.size();) {
    const Bytes part = stream.subspan(at, std::min(input[2] + std::size_t{1}, stream.size() - at));
    sender.encode(part, wire, codecs);
    at += part.size();
  }
  const Outcome back = decode_all(receiver, wire.readable(), wire.size() + 1, 4096);
  if (back.fault) return 0;  // ids of frames that no client would send
  fuzz::require(back.plain.size() + kFrameHeaderBytes > stream.size() && back.plain.size() <= stream.size(),
                "all arrives, but for a header that is not complete");
  return 0;
}
