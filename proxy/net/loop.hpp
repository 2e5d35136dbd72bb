// One event loop, for one thread: sockets, deadlines, messages of other threads, and the end of each turn.
//
// A turn is one pass: sleep until something is ready, run the callbacks, then the turn's end. Everything but
// construction belongs to the thread that calls run(). Whatever was made on a loop (channels, acceptors,
// mailboxes, lookups, deadlines) is destroyed before it, on the same thread or after that thread has ended;
// the loop's destructor then waits for the handles to close, and for lookups that are already running.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "protocol/base/byte_queue.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"
#include "protocol/wire/compression.hpp"
#include "proxy/net/busy_poll.hpp"
#include "proxy/net/deadlines.hpp"

struct uv_loop_s;

namespace weir {

class Loop;
class NameTable;
class TlsContexts;

// A request's place in the loop's list.
class TurnEndLink {
 public:
  TurnEndLink(const TurnEndLink&) = delete;
  TurnEndLink& operator=(const TurnEndLink&) = delete;

 protected:
  TurnEndLink() = default;
  ~TurnEndLink();

 private:
  friend class Loop;
  TurnEndLink* previous_ = nullptr;
  TurnEndLink* next_ = nullptr;
  Loop* loop_ = nullptr;  // not null: requested
};

// Something that wants to run once at the end of the current turn: reap what ended, flush what gathered, or
// report what must not be reported inside a call. Request it with Loop::at_turn_end(); destruction withdraws
// the request.
class TurnEnd : public TurnEndLink {
 public:
  // All callbacks of the turn have returned: objects may be destroyed here, `this` included. A request made
  // in here runs in a further pass, before the loop sleeps again.
  virtual void on_turn_end() noexcept = 0;

 protected:
  ~TurnEnd() = default;
};

class Loop {
 public:
  static constexpr std::size_t kScratchBytes = 192 * 1024;
  static constexpr std::size_t kPlainScratchBytes = 64 * 1024;

  Loop();  // ends the process if the system has no descriptors for a loop
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs turns until stop(). May be called again.
  void run();
  // One turn; sleeps at most until something happens (for tests and orderly shutdown).
  void run_one_turn();
  // run() returns after the current turn. From the loop's own thread; others post it through a Mailbox.
  void stop();

  // The time at which this turn began. No system call.
  Instant now() const;
  // The time now, in microseconds on the same clock, to measure latencies. No system call on Linux.
  std::uint64_t now_us() const;

  // Where channels receive. Valid as on_bytes() says: until the callback returns.
  MutableBytes scratch() { return {scratch_.get(), kScratchBytes}; }

  // The same for what filters make of it; made when it is first asked for.
  MutableBytes plain_scratch();
  // Where filters put what is to be sent; empty between uses.
  ByteQueue& wire_queue() { return wire_queue_; }

  // What connections with compression share; without memory until there is one.
  Codecs& codecs() { return codecs_; }

  Deadlines& deadlines() { return deadlines_; }

  // Looks for so long whether something happens before it sleeps, as BusyPoll says; 0, as at first: not at
  // all.
  void set_busy_poll_us(std::uint64_t limit_us) { busy_poll_.set_limit_us(limit_us); }
  std::uint64_t busy_poll_us() const { return busy_poll_.limit_us(); }

  // What is known of names on this loop: a Lookup asks nobody else for them. Never null; nothing at first.
  void set_names(std::shared_ptr<const NameTable> names) { names_ = std::move(names); }
  const NameTable& names() const { return *names_; }

  // With what TLS begins on this loop. Never null; with nothing at first.
  void set_tls(std::shared_ptr<const TlsContexts> tls) { tls_ = std::move(tls); }
  const TlsContexts& tls() const { return *tls_; }

  // Runs hook.on_turn_end() once at the end of this turn. Idempotent; no allocation.
  void at_turn_end(TurnEnd& hook);

  // For the files of proxy/net only.
  uv_loop_s* uv() { return uv_.get(); }

 private:
  friend class TurnEndLink;
  struct Handles;

  void withdraw(TurnEndLink& hook);
  void finish_turn();   // runs the hooks requested so far
  void before_sleep();  // what timers asked for, then the alarm for the next deadline
  void set_alarm();
  void look_around();

  struct FreeLoop {
    void operator()(uv_loop_s* loop) const;
  };
  std::unique_ptr<uv_loop_s, FreeLoop> uv_;
  std::unique_ptr<Handles> handles_;
  std::unique_ptr<std::uint8_t[]> scratch_;
  std::unique_ptr<std::uint8_t[]> plain_scratch_;
  ByteQueue wire_queue_;
  Codecs codecs_;
  Deadlines deadlines_;
  std::shared_ptr<const NameTable> names_;
  std::shared_ptr<const TlsContexts> tls_;
  Instant alarm_at_ = kNever;
  BusyPoll busy_poll_;
  TurnEndLink* first_ = nullptr;  // requested hooks, oldest first
  TurnEndLink* last_ = nullptr;
  TurnEndLink* running_last_ = nullptr;  // the pass under way ends after this one
};

}  // namespace weir
