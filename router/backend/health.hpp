// Whether a server may be given new work, as Weir itself has found out: one atomic word, and the only place
// that changes it.
//
// A server is online, or shunned until an instant. Connect errors shun it; time, a success, or a reload of
// the servers table bring it back. Besides, it may be in doubt: a check of the monitor had no answer, or it
// refused a write as read-only; only the monitor ends that. What the operator configured (status) and what
// the monitor has decided (hold) is the Server's, not ours. Any thread may call anything; a lock is taken for
// the text of an error alone. Every transition is logged once, by the thread that made it, with its reason.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>

#include "protocol/base/time.hpp"
#include "router/config/settings.hpp"

namespace weir {

// A view of the state, for tables and messages.
struct HealthView {
  bool shunned = false;
  bool silent = false;
  bool refuses_writes = false;
  Instant shunned_until = kNever;    // kNever with shunned = until a success or a reload
  Instant since = kNever;            // of the latest change of any of these; kNever = the latest LOAD
  std::int64_t last_error_code = 0;  // of the connect error that came last; 0 = none yet
};

class ServerHealth {
 public:
  static constexpr Instant kForeverShunned = std::numeric_limits<Instant>::max();

  // `name` is how the server is called in logs: "host:port hostgroup 1".
  explicit ServerHealth(std::string name) : name_(std::move(name)) {}

  // A connection attempt failed: `code` is the server's error number or our own 2002/2003/2013 for the
  // network. Shuns at min(shun_on_failures, connect_retries_on_failure + 1) failures within one second, for
  // shun_recovery_time_sec (at most connect_timeout_server_max - 1 s, at least 1 s; 0 = no timer). Refusals
  // that say nothing about the server's health, such as 1045, do not count: see counts_against_server().
  void note_connect_error(Instant now, std::int64_t code, const Settings& settings,
                          std::string_view message = {});
  // The latest of these errors in words; empty: none. Takes the lock.
  std::string last_error() const;

  // A connection attempt, or a check, succeeded.
  void note_success(Instant now);

  // A check of the monitor had no answer in time, or has again. A silent server gets work only if its
  // hostgroup has nothing else.
  void set_silent(bool silent, Instant now);
  // It refused a write as read-only: it gets no work until the monitor knows more, unless that has just found
  // such a refusal to be nothing. True: it is to be told. clear: it was nothing, or (kNever) is over.
  bool note_refused_write(Instant now);
  void clear_refused_write(Instant now);
  // How often it was nothing.
  std::uint32_t false_alarms() const noexcept { return false_alarms_.load(std::memory_order_acquire); }

  // The servers table was loaded again: a shunned server starts anew.
  void note_reload();
  // The same as if it came back: the operator put it ONLINE, or added it to servers that work already.
  void note_back() noexcept { back_since_.store(kJustBack, std::memory_order_relaxed); }

  // May it be given new work? The server of an expired shun is brought back by whoever asks.
  bool eligible(Instant now) noexcept {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    return word == kOnline || (word < kInDoubt && shun_is_over(word, now));
  }

  // Shunned, but for a tenth of its time already: better than nothing if a hostgroup has nothing else.
  bool eligible_as_last_resort(Instant now) const noexcept { return now >= last_resort_from(); }
  // From when on; in the past if it is online, kForeverShunned if only others can bring it back.
  Instant last_resort_from() const noexcept;

  // Since when it works again, for a slow start: counted from the first question after its return, for a
  // server to which nothing is sent does not warm up. kNever: it was never out.
  Instant back_since(Instant now) noexcept {
    Instant since = back_since_.load(std::memory_order_relaxed);
    if (since != kJustBack) return since;
    return back_since_.compare_exchange_strong(since, now, std::memory_order_relaxed) ? now : since;
  }

  // What back_since() would say; to look at it is no question, and starts nothing.
  Instant would_be_back_since(Instant now) const noexcept {
    const Instant since = back_since_.load(std::memory_order_relaxed);
    return since == kJustBack ? now : since;
  }

  HealthView view() const noexcept;
  const std::string& name() const { return name_; }

 private:
  // 0 = online; else bits that say why not, the length in tenths of a second (17 bits) and the end (44 bits)
  // of the shun or, if it is not shunned, of the time in which a refusal does not count.
  static constexpr std::uint64_t kOnline = 0;
  static constexpr std::uint64_t kRefusesWrites = std::uint64_t{1} << 63;
  static constexpr std::uint64_t kSilent = std::uint64_t{1} << 62;
  static constexpr std::uint64_t kShunned = std::uint64_t{1} << 61;
  static constexpr std::uint64_t kInDoubt = kSilent;  // this, or more
  static constexpr std::uint64_t kUntilBits = 44;
  static constexpr std::uint64_t kForever = (std::uint64_t{1} << kUntilBits) - 1;
  static constexpr Instant kJustBack = -1;  // of back_since_: nobody has asked yet

  static Instant until_of(std::uint64_t word) { return static_cast<Instant>(word & kForever); }
  static std::uint64_t doubts_of(std::uint64_t word) { return word & (kRefusesWrites | kSilent); }
  bool shun_is_over(std::uint64_t word, Instant now) noexcept;
  // Sets or clears one bit; whether that was a change.
  bool set_doubt(std::uint64_t bit, bool on, Instant now);
  bool end_shun(Instant now) noexcept;
  std::int64_t count_error(Instant now);
  void shun(Instant now, std::int64_t code, std::int64_t errors, const Settings& settings);

  std::atomic<std::uint64_t> word_{kOnline};
  std::atomic<std::uint64_t> errors_{0};  // the second they happened in (40 bits), and how many (24 bits)
  std::atomic<std::uint32_t> false_alarms_{0};
  std::atomic<std::int64_t> last_error_code_{0};
  std::atomic<Instant> back_since_{kNever};
  std::atomic<Instant> changed_{kNever};
  mutable std::mutex error_mutex_;
  std::string last_error_;
  const std::string name_;
};

// False for error numbers by which a healthy server refuses us: wrong password, unknown schema, too many
// connections of this user, ...
bool counts_against_server(std::int64_t code);

}  // namespace weir
