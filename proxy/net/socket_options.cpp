#include "proxy/net/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace weir {
namespace {

void set_option(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

// That nothing was set on tells what the system has.
void copy_from(int fresh, int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(fresh, IPPROTO_TCP, name, &value, &size) == 0) set_option(fd, IPPROTO_TCP, name, value);
}

void restore_times(int fd) {
  const int fresh = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fresh < 0) return;
  for (const int name : {TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT}) copy_from(fresh, fd, name);
  ::close(fresh);
}

}  // namespace

void set_no_delay(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

void enable_keepalive(int fd, int idle_s) {
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  if (idle_s <= 0) return;
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, idle_s / 3));
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

void set_keepalive(int fd, const Keepalive& keepalive) {
  if (!keepalive.on) return set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 0);
  if (keepalive.idle_s <= 0) restore_times(fd);
  enable_keepalive(fd, keepalive.idle_s);
}

void set_user_timeout(int fd, Millis timeout_ms) {
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(timeout_ms));
}

}  // namespace weir
