#include "proxy/net/loop.hpp"

#include <poll.h>
#include <uv.h>

#include <algorithm>

#include "protocol/base/check.hpp"
#include "proxy/net/name_table.hpp"
#include "proxy/net/spare_nodes.hpp"
#include "proxy/net/tls_contexts.hpp"

namespace weir {

TurnEndLink::~TurnEndLink() {
  if (loop_) loop_->withdraw(*this);
}

// prepare runs just before the loop sleeps, check just after what woke it was served.
struct Loop::Handles {
  uv_prepare_t prepare;
  uv_check_t check;
  uv_idle_t awake;  // active: the loop must not sleep
  uv_timer_t alarm;
  SpareNodes spare_nodes;
};

void Loop::FreeLoop::operator()(uv_loop_s* loop) const {
  WEIR_CHECK(uv_loop_close(loop) == 0, "every handle of the loop is closed");
  delete loop;
}

Loop::Loop()
    : scratch_(std::make_unique_for_overwrite<std::uint8_t[]>(kScratchBytes)),
      names_(std::make_shared<const NameTable>()),
      tls_(std::make_shared<const TlsContexts>()) {
  auto* loop = new uv_loop_t;
  WEIR_CHECK(uv_loop_init(loop) == 0, "the system has descriptors for an event loop");
  uv_.reset(loop);
  handles_ = std::make_unique<Handles>();
  loop->data = &handles_->spare_nodes;
  uv_prepare_init(loop, &handles_->prepare);
  uv_check_init(loop, &handles_->check);
  uv_idle_init(loop, &handles_->awake);
  uv_timer_init(loop, &handles_->alarm);
  handles_->prepare.data = handles_->check.data = handles_->alarm.data = this;
  uv_prepare_start(&handles_->prepare, [](uv_prepare_t* h) { static_cast<Loop*>(h->data)->before_sleep(); });
  uv_check_start(&handles_->check, [](uv_check_t* h) { static_cast<Loop*>(h->data)->finish_turn(); });
}

Loop::~Loop() {
  for (auto* handle :
       {reinterpret_cast<uv_handle_t*>(&handles_->prepare), reinterpret_cast<uv_handle_t*>(&handles_->check),
        reinterpret_cast<uv_handle_t*>(&handles_->awake), reinterpret_cast<uv_handle_t*>(&handles_->alarm)}) {
    uv_close(handle, nullptr);
  }
  handles_->spare_nodes.close();
  uv_walk(
      uv_.get(),
      [](uv_handle_t* handle, void*) {
        WEIR_CHECK(uv_is_closing(handle), "what was made on a loop is destroyed before it");
      },
      nullptr);
  uv_run(uv_.get(), UV_RUN_DEFAULT);
}

// A thread's first call of ours: without a frame of its own a trace of the thread would show none.
[[gnu::noinline]] void Loop::run() {
  uv_run(uv_.get(), UV_RUN_DEFAULT);
  asm volatile("");  // no tail call
}
void Loop::run_one_turn() {
  uv_run(uv_.get(), UV_RUN_ONCE);
}
void Loop::stop() {
  uv_stop(uv_.get());
}
MutableBytes Loop::plain_scratch() {
  if (!plain_scratch_) plain_scratch_ = std::make_unique_for_overwrite<std::uint8_t[]>(kPlainScratchBytes);
  return {plain_scratch_.get(), kPlainScratchBytes};
}

Instant Loop::now() const {
  return static_cast<Instant>(uv_now(uv_.get()));
}
std::uint64_t Loop::now_us() const {
  return uv_hrtime() / 1000;
}

void Loop::at_turn_end(TurnEnd& hook) {
  TurnEndLink& link = hook;
  if (link.loop_) return;
  link.loop_ = this;
  link.previous_ = last_;
  link.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &link;
  last_ = &link;
}

void Loop::withdraw(TurnEndLink& hook) {
  if (running_last_ == &hook) running_last_ = hook.previous_;
  (hook.previous_ ? hook.previous_->next_ : first_) = hook.next_;
  (hook.next_ ? hook.next_->previous_ : last_) = hook.previous_;
  hook.loop_ = nullptr;
}

void Loop::finish_turn() {
  running_last_ = last_;  // what the hooks request comes behind it
  while (running_last_) {
    TurnEnd& hook = static_cast<TurnEnd&>(*first_);
    withdraw(hook);
    hook.on_turn_end();  // may destroy the hook, and withdraw others
  }
}

void Loop::before_sleep() {
  // For timers, which run before this, and for hooks requested by hooks. After them the loop looks for work
  // once more without sleeping, which also gives the next request its pass.
  const bool late_hooks = first_ != nullptr;
  finish_turn();
  if (late_hooks) {
    uv_idle_start(&handles_->awake, [](uv_idle_t*) {});
  } else {
    uv_idle_stop(&handles_->awake);
  }
  set_alarm();
  if (busy_poll_.limit_us() != 0) look_around();
}

void Loop::set_alarm() {
  const Instant next = deadlines_.next();
  if (next == alarm_at_) return;
  alarm_at_ = next;
  if (next == kNever) {
    uv_timer_stop(&handles_->alarm);
    return;
  }
  const auto ring = [](uv_timer_t* timer) {
    auto& loop = *static_cast<Loop*>(timer->data);
    loop.alarm_at_ = kNever;
    loop.deadlines_.expire(loop.now());
  };
  uv_timer_start(&handles_->alarm, ring, next > now() ? static_cast<std::uint64_t>(next - now()) : 0, 0);
}

void Loop::look_around() {
  // -1: until something happens. 0: libuv has work left; so it says, too, as long as the system has not been
  // told of what has just begun to be watched, which a look would miss.
  const int sleep_ms = uv_backend_timeout(uv_.get());
  if (sleep_ms == 0 || !busy_poll_.before_sleep()) return;
  const std::uint64_t sleep_us = static_cast<std::uint64_t>(static_cast<unsigned>(sleep_ms)) * 1000;
  const std::uint64_t until = now_us() + std::min(busy_poll_.limit_us(), sleep_us);
  pollfd anything{uv_backend_fd(uv_.get()), POLLIN, 0};
  do {
    if (::poll(&anything, 1, 0) > 0) return busy_poll_.note(true);
  } while (now_us() < until);
  busy_poll_.note(false);
  uv_update_time(uv_.get());  // the next timer is nearer than it was
}

}  // namespace weir
