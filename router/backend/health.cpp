#include "router/backend/health.hpp"

#include <algorithm>
#include <array>

#include "protocol/base/log.hpp"

namespace weir {
namespace {

struct CodeRange {
  std::int64_t first, last;
};

// MySQL: error message reference, server errors. Account, schema, quota and statement errors: the server
// works.
constexpr std::array kHealthyRefusals{
    CodeRange{1007, 1008}, CodeRange{1044, 1045}, CodeRange{1048, 1052}, CodeRange{1054, 1075},
    CodeRange{1099, 1104}, CodeRange{1106, 1113}, CodeRange{1116, 1118}, CodeRange{1120, 1120},
    CodeRange{1136, 1136}, CodeRange{1138, 1149}, CodeRange{1203, 1203}, CodeRange{1226, 1226},
    CodeRange{3118, 3118},
};

constexpr std::uint64_t kCountBits = 24;
constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;
constexpr std::int64_t kMaxTenths = (std::int64_t{1} << 17) - 1;

// After a refusal that was nothing, the next ones do not count for so long; twice as long each time that one
// is nothing again within the longest such time. Whoever can have the server say so must not take it from
// others.
constexpr Millis kNothingCountsMs = 2'000;
constexpr Millis kLongestNothingCountsMs = 60'000;

Millis recovery_ms(const Settings& settings) {
  const Millis cap = settings.connect_timeout_server_max - 1000;
  return std::max<Millis>(1000, std::min<Millis>(settings.shun_recovery_time_sec * 1000, cap));
}

}  // namespace

bool counts_against_server(std::int64_t code) {
  return std::ranges::none_of(kHealthyRefusals,
                              [&](CodeRange range) { return code >= range.first && code <= range.last; });
}

std::int64_t ServerHealth::count_error(Instant now) {
  const auto second = static_cast<std::uint64_t>(now / 1000);
  std::uint64_t seen = errors_.load(std::memory_order_relaxed);
  for (;;) {
    const std::uint64_t count = (seen >> kCountBits) == second ? (seen & kCountMask) + 1 : 1;
    const std::uint64_t next = (second << kCountBits) | std::min(count, kCountMask);
    if (errors_.compare_exchange_weak(seen, next)) return static_cast<std::int64_t>(count);
  }
}

void ServerHealth::note_connect_error(Instant now, std::int64_t code, const Settings& settings,
                                      std::string_view message) {
  last_error_code_.store(code, std::memory_order_relaxed);
  if (!message.empty()) {
    const std::lock_guard lock(error_mutex_);
    last_error_ = message;
  }
  if (!counts_against_server(code)) return;
  const std::int64_t errors = count_error(now);
  const std::int64_t limit = std::min(settings.shun_on_failures, settings.connect_retries_on_failure + 1);
  // A server that is shunned already and fails an attempt of last resort stays out for its full time again.
  if (errors >= limit || !eligible(now)) shun(now, code, errors, settings);
}

std::string ServerHealth::last_error() const {
  const std::lock_guard lock(error_mutex_);
  return last_error_;
}

void ServerHealth::shun(Instant now, std::int64_t code, std::int64_t errors, const Settings& settings) {
  const bool by_timer = settings.shun_recovery_time_sec > 0;
  const Millis length = recovery_ms(settings);
  const std::uint64_t until = by_timer ? static_cast<std::uint64_t>(now + length) & kForever : kForever;
  const std::uint64_t tenths = by_timer ? static_cast<std::uint64_t>(std::min(length / 100, kMaxTenths)) : 0;
  const std::uint64_t word = kShunned | (tenths << kUntilBits) | until;
  std::uint64_t before = word_.load(std::memory_order_acquire);
  while (!word_.compare_exchange_weak(before, word | doubts_of(before), std::memory_order_acq_rel)) {
  }
  if ((before & kShunned) != 0) return;  // extended, not a transition
  changed_.store(now, std::memory_order_relaxed);
  log::warn(
      "server shunned: connecting failed",
      {{"server", name_}, {"errors", errors}, {"last_error", code}, {"for_ms", by_timer ? length : -1}});
}

bool ServerHealth::shun_is_over(std::uint64_t word, Instant now) noexcept {
  if ((word & kShunned) == 0) return true;
  const Instant until = until_of(word);
  if (until == static_cast<Instant>(kForever) || now < until) return false;
  if (word_.compare_exchange_strong(word, kOnline, std::memory_order_acq_rel)) {
    changed_.store(now, std::memory_order_relaxed);
    note_back();
    log::info("server back in use: its time out is over", {{"server", name_}});
    return true;
  }
  return word < kShunned;  // another thread was first, or it was shunned again
}

// Whether it was shunned; what else speaks against it stays.
bool ServerHealth::end_shun(Instant now) noexcept {
  std::uint64_t before = word_.load(std::memory_order_acquire);
  do {
    if ((before & kShunned) == 0) return false;
  } while (!word_.compare_exchange_weak(before, doubts_of(before), std::memory_order_acq_rel));
  changed_.store(now, std::memory_order_relaxed);
  note_back();
  return true;
}

void ServerHealth::note_success(Instant now) {
  if (end_shun(now)) log::info("server back in use: it answers", {{"server", name_}});
}

void ServerHealth::note_reload() {
  errors_.store(0, std::memory_order_relaxed);
  if (end_shun(kNever)) log::info("server back in use: the servers were loaded again", {{"server", name_}});
}

bool ServerHealth::set_doubt(std::uint64_t bit, bool on, Instant now) {
  const std::uint64_t before =
      on ? word_.fetch_or(bit, std::memory_order_acq_rel) : word_.fetch_and(~bit, std::memory_order_acq_rel);
  if (((before & bit) != 0) == on) return false;
  changed_.store(now, std::memory_order_relaxed);
  return true;
}

void ServerHealth::set_silent(bool silent, Instant now) {
  if (set_doubt(kSilent, silent, now) && !silent) note_back();
}

bool ServerHealth::note_refused_write(Instant now) {
  std::uint64_t before = word_.load(std::memory_order_acquire);
  do {
    if ((before & kRefusesWrites) != 0) return false;
    if ((before & kShunned) == 0 && now < until_of(before)) return true;
  } while (!word_.compare_exchange_weak(before, before | kRefusesWrites, std::memory_order_acq_rel));
  changed_.store(now, std::memory_order_relaxed);
  return true;
}

void ServerHealth::clear_refused_write(Instant now) {
  const auto cleared = [now](std::uint64_t word) {
    if ((word & kShunned) != 0) return word & ~kRefusesWrites;
    if (now == kNever) return word & kSilent;
    if ((word & kRefusesWrites) == 0) return word;
    const auto last_ms = static_cast<Millis>((word & ~doubts_of(word)) >> kUntilBits) * 100;
    const bool again = last_ms > 0 && now - until_of(word) < kLongestNothingCountsMs;
    const Millis length_ms = again ? std::min(2 * last_ms, kLongestNothingCountsMs) : kNothingCountsMs;
    return (word & kSilent) | static_cast<std::uint64_t>(length_ms / 100) << kUntilBits |
           (static_cast<std::uint64_t>(now + length_ms) & kForever);
  };
  if (now != kNever) false_alarms_.fetch_add(1, std::memory_order_release);
  std::uint64_t before = word_.load(std::memory_order_acquire);
  while (!word_.compare_exchange_weak(before, cleared(before), std::memory_order_acq_rel)) {
  }
  if ((before & kRefusesWrites) != 0) changed_.store(now, std::memory_order_relaxed);
}

Instant ServerHealth::last_resort_from() const noexcept {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  if ((word & kRefusesWrites) != 0) return kForeverShunned;
  if ((word & kShunned) == 0) return std::numeric_limits<Instant>::min();
  const Instant until = until_of(word);
  if (until == static_cast<Instant>(kForever)) return kForeverShunned;
  const auto length = static_cast<Millis>((word & ~(kShunned | kSilent)) >> kUntilBits) * 100;
  return until - length + length / 10;
}

HealthView ServerHealth::view() const noexcept {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  const bool shunned = (word & kShunned) != 0;
  const Instant until = shunned ? until_of(word) : kNever;
  return {.shunned = shunned,
          .silent = (word & kSilent) != 0,
          .refuses_writes = (word & kRefusesWrites) != 0,
          .shunned_until = until == static_cast<Instant>(kForever) ? kNever : until,
          .since = changed_.load(std::memory_order_relaxed),
          .last_error_code = last_error_code_.load(std::memory_order_relaxed)};
}

}  // namespace weir
