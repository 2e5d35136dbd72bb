// Who is there, and who is who.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "monitor/topology/verdicts.hpp"

namespace weir {
namespace {

void reachable(const Topology& topology, Findings& findings) {
  for (const TopologyServer& server : topology.servers()) {
    if (server.portrait.answered()) continue;
    findings.add(server.configured ? Verdict::error : Verdict::warn, server.host().text(),
                 server.portrait.failure->message);
  }
}

void privileges(const Topology& topology, Findings& findings) {
  for (const TopologyServer& server : topology.servers()) {
    for (const RefusedQuestion& refused : server.portrait.refused) {
      const bool replicas = refused.question == "replicas";
      const std::string_view wanted =
          server.portrait.mariadb()
              ? (replicas ? "REPLICATION MASTER ADMIN, PROCESS" : "SLAVE MONITOR, BINLOG MONITOR")
              : (replicas ? "REPLICATION SLAVE, PROCESS" : "REPLICATION CLIENT");
      findings.warn(server.host().text(), fmt::format("{}: {}; the monitor's account needs: GRANT {} ON *.*",
                                                      refused.question, refused.message, wanted));
    }
  }
}

std::string quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string(2, c) : std::string(1, c);
  return quoted + "'";
}

// A server of the same group says for which hostgroup.
void configured(const Topology& topology, Findings& findings) {
  const auto& servers = topology.servers();
  const std::vector<std::size_t> groups = groups_of(topology);
  std::map<std::size_t, int> readers;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (may_write(servers[i])) readers.emplace(groups[i], *servers[i].configured->reader_hostgroup);
  }
  for (std::size_t i = 0; i < servers.size(); ++i) {
    if (servers[i].configured || !servers[i].portrait.answered()) continue;
    const auto reader = readers.find(groups[i]);
    const std::string hostgroup = reader == readers.end() ? "<hostgroup>" : std::to_string(reader->second);
    const Host& host = servers[i].host();
    findings.warn(host.text(), fmt::format("found, and not used; to use it: INSERT INTO mysql_servers "
                                           "(hostgroup_id, hostname, port) VALUES ({}, {}, {})",
                                           hostgroup, quoted(host.name), host.port));
  }
  for (const UnplacedReplica& replica : topology.unplaced()) {
    findings.warn(
        servers[replica.source].host().text(),
        fmt::format("it has a replica with server_id {} that cannot be found: set report_host there",
                    replica.server_id));
  }
}

// Somebody who looks at a replica cannot go where it says.
void names(const Topology& topology, Findings& findings) {
  for (const TopologyEdge& edge : topology.edges()) {
    const ReplicationLink* link = topology.link(edge);
    const TopologyServer& source = topology.servers()[edge.source];
    if (link == nullptr || link->source == source.host()) continue;
    if (std::ranges::find(source.other_names, link->source) != source.other_names.end()) continue;
    findings.warn(topology.servers()[edge.replica].host().text(),
                  fmt::format("it calls its source {}, which does not lead to {} from here",
                              link->source.text(), source.host().text()));
  }
}

void same_server(const Topology& topology, Findings& findings) {
  std::map<std::string, std::string> seen;
  for (const TopologyServer& server : topology.servers()) {
    const std::string identity = server.portrait.answered() ? server.portrait.identity() : "";
    if (identity.empty()) continue;
    const auto [first, is_new] = seen.emplace(identity, server.host().text());
    if (!is_new)
      findings.warn(server.host().text(),
                    fmt::format("it seems to be the same server as {}: checks and limits count it twice",
                                first->second));
  }
}

// Of servers that replicate from each other. The same server under two names is another item.
template <class IdOf>
void unique(const Topology& topology, Findings& findings, std::string_view what, IdOf id_of) {
  const std::vector<std::size_t> groups = groups_of(topology);
  std::map<std::pair<std::size_t, std::string>, const TopologyServer*> seen;
  for (std::size_t i = 0; i < topology.servers().size(); ++i) {
    const TopologyServer& server = topology.servers()[i];
    const std::string id = server.portrait.answered() ? id_of(server.portrait) : "";
    if (id.empty()) continue;
    const auto [first, is_new] = seen.emplace(std::pair{groups[i], id}, &server);
    if (is_new || first->second->portrait.identity() == server.portrait.identity()) continue;
    findings.error(server.host().text(), fmt::format("{} {} is that of {}, too: each server needs its own",
                                                     what, id, first->second->host().text()));
  }
}

void server_id(const Topology& topology, Findings& findings) {
  unique(topology, findings, "server_id",
         [](const ServerPortrait& portrait) { return std::string(portrait.variable({"server_id"})); });
  for (const TopologyServer& server : topology.servers()) {
    if (takes_part(server) && server.portrait.variable({"server_id"}) == "0")
      findings.error(server.host().text(),
                     "server_id is 0: it neither replicates nor can be replicated from");
  }
}

