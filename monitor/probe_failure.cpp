#include "monitor/probe_failure.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "proxy/net/resolver.hpp"

namespace weir {
namespace {

struct LoginError {
  std::uint16_t code;
  ProbeFault fault;
};

// MySQL: error message reference; MariaDB shares the numbers below 2000.
constexpr std::array kLoginErrors{
    LoginError{1040, ProbeFault::too_many_connections},  // ER_CON_COUNT_ERROR
    LoginError{1203, ProbeFault::too_many_connections},  // ER_TOO_MANY_USER_CONNECTIONS
    LoginError{1226, ProbeFault::too_many_connections},  // ER_USER_LIMIT_REACHED
    LoginError{1044, ProbeFault::access_denied},         // ER_DBACCESS_DENIED_ERROR
    LoginError{1045, ProbeFault::access_denied},         // ER_ACCESS_DENIED_ERROR
    LoginError{1130, ProbeFault::access_denied},         // ER_HOST_NOT_PRIVILEGED
    LoginError{1698, ProbeFault::access_denied},         // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
    LoginError{1862, ProbeFault::access_denied},         // ER_MUST_CHANGE_PASSWORD_LOGIN
    LoginError{3118, ProbeFault::access_denied},         // ER_ACCOUNT_HAS_BEEN_LOCKED
    LoginError{4151, ProbeFault::access_denied},         // ER_ACCOUNT_HAS_BEEN_LOCKED of MariaDB
};

constexpr std::array<std::string_view, kProbeFaults> kNames{
    "not_asked",     "not_resolved",         "refused",  "unreachable",  "timed_out", "lost",
    "access_denied", "too_many_connections", "protocol", "server_error",
};

}  // namespace

ProbeFault fault_of_lookup(NetError why) {
  return is_no_such_name(why) ? ProbeFault::not_resolved : ProbeFault::not_asked;
}

ProbeFault fault_of_connect(NetError why) {
  if (why.is_our_own()) return ProbeFault::not_asked;
  return why.code == ECONNREFUSED ? ProbeFault::refused : ProbeFault::unreachable;
}

ProbeFault fault_of_login(std::uint16_t code) {
  for (const LoginError& error : kLoginErrors) {
    if (error.code == code) return error.fault;
  }
  return ProbeFault::server_error;
}

bool is_unreachable(ProbeFault fault) {
  using enum ProbeFault;
  return fault == not_resolved || fault == refused || fault == unreachable || fault == timed_out ||
         fault == lost;
}

std::string_view to_text(ProbeFault fault) {
  return kNames[static_cast<std::size_t>(fault)];
}

}  // namespace weir
