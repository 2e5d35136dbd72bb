#include "router/backend/server.hpp"

#include <fmt/format.h>

#include <functional>

#include "router/config/host_port.hpp"

namespace weir {
namespace {

// Never 0, so that 0 is no server.
std::uint64_t key_of(int hostgroup, const std::string& hostname, std::uint16_t port) {
  return std::hash<std::string>{}(fmt::format("{}/{}/{}", hostgroup, port, hostname)) | 1;
}

}  // namespace

ServerState::ServerState(int hostgroup_id, std::string host, std::uint16_t tcp_port)
    : hostgroup(hostgroup_id),
      hostname(std::move(host)),
      port(tcp_port),
      key(key_of(hostgroup, hostname, port)),
      health(fmt::format("{} (hostgroup {})", to_text(HostPort{hostname, port}), hostgroup)) {}

std::shared_ptr<ServerState> ServerStates::find_or_make(int hostgroup, const std::string& hostname,
                                                        std::uint16_t port) {
  const std::lock_guard lock(mutex_);
  std::erase_if(states_, [](const auto& entry) { return entry.second.expired(); });
  auto& known = states_[{hostgroup, hostname, port}];
  if (auto state = known.lock()) return state;
  auto state = std::make_shared<ServerState>(hostgroup, hostname, port);
  known = state;
  return state;
}

std::vector<std::shared_ptr<ServerState>> ServerStates::alive() const {
  std::vector<std::shared_ptr<ServerState>> alive;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, known] : states_) {
    if (auto state = known.lock()) alive.push_back(std::move(state));
  }
  return alive;
}

}  // namespace weir
