// The command line: flags as rows, which also print --help.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"
#include "proxy/net/address.hpp"
#include "router/config/host_port.hpp"
#include "router/config/settings.hpp"
#include "router/config/tables.hpp"

namespace weir {

// A backend given on the command line: HOST:PORT[,weight=N], or the path of a Unix socket.
struct BackendOption {
  HostPort address;
  std::optional<std::int64_t> weight;  // absent = 1, or what the configuration file says
};

struct AccountOption {
  std::string name;
  std::string password;
};

struct Options {
  enum class Task { run, help, version, check, print_config, print_statistics };
  Task task = Task::run;
  std::string config_file;  // empty = the first of default_config_files() that exists
  std::string datadir;      // empty = not given
  std::string log_file;     // empty = not given
  bool no_monitor = false;
  bool foreground = false;  // log to standard error, whatever the file says
  bool initial = false;     // put the disk layer aside and begin with the file
  bool reload = false;      // merge the file into the disk layer
  bool takeover = false;    // take the place of the Weir that runs with the same data directory
  bool no_start = false;    // only the admin port; PROXYSQL START later

  // mysql-proxy style: no file is needed.
  std::vector<BackendOption> writers;
  std::vector<BackendOption> readers;
  std::vector<AccountOption> users;
  std::optional<AccountOption> monitor_user;
  std::vector<Endpoint> listen;
  std::vector<Endpoint> admin_listen;
  std::optional<std::int64_t> threads;

  // True if the command line says something that apply_options() has to apply.
  bool configures() const {
    return names_backends() || !users.empty() || monitor_user || !listen.empty() || !admin_listen.empty() ||
           threads || no_monitor;
  }
  // True if the command line alone describes a cluster, so that no configuration file is looked for.
  bool names_backends() const { return !writers.empty() || !readers.empty(); }
};

// Parses what follows the program's name. Passwords inside `arguments` are overwritten in place, so that they
// do not stay visible in the process list; pass argv itself. The error is a line for a human, with the
// nearest known flag.
Result<Options, std::string> parse_options(std::span<char*> arguments);

// The command line, `arguments` and the program's name before them, by which another process takes the place
// of this one: with --takeover, and without what was meant for the first start only. Before parse_options(),
// which hides passwords.
std::vector<std::string> successor_command(std::string_view program, std::span<char* const> arguments);

// Where a configuration is looked for without -c, in this order.
std::span<const std::string_view> default_config_files();

// Adds what the command line says to what the file said: servers in hostgroups 0 (writers) and 1 (readers),
// their pair, users with default hostgroup 0, mysql-auto_rw_split on, and variables. The command line wins.
void apply_options(const Options& options, Tables& tables, Settings& settings);

// --help.
std::string usage();

}  // namespace weir
