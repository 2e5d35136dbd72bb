#include "admin/result_bounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir {

std::size_t memory_of(const Row& row) {
  std::size_t bytes = sizeof(Row);
  for (const Cell& cell : row) bytes += sizeof(Cell) + (cell ? cell->size() : 0);
  return bytes;
}

std::size_t memory_of(const Rows& rows) {
  std::size_t bytes = 0;
  for (const Row& row : rows.rows) bytes += memory_of(row);
  return bytes;
}

std::string result_too_large(std::size_t limit) {
  if (limit >= kMaxResultBytes)
    return fmt::format("the result is larger than {} MiB; use LIMIT", kMaxResultBytes >> 20);
  return fmt::format(
      "the result is larger than the {} KiB that are left of {} MiB for all sessions' results; use LIMIT",
      limit >> 10, kMaxResultBytes >> 20);
}

std::size_t ResultShare::limit() const {
  return std::max(kMaxResultBytes - std::min(all_, kMaxResultBytes), kSureResultBytes);
}

void ResultShare::take(std::size_t bytes) {
  bytes_ += bytes;
  all_ += bytes;
}

void ResultShare::give_back() {
  all_ -= std::exchange(bytes_, 0);
}

}  // namespace weir
