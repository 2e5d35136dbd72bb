#include "proxy/net/program.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <uv.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "protocol/base/check.hpp"
#include "proxy/net/descriptor.hpp"

namespace weir {
namespace {

// What is in a pipe when its program ends is read; whoever else still writes to it is not listened to for
// long.
constexpr int kLastReads = 4;

}  // namespace

struct Program::Process {
  uv_process_t uv;
  Program* owner;

  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&uv),
             [](uv_handle_t* handle) { delete static_cast<Process*>(handle->data); });
  }
};

Program::~Program() {
  send(SIGTERM);
  close_output();
  if (process_) process_->close();
}

std::optional<NetError> Program::start(std::span<const std::string> words) {
  WEIR_CHECK(!running() && !words.empty(), "one run at a time, of something");
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return NetError{errno};
  Descriptor ours(pipe[0]);
  const Descriptor theirs(pipe[1]);
  ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);  // the program's end blocks, as programs expect

  std::array<uv_stdio_container_t, 3> stdio{};
  stdio[0].flags = UV_IGNORE;
  for (auto* output : {&stdio[1], &stdio[2]}) {
    output->flags = UV_INHERIT_FD;
    output->data.fd = pipe[1];
  }
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  uv_process_options_t options{};
  options.file = arguments[0];
  options.args = arguments.data();
  options.flags = UV_PROCESS_DETACHED;
  options.stdio_count = stdio.size();
  options.stdio = stdio.data();
  options.exit_cb = [](uv_process_t* uv, std::int64_t status, int signal) {
    auto* process = static_cast<Process*>(uv->data);
    const auto code = static_cast<int>(status);
    process->owner->on_exit(signal == 0 ? ProgramEnd{.exit_code = code} : ProgramEnd{.signal = signal});
  };
  auto* process = new Process;
  const int error = uv_spawn(loop_.uv(), &process->uv, &options);
  process->uv.data = process;
  process->owner = this;
  if (error != 0) {
    process->close();  // libuv has registered it in any case
    return NetError{-error};
  }
  process_ = process;
  ended_group_ = 0;
  line_.clear();
  output_fd_ = ours.release();
  if (output_.open(output_fd_) == 0) {
    output_.watch(PollHandle::Watch::readable);
  } else {
    close_output();
  }
  return std::nullopt;
}

void Program::send(int signal) {
  if (running()) ::kill(-process_->uv.pid, signal);
}

void Program::kill_rest() {
  if (ended_group_ != 0) ::kill(-ended_group_, SIGKILL);
}

void Program::on_ready(bool, bool, bool broken) noexcept {
  if (broken || !read_some()) close_output();
}

bool Program::read_some() {
  const MutableBytes room = loop_.scratch();
  const ssize_t got = ::read(output_fd_, room.data(), room.size());
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got > 0) take({reinterpret_cast<const char*>(room.data()), static_cast<std::size_t>(got)});
  return got > 0;
}

void Program::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    line_ += part.substr(0, kMaxLineBytes - line_.size());
    if (end == std::string_view::npos) return;
    events_.on_program_line(line_);
    line_.clear();
    bytes.remove_prefix(end + 1);
  }
}

void Program::close_output() {
  if (output_fd_ < 0) return;
  output_.release();
  ::close(std::exchange(output_fd_, -1));
}

void Program::on_exit(ProgramEnd end) {
  const int group = process_->uv.pid;
  std::exchange(process_, nullptr)->close();
  for (int i = 0; output_fd_ >= 0 && i < kLastReads; ++i) {
    if (!read_some()) close_output();
  }
  close_output();
  if (!line_.empty()) events_.on_program_line(line_);
  ended_group_ = group;
  events_.on_program_end(end);
}

}  // namespace weir
