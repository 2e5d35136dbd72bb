#include "proxy/net/acceptor.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "proxy/net/fd_limit.hpp"
#include "proxy/net/listening_sockets.hpp"

namespace weir {
namespace {

int accept_next(int listener, Address* peer) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  const int fd = ::accept4(listener, raw, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) *peer = Address::from_raw(raw, size);
  return fd;
}

// Asks cheaply: accept4() makes a socket before it looks, which costs as much where nobody waits.
bool somebody_waits(int listener) {
  pollfd asked{.fd = listener, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) != 0;
}

// The connection at the head of the backlog failed, or a firewall forbids it: the next one may be well.
bool concerns_one_connection(int error) {
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM || error == ENETDOWN ||
         error == ENETUNREACH || error == EHOSTDOWN || error == EHOSTUNREACH || error == ENOPROTOOPT ||
         error == EOPNOTSUPP || error == ENONET;
}

// A socket file that a dead process left keeps bind() from working. 0 if the path is free now, else an errno.
int clear_stale_socket(const Address& address) {
  const std::string path = address.path();
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT ? 0 : errno;
  if (!S_ISSOCK(status.st_mode)) return EEXIST;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (probe < 0) return errno;
  const bool refused = ::connect(probe, address.raw(), address.raw_size()) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  if (!refused) return EADDRINUSE;
  return ::unlink(path.c_str()) == 0 ? 0 : errno;
}

// What each client's socket is to have from its first moment on.
void set_options(int fd, const Keepalive& keepalive) {
  set_no_delay(fd);
  set_keepalive(fd, keepalive);
}

// The listening descriptor, or a negated errno.
int open_new_listener(const Address& address, const Keepalive& keepalive) {
  if (address.is_unix()) {
    if (const int error = clear_stale_socket(address)) return -error;
  }
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  const int on = 1;
  if (!address.is_unix()) {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    set_options(fd, keepalive);
  }
  if (address.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  bool well = ::bind(fd, address.raw(), address.raw_size()) == 0;
  // As with mysqld's socket: anybody on the machine may connect, the login decides.
  if (well && address.is_unix()) well = ::chmod(address.path().c_str(), 0777) == 0;
  if (well && ::listen(fd, Acceptor::kBacklog) == 0) return fd;
  const int error = errno;
  ::close(fd);
  return -error;
}

// One that a process before has left; -1: there is none. That process may go on, if this one does not come to
// serve: its socket keeps what it has chosen. (No delay is every Weir's choice.)
int take_inherited(const Address& address) {
  const int fd = ListeningSockets::of_process().take(address);
  if (fd >= 0 && !address.is_unix()) set_no_delay(fd);
  return fd;
}

}  // namespace

Acceptor::Acceptor(Loop& loop, AcceptEvents& events)
    : loop_(loop), events_(events), poll_(loop, *this), quiet_(loop.deadlines(), *this) {}

Acceptor::~Acceptor() {
  close();
}

std::expected<void, std::string> Acceptor::listen(const Address& address) {
  close();
  int fd = -EADDRINUSE;  // by who has them now
  if (!ListeningSockets::of_process().handed_over()) {
    fd = take_inherited(address);
    inherited_ = fd >= 0;
    if (!inherited_) fd = open_new_listener(address, keepalive_);
  }
  if (fd >= 0) {
    if (const int error = poll_.open(fd)) {
      ::close(fd);
      fd = -error;
    }
  }
  if (fd < 0) {
    return std::unexpected("cannot listen on " + address.text() + ": " + std::string(NetError{-fd}.text()));
  }
  fd_ = fd;
  local_ = Address::local_of(fd);
  everywhere_ = local_.ip() == "0.0.0.0" || local_.ip() == "::";
  if (address.is_unix()) file_number_ = socket_file_number(address.path());
  reserved_fd_ = open_reserved_fd();
  ListeningSockets::of_process().add(fd_);
  update_watch();
  return {};
}

void Acceptor::set_keepalive(const Keepalive& keepalive) {
  if (keepalive == keepalive_) return;
  keepalive_ = keepalive;
  if (inherited_ && ListeningSockets::of_process().shared()) return;
  if (fd_ >= 0 && !local_.is_unix()) weir::set_keepalive(fd_, keepalive_);
}

void Acceptor::close() {
  if (fd_ < 0) return;
  poll_.release();
  ListeningSockets::of_process().remove(fd_);
  ::close(fd_);
  fd_ = -1;
  paused_ = false;
  quiet_.clear();
  if (reserved_fd_ >= 0) ::close(reserved_fd_);
  reserved_fd_ = -1;
  // Somebody else may listen there by now, perhaps by the same file.
  if (ListeningSockets::of_process().handed_over()) return;
  if (inherited_ && ListeningSockets::of_process().shared()) return;
  if (const std::string path = local_.path(); !path.empty() && socket_file_number(path) == file_number_) {
    ::unlink(path.c_str());
  }
}

void Acceptor::pause() {
  paused_ = true;
  update_watch();
}

void Acceptor::resume() {
  paused_ = false;
  if (inherited_ && fd_ >= 0 && !local_.is_unix()) weir::set_keepalive(fd_, keepalive_);
  update_watch();
}

void Acceptor::update_watch() {
  const bool watching = !paused_ && !quiet_.is_set();
  poll_.watch(watching ? PollHandle::Watch::readable : PollHandle::Watch::nothing);
}

void Acceptor::on_ready(bool, bool, bool broken) noexcept {
  // Another process accepts: close() is on its way here.
  if (ListeningSockets::of_process().handed_over()) return;
  for (int i = 0; i < kBatch; ++i) {
    if (i > 0 && !somebody_waits(fd_)) break;
    Address peer;
    const int fd = accept_next(fd_, &peer);
    if (fd >= 0) {
      events_.on_accepted(fd, peer, *this);
      if (fd_ < 0 || paused_) return;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (!concerns_one_connection(errno)) {
      return fall_quiet(errno);
    }
  }
  if (broken) fall_quiet(ECONNABORTED);  // no longer watched, for whatever reason: look again later
}

void Acceptor::fall_quiet(int error) {
  int refused = 0;
  if ((error == EMFILE || error == ENFILE) && reserved_fd_ >= 0) {
    ::close(reserved_fd_);
    Address peer;
    for (int fd; refused < kMostRefused && (fd = accept_next(fd_, &peer)) >= 0; ++refused) ::close(fd);
    reserved_fd_ = open_reserved_fd();  // -1 if another thread was faster: tried again after the pause
  }
  quiet_.set(loop_.now() + kQuietMs);
  update_watch();
  events_.on_accept_failed(NetError{error}, refused);
}

void Acceptor::on_deadline() noexcept {
  if (reserved_fd_ < 0) reserved_fd_ = open_reserved_fd();
  update_watch();
}

}  // namespace weir
