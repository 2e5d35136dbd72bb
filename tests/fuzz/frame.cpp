// PacketReader: any split of a stream yields the same packets and the same failure.
// Input: the limit, the size of a chunk, then the stream.
#include <vector>

#include "protocol/wire/frame.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

struct Outcome {
  std::vector<std::vector<std::uint8_t>> packets;
  std::optional<DecodeError> error;
  bool mid_packet = false;
  bool operator==(const Outcome&) const = default;
};

Outcome read_all(Bytes stream, std::size_t limit, std::size_t chunk_bytes) {
  PacketReader reader(limit);
  Outcome outcome;
  while (!stream.empty()) {
    Bytes chunk = stream.first(std::min(chunk_bytes, stream.size()));
    stream = stream.subspan(chunk.size());
    while (!outcome.error) {
      const auto packet = reader.next(chunk);
      if (!packet) outcome.error = packet.error();
      if (!packet || !*packet) break;
      fuzz::require((*packet)->size() <= limit, "a packet is within the limit");
      outcome.packets.emplace_back((*packet)->begin(), (*packet)->end());
    }
    if (outcome.error) return outcome;
    fuzz::require(chunk.empty(), "all input is consumed before more is asked for");
  }
  outcome.mid_packet = reader.mid_packet();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t limit = std::size_t{input[0]} * 256;
  const std::size_t chunk_bytes = input[1] + std::size_t{1};
  const Bytes stream(input + 2, size - 2);
  const Outcome whole = read_all(stream, limit, stream.size() + 1);
  fuzz::require(read_all(stream, limit, chunk_bytes) == whole, "chunks give what the whole gives");
  fuzz::require(read_all(stream, limit, 1) == whole, "single bytes give what the whole gives");
  return 0;
}
