#include "proxy/query_log/line_ring.hpp"

#include <algorithm>
#include <cstring>

namespace weir {

bool LineRing::put(std::string_view line) {
  const std::uint64_t written = written_.load(std::memory_order_relaxed);
  if (written - read_seen_ + line.size() > size_ / 2) read_seen_ = read_.load(std::memory_order_acquire);
  if (written - read_seen_ + line.size() > size_) return false;
  if (!memory_) memory_ = std::make_unique_for_overwrite<char[]>(size_);
  const std::size_t at = written & (size_ - 1);
  const std::size_t to_end = std::min(line.size(), size_ - at);
  std::memcpy(memory_.get() + at, line.data(), to_end);
  std::memcpy(memory_.get(), line.data() + to_end, line.size() - to_end);
  written_.store(written + line.size(), std::memory_order_release);
  return true;
}

void LineRing::take(std::string& lines) {
  const std::uint64_t written = written_.load(std::memory_order_acquire);
  const std::uint64_t read = read_.load(std::memory_order_relaxed);
  if (written == read) return;
  const std::size_t bytes = written - read;
  const std::size_t at = read & (size_ - 1);
  const std::size_t to_end = std::min(bytes, size_ - at);
  lines.append(memory_.get() + at, to_end);
  lines.append(memory_.get(), bytes - to_end);
  read_.store(written, std::memory_order_release);
}

}  // namespace weir
