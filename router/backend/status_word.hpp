// The words for what an operator says about a server.
#pragma once

#include <array>
#include <string_view>

#include "router/backend/server.hpp"

namespace weir {

// By ServerStatus.
inline constexpr std::array<std::string_view, 4> kStatusWords{"ONLINE", "SHUNNED", "OFFLINE_SOFT",
                                                              "OFFLINE_HARD"};

constexpr std::string_view to_text(ServerStatus status) {
  return kStatusWords[static_cast<std::size_t>(status)];
}

// SHUNNED also if it is our own doing.
inline ServerStatus shown_status(const Server& server) {
  const bool shunned = server.status == ServerStatus::online && server.health().view().shunned;
  return shunned ? ServerStatus::shunned : server.status;
}

}  // namespace weir
