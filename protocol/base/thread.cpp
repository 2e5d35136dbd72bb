#include "protocol/base/thread.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <csignal>
#include <cstddef>

namespace weir {
namespace {

// sigaltstack(2), given back when the thread ends.
class HandlerStack {
 public:
  HandlerStack() {
    memory_ = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) return;
    stack_t stack{};
    stack.ss_sp = memory_;
    stack.ss_size = kBytes;
    ::sigaltstack(&stack, &before_);
  }
  ~HandlerStack() {
    if (memory_ == MAP_FAILED) return;
    ::sigaltstack(&before_, nullptr);  // a sanitizer's, or none
    ::munmap(memory_, kBytes);
  }
  HandlerStack(const HandlerStack&) = delete;
  HandlerStack& operator=(const HandlerStack&) = delete;

 private:
  static constexpr std::size_t kBytes =
      256 * 1024;  // reading debugging information takes some; touched only then
  void* memory_;
  stack_t before_{};
};

}  // namespace

void begin_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
  static thread_local const HandlerStack stack;
}

}  // namespace weir
