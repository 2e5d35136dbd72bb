#include "proxy/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "router/config/nearest.hpp"
#include "router/config/table_spec.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;
using Applied = Result<void, std::string>;

constexpr std::uint16_t kServerPort = 3306;
constexpr std::uint16_t kClientPort = 6033;
constexpr std::uint16_t kAdminPort = 6032;

// One flag: its names, the name of its value (empty = takes none), what it does, and the line --help shows.
struct Flag {
  std::string_view names;  // separated by blanks, the most readable last
  std::string_view value;
  Applied (*apply)(Options&, std::string_view);
  std::string_view doc;
  enum class Note { none, holds_password, first_start_only } note = Note::none;
};
using enum Flag::Note;

template <Options::Task task>
Applied set_task(Options& options, std::string_view) {
  options.task = task;
  return {};
}
template <std::string Options::* field>
Applied set_text(Options& options, std::string_view value) {
  if (value.empty()) return std::unexpected("may not be empty");
  options.*field = std::string(value);
  return {};
}
template <bool Options::* field>
Applied set_flag(Options& options, std::string_view) {
  options.*field = true;
  return {};
}
Applied ignore(Options&, std::string_view) {
  return {};
}

// "HOST:PORT[,weight=N]", and several of them with commas between.
template <std::vector<BackendOption> Options::* field>
Applied add_backends(Options& options, std::string_view text) {
  std::vector<BackendOption> found;
  while (!text.empty()) {
    const auto end = text.find(',');
    const std::string_view item = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (item.starts_with("weight=") && !found.empty()) {
      const auto weight = table_spec::parse_int(item.substr(7));
      if (!weight) return std::unexpected(weight.error());
      if (auto ok = table_spec::check_int(*weight, {.min = 0, .max = 10'000'000}); !ok) return ok;
      found.back().weight = *weight;
      continue;
    }
    WEIR_TRY(HostPort address, parse_host_port(item, kServerPort));
    found.push_back({std::move(address), std::nullopt});
  }
  if (found.empty()) return std::unexpected("needs HOST:PORT, [IPv6]:PORT or /path/of/socket");
  (options.*field).insert((options.*field).end(), found.begin(), found.end());
  return {};
}

template <std::vector<Endpoint> Options::* field, std::uint16_t port>
Applied add_listen(Options& options, std::string_view text) {
  WEIR_TRY(Endpoint endpoint, parse_endpoint(text, port));
  (options.*field).push_back(std::move(endpoint));
  return {};
}

Result<AccountOption, std::string> parse_account(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return std::unexpected("needs NAME:PASSWORD; without a password, NAME and a colon");
  }
  return AccountOption{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}
Applied add_user(Options& options, std::string_view text) {
  WEIR_TRY(AccountOption account, parse_account(text));
  options.users.push_back(std::move(account));
  return {};
}
Applied set_monitor_user(Options& options, std::string_view text) {
  WEIR_TRY(options.monitor_user, parse_account(text));
  return {};
}

Applied set_threads(Options& options, std::string_view text) {
  const auto threads = table_spec::parse_int(text);
  if (!threads) return std::unexpected(threads.error());
  auto ok = table_spec::check_int(*threads, {.min = 0, .max = 255});
  if (ok) options.threads = *threads;
  return ok;
}

using enum Options::Task;

constexpr std::array kFlags{
    Flag{"-c --config", "FILE", set_text<&Options::config_file>,
         "Configuration file; see below where else one is looked for."},
    Flag{"-D -d --datadir", "DIR", set_text<&Options::datadir>,
         "Data directory: what SAVE ... TO DISK keeps (weir.db), and weir.pid. Without one, nothing is "
         "kept."},
    Flag{"--log", "FILE", set_text<&Options::log_file>,
         "Log there instead of standard error; SIGHUP opens it again."},
    Flag{"--check", "", set_task<check>,
         "Check the configuration, print what is wrong with it, and exit with 0 or 1."},
    Flag{"--print-config", "", set_task<print_config>,
         "Print a sample configuration with every variable, and exit."},
    Flag{"--print-statistics", "", set_task<print_statistics>,
         "Print the reference of metrics and tables of statistics, and exit."},
    Flag{"--writer --proxy-backend-addresses", "HOST:PORT", add_backends<&Options::writers>,
         "Server that takes writes (hostgroup 0)."},
    Flag{"--reader --proxy-read-only-backend-addresses", "HOST:PORT", add_backends<&Options::readers>,
         "Server that only reads (hostgroup 1); ,weight=N after it sets its share."},
    Flag{"--user", "NAME:PASSWORD", add_user, "Account of clients, and on the servers.", holds_password},
    Flag{"--monitor-user", "NAME:PASSWORD", set_monitor_user, "Account by which servers are checked.",
         holds_password},
    Flag{"--listen --proxy-address", "ADDRESS:PORT", add_listen<&Options::listen, kClientPort>,
         "Where clients connect; default 0.0.0.0:6033."},
    Flag{"-S --admin-socket --admin-address --admin-listen", "ADDRESS:PORT",
         add_listen<&Options::admin_listen, kAdminPort>,
         "Where the admin port listens, or the path of a Unix socket; default 127.0.0.1:6032."},
    Flag{"--threads", "N", set_threads, "Worker threads; 0 (default) = as many as the machine has cores."},
    Flag{"--initial", "", set_flag<&Options::initial>,
         "Put the data directory's configuration aside (weir.db.bak) and begin with the file.",
         first_start_only},
    Flag{"--reload", "", set_flag<&Options::reload>,
         "Merge the file into the data directory's configuration, and keep the result.", first_start_only},
    Flag{"--takeover", "", set_flag<&Options::takeover>,
         "Take the place of the Weir that runs with the same data directory: it hands over its listening "
         "sockets, lets its sessions finish, and ends.",
         first_start_only},
    Flag{"-n --no-start", "", set_flag<&Options::no_start>,
         "Start the admin port only; PROXYSQL START on it starts the rest.", first_start_only},
    Flag{"-M --no-monitor", "", set_flag<&Options::no_monitor>, "Do not check the servers."},
    Flag{"-V --version", "", set_task<version>, "Print the version and exit."},
    Flag{"-h -help --usage --help", "", set_task<help>, "Print this and exit."},
    Flag{"-f --foreground", "", set_flag<&Options::foreground>,
         "Log to standard error even if the file has an errorlog; Weir always stays in the foreground."},
    Flag{"-e --exit-on-error", "", ignore, "Accepted: Weir never restarts itself."},
    Flag{"-r --reuseport", "", ignore, "Accepted: connections are spread over the threads by load."},
    Flag{"--idle-threads", "", ignore, "Accepted: idle sessions need no threads of their own."},
    Flag{"--no-version-check", "", ignore, "Accepted: Weir never calls home."},
    Flag{"-U --uuid", "UUID", ignore, "Accepted, and not used."},
};

