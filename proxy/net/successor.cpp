#include "proxy/net/successor.hpp"

#include <uv.h>

#include <array>
#include <cstring>
#include <utility>

#include "protocol/base/log.hpp"

namespace weir {

struct Successor::Process {
  uv_process_t uv{};
  Successor* owner = nullptr;  // null: gone

  void close() {
    uv_close(reinterpret_cast<uv_handle_t*>(&uv),
             [](uv_handle_t* handle) { delete static_cast<Process*>(handle->data); });
  }
};

Successor::Successor(Loop& loop, std::vector<std::string> command)
    : loop_(loop), command_(std::move(command)) {}

Successor::~Successor() {
  if (process_ != nullptr) std::exchange(process_, nullptr)->close();
}

Result<void, std::string> Successor::start() {
  if (running()) return std::unexpected("one has been started, and runs");
  std::array<uv_stdio_container_t, 3> stdio{};
  stdio[0].flags = UV_IGNORE;
  for (const int output : {1, 2}) {
    stdio[static_cast<std::size_t>(output)].flags = UV_INHERIT_FD;
    stdio[static_cast<std::size_t>(output)].data.fd = output;
  }
  std::vector<char*> arguments;
  for (std::string& word : command_) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  uv_process_options_t options{};
  options.file = arguments[0];
  options.args = arguments.data();
  options.stdio_count = stdio.size();
  options.stdio = stdio.data();
  options.exit_cb = [](uv_process_t* uv, std::int64_t status, int signal) {
    auto* process = static_cast<Process*>(uv->data);
    log::warn("the Weir that was started has ended",
              {{"pid", uv->pid}, {"exit_code", status}, {"signal", signal}});
    process->owner->process_ = nullptr;
    process->close();
  };
  auto* process = new Process;
  const int error = uv_spawn(loop_.uv(), &process->uv, &options);
  process->uv.data = process;
  process->owner = this;
  if (error != 0) {
    process->close();  // libuv has registered it in any case
    return std::unexpected(command_.front() + ": " + std::strerror(-error));
  }
  process_ = process;
  log::info("another Weir is started, to take over", {{"pid", process->uv.pid}});
  return {};
}

}  // namespace weir
