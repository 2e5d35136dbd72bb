// Whose doing it was that a session ended: a log field, and the level it is logged at.
#pragma once

#include <string_view>

#include "protocol/base/log.hpp"

namespace weir {

enum class EndReason {
  client_quit,       // COM_QUIT
  client_gone,       // the connection ended without one
  client_protocol,   // it broke the protocol
  client_auth,       // wrong password, unknown user, limits
  client_timeout,    // handshake, idle or transaction time
  client_displaced,  // had not logged in when too many others came that had not, either
  client_too_slow,   // to take an answer, or to send what it had begun
  released,          // COMMIT RELEASE
  request_failed,    // in a way that the protocol has no answer for, such as in the middle of being sent
  backend_lost,      // the connection with this session's state, or in the middle of a reply
  backend_protocol,  // a server broke the protocol in the middle of a reply
  proxy_shutdown,
  killed,
};

struct EndReasonSpec {
  std::string_view name;
  log::Level level;
};

constexpr EndReasonSpec describe(EndReason reason) {
  switch (reason) {
    case EndReason::client_quit:
      return {"client_quit", log::Level::debug};
    case EndReason::client_gone:
      return {"client_gone", log::Level::debug};
    case EndReason::client_protocol:
      return {"client_protocol", log::Level::warn};
    case EndReason::client_auth:
      return {"client_auth", log::Level::info};
    case EndReason::client_timeout:
      return {"client_timeout", log::Level::info};
    case EndReason::client_displaced:
      return {"client_displaced", log::Level::debug};
    case EndReason::client_too_slow:
      return {"client_too_slow", log::Level::info};
    case EndReason::released:
      return {"released", log::Level::debug};
    case EndReason::request_failed:
      return {"request_failed", log::Level::info};
    case EndReason::backend_lost:
      return {"backend_lost", log::Level::info};
    case EndReason::backend_protocol:
      return {"backend_protocol", log::Level::warn};
    case EndReason::proxy_shutdown:
      return {"proxy_shutdown", log::Level::debug};
    case EndReason::killed:
      return {"killed", log::Level::info};
  }
  return {"unknown", log::Level::warn};
}

}  // namespace weir
