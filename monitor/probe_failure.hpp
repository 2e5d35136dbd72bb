// Why a question to a server had no answer: what the monitor judges by, and what operators read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/net/error.hpp"

namespace weir {

enum class ProbeFault : std::uint8_t {
  not_asked,      // for want of a descriptor, a port, memory, a name server: nothing the server can help
  not_resolved,   // the host's name has no address
  refused,        // nobody listens there
  unreachable,    // any other failure of the network before the server spoke
  timed_out,      // no answer in time, at whatever stage
  lost,           // the connection ended in the middle of a login or an answer
  access_denied,  // the server is there, and does not let the monitor's account in, or not by what we have
  too_many_connections,  // the server is there, and full
  protocol,              // it speaks something else
  server_error,          // an ERR of any other kind: the server's own words
};
inline constexpr int kProbeFaults = static_cast<int>(ProbeFault::server_error) + 1;

struct ProbeFailure {
  ProbeFault fault = ProbeFault::protocol;
  std::uint16_t code = 0;  // the server's error number; 0 if it sent none
  std::string message;     // a sentence; that of a time-out begins with "timeout"
};

ProbeFault fault_of_lookup(NetError why);
ProbeFault fault_of_connect(NetError why);
// What an ERR in place of a greeting or of a login's OK means.
ProbeFault fault_of_login(std::uint16_t code);

// Whether the server has not answered by the addresses that are known of it: it may have others by now.
bool is_unreachable(ProbeFault fault);

std::string_view to_text(ProbeFault fault);

}  // namespace weir
