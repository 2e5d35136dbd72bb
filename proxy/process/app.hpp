// The process: signals on the control thread, workers, the admin port and the monitor beside
// it, in order of construction and shutdown; and what PROXYSQL commands do to all of it.
//
// SIGTERM or SIGINT drains: no new clients, idle sessions end, the others after their statement or
// transaction, at most mysql-shutdown_drain_time; a second one ends at once. SIGHUP and SIGUSR1 reopen the
// logs. SIGUSR2 starts another Weir that is to take over (takeover.hpp); when one has, sessions go on until
// they have been idle for a moment, at most mysql-takeover_drain_time; then it drains.
#pragma once

#include <functional>
#include <string>

#include "admin/process_control.hpp"
#include "admin/start_layers.hpp"
#include "monitor/monitor.hpp"
#include "protocol/base/log.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/net/successor.hpp"
#include "proxy/net/takeover.hpp"
#include "proxy/process/admin_part.hpp"
#include "proxy/process/control_calls.hpp"
#include "proxy/process/runtime.hpp"
#include "proxy/worker/watchdog.hpp"

namespace weir {

// What a process has of its own, whoever else runs with the same files.
struct AppPlace {
  std::string config_file{};        // what LOAD ... FROM CONFIG reads; empty = nothing
  bool serve = true;                // false: clients are not served before PROXYSQL START
  std::string door{};               // where another Weir may take over (takeover_path()); empty = nowhere
  Takeover* predecessor = nullptr;  // whose place this one takes, begun; null: nobody's
  // The pid file: taken when the predecessor has let go of it, and given up to a successor.
  std::function<Result<void, std::string>()> take_name{};
  std::function<void()> give_up_name{};
  Successor* successor = nullptr;  // what SIGUSR2 starts
};

class App final : DeadlineEvents, TakeoverHost, ProcessControl {
 public:
  enum class Ending { stopped, failed, restart };

  // `loop` is the control thread's, `start` is open; both outlive the App.
  App(Loop& loop, StartLayers& start, AppPlace place);

  // Listens, and runs until a signal or a command ends it. `failed`: an address could not be had.
  Ending run();
  // A signal of the process, while run() runs the loop.
  void on_signal(int signal) noexcept;

 private:
  // What clients find on their port.
  enum class DataPort { stopped, paused, open };

  void on_deadline() noexcept override;
  std::uint32_t next_session_id() override;
  void on_taken_over(int pid) noexcept override;

  Result<void, std::string> pause() override;
  Result<void, std::string> resume() override;
  Result<void, std::string> stop() override;
  Result<void, std::string> start() override;
  void restart() override;
  void shut_down(bool orderly) override;
  void exit_now() override;
  Result<void, std::string> reopen_logs() override;
  Result<void, std::string> reload_tls() override;
  static Result<void, std::string> reopen_log();

  // Admin thread: what settings mean to the process. On an error all is as before.
  Result<void, std::string> apply(const Settings& before, const Settings& now);

  // Control thread.
  void use(const Settings& settings);
  Result<void, std::string> listen(const Settings& settings, Millis patience_ms = Fleet::kPatienceMs);
  Result<void, std::string> open_data_port(const Settings& settings);
  void start_workers();
  Result<void, std::string> start_serving();
  void stop_serving();
  void watch_threads();
  Result<void, std::string> take_over();
  void open_door();
  void start_successor();
  void tell_service(std::string_view state) const;
  void drain();
  void leave_if_empty();
  void leave(Ending ending);

  Loop& loop_;
  ControlCalls calls_;
  TlsPart tls_;
  Runtime runtime_;
  AdminPart admin_;
  Monitor monitor_;
  Deadline drain_deadline_;
  Millis shutdown_drain_time_;  // as in the settings, for this thread
  Millis takeover_drain_time_;
  Watchdog watchdog_;
  AppPlace place_;
  TakeoverDoor door_;
  DataPort data_port_ = DataPort::stopped;
  bool draining_ = false;
  bool taken_over_ = false;  // by another Weir
  bool retiring_ = false;    // it has just been, and does not drain yet
  Ending ending_ = Ending::stopped;
};

}  // namespace weir
