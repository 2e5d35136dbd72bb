#include "admin/login_limits.hpp"

#include <utility>

namespace weir {

AdminLoginWait::Verdict AdminLoginWait::begin(AdminLogins& logins, std::string address, std::string_view user,
                                              bool local, std::int64_t allowed, Instant now) {
  const LoginGuard::Verdict verdict = logins.guard.judge(address, user, allowed, now);
  if (verdict.refused && !local) {
    logins.refused.fetch_add(1, std::memory_order_relaxed);
    return Verdict::refuse;
  }
  wait_ms_ = verdict.refused ? LoginGuard::kMaxWaitMs : verdict.wait_ms;
  if (wait_ms_ == 0) return Verdict::tell_now;
  if (!verdict.refused) counted_in_ = &logins.guard;
  address_ = std::move(address);
  user_ = user;
  return Verdict::tell_later;
}

void AdminLoginWait::over() {
  if (LoginGuard* guard = std::exchange(counted_in_, nullptr)) guard->ended_wait(address_, user_);
}

}  // namespace weir
