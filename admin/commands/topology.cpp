// SHOW TOPOLOGY: what servers say of who replicates from whom; CHECK TOPOLOGY: what is to be said of that.
// They are asked when the statement comes.
#include <fmt/format.h>

#include <algorithm>

#include "admin/commands/topics.hpp"
#include "admin/refusals.hpp"
#include "monitor/topology/verdicts.hpp"
#include "router/config/host_port.hpp"

namespace weir::commands {
namespace {

constexpr std::uint16_t kDefaultPort = 3306;

using Make = Answer (*)(const Topology& topology);

// Asks the servers, and makes an answer of what they say.
Reply survey(CommandCall& call, Make make) {
  if (!call.tools.survey_topology)
    return refuse(AdminError::not_supported, "this process has no monitor that could ask servers");
  std::optional<HostPort> from;
  if (call.captures["server"].data() != nullptr) {
    const auto parsed = parse_host_port(call.captures["server"], kDefaultPort);
    if (!parsed) return refuse(AdminError::syntax, "FROM: " + parsed.error());
    from = *parsed;
  }
  return Later{[ask = call.tools.survey_topology, from, make](const Later::Answered& answered) {
    ask(from, [answered, make](const Result<Topology, std::string>& topology) {
      answered(topology ? make(*topology) : Answer(refuse(AdminError::other, topology.error())));
    });
  }};
}

// ---- SHOW TOPOLOGY

// What a row tells of: a server, and its link to the source under which it stands.
struct Shown {
  const Topology& topology;
  const TreeRow& row;
  const TopologyServer& server;
  const TopologyEdge* edge;
  const ReplicationLink* link;
};

struct Column {
  std::string_view name;
  Cell (*cell)(const Shown& shown);
};

Cell text_or_null(std::string text) {
  return text.empty() ? Cell() : Cell(std::move(text));
}

Cell hostgroups(const Shown& shown) {
  if (!shown.server.configured) return std::nullopt;
  return fmt::format("{}", fmt::join(shown.server.configured->hostgroups, ","));
}

// "MariaDB 10.11.6": what packagers add is of no use here.
Cell version(const Shown& shown) {
  const ServerPortrait& portrait = shown.server.portrait;
  const std::string_view version = portrait.variable({"version"});
  if (version.empty()) return std::nullopt;
  const std::string_view numbers = version.substr(0, version.find_first_not_of("0123456789."));
  return fmt::format("{} {}", portrait.mariadb() ? "MariaDB" : "MySQL", numbers);
}

Cell read_only(const Shown& shown) {
  const ServerPortrait& portrait = shown.server.portrait;
  if (portrait.variables.empty()) return std::nullopt;
  return portrait.on({"super_read_only"}) ? "super" : portrait.on({"read_only"}) ? "ON" : "OFF";
}

Cell source(const Shown& shown) {
  if (shown.edge == nullptr) return std::nullopt;
  const std::string name = shown.topology.servers()[shown.edge->source].host().text();
  if (shown.link == nullptr || shown.link->channel.empty()) return name;
  return fmt::format("{} ({})", name, shown.link->channel);
}

std::string trimmed(std::string_view position) {
  std::string text(position);
  std::erase_if(text, [](char c) { return c == '\n' || c == ' '; });
  return text;
}

Cell position(const Shown& shown) {
  const ServerPortrait& portrait = shown.server.portrait;
  if (std::string gtids = trimmed(portrait.variable({"gtid_executed", "gtid_current_pos"})); !gtids.empty())
    return gtids;
  return text_or_null(portrait.log_position);
}

bool status_on(const ServerPortrait& portrait, std::string_view old_name, std::string_view new_name) {
  for (const std::string_view name : {new_name, old_name}) {
    const auto found = portrait.status.find(name);
    if (found != portrait.status.end()) return found->second == "ON";
  }
  return false;
}

Cell semi_sync(const Shown& shown) {
  const ServerPortrait& portrait = shown.server.portrait;
  const bool source = status_on(portrait, "rpl_semi_sync_master_status", "rpl_semi_sync_source_status");
  const bool replica = status_on(portrait, "rpl_semi_sync_slave_status", "rpl_semi_sync_replica_status");
  if (source) return replica ? "source, replica" : "source";
  return replica ? Cell("replica") : Cell();
}

std::string trouble_of(const ReplicationThread& thread, std::string_view name) {
  if (thread.error.empty()) return {};
  return fmt::format("{} thread: {} {}", name, thread.code, thread.error);
}

void add(std::string& note, std::string_view more) {
  if (more.empty()) return;
  if (!note.empty()) note += "; ";
  note += more;
}

Cell note(const Shown& shown) {
  std::string note;
  if (shown.row.again) add(note, "shown above, too: it has several sources");
  if (shown.server.portrait.failure) add(note, shown.server.portrait.failure->message);
  if (!shown.server.configured) add(note, "not configured, and not used");
  if (shown.link != nullptr) {
    add(note, trouble_of(shown.link->io, "IO"));
    add(note, trouble_of(shown.link->sql, "SQL"));
    if (shown.link->delay_s > 0) add(note, fmt::format("delayed by {} s on purpose", shown.link->delay_s));
  } else if (shown.edge != nullptr) {
    add(note, "only its source says so");
  }
  if (shown.row.again) return text_or_null(note);
  const RefusedQuestion* refused = shown.server.portrait.find_refused("replicas");
  if (refused != nullptr && shown.row.lead.empty())
    add(note, "it does not list its replicas: " + refused->message);
  for (const UnplacedReplica& replica : shown.topology.unplaced()) {
    if (&shown.topology.servers()[replica.source] != &shown.server) continue;
    add(note,
        fmt::format("has a replica with server_id {} and without report_host{}{}", replica.server_id,
                    replica.addresses.empty() ? "" : ", at one of ", fmt::join(replica.addresses, ", ")));
  }
  return text_or_null(note);
}

constexpr Column kColumns[] = {
    {"server", [](const Shown& shown) -> Cell { return shown.row.lead + shown.server.host().text(); }},
    {"role", [](const Shown& shown) -> Cell { return std::string(role_of(shown.server)); }},
    {"hostgroups", hostgroups},
    {"version", version},
    {"server_id",
     [](const Shown& shown) {
       return text_or_null(std::string(shown.server.portrait.variable({"server_id"})));
     }},
    {"read_only", read_only},
    {"source", source},
    {"io_thread",
     [](const Shown& shown) {
       return shown.link == nullptr ? Cell() : text_or_null(shown.link->io.running);
     }},
    {"sql_thread",
     [](const Shown& shown) {
       return shown.link == nullptr ? Cell() : text_or_null(shown.link->sql.running);
     }},
    {"lag_s",
     [](const Shown& shown) {
       return shown.link == nullptr || !shown.link->lag_s ? Cell()
                                                          : Cell(fmt::format("{}", *shown.link->lag_s));
     }},
    {"transactions_behind",
     [](const Shown& shown) {
       const auto behind = shown.edge == nullptr ? std::nullopt : shown.topology.behind(*shown.edge);
       return behind ? Cell(fmt::format("{}", *behind)) : Cell();
     }},
    {"position", position},
    {"semi_sync", semi_sync},
    {"note", note},
};

Answer show(const Topology& topology) {
  Rows rows;
  for (const Column& column : kColumns) rows.columns.emplace_back(column.name);
  for (const TreeRow& row : draw(topology)) {
    const TopologyEdge* edge = row.edge ? &topology.edges()[*row.edge] : nullptr;
    const Shown shown{topology, row, topology.servers()[row.server], edge,
                      edge == nullptr ? nullptr : topology.link(*edge)};
    Row& cells = rows.rows.emplace_back();
    for (const Column& column : kColumns) cells.push_back(column.cell(shown));
  }
  return rows;
}

// ---- CHECK TOPOLOGY

Answer check(const Topology& topology) {
  Rows rows{{"item", "server", "verdict", "detail"}};
  for (Finding& finding : weir::check_topology(topology))
    rows.rows.push_back({std::move(finding.item), std::move(finding.server),
                         std::string(to_text(finding.verdict)), std::move(finding.detail)});
  return rows;
}

}  // namespace

Reply check_topology(CommandCall& call) {
  return survey(call, check);
}

Reply show_topology(CommandCall& call) {
  return survey(call, show);
}

}  // namespace weir::commands
