#include "proxy/net/takeover.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/base/log.hpp"
#include "protocol/base/number_text.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/fd_limit.hpp"
#include "proxy/net/listening_sockets.hpp"

namespace weir {
namespace {

constexpr std::string_view kAsk = "weir takeover 1";
constexpr std::string_view kSockets = "sockets ";
constexpr std::string_view kServing = "serving";
constexpr std::string_view kYours = "yours";
constexpr std::size_t kLongestLine = 64;
constexpr std::size_t kMostSockets = 250;  // SCM_MAX_FD is 253

std::string errno_text(std::string_view what) {
  return fmt::format("{}: {}", what, std::strerror(errno));
}

int unix_socket() {
  return ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

bool send_line(int fd, std::string_view line, const std::vector<int>& fds = {}) {
  std::string text(line);
  text += '\n';
  iovec bytes{.iov_base = text.data(), .iov_len = text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostSockets * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
  }
  return ::sendmsg(fd, &message, MSG_NOSIGNAL) == std::ssize(text);  // it fits into any socket's buffer
}

// Appends what is there to `text`, and descriptors that came with it to `fds`. 0: the end; -1: see errno.
ssize_t receive(int fd, std::string& text, std::vector<int>* fds) {
  std::array<char, kLongestLine> read{};
  iovec bytes{.iov_base = read.data(), .iov_len = read.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostSockets * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  if (fds != nullptr) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
  }
  const ssize_t count = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  if (count <= 0) return count;
  text.append(read.data(), static_cast<std::size_t>(count));
  for (cmsghdr* header = fds == nullptr ? nullptr : CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t sockets = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    const std::size_t before = fds->size();
    fds->resize(before + sockets);
    std::memcpy(fds->data() + before, CMSG_DATA(header), sockets * sizeof(int));
  }
  return count;
}

// Takes a whole line off `text`, if there is one.
std::optional<std::string> take_line(std::string& text) {
  const auto end = text.find('\n');
  if (end == std::string::npos) return std::nullopt;
  std::string line = text.substr(0, end);
  text.erase(0, end + 1);
  return line;
}

// The next line from the other side.
Result<std::string, std::string> wait_for_line(int fd, std::vector<int>* fds,
                                               int longest_ms = Takeover::kAnswerMs) {
  std::string text;
  for (;;) {
    if (auto line = take_line(text)) return *line;
    if (text.size() > kLongestLine) return std::unexpected("it does not answer as a Weir");
    pollfd waits{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waits, 1, longest_ms);
    if (ready == 0) return std::unexpected("it does not answer");
    if (ready < 0 && errno != EINTR) return std::unexpected(errno_text("poll"));
    const ssize_t count = receive(fd, text, fds);
    if (count == 0) return std::unexpected("it has refused, or ended");
    if (count < 0 && errno != EAGAIN && errno != EINTR) return std::unexpected(errno_text("recvmsg"));
  }
}

// Who is at the other end of a Unix socket; nobody of this user's, or root's, if the system does not say.
ucred peer_of(int fd) {
  ucred peer{.pid = 0, .uid = ~uid_t{0}, .gid = ~gid_t{0}};
  socklen_t size = sizeof peer;
  ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return peer;
}

// The other side has closed, or is gone.
bool has_ended(int fd) {
  char byte = 0;
  const ssize_t count = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

bool is_of_this_user(int fd) {
  const uid_t user = peer_of(fd).uid;
  return user == ::geteuid() || user == 0;
}

}  // namespace

std::string takeover_path(const std::string& datadir) {
  return datadir + "/weir.takeover";
}

// ---- the new one

Takeover::~Takeover() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void, std::string> Takeover::begin(const std::string& path) {
  const auto address = Address::from_path(path);
  if (!address) return std::unexpected(path + ": the path is too long for a socket");
  fd_ = unix_socket();
  if (fd_ < 0) return std::unexpected(errno_text("socket"));
  const auto failed = [this](std::string why) {
    ::close(std::exchange(fd_, -1));
    return std::unexpected(std::move(why));
  };
  if (::connect(fd_, address->raw(), address->raw_size()) != 0)
    return failed(errno_text("no Weir to take over from: " + path));
  if (!send_line(fd_, kAsk)) return failed(errno_text("the Weir to take over from: " + path));
  std::vector<int> fds;
  const auto line = wait_for_line(fd_, &fds);
  const std::string_view text = line ? std::string_view(*line) : std::string_view{};
  const std::string_view id = text.starts_with(kSockets) ? text.substr(kSockets.size()) : std::string_view{};
  const auto next = to_integer<decltype(next_session_id_)>(id);
  if (!next) {
    for (const int fd : fds) ::close(fd);
    return failed("the Weir to take over from: " + (line ? "it does not answer as a Weir" : line.error()));
  }
  next_session_id_ = *next;
  ListeningSockets::of_process().inherit(fds);
  log::info("taking over", {{"sockets", fds.size()}});
  return {};
}

Result<void, std::string> Takeover::finish() {
  if (!send_line(fd_, kServing)) return std::unexpected(errno_text("the Weir to take over from"));
  // It may have read that already, whatever holds it up: who leaves now could leave nobody behind.
  const auto line = wait_for_line(fd_, nullptr, kHandOverMs);
  ::close(std::exchange(fd_, -1));
  if (!line) return std::unexpected("the Weir to take over from: " + line.error());
  if (*line != kYours) return std::unexpected("the Weir to take over from: it does not answer as a Weir");
  return {};
}

// ---- the old one

TakeoverDoor::TakeoverDoor(Loop& loop, TakeoverHost& host)
    : loop_(loop), host_(host), poll_(loop, *this), patience_(loop.deadlines(), *this) {}

TakeoverDoor::~TakeoverDoor() {
  close();
}

// What a dead process has left there is replaced: who comes here holds the lock of the directory.
Result<void, std::string> TakeoverDoor::open(const std::string& path) {
  const auto address = Address::from_path(path);
  if (!address) return std::unexpected(path + ": the path is too long for a socket");
  ::unlink(path.c_str());
  fd_ = unix_socket();
  const bool well = fd_ >= 0 && ::bind(fd_, address->raw(), address->raw_size()) == 0 &&
                    ::chmod(path.c_str(), S_IRUSR | S_IWUSR) == 0 && ::listen(fd_, 1) == 0;
  if (!well) {
    std::string why = errno_text(path);
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    return std::unexpected(std::move(why));
  }
  path_ = path;
  file_number_ = socket_file_number(path);
  reserved_ = open_reserved_fd();
  watch(fd_);
  return {};
}

void TakeoverDoor::close() {
  if (fd_ < 0) return;
  dismiss();
  patience_.clear();
  poll_.release();
  if (reserved_ >= 0) ::close(std::exchange(reserved_, -1));
  ::close(std::exchange(fd_, -1));
  if (socket_file_number(path_) == file_number_) ::unlink(path_.c_str());
}

void TakeoverDoor::watch(int fd) {
  poll_.release();
  if (poll_.open(fd) == 0) poll_.watch(PollHandle::Watch::readable);
}

void TakeoverDoor::on_ready(bool, bool, bool) noexcept {
  visitor_ < 0 ? let_in() : hear();
}

int TakeoverDoor::accept_visitor() {
  return ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void TakeoverDoor::let_in() {
  visitor_ = accept_visitor();
  if (visitor_ < 0 && (errno == EMFILE || errno == ENFILE) && reserved_ >= 0) {
    ::close(std::exchange(reserved_, -1));
    visitor_ = accept_visitor();
  }
  if (visitor_ < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
    // He stays at the door, which would be readable all the time.
    log::warn("a Weir that wants to take over cannot be let in yet", {{"error", std::strerror(errno)}});
    poll_.release();
    return patience_.set(loop_.now() + kQuietMs);
  }
  if (!is_of_this_user(visitor_)) {
    log::warn("somebody else's process wants to take over, and may not");
    return dismiss();
  }
  heard_.clear();
  has_sockets_ = false;
  patience_.set(loop_.now() + kPatienceMs);
  watch(visitor_);
}

void TakeoverDoor::hear() {
  const ssize_t count = receive(visitor_, heard_, nullptr);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    if (has_sockets_) log::warn("the Weir that was to take over has ended: this one goes on");
    return dismiss();
  }
  while (auto line = take_line(heard_)) {
    answer(*line);
    if (visitor_ < 0) return;
  }
  if (heard_.size() > kLongestLine) dismiss();
}

void TakeoverDoor::answer(std::string_view line) {
  if (line == kAsk && !has_sockets_) {
    has_sockets_ = give_sockets();
    if (!has_sockets_) dismiss();
  } else if (line == kServing && has_sockets_ && has_ended(visitor_)) {
    log::warn("the Weir that was to take over has ended: this one goes on");
    dismiss();
  } else if (line == kServing && has_sockets_) {
    const int visitor = std::exchange(visitor_, -1);
    poll_.release();
    host_.on_taken_over(peer_of(visitor).pid);  // closes this door
    send_line(visitor, kYours);
    ::close(visitor);
  } else {
    dismiss();
  }
}

bool TakeoverDoor::give_sockets() {
  const std::vector<int> sockets = ListeningSockets::of_process().open();
  log::info("another Weir is to take over", {{"sockets", sockets.size()}});
  return sockets.size() <= kMostSockets &&
         send_line(visitor_, fmt::format("{}{}", kSockets, host_.next_session_id()), sockets);
}

void TakeoverDoor::dismiss() {
  if (visitor_ < 0) return;
  patience_.clear();
  poll_.release();
  ::close(std::exchange(visitor_, -1));
  if (reserved_ < 0) reserved_ = open_reserved_fd();
  watch(fd_);
}

void TakeoverDoor::on_deadline() noexcept {
  if (visitor_ < 0) {
    if (reserved_ < 0) reserved_ = open_reserved_fd();
    return watch(fd_);
  }
  log::warn("the Weir that was to take over does not serve: this one goes on");
  dismiss();
}

}  // namespace weir
