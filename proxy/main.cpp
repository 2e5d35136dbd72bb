// weir: the command line, the configuration, and then the process (App).
#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <span>
#include <string>

#include "admin/sample_config.hpp"
#include "admin/start_configuration.hpp"
#include "admin/statistics_reference.hpp"
#include "protocol/base/log.hpp"
#include "proxy/app.hpp"
#include "proxy/options.hpp"

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

// DATADIR/weir.pid, for service managers; removed at the end.
class PidFile {
 public:
  // Nothing is written without a data directory. False: the file cannot be written.
  bool write(const std::string& datadir) {
    if (datadir.empty()) return true;
    path_ = datadir + "/weir.pid";
    std::FILE* file = std::fopen(path_.c_str(), "w");
    if (file == nullptr) return false;
    fmt::print(file, "{}\n", ::getpid());
    return std::fclose(file) == 0;
  }
  ~PidFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int run(const Options& options) {
  ServerStates states;
  const StartConfiguration start = read_start_configuration(options, states, exists);
  if (!options.log_file.empty() && !log::to_file(options.log_file)) {
    fmt::print(stderr, "weir: cannot open the log file {}\n", options.log_file);
    return 1;
  }
  for (const Complaint& complaint : start.complaints) {
    log::write(complaint.severity == Severity::error ? log::Level::error : log::Level::warn,
               to_text(complaint), {});
  }
  if (!start.snapshot) return 1;
  PidFile pid_file;
  if (!pid_file.write(options.datadir)) {
    log::error("cannot write the pid file", {{"path", pid_file.path()}});
    return 1;
  }
  log::info("starting",
            {{"version", WEIR_VERSION}, {"configuration", start.file.empty() ? "command line" : start.file}});
  return App(start.snapshot).run();
}

int main_of(std::span<char*> arguments) {
  const auto options = parse_options(arguments);
  if (!options) {
    fmt::print(stderr, "weir: {}\n", options.error());
    return 1;
  }
  switch (options->task) {
    case Options::Task::run:
      return run(*options);
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
  return weir::main_of({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
}
