// Replaces the global operator new of the test program. Linked in only by tests that use AllocationCount.
#include "tests/support/allocation_count.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t thread_allocations = 0;
thread_local std::size_t thread_bytes = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++thread_allocations;
  thread_bytes += size;
  if (size == 0) size = 1;
  void* block = alignment > alignof(std::max_align_t)
                    ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                    : std::malloc(size);
  if (!block) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size, 0);
}
void* operator new[](std::size_t size) {
  return counted(size, 0);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete[](void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}

namespace weir::test {

AllocationCount::AllocationCount()
    : allocations_at_start_(thread_allocations), bytes_at_start_(thread_bytes) {}

std::size_t AllocationCount::allocations() const {
  return thread_allocations - allocations_at_start_;
}
std::size_t AllocationCount::allocated_bytes() const {
  return thread_bytes - bytes_at_start_;
}

}  // namespace weir::test
