// What is set for replication.
#include <fmt/format.h>

#include <algorithm>

#include "monitor/topology/verdicts.hpp"

namespace weir {
namespace {

constexpr std::int64_t kLongNetTimeoutS = 60;
constexpr std::int64_t kShortWaitTimeoutS = 60;

// Calls `look(server)` for each that replicates, or may write.
template <class Look>
void for_each_part(const Topology& topology, Look look) {
  for (const TopologyServer& server : topology.servers()) {
    if (takes_part(server)) look(server);
  }
}

// A server with replicas, or that may get some.
Verdict gravity(const TopologyServer& server) {
  return may_write(server) || !server.replicas.empty() ? Verdict::error : Verdict::warn;
}

bool off(const TopologyServer& server, std::initializer_list<std::string_view> names) {
  return !server.portrait.variable(names).empty() && !server.portrait.on(names);
}

void log_bin(const Topology& topology, Findings& findings) {
  for_each_part(topology, [&](const TopologyServer& server) {
    if (off(server, {"log_bin"}))
      findings.add(gravity(server), server.host().text(), "log_bin is off: nobody can replicate from it");
  });
}

void log_updates(const Topology& topology, Findings& findings) {
  for_each_part(topology, [&](const TopologyServer& server) {
    if (off(server, {"log_bin"}) || !off(server, {"log_replica_updates", "log_slave_updates"})) return;
    findings.add(gravity(server), server.host().text(),
                 "log_slave_updates (log_replica_updates) is off: what it has from its source does not reach "
                 "those who replicate from it");
  });
}

void binlog_format(const Topology& topology, Findings& findings) {
  for_each_part(topology, [&](const TopologyServer& server) {
    const std::string_view format = server.portrait.variable({"binlog_format"});
    if (!format.empty() && format != "ROW")
      findings.warn(
          server.host().text(),
          fmt::format("binlog_format is {}: statements may have other effects on replicas; ROW has not",
                      format));
  });
}

void filters(const Topology& topology, Findings& findings) {
  for_each_part(topology, [&](const TopologyServer& server) {
    if (!server.portrait.log_filters.empty())
      findings.error(
          server.host().text(),
          fmt::format("{}: what is left out of its log is on no replica, and by the default database, "
                      "not by the one that is written to",
                      fmt::join(server.portrait.log_filters, ", ")));
    for (const ReplicationLink& link : server.portrait.links) {
      if (link.filters.empty()) continue;
      findings.add(gravity(server), server.host().text(),
                   fmt::format("{}: it lacks what is filtered, and cannot take over from {}",
                               fmt::join(link.filters, ", "), link.source.text()));
    }
  });
}

void skip_errors(const Topology& topology, Findings& findings) {
  for_each_part(topology, [&](const TopologyServer& server) {
    const std::string_view skipped = server.portrait.variable({"replica_skip_errors", "slave_skip_errors"});
    if (!skipped.empty() && skipped != "OFF")
      findings.error(
          server.host().text(),
          fmt::format("slave_skip_errors is {}: it goes on without what it could not apply, and differs "
                      "from its source unnoticed",
                      skipped));
  });
}

void net_timeout(const Topology& topology, Findings& findings) {
  for_each_part(topology, [&](const TopologyServer& server) {
    const auto timeout_s = server.portrait.number({"replica_net_timeout", "slave_net_timeout"});
    if (server.sources.empty() || !timeout_s || *timeout_s <= kLongNetTimeoutS) return;
    findings.warn(
        server.host().text(),
        fmt::format("slave_net_timeout (replica_net_timeout) is {} s: so long it may take to see that its "
                    "source hangs; 4 s, with a heartbeat of 1 s, see it soon",
                    *timeout_s));
  });
}

void relay_log_purge(const Topology& topology, Findings& findings) {
  for_each_part(topology, [&](const TopologyServer& server) {
    if (!server.sources.empty() && off(server, {"relay_log_purge"}))
      findings.warn(server.host().text(),
                    "relay_log_purge is off: relay logs pile up; with GTIDs nobody needs them");
  });
}

// Both may write, if not at the same time: the numbers that they hand out must not meet.
void auto_increment(const Topology& topology, Findings& findings) {
  for (const TopologyEdge& edge : topology.edges()) {
    const TopologyServer& a = topology.servers()[edge.source];
    const TopologyServer& b = topology.servers()[edge.replica];
    if (!a.in_ring || !b.in_ring || edge.source >= edge.replica) continue;
    const auto step_a = a.portrait.number({"auto_increment_increment"});
    const auto step_b = b.portrait.number({"auto_increment_increment"});
    const auto offset_a = a.portrait.number({"auto_increment_offset"});
    const auto offset_b = b.portrait.number({"auto_increment_offset"});
    if (!step_a || !step_b || !offset_a || !offset_b) continue;
    if (step_a == step_b && *step_a >= 2 && *offset_a % *step_a != *offset_b % *step_b) continue;
    findings.error(
        a.host().text(),
        fmt::format("{} and {} follow each other and hand out the same values: auto_increment_increment "
                    "is {} and {}, auto_increment_offset {} and {}; use 2 and 2, 1 and 2",
                    a.host().text(), b.host().text(), *step_a, *step_b, *offset_a, *offset_b));
  }
}

void max_allowed_packet(const Topology& topology, Findings& findings) {
  for (const TopologyEdge& edge : topology.edges()) {
    const TopologyServer& replica = topology.servers()[edge.replica];
    const auto of_replica = replica.portrait.number({"max_allowed_packet"});
    const auto of_source = topology.servers()[edge.source].portrait.number({"max_allowed_packet"});
    if (of_replica && of_source && *of_replica < *of_source)
      findings.warn(
          replica.host().text(),
          fmt::format("max_allowed_packet is {}, less than that of its source, {}: what that takes this "
                      "may refuse once it has taken over",
                      *of_replica, *of_source));
  }
}

void wait_timeout(const Topology& topology, Findings& findings) {
  for (const TopologyServer& server : topology.servers()) {
    const auto timeout_s = server.portrait.number({"wait_timeout"});
    if (!server.configured || !timeout_s || *timeout_s >= kShortWaitTimeoutS) continue;
    findings.warn(
        server.host().text(),
        fmt::format("wait_timeout is {} s: a transaction in which a client thinks for longer is lost with "
                    "its connection (what is idle in the pool is opened anew, unnoticed)",
                    *timeout_s));
  }
}

constexpr VerdictItem kItems[] = {
    {"log_bin", "all write a log that can be replicated from", log_bin},
    {"log_slave_updates", "all pass on what they have from their source", log_updates},
    {"binlog_format", "ROW", binlog_format},
    {"filters", "nothing is left out of replication", filters},
    {"slave_skip_errors", "nobody goes on without what could not be applied", skip_errors},
    {"slave_net_timeout", "replicas see within a minute that their source hangs", net_timeout},
    {"relay_log_purge", "relay logs are removed when they were applied", relay_log_purge},
    {"auto_increment", "no two servers that follow each other hand out the same values", auto_increment},
    {"max_allowed_packet", "replicas take what their sources take", max_allowed_packet},
    {"wait_timeout", "a minute or more", wait_timeout},
};

}  // namespace

std::span<const VerdictItem> settings_items() {
  return kItems;
}

}  // namespace weir
