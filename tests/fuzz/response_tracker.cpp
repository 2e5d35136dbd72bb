// ResponseTracker: any split of a stream yields the same forwarded bytes, packets of interest and failure.
// Input: shape and capabilities, the size of a chunk, then the stream.
#include "tests/support/tracker_run.hpp"

#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

constexpr Shape kShapes[] = {Shape::result,  Shape::ok,   Shape::text,  Shape::rows,
                             Shape::prepare, Shape::none, Shape::stream};

struct Outcome {
  test::TrackerRun run;
  bool done = false;
  std::uint16_t status = 0;
  std::uint64_t rows = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome run_in_chunks(std::uint8_t settings, Bytes stream, std::size_t chunk_bytes) {
  ResponseTracker tracker;
  tracker.start(kShapes[(settings & 0x7f) % std::size(kShapes)],
                kLocalFiles | ((settings & 0x80) != 0 ? kDeprecateEof : 0));
  std::vector<Bytes> chunks;
  for (; !stream.empty(); stream = stream.subspan(chunks.back().size())) {
    chunks.push_back(stream.first(std::min(chunk_bytes, stream.size())));
  }
  Outcome outcome;
  outcome.run = test::run_tracker(tracker, chunks);
  outcome.done = tracker.done();
  outcome.status = tracker.status();
  if (outcome.run.error) {  // what a failing call would have forwarded depends on where it began
    outcome.run.forwarded.clear();
    outcome.run.forwarded_before.clear();
    return outcome;
  }
  outcome.rows = tracker.rows();
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
  fuzz::require(whole.run.forwarded.size() <= stream.size(), "nothing is forwarded that did not arrive");
  return 0;
}
