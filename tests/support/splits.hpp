// Feeds a stream to a machine in every way it may arrive: whole, cut once at each point, and byte by byte.
// Each chunk is a heap block of its own, of exactly its size, so that a machine that looks back or ahead is
// caught.
#pragma once

#include <span>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "tests/support/exact_buffer.hpp"

namespace weir::test {

// `feed` is called once per split with all of its chunks, std::span<const Bytes>, and starts afresh each
// time. Of streams over `dense_bytes`, only the first and last so many bytes are tried as cutting points.
template <class Feed>
void for_every_split(Bytes stream, Feed&& feed, std::size_t dense_bytes = 4096) {
  const auto with_cuts = [&](const std::vector<std::size_t>& cuts) {
    std::vector<ExactBuffer> blocks;
    std::vector<Bytes> chunks;
    std::size_t from = 0;
    for (std::size_t cut : cuts) {
      blocks.emplace_back(stream.subspan(from, cut - from));
      chunks.push_back(blocks.back().bytes());  // the block does not move with its owner
      from = cut;
    }
    feed(std::span<const Bytes>(chunks));
  };

  with_cuts({stream.size()});
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    if (cut > dense_bytes && cut + dense_bytes < stream.size()) cut = stream.size() - dense_bytes;
    with_cuts({cut, stream.size()});
  }
  if (stream.size() > dense_bytes) return;
  std::vector<std::size_t> each;
  for (std::size_t cut = 1; cut <= stream.size(); ++cut) each.push_back(cut);
  with_cuts(each);
}

}  // namespace weir::test
