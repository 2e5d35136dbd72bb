// A part of a test in a process of its own: for what would stay changed in ours (its user, its limits, its
// mounts), or is to be killed. For tests with one thread.
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <stdexcept>

namespace weir {

class ChildProcess {
 public:
  static constexpr int kThrew = 99;

  // Runs `body` in a child; its result is the exit status, kThrew if it throws. Nothing of the test's own
  // objects is destroyed there.
  template <class Body>
  explicit ChildProcess(Body body) : pid_(::fork()) {
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ > 0) return;
    try {
      ::_exit(body());
    } catch (const std::exception& error) {
      std::cerr << "in a child process: " << error.what() << std::endl;
    }
    ::_exit(kThrew);
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

  void kill() { ::kill(pid_, SIGKILL); }
  // The exit status, or minus the signal that ended it.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
};

}  // namespace weir
