// For whom a thread works at this moment: what the watchdog says of a worker that is stuck, and a crash
// report of the thread that crashed.
//
// Written by its own thread, with plain stores; read by any, and by signal handlers of that thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

class AtWork {
 public:
  struct Seen {
    std::uint32_t session = 0;    // 0: for none in particular
    const char* stage = nullptr;  // of the session, as the work began
  };

  AtWork() = default;
  AtWork(const AtWork&) = delete;
  AtWork& operator=(const AtWork&) = delete;

  Seen seen() const {
    return {session_.load(std::memory_order_relaxed), stage_.load(std::memory_order_relaxed)};
  }

  // Until its end the thread works for this session. `stage` is a literal.
  class Scope {
   public:
    Scope(AtWork& at, std::uint32_t session, const char* stage) : at_(at), before_(at.seen()) {
      at_.set({session, stage});
    }
    ~Scope() { at_.set(before_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    AtWork& at_;
    const Seen before_;
  };

  // Of the calling thread; null: it has none.
  static const AtWork* of_this_thread() { return of_this_thread_; }
  void adopt_this_thread() const { of_this_thread_ = this; }

 private:
  void set(Seen seen) {
    session_.store(seen.session, std::memory_order_relaxed);
    stage_.store(seen.stage, std::memory_order_relaxed);
  }

  static inline thread_local const AtWork* of_this_thread_ = nullptr;
  std::atomic<std::uint32_t> session_{0};
  std::atomic<const char*> stage_{nullptr};
};

}  // namespace weir
