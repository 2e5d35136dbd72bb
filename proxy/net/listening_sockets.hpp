// The sockets on which this process listens, and those that a process before has handed to it.
//
// One per process, as descriptors are: whoever listens asks here first whether the socket is there already.
// Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "proxy/net/address.hpp"

namespace weir {

// Of a Unix socket's file, to know whether it is still the one that was bound: its inode; 0: there is no
// file.
std::uint64_t socket_file_number(const std::string& path);

class ListeningSockets {
 public:
  static ListeningSockets& of_process();

  // Sockets that listen, from a process before. They are this object's until somebody takes them.
  void inherit(const std::vector<int>& fds);
  // The inherited socket on exactly this address, the caller's from now on; -1: there is none.
  int take(const Address& address);
  // Closes those that nobody has taken: where they listened, nobody will. Returns where that was.
  std::vector<Address> drop_inherited();

  // Between inherit() and drop_inherited(): the process before has them, too, and may go on with them.
  bool shared() const;

  // A socket listens, and stays its owner's; or does no more.
  void add(int fd);
  void remove(int fd);
  // What listens now.
  std::vector<int> open() const;

  // Another process has copies of them, and goes on: closing them here ends nothing, and opening others would
  // be in its way.
  void hand_over();
  bool handed_over() const;

 private:
  ListeningSockets() = default;

  mutable std::mutex mutex_;
  std::vector<int> inherited_;
  std::vector<int> open_;
  bool handed_over_ = false;
  bool shared_ = false;
};

}  // namespace weir
