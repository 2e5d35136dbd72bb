// A program of the operator's choice, run beside the loop: no shell, no input, a process group of its own.
//
// It gets the environment and the working directory of this process, and none of the descriptors that this
// process has opened. What it writes to standard output and standard error arrives as lines.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proxy/net/error.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/net/poll_handle.hpp"

namespace weir {

// Exactly one of the two is set.
struct ProgramEnd {
  std::optional<int> exit_code{};
  std::optional<int> signal{};

  bool well() const { return exit_code == 0; }
};

class ProgramEvents {
 public:
  // Without its newline, cut at Program::kMaxLineBytes; valid during the call, in which the Program stays.
  virtual void on_program_line(std::string_view line) noexcept = 0;
  // Nothing comes after it. The Program may be started again or destroyed in here.
  virtual void on_program_end(ProgramEnd end) noexcept = 0;

 protected:
  ~ProgramEvents() = default;
};

// One run at a time.
class Program final : Readiness {
 public:
  static constexpr std::size_t kMaxLineBytes = 1024;

  // Both outlive this object.
  Program(Loop& loop, ProgramEvents& events) : loop_(loop), events_(events), output_(loop, *this) {}
  // What still runs is asked to end (SIGTERM) and not waited for.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Runs words[0], looked for in PATH if it has no slash, with the other words as its arguments. An error: it
  // does not run, and no event follows. Otherwise on_program_end() does, never inside the call.
  std::optional<NetError> start(std::span<const std::string> words);
  bool running() const { return process_ != nullptr; }
  // To it and to whatever it has started that is still of its group.
  void send(int signal);
  // In on_program_end(): SIGKILL to whatever it has started that is still of its group.
  void kill_rest();

 private:
  struct Process;

  void on_ready(bool readable, bool writable, bool broken) noexcept override;
  // False: nothing is left to be read.
  bool read_some();
  void take(std::string_view bytes);
  void close_output();
  void on_exit(ProgramEnd end);

  Loop& loop_;
  ProgramEvents& events_;
  Process* process_ = nullptr;  // freed by libuv's close callback
  int ended_group_ = 0;         // of the run whose end is being told
  PollHandle output_;
  int output_fd_ = -1;
  std::string line_;  // begun, not ended
};

}  // namespace weir
