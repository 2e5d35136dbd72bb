// What replicates, and how well.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "monitor/topology/verdicts.hpp"
#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

constexpr double kLongLagS = 60;
constexpr double kClockSkewS = 1;

// Calls `look(edge, replica, link)` for each link that a replica tells of.
template <class Look>
void for_each_link(const Topology& topology, Look look) {
  for (const TopologyEdge& edge : topology.edges()) {
    const TopologyServer& replica = topology.servers()[edge.replica];
    const ReplicationLink* link = topology.link(edge);
    if (link != nullptr && replica.portrait.answered()) look(edge, replica, *link);
  }
}

void threads(const Topology& topology, Findings& findings) {
  for_each_link(
      topology, [&](const TopologyEdge&, const TopologyServer& replica, const ReplicationLink& link) {
        for (const auto& [thread, name] : {std::pair{&link.io, "IO"}, std::pair{&link.sql, "SQL"}}) {
          if (thread->runs()) continue;
          const std::string why =
              thread->error.empty() ? "" : fmt::format("; error {}: {}", thread->code, thread->error);
          findings.error(replica.host().text(), fmt::format("its {} thread from {} does not run: {}{}", name,
                                                            link.source.text(), thread->running, why));
        }
      });
}

void lag(const Topology& topology, Findings& findings) {
  for_each_link(topology, [&](const TopologyEdge&, const TopologyServer& replica,
                              const ReplicationLink& link) {
    const std::int64_t own_s = replica.configured ? replica.configured->lag_limit_s : 0;
    const double limit_s = own_s > 0 ? static_cast<double>(own_s) : kLongLagS;
    if (link.lag_s && *link.lag_s > limit_s + link.delay_s)
      findings.warn(replica.host().text(), fmt::format("{} s behind {}", *link.lag_s, link.source.text()));
  });
}

void delay(const Topology& topology, Findings& findings) {
  for_each_link(
      topology, [&](const TopologyEdge&, const TopologyServer& replica, const ReplicationLink& link) {
        if (link.delay_s > 0)
          findings.warn(
              replica.host().text(),
              fmt::format("delayed by {} s on purpose: it cannot take over, and should not be read from",
                          link.delay_s));
      });
}

// All that the sources of a replica had after it had been asked; nothing if one of them cannot say.
std::optional<GtidSet> sources_of(const Topology& topology, const TopologyServer& replica) {
  std::optional<GtidSet> all;
  for (const std::size_t edge : replica.sources) {
    const auto& later = topology.servers()[topology.edges()[edge].source].portrait.later_position;
    if (!later) return std::nullopt;
    all ? all->merge(*later) : void(all = later);
  }
  return all;
}

// Of a pair, each has what the other has not got yet.
void extra(const Topology& topology, Findings& findings) {
  for (const TopologyServer& replica : topology.servers()) {
    if (replica.in_ring || !replica.portrait.position) continue;
    const auto all = sources_of(topology, replica);
    const std::uint64_t count = all ? replica.portrait.position->count_beyond(*all) : 0;
    if (count > 0)
      findings.error(
          replica.host().text(),
          fmt::format("it has {} transactions that its source does not have: it was written to, or the "
                      "source's log was reset; if it takes over, they appear everywhere",
                      count));
  }
}

void gtid(const Topology& topology, Findings& findings) {
  constexpr std::string_view kWhy =
      "; without GTIDs nobody can tell which replica has most, and a takeover needs positions by hand";
  for (const TopologyServer& server : topology.servers()) {
    const std::string_view mode = server.portrait.variable({"gtid_mode"});
    if (takes_part(server) && !mode.empty() && mode != "ON")
      findings.warn(server.host().text(), fmt::format("gtid_mode is {}{}", mode, kWhy));
  }
  for_each_link(
      topology, [&](const TopologyEdge&, const TopologyServer& replica, const ReplicationLink& link) {
        if (link.by_gtid) return;
        findings.warn(
            replica.host().text(),
            fmt::format("it follows {} by positions in files: use {}{}", link.source.text(),
                        replica.portrait.mariadb() ? "MASTER_USE_GTID=slave_pos" : "SOURCE_AUTO_POSITION=1",
                        kWhy));
      });
}

