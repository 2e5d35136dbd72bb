// Lines on their way from a thread that waits for nobody to one that writes them: a ring of bytes with one
// writer and one reader. What does not fit is refused.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir {

class LineRing {
 public:
  static constexpr std::size_t kBytes = 4 << 20;

  // A power of two.
  explicit LineRing(std::size_t bytes = kBytes) : size_(bytes) {}

  // The writer's thread. Memory is taken with the first line, and touched as it fills.
  //
  // False: there is no room for the line.
  bool put(std::string_view line);
  bool half_full() const { return written_.load(std::memory_order_relaxed) - read_seen_ > size_ / 2; }

  // The reader's thread: moves all lines to the end of `lines`.
  void take(std::string& lines);

 private:
  const std::size_t size_;
  std::unique_ptr<char[]> memory_;
  std::uint64_t read_seen_ = 0;  // read_, as the writer last looked
  // Positions since the beginning; apart, because two threads change them.
  alignas(64) std::atomic<std::uint64_t> written_{0};
  alignas(64) std::atomic<std::uint64_t> read_{0};
};

}  // namespace weir