void server_uuid(const Topology& topology, Findings& findings) {
  unique(topology, findings, "server_uuid", [](const ServerPortrait& portrait) { return portrait.uuid(); });
}

void ring(const Topology& topology, Findings& findings) {
  const std::vector<std::size_t> groups = groups_of(topology);
  std::map<std::size_t, std::vector<std::string>> rings;
  for (std::size_t i = 0; i < topology.servers().size(); ++i) {
    if (topology.servers()[i].in_ring) rings[groups[i]].push_back(topology.servers()[i].host().text());
  }
  for (const auto& [group, hosts] : rings) {
    if (hosts.size() == 2) continue;
    findings.error(
        hosts.front(),
        hosts.size() == 1
            ? std::string("it replicates from itself")
            : fmt::format("{} replicate in a ring: one that stops cuts off all behind it; have one "
                          "primary, or a pair",
                          fmt::join(hosts, ", ")));
  }
}

void read_only(const Topology& topology, Findings& findings) {
  struct Group {
    std::vector<std::string> writable{};  // primaries, or of a ring
    bool all_known = true;
    bool takes_part = false;
    std::string first{};
  };
  const std::vector<std::size_t> numbers = groups_of(topology);
  std::map<std::size_t, Group> groups;
  for (std::size_t i = 0; i < topology.servers().size(); ++i) {
    const TopologyServer& server = topology.servers()[i];
    Group& group = groups[numbers[i]];
    if (group.first.empty()) group.first = server.host().text();
    group.all_known &= server.portrait.answered();
    group.takes_part |= takes_part(server);
    if (!server.portrait.answered() || server.portrait.on({"read_only"})) continue;
    if (server.sources.empty() || server.in_ring) {
      group.writable.push_back(server.host().text());
    } else {
      findings.error(server.host().text(),
                     "a replica that takes writes from whoever connects to it: SET GLOBAL "
                     "read_only=1, and in its configuration file (set it on all servers: "
                     "who is to write is opened by hand or by a tool)");
    }
  }
  for (const auto& [number, group] : groups) {
    if (group.writable.size() > 1)
      findings.warn(
          group.writable.front(),
          fmt::format("{} all take writes; Weir sends them to one, but others may write elsewhere: set "
                      "read_only=1 on all but one",
                      fmt::join(group.writable, ", ")));
    if (group.writable.empty() && group.all_known && group.takes_part)
      findings.error(group.first,
                     "no server that it replicates with takes writes: all have read_only=1, or are "
                     "replicas");
  }
}

// What feeds members of such a group is no replication that is seen here.
bool in_group_of_its_own(const ServerPortrait& portrait) {
  return portrait.on({"wsrep_on"}) || !portrait.variable({"group_replication_group_name"}).empty();
}

void one_set(const Topology& topology, Findings& findings) {
  using Sets = std::map<std::size_t, std::vector<std::string>>;
  const std::vector<std::size_t> groups = groups_of(topology);
  std::map<int, Sets> pairs;
  for (std::size_t i = 0; i < topology.servers().size(); ++i) {
    const TopologyServer& server = topology.servers()[i];
    if (!may_write(server) || !server.portrait.answered() || in_group_of_its_own(server.portrait)) continue;
    pairs[*server.configured->reader_hostgroup][groups[i]].push_back(server.host().text());
  }
  for (const auto& [hostgroup, sets] : pairs) {
    const auto most = std::ranges::max_element(sets, {}, [](const auto& set) { return set.second.size(); });
    for (const auto& [group, hosts] : sets) {
      if (group == most->first) continue;
      for (const std::string& host : hosts)
        findings.error(host,
                       fmt::format("it is in a pair of hostgroups with {}, and does not replicate with {}: "
                                   "clients find other rows there",
                                   fmt::join(most->second, ", "), most->second.size() == 1 ? "it" : "them"));
    }
  }
}

constexpr VerdictItem kItems[] = {
    {"reachable", "all servers answer the monitor's account", reachable},
    {"privileges", "the monitor's account may ask all that is asked here", privileges},
    {"configured", "all servers that replicate here are configured", configured},
    {"same server", "no server is configured under two names", same_server},
    {"names", "replicas call their sources by names that lead there from here, too", names},
    {"server_id", "each server has its own", server_id},
    {"server_uuid", "each server has its own", server_uuid},
    {"one set", "all servers of a pair of hostgroups replicate with each other", one_set},
    {"ring", "nobody replicates in a ring of more than two", ring},
    {"read_only", "one server takes writes, and no replica does", read_only},
};

}  // namespace

std::span<const VerdictItem> structure_items() {
  return kItems;
}

}  // namespace weir