std::string status_of(const ServerPortrait& portrait, std::string_view old_name, std::string_view new_name) {
  for (const std::string_view name : {new_name, old_name}) {
    const auto found = portrait.status.find(name);
    if (found != portrait.status.end()) return found->second;
  }
  return {};
}

void semi_sync(const Topology& topology, Findings& findings) {
  for (const TopologyServer& server : topology.servers()) {
    const ServerPortrait& portrait = server.portrait;
    const bool source = portrait.on({"rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled"});
    if (!source || server.replicas.empty()) continue;
    if (status_of(portrait, "rpl_semi_sync_master_clients", "rpl_semi_sync_source_clients") == "0")
      findings.warn(server.host().text(),
                    "it is to wait for replicas at each commit, and no replica confirms: it "
                    "waits for the time limit, or does not wait any more");
  }
  for_each_link(topology, [&](const TopologyEdge& edge, const TopologyServer& replica,
                              const ReplicationLink&) {
    const ServerPortrait& source = topology.servers()[edge.source].portrait;
    const bool confirms =
        replica.portrait.on({"rpl_semi_sync_replica_enabled", "rpl_semi_sync_slave_enabled"});
    if (confirms && source.answered() &&
        !source.on({"rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled"}))
      findings.warn(replica.host().text(), "it would confirm commits, and its source does not wait for that");
  });
}

// Major and minor: 8.4, 10.11.
std::pair<int, int> version_of(const ServerPortrait& portrait) {
  const std::string_view text = portrait.variable({"version"});
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view rest = text.substr(dot + 1);
  const auto major = to_integer<int>(text.substr(0, dot));
  const auto minor = to_integer<int>(rest.substr(0, rest.find_first_not_of("0123456789")));
  return {major.value_or(0), minor.value_or(0)};
}

void version(const Topology& topology, Findings& findings) {
  for_each_link(topology, [&](const TopologyEdge& edge, const TopologyServer& replica,
                              const ReplicationLink&) {
    const TopologyServer& source = topology.servers()[edge.source];
    if (!source.portrait.answered()) return;
    const std::string both = fmt::format("{} replicates from {}", replica.portrait.variable({"version"}),
                                         source.portrait.variable({"version"}));
    if (replica.portrait.mariadb() != source.portrait.mariadb()) {
      findings.warn(replica.host().text(), both + ": MariaDB and MySQL understand each other in part only");
    } else if (version_of(replica.portrait) < version_of(source.portrait)) {
      findings.warn(replica.host().text(), both + ": an older server may not understand a newer one's log");
    }
  });
}

void clock(const Topology& topology, Findings& findings) {
  for (const TopologyServer& server : topology.servers()) {
    const auto& ahead_s = server.portrait.clock_ahead_s;
    if (!ahead_s || std::abs(*ahead_s) - server.portrait.clock_error_s < kClockSkewS) continue;
    findings.warn(
        server.host().text(),
        fmt::format("its clock is {:.1f} s {} that of this machine: times in data and in lag are wrong",
                    std::abs(*ahead_s), *ahead_s > 0 ? "ahead of" : "behind"));
  }
}

constexpr VerdictItem kItems[] = {
    {"threads", "all threads of replication run", threads},
    {"lag", "no replica is far behind", lag},
    {"delay", "no replica is delayed on purpose", delay},
    {"extra transactions", "no replica has transactions that its source does not have", extra},
    {"gtid", "all follow by GTID", gtid},
    {"semi-sync", "who waits for replicas is confirmed, or nobody waits", semi_sync},
    {"version", "no replica is older than its source", version},
    {"clock", "all clocks agree with this machine's", clock},
};

}  // namespace

std::span<const VerdictItem> replication_items() {
  return kItems;
}

}  // namespace weir
