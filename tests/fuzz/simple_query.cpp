// SimpleQuery: any split of a server's answer leads to the same end, within the limit.
// Input: capabilities, the size of a chunk, then the stream.
#include "protocol/machine/simple_query.hpp"

#include <algorithm>

#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

SimpleQuery::Want run_in_chunks(std::uint8_t settings, Bytes stream, std::size_t chunk_bytes) {
  SimpleQuery query;
  query.start("SELECT 1",
              ((settings & 1) != 0 ? kDeprecateEof : 0) | ((settings & 2) != 0 ? kSessionTrack : 0));
  auto want = SimpleQuery::Want::read;
  while (!stream.empty()) {
    const Bytes chunk = stream.first(std::min(chunk_bytes, stream.size()));
    want = query.on_bytes(chunk);
    stream = stream.subspan(chunk.size());
  }
  for (const auto& row : query.rows()) {
    fuzz::require(row.size() == query.columns().size(), "a row has as many values as there are columns");
  }
  return want;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size < 2) return 0;
  const Bytes stream(input + 2, size - 2);
  const auto whole = run_in_chunks(input[0], stream, stream.size() + 1);
  fuzz::require(run_in_chunks(input[0], stream, input[1] + std::size_t{1}) == whole,
                "chunks give what the whole gives");
  fuzz::require(run_in_chunks(input[0], stream, 1) == whole, "single bytes give what the whole gives");
  return 0;
}
