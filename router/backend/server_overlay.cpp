#include "router/backend/server_overlay.hpp"

#include <algorithm>
#include <array>

namespace weir {
namespace {

constexpr std::array<std::string_view, kHolds> kHoldNames{"none",  "silent",  "lagging", "dead",    "fenced",
                                                          "spare", "leaving", "severed", "unjudged"};

}  // namespace

ServerKey key_of(const ServerRow& row) {
  return {static_cast<int>(row.hostgroup_id), row.hostname, static_cast<std::uint16_t>(row.port)};
}

std::string_view to_text(Hold hold) {
  return kHoldNames[static_cast<std::size_t>(hold)];
}

bool ends_connections(Hold hold) {
  return hold == Hold::dead || hold == Hold::severed;
}

bool says_the_same(const ServerOverlay& a, const ServerOverlay& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.says_the_same(y.second);
  });
}

const ServerDecision* find_end(const ServerOverlay& overlay, std::string_view hostname, std::uint16_t port) {
  const auto end = std::ranges::find_if(overlay, [&](const auto& entry) {
    const auto& [key, decision] = entry;
    return ends_connections(decision.hold) && key.port == port && key.hostname == hostname;
  });
  return end == overlay.end() ? nullptr : &end->second;
}

std::vector<ServerRow> running_rows(const ServerOverlay& overlay, const std::vector<ServerRow>& rows) {
  if (overlay.empty()) return rows;
  std::vector<ServerRow> running;
  std::map<ServerKey, const ServerRow*> written;
  for (const ServerRow& row : rows) {
    written.emplace(key_of(row), &row);
    const auto decided = overlay.find(key_of(row));
    const bool removed =
        decided != overlay.end() && decided->second.presence == ServerDecision::Presence::removed;
    if (!removed) running.push_back(row);
  }
  for (const auto& [key, decision] : overlay) {
    if (decision.presence != ServerDecision::Presence::added || written.contains(key)) continue;
    const auto like = written.find({decision.like, key.hostname, key.port});
    if (like == written.end()) continue;  // the operator has taken it away since
    running.push_back(*like->second);
    running.back().hostgroup_id = key.hostgroup;
  }
  return running;
}

}  // namespace weir
