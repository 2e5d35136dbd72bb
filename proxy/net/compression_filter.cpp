#include "proxy/net/compression_filter.hpp"

#include <utility>

#include "proxy/net/loop.hpp"

namespace weir {

void CompressionFilter::enter(Loop& loop) {
  codecs_ = &loop.codecs();
}

std::size_t CompressionFilter::decode(Bytes& wire, MutableBytes plain, ByteQueue& reply) {
  const std::size_t made = stream_.decode(wire, plain, *codecs_);
  if (stream_.fault() && !std::exchange(told_, true)) stream_.tell_fault(reply, *codecs_);
  return made;
}

}  // namespace weir
