#include "proxy/net/service_notice.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "protocol/base/log.hpp"

namespace weir {

bool service_watches() {
  return std::getenv("WATCHDOG_USEC") != nullptr && std::getenv("NOTIFY_SOCKET") != nullptr;
}

void notify_service(std::string_view state) {
  const char* named = std::getenv("NOTIFY_SOCKET");
  const std::string_view path = named == nullptr ? std::string_view{} : std::string_view(named);
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';  // a name that is in no file system
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (fd < 0 || ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, to, length) < 0) {
    log::warn("the service manager cannot be told", {{"state", state}, {"error", std::strerror(errno)}});
  }
  if (fd >= 0) ::close(fd);
}

}  // namespace weir