constexpr std::array kConfigFiles{"./weir.cnf"sv,     "/etc/weir.cnf"sv,     "./proxysql.cnf"sv,
                                  "./proxysql.cfg"sv, "/etc/proxysql.cnf"sv, "/etc/proxysql.cfg"sv};

// Calls visit(name) for each name of a flag.
template <class Visit>
void for_each_name(const Flag& flag, Visit visit) {
  std::string_view names = flag.names;
  while (!names.empty()) {
    const auto end = names.find(' ');
    visit(names.substr(0, end));
    names = end == std::string_view::npos ? std::string_view{} : names.substr(end + 1);
  }
}

const Flag* find_flag(std::string_view name) {
  for (const Flag& flag : kFlags) {
    bool found = false;
    for_each_name(flag, [&](std::string_view known) { found |= known == name; });
    if (found) return &flag;
  }
  return nullptr;
}

std::string unknown_flag(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Flag& flag : kFlags)
    for_each_name(flag, [&](std::string_view known) { names.push_back(known); });
  return fmt::format("unknown option '{}'{} (--help lists them all)", name, hint(name, names));
}

// What follows the first colon of `value`, in the memory that the process list shows, becomes one x: not even
// the length stays.
void hide_password(char* value) {
  char* colon = std::strchr(value, ':');
  if (colon == nullptr || colon[1] == '\0') return;
  std::memset(colon + 2, 0, std::strlen(colon + 2));
  colon[1] = 'x';
}

}  // namespace

Result<Options, std::string> parse_options(std::span<char*> arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const auto equals = argument.starts_with("--") ? argument.find('=') : std::string_view::npos;
    const std::string name(argument.substr(0, equals));
    const Flag* flag = find_flag(name);
    if (flag == nullptr) return std::unexpected(unknown_flag(name));
    char* value = nullptr;
    if (equals != std::string_view::npos) {
      value = arguments[i] + equals + 1;
      if (flag->value.empty()) return std::unexpected(fmt::format("{} takes no value", name));
    } else if (!flag->value.empty()) {
      if (i + 1 == arguments.size()) return std::unexpected(fmt::format("{} needs {}", name, flag->value));
      value = arguments[++i];
    }
    const auto applied = flag->apply(options, value == nullptr ? "" : value);
    if (flag->note == holds_password) hide_password(value);
    if (!applied) return std::unexpected(fmt::format("{}: {}", name, applied.error()));
  }
  return options;
}

std::vector<std::string> successor_command(std::string_view program, std::span<char* const> arguments) {
  std::vector<std::string> command{std::string(program)};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    const Flag* flag = find_flag(word);
    if (flag != nullptr && flag->note == first_start_only) continue;
    command.emplace_back(word);
    if (flag != nullptr && !flag->value.empty() && i + 1 < arguments.size())
      command.emplace_back(arguments[++i]);
  }
  command.emplace_back("--takeover");
  return command;
}

std::span<const std::string_view> default_config_files() {
  return kConfigFiles;
}

std::string usage() {
  std::string text =
      "Weir, a proxy that splits reads and writes over MySQL and MariaDB servers.\n\n"
      "  weir -c FILE\n"
      "  weir --writer HOST:PORT --reader HOST:PORT --user NAME:PASSWORD\n\n";
  for (const Flag& flag : kFlags) {
    std::string names;
    for_each_name(
        flag, [&](std::string_view name) { names += fmt::format("{}{}", names.empty() ? "" : ", ", name); });
    if (!flag.value.empty()) names += fmt::format(" {}", flag.value);
    text += fmt::format("  {}\n      {}\n", names, flag.doc);
  }
  text +=
      "\n--writer, --reader, --user, --listen and --admin-listen may be repeated; PORT of a server is 3306 "
      "if left out; a "
      "Unix socket\n"
      "is given by its path. What the command line says is added to the configuration and wins over it, for "
      "as long as\n"
      "this process runs. Once the data directory has a configuration, the file's tables and variables are "
      "read with\n"
      "--initial, --reload or LOAD ... FROM CONFIG only.\n"
      "Without -c and without --writer or --reader, the first of these is read:\n";
  for (std::string_view file : kConfigFiles) text += fmt::format("  {}\n", file);
  text +=
      "SIGTERM and SIGINT let running queries finish, then end with status 0. SIGHUP opens the log again.\n"
      "SIGUSR2 starts the program's file, as it is now, with --takeover.\n";
  return text;
}

}  // namespace weir
