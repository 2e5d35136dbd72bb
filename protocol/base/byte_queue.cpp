#include "protocol/base/byte_queue.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "protocol/base/check.hpp"

namespace weir {
namespace {

constexpr std::size_t kFirstBytes = 128;  // most small packets, which come field by field

// Twice as much as before, and a power of two; of what is large already a little more than is needed.
std::size_t larger_size(std::size_t before, std::size_t needed) {
  constexpr std::size_t kLarge = std::size_t{1} << 20;
  const std::size_t whole = needed <= kLarge ? std::bit_ceil(needed) : needed;
  return std::max({whole, kFirstBytes, std::min(before * 2, needed + kLarge)});
}

}  // namespace

void ByteQueue::append(Bytes bytes) {
  if (bytes.empty()) return;
  MutableBytes room = writable(bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  wrote(bytes.size());
}

MutableBytes ByteQueue::writable(std::size_t count) {
  if (buffer_.size() - end_ < count) {
    const std::size_t used = size();
    if (used + count <= buffer_.size() && begin_ >= used) {  // enough room in front, and moving is cheap
      if (used > 0) std::memcpy(buffer_.data(), buffer_.data() + begin_, used);
    } else {
      std::vector<std::uint8_t> larger(larger_size(buffer_.size(), used + count));
      if (used > 0) std::memcpy(larger.data(), buffer_.data() + begin_, used);
      buffer_.swap(larger);
    }
    begin_ = 0;
    end_ = used;
  }
  return {buffer_.data() + end_, count};
}

void ByteQueue::consume(std::size_t count) {
  WEIR_CHECK(count <= size(), "consumed more than the queue holds");
  begin_ += count;
  if (begin_ == end_) clear();
}

void ByteQueue::clear() {
  begin_ = end_ = 0;
  if (buffer_.size() > kKeptBytes) release();
}

void ByteQueue::release() {
  WEIR_CHECK(empty(), "released a queue that still holds bytes");
  std::vector<std::uint8_t>().swap(buffer_);
  begin_ = end_ = 0;
}

}  // namespace weir
