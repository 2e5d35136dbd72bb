#include "proxy/net/listening_sockets.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace weir {

std::uint64_t socket_file_number(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

ListeningSockets& ListeningSockets::of_process() {
  static ListeningSockets sockets;
  return sockets;
}

void ListeningSockets::inherit(const std::vector<int>& fds) {
  const std::lock_guard lock(mutex_);
  inherited_.insert(inherited_.end(), fds.begin(), fds.end());
  shared_ = true;
}

int ListeningSockets::take(const Address& address) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(inherited_, [&](int fd) { return Address::local_of(fd) == address; });
  if (found == inherited_.end()) return -1;
  const int fd = *found;
  inherited_.erase(found);
  return fd;
}

std::vector<Address> ListeningSockets::drop_inherited() {
  const std::lock_guard lock(mutex_);
  shared_ = false;
  std::vector<Address> dropped;
  for (const int fd : std::exchange(inherited_, {})) {
    dropped.push_back(Address::local_of(fd));
    ::close(fd);
  }
  return dropped;
}

void ListeningSockets::add(int fd) {
  const std::lock_guard lock(mutex_);
  open_.push_back(fd);
}

void ListeningSockets::remove(int fd) {
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
}

std::vector<int> ListeningSockets::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

bool ListeningSockets::shared() const {
  const std::lock_guard lock(mutex_);
  return shared_;
}

void ListeningSockets::hand_over() {
  const std::lock_guard lock(mutex_);
  handed_over_ = true;
}

bool ListeningSockets::handed_over() const {
  const std::lock_guard lock(mutex_);
  return handed_over_;
}

}  // namespace weir
