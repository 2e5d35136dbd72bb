// Counts what this thread allocates, to hold hot paths to their promise of none.
//
//   const AllocationCount count;
//   hot_path();
//   CHECK(count.allocations() == 0);
#pragma once

#include <cstddef>

namespace weir::test {

class AllocationCount {
 public:
  AllocationCount();

  // Not under clang's ThreadSanitizer, which lets nobody replace its operators.
  static bool counts();

  // By operator new in this thread, since construction.
  std::size_t allocations() const;
  std::size_t allocated_bytes() const;

 private:
  std::size_t allocations_at_start_;
  std::size_t bytes_at_start_;
};

}  // namespace weir::test
