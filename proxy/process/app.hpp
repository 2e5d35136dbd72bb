// The process: signals and listeners on the control thread, workers, the admin port and the monitor beside
// it, in order of construction and shutdown; and what PROXYSQL commands do to all of it.
//
// SIGTERM or SIGINT drains: no new clients, idle sessions end, the others after their statement or
// transaction, at most kDrainMs; a second one ends at once. SIGHUP and SIGUSR1 reopen the logs.
#pragma once

#include <string>

#include "admin/process_control.hpp"
#include "admin/start_layers.hpp"
#include "monitor/monitor.hpp"
#include "protocol/base/log.hpp"
#include "proxy/net/listeners.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/process/admin_part.hpp"
#include "proxy/process/control_calls.hpp"
#include "proxy/process/runtime.hpp"

namespace weir {

class App final : AcceptEvents, DeadlineEvents, ProcessControl {
 public:
  static constexpr Millis kDrainMs = 10'000;
  enum class Ending { stopped, failed, restart };

  // `loop` is the control thread's, `start` is open; both outlive the App. `config_file`: what LOAD ... FROM
  // CONFIG reads; empty = nothing. `serve` = false: clients are not served before PROXYSQL START.
  App(Loop& loop, StartLayers& start, std::string config_file, bool serve);

  // Listens, and runs until a signal or a command ends it. `failed`: an address could not be had.
  Ending run();
  // A signal of the process, while run() runs the loop.
  void on_signal(int signal) noexcept;

 private:
  // What clients find on their port.
  enum class DataPort { stopped, paused, open };

  void on_accepted(int fd, const Address& peer) noexcept override;
  void on_accept_failed(NetError why, int refused) noexcept override;
  void on_deadline() noexcept override;

  Result<void, std::string> pause() override;
  Result<void, std::string> resume() override;
  Result<void, std::string> stop() override;
  Result<void, std::string> start() override;
  void restart() override;
  void shut_down(bool orderly) override;
  void exit_now() override;
  Result<void, std::string> reopen_logs() override;
  static Result<void, std::string> reopen_log();

  // Admin thread: what settings mean to the process. On an error all is as before.
  Result<void, std::string> apply(const Settings& before, const Settings& now);

  // Control thread.
  Result<void, std::string> listen(const Settings& settings);
  Result<void, std::string> open_data_port(const Settings& settings);
  Result<void, std::string> start_serving();
  void stop_serving();
  void drain();
  void leave_if_empty();
  void leave(Ending ending);

  Loop& loop_;
  ControlCalls calls_;
  Listeners listeners_;
  Runtime runtime_;
  AdminPart admin_;
  Monitor monitor_;
  Deadline drain_deadline_;
  log::RateLimit accept_failures_{1000};
  const bool serve_;
  DataPort data_port_ = DataPort::stopped;
  bool draining_ = false;
  Ending ending_ = Ending::stopped;
};

}  // namespace weir
