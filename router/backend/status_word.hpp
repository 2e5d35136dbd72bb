// The words for what an operator says about a server.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "router/backend/server.hpp"

namespace weir {

// By ServerStatus.
inline constexpr std::array<std::string_view, 4> kStatusWords{"ONLINE", "SHUNNED", "OFFLINE_SOFT",
                                                              "OFFLINE_HARD"};

constexpr std::string_view to_text(ServerStatus status) {
  return kStatusWords[static_cast<std::size_t>(status)];
}

// In whatever case it is written; ONLINE for what is none.
inline ServerStatus parse_status(std::string_view text) {
  const auto upper = [](unsigned char c) { return static_cast<char>(std::toupper(c)); };
  const auto is_text = [&](std::string_view word) { return std::ranges::equal(text, word, {}, upper); };
  const auto word = std::ranges::find_if(kStatusWords, is_text);
  return word == kStatusWords.end() ? ServerStatus::online
                                    : static_cast<ServerStatus>(word - kStatusWords.begin());
}

// Whether the operator lets a server be used: one that is OFFLINE is left as it is.
inline bool in_operation(const ServerRow& row) {
  const ServerStatus status = parse_status(row.status);
  return status == ServerStatus::online || status == ServerStatus::shunned;
}

// SHUNNED also if it is our own doing.
inline ServerStatus shown_status(const Server& server) {
  const bool shunned = server.status == ServerStatus::online && server.health().view().shunned;
  return shunned ? ServerStatus::shunned : server.status;
}

}  // namespace weir
