// weir: the command line, the configuration, and then the process (App).
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "admin/sample_config.hpp"
#include "admin/start_configuration.hpp"
#include "admin/start_layers.hpp"
#include "admin/statistics_reference.hpp"
#include "protocol/base/log.hpp"
#include "protocol/base/thread.hpp"
#include "proxy/crash/crash_report.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/net/resolver.hpp"
#include "proxy/net/signals.hpp"
#include "proxy/net/successor.hpp"
#include "proxy/options.hpp"
#include "proxy/process/app.hpp"

namespace weir {
namespace {

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

bool has_error(const Complaints& complaints) {
  for (const Complaint& complaint : complaints) {
    if (complaint.severity == Severity::error) return true;
  }
  return false;
}

// --check: what is wrong goes to standard output; the exit status tells whether it would start.
int check(const Options& options) {
  ServerStates states;
  const StartConfiguration start = read_start_configuration(options, states, exists);
  for (const Complaint& complaint : start.complaints) fmt::print("{}\n", to_text(complaint));
  if (has_error(start.complaints)) return 1;
  fmt::print("{}: configuration is valid\n", start.file.empty() ? "command line" : start.file);
  return 0;
}

// For service managers, and the lock of the data directory, where it is by default. Removed at the end.
class PidFile {
 public:
  explicit PidFile(std::string path) : path_(std::move(path)) {}
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;
  ~PidFile() {
    if (descriptor_ >= 0) ::unlink(path_.c_str());
    give_up();
  }

  // Nothing is written without a path. A sentence if the file cannot be written, or belongs to a process that
  // runs.
  Result<void, std::string> write() {
    if (path_.empty()) return {};
    const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return std::unexpected(fmt::format("{}: {}", path_, std::strerror(errno)));
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd);
      return std::unexpected(fmt::format("{} is held by another Weir that runs", path_));
    }
    descriptor_ = fd;
    const std::string text = fmt::format("{}\n", ::getpid());
    if (::ftruncate(fd, 0) == 0 && ::write(fd, text.data(), text.size()) == std::ssize(text)) return {};
    return std::unexpected(fmt::format("{}: {}", path_, std::strerror(errno)));
  }

  // It is another process's from now on.
  void give_up() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }

 private:
  const std::string path_;
  int descriptor_ = -1;  // open, and locked, while it is ours
};

// Where the process keeps its files: the command line, or else the configuration file.
ProcessSettings process_settings(const Options& options, const ProcessSettings& file) {
  ProcessSettings settings = file;
  if (!options.datadir.empty()) settings.datadir = options.datadir;
  if (options.foreground) settings.errorlog.clear();
  if (!options.log_file.empty()) settings.errorlog = options.log_file;
  if (settings.pidfile.empty() && !settings.datadir.empty())
    settings.pidfile = settings.datadir + "/weir.pid";
  return settings;
}

// Signals, to the App of the present life. They are watched from before the first life to after the last, and
// between two lives they wait: a SIGTERM during PROXYSQL RESTART ends what has restarted.
class SignalRelay final : public SignalEvents {
 public:
  explicit SignalRelay(Loop& loop) : signals_(loop, *this, {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) {}

  App::Ending run(App& app) {
    app_ = &app;
    const App::Ending ending = app.run();
    app_ = nullptr;
    return ending;
  }

 private:
  void on_signal(int signal) noexcept override {
    if (app_ != nullptr) app_->on_signal(signal);
  }

  App* app_ = nullptr;
  const Signals signals_;
};

Result<void, std::string> begin_takeover(Takeover& predecessor, AppPlace& place) {
  if (place.door.empty()) return std::unexpected("--takeover needs the data directory of the Weir that runs");
  if (auto begun = predecessor.begin(place.door); !begun) return begun;
  place.predecessor = &predecessor;
  return {};
}

// One life of the process, from reading the configuration to the end: PROXYSQL RESTART begins another.
App::Ending live(const Options& options, Loop& loop, SignalRelay& signals, Successor& successor) {
  const StartFile file = read_start_file(options, exists);
  const ProcessSettings process = process_settings(options, file.contents.process);
  if (!process.errorlog.empty() && !log::to_file(process.errorlog)) {
    fmt::print(stderr, "weir: cannot open the log file {}\n", process.errorlog);
    return App::Ending::failed;
  }
  StartLayers start;
  const bool opened = start.open(options, process.datadir, file);
  for (const Complaint& complaint : start.complaints()) {
    log::write(complaint.severity == Severity::error ? log::Level::error : log::Level::warn,
               to_text(complaint), {});
  }
  if (!opened) return App::Ending::failed;
  AppPlace place{.config_file = file.path, .serve = !options.no_start};
  if (!process.datadir.empty()) place.door = takeover_path(process.datadir);
  PidFile pid_file(process.pidfile);
  place.take_name = [&pid_file] { return pid_file.write(); };
  place.give_up_name = [&pid_file] { pid_file.give_up(); };
  place.successor = &successor;
  Takeover predecessor;
  const auto had = options.takeover ? begin_takeover(predecessor, place) : pid_file.write();
  if (!had) {
    log::error(options.takeover ? "cannot take over" : "cannot take the pid file", {{"error", had.error()}});
    return App::Ending::failed;
  }
  log::info("starting", {{"version", WEIR_VERSION}, {"configuration", start.origin()}});
  App app(loop, start, std::move(place));
  return signals.run(app);
}

int run(Options options, std::vector<std::string> command_of_successor) {
  Loop loop;  // the control thread's
  SignalRelay signals(loop);
  Successor successor(loop, std::move(command_of_successor));
  for (;;) {
    const App::Ending ending = live(options, loop, signals, successor);
    if (ending != App::Ending::restart) return ending == App::Ending::stopped ? 0 : 1;
    log::info("restarting");
    options.initial = options.reload = options.takeover = false;  // they were for the first life
  }
}

int main_of(std::string_view program, std::span<char*> arguments) {
  std::vector<std::string> command_of_successor = successor_command(program, arguments);
  const auto options = parse_options(arguments);
  if (!options) {
    fmt::print(stderr, "weir: {}\n", options.error());
    return 1;
  }
  switch (options->task) {
    case Options::Task::run:
      return run(*options, std::move(command_of_successor));
    case Options::Task::check:
      return check(*options);
    case Options::Task::help:
      fmt::print("{}", usage());
      return 0;
    case Options::Task::version:
      fmt::print("weir {}\n", WEIR_VERSION);
      return 0;
    case Options::Task::print_config:
      fmt::print("{}", sample_config());
      return 0;
    case Options::Task::print_statistics:
      fmt::print("{}", statistics_reference());
      return 0;
  }
  return 1;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  weir::begin_thread("weir");
  weir::install_crash_report(WEIR_VERSION);
  std::signal(SIGPIPE, SIG_IGN);  // a log that nobody reads any more is no reason to end
  weir::make_room_for_lookups();
  return weir::main_of(argc > 0 ? argv[0] : "weir",
                       {argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
