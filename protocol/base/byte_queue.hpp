// A growable FIFO of bytes: written at the back, consumed at the front.
//
// Memory is kept between uses up to kKeptBytes and released beyond, so that an idle connection is small. Not
// thread-safe. Spans stay valid until the next call that writes.
#pragma once

#include <cstddef>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace weir {

class ByteQueue {
 public:
  static constexpr std::size_t kKeptBytes = 16 * 1024;

  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  // All bytes in the queue, oldest first.
  Bytes readable() const { return {buffer_.data() + begin_, size()}; }
  MutableBytes readable() { return {buffer_.data() + begin_, size()}; }

  void append(Bytes bytes);
  // Room for `count` bytes at the back; follow with wrote(n <= count).
  MutableBytes writable(std::size_t count);
  void wrote(std::size_t count) { end_ += count; }

  // Drops the oldest `count` (<= size()) bytes.
  void consume(std::size_t count);
  void clear();
  // Gives the memory back. Only what is empty can be released.
  void release();

 private:
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace weir
