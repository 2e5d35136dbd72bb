// This program, as its file is now, beside this process: to take its place (takeover.hpp).
#pragma once

#include <string>
#include <vector>

#include "protocol/base/result.hpp"
#include "proxy/net/loop.hpp"

namespace weir {

// One at a time. It shares standard output and standard error, the environment and the process group, and
// goes on when this process ends.
class Successor {
 public:
  // `command`: the program, looked for in PATH if it has no slash, and its arguments. `loop` outlives this
  // object.
  Successor(Loop& loop, std::vector<std::string> command);
  ~Successor();
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;

  // A sentence if it cannot be started, or runs already. That it has ended later is said in the log.
  Result<void, std::string> start();
  bool running() const { return process_ != nullptr; }

 private:
  struct Process;

  Loop& loop_;
  std::vector<std::string> command_;
  Process* process_ = nullptr;  // freed by libuv's close callback
};

}  // namespace weir
