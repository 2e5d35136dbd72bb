// A message cut short at every point, and one byte too long, each in a heap block of exactly its size.
#pragma once

#include "tests/support/exact_buffer.hpp"
#include "tests/support/hex.hpp"

namespace weir::test {

// Calls `decode` with every prefix of `message` that is shorter than it, the empty one included.
template <class Decode>
void for_every_shorter(Bytes message, Decode&& decode) {
  for (std::size_t size = 0; size < message.size(); ++size) decode(ExactBuffer(message.first(size)).bytes());
}

inline ExactBuffer with_one_byte_more(Bytes message) {
  Blob longer = to_blob(message);
  longer.push_back(0);
  return ExactBuffer(longer);
}

}  // namespace weir::test
