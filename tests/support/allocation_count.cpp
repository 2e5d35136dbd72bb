// Replaces the global operator new of the test program. Linked in only by tests that use AllocationCount.
#include "tests/support/allocation_count.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::size_t thread_allocations = 0;
thread_local std::size_t thread_bytes = 0;

}  // namespace

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_COUNTS_NOTHING
#endif
#endif

#ifndef WEIR_COUNTS_NOTHING

namespace {

// Null if there is no memory. All forms are replaced: AddressSanitizer has its own of those that are not, and
// objects to blocks that come from one and go to the other.
void* counted(std::size_t size, std::size_t alignment) noexcept {
  ++thread_allocations;
  thread_bytes += size;
  if (size == 0) size = 1;
  return alignment > alignof(std::max_align_t)
             ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
             : std::malloc(size);
}

void* counted_or_throw(std::size_t size, std::size_t alignment) {
  if (void* block = counted(size, alignment)) return block;
  throw std::bad_alloc();
}

}  // namespace

using std::align_val_t;
using std::nothrow_t;

void* operator new(std::size_t size) {
  return counted_or_throw(size, 0);
}
void* operator new[](std::size_t size) {
  return counted_or_throw(size, 0);
}
void* operator new(std::size_t size, align_val_t alignment) {
  return counted_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, align_val_t alignment) {
  return counted_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const nothrow_t&) noexcept {
  return counted(size, 0);
}
void* operator new[](std::size_t size, const nothrow_t&) noexcept {
  return counted(size, 0);
}
void* operator new(std::size_t size, align_val_t alignment, const nothrow_t&) noexcept {
  return counted(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, align_val_t alignment, const nothrow_t&) noexcept {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block, const nothrow_t&) noexcept {
  std::free(block);
}
void operator delete[](void* block, const nothrow_t&) noexcept {
  std::free(block);
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
void operator delete(void* block, align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, align_val_t) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t, align_val_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t, align_val_t) noexcept {
  std::free(block);
}

#endif

namespace weir::test {

bool AllocationCount::counts() {
#ifdef WEIR_COUNTS_NOTHING
  return false;
#else
  return true;
#endif
}

AllocationCount::AllocationCount()
    : allocations_at_start_(thread_allocations), bytes_at_start_(thread_bytes) {}

std::size_t AllocationCount::allocations() const {
  return thread_allocations - allocations_at_start_;
}
std::size_t AllocationCount::allocated_bytes() const {
  return thread_bytes - bytes_at_start_;
}

}  // namespace weir::test
