// The commands of the admin port: rows {pattern, synonyms, what runs, documentation}.
//
// A new command is a row in commands.cpp and its function in a file of admin/commands/. HELP, the
// documentation and the tests are loops over the rows. Admin thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "admin/command_pattern.hpp"
#include "admin/executor.hpp"
#include "admin/layers.hpp"
#include "admin/process_control.hpp"
#include "admin/store.hpp"
#include "router/config/host_port.hpp"
#include "router/rules/route_trace.hpp"

namespace weir {

class Topology;

enum class KillTarget { connection, query };

// A statement whose route is to be explained, and who would send it.
struct RouteQuestion {
  std::string_view user;
  std::optional<std::string_view> schema{};  // nothing: the one that the user has after a login
  std::string_view client_address{};         // empty: not known, and no rule's client_addr matches
  std::string_view sql;
};

// What commands work on, given by whoever assembles the process. Functions are called on the admin thread and
// return when it is done; one that is not set stands for something this process does not have.
struct CommandTools {
  Store& store;
  Layers& layers;
  ProcessControl& process;
  std::function<std::string()> metrics{};  // Prometheus' exposition text
  // Ends the session of that id, or what it runs; false if there is none.
  std::function<bool(std::uint32_t id, KillTarget target)> kill{};
  // Forgets the query digests; how many there were.
  std::function<std::size_t()> clear_digests{};
  // Forgets the replies in the query cache; how many there were.
  std::function<std::size_t()> flush_query_cache{};
  // By the configuration in force, for a session that has just logged in; why not, if it cannot be.
  std::function<Result<RouteTrace, std::string>(const RouteQuestion& question)> explain_route{};
  // Asks servers who replicates from whom: those in use, or beginning with `from`, and all that they name.
  // `done` is called within some seconds, on the admin thread and never inside the call; an error says why
  // nobody was asked.
  std::function<void(const std::optional<HostPort>& from,
                     std::function<void(const Result<Topology, std::string>&)> done)>
      survey_topology{};
  std::function<Result<void, std::string>()> reopen_disk{};  // PROXYSQL FLUSH CONFIGDB
  std::function<bool()> read_only{};                         // admin-read_only, of the running configuration
  std::function<void(bool)> set_read_only{};
};

// One use of a command.
struct CommandCall {
  CommandTools& tools;
  AdminSession& session;
  const Captures& captures;
  std::string_view sql;
};

enum class CommandAccess { administrators, everyone };  // everyone: stats accounts, too

struct AdminCommand {
  std::string_view pattern;   // as in command_pattern.hpp; HELP shows it
  std::string_view synonyms;  // other patterns with the same placeholders, "; " between them
  Reply (*run)(CommandCall& call);
  std::string_view doc;
  CommandAccess access = CommandAccess::administrators;
};

// All rows, in the order of HELP; the first that matches counts.
std::span<const AdminCommand> admin_commands();

struct FoundCommand {
  const AdminCommand* command = nullptr;  // null if `sql` is none of them
  Captures captures{};                    // views into `sql`
};
FoundCommand find_command(std::string_view sql);

}  // namespace weir
