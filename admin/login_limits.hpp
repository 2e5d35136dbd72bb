// Failed logins on the admin port: how many there were, and what they cost those who come from there.
//
// As on the traffic port (LoginGuard, mysql-max_failed_logins), but apart from it: who guesses users'
// passwords does not slow down the administrator at the same address. A client of this machine waits, and is
// never refused; one at a Unix socket does not even wait: nobody else can lock out who sits at the machine.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/worker/login_guard.hpp"

namespace weir {

// Of one port. The admin thread; the counters any.
struct AdminLogins {
  LoginGuard guard{};
  std::atomic<std::uint64_t> denied{0};   // for a wrong name or password
  std::atomic<std::uint64_t> refused{0};  // right or wrong: too many from there had failed
};

// One login, from the client's answer until it is told how it went.
class AdminLoginWait {
 public:
  enum class Verdict { tell_now, tell_later, refuse };

  // `local`: of this machine. tell_later: after wait_ms(); call over() then, or when the client has gone.
  Verdict begin(AdminLogins& logins, std::string address, std::string_view user, bool local,
                std::int64_t allowed, Instant now);
  Millis wait_ms() const { return wait_ms_; }
  // Idempotent.
  void over();

 private:
  LoginGuard* counted_in_ = nullptr;
  std::string address_, user_;
  Millis wait_ms_ = 0;
};

}  // namespace weir
