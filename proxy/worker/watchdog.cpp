#include "proxy/worker/watchdog.hpp"

#include <utility>

#include "protocol/base/log.hpp"

namespace weir {

void Watchdog::set_limit(Millis limit_ms) {
  limit_ms_ = limit_ms;
}

void Watchdog::watch(std::vector<Thread> threads) {
  watched_.clear();
  for (Thread& thread : threads) watched_.push_back({.thread = std::move(thread)});
  for (Watched& watched : watched_) ask(watched);
  due_ = loop_.now() + kLookMs;
  look_.set(due_);
}

void Watchdog::ask(Watched& watched) {
  watched.asked_at = loop_.now();
  watched.told = false;
  watched.answered = std::make_shared<std::atomic<bool>>(false);
  watched.thread.post([answered = watched.answered] { answered->store(true, std::memory_order_release); });
}

void Watchdog::on_deadline() noexcept {
  // The whole process stood still (SIGSTOP, a suspended machine): nobody could answer.
  const Millis late = loop_.now() - due_;
  if (late > kLookMs) {
    for (Watched& watched : watched_) watched.asked_at += late;
  }
  bool well = true;
  for (Watched& watched : watched_) well = look_after(watched) && well;
  if (well && on_well_) on_well_();
  due_ = loop_.now() + kLookMs;
  look_.set(due_);
}

bool Watchdog::look_after(Watched& watched) {
  const Millis waited = loop_.now() - watched.asked_at;
  if (watched.answered->load(std::memory_order_acquire)) {
    if (watched.told) log::warn("a thread goes on", {{"thread", watched.thread.name}, {"stuck_ms", waited}});
    ask(watched);
    return true;
  }
  if (limit_ms_ <= 0 || waited < limit_ms_) return true;
  if (!watched.told) {
    watched.told = true;
    const AtWork::Seen seen =
        watched.thread.at_work == nullptr ? AtWork::Seen{} : watched.thread.at_work->seen();
    log::error("a thread is stuck: nobody whom it serves is answered",
               {{"thread", watched.thread.name},
                {"for_ms", waited},
                {"session", seen.session},
                {"stage", seen.stage == nullptr ? "none" : seen.stage}});
    watched.thread.on_stuck();
  }
  return false;
}

}  // namespace weir
