// RequestTracker: any split of a stream yields the same end of the request, the same command, and the same
// failure. Input: command or upload, the size of a chunk, then the stream.
#include "protocol/machine/request_tracker.hpp"

#include <algorithm>

#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

struct Outcome {
  std::size_t consumed = 0;
  std::optional<DecodeError> error;
  bool done = false;
  std::optional<std::uint8_t> command;
  std::uint64_t payload_bytes = 0;
  std::uint8_t next_sequence = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome run_in_chunks(std::uint8_t settings, Bytes stream, std::size_t chunk_bytes) {
  RequestTracker tracker;
  if ((settings & 1) != 0) tracker.start_upload(static_cast<std::uint8_t>(settings >> 1));
  Outcome outcome;
  while (!stream.empty() && !tracker.done()) {
    const Bytes chunk = stream.first(std::min(chunk_bytes, stream.size()));
    const auto consumed = tracker.feed(chunk);
    if (!consumed) {  // how much of a failing chunk was looked at does not matter
      Outcome failed;
      failed.error = consumed.error();
      return failed;
    }
    fuzz::require(*consumed == chunk.size() || tracker.done(), "all is consumed before the end");
    outcome.consumed += *consumed;
    stream = stream.subspan(*consumed);
  }
  outcome.done = tracker.done();
  outcome.command = tracker.command();
  outcome.payload_bytes = tracker.payload_bytes();
  outcome.next_sequence = tracker.next_sequence();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 2) return 0;
  const Bytes stream(input + 2, size - 2);
  const Outcome whole = run_in_chunks(input[0], stream, stream.size() + 1);
  fuzz::require(run_in_chunks(input[0], stream, input[1] + std::size_t{1}) == whole,
                "chunks give what the whole gives");
  fuzz::require(run_in_chunks(input[0], stream, 1) == whole, "single bytes give what the whole gives");
  return 0;
}
