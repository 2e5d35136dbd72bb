// Which servers of each hostgroup new work may go to, and what speaks against the others.
#include <fmt/format.h>

#include <memory>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "router/backend/server_reasons.hpp"

namespace weir {
namespace {

// The server belongs to the snapshot.
struct Choice {
  std::shared_ptr<const Snapshot> snapshot;
  ServerReason reason;
};

constexpr StatColumn<Choice> kColumns[] = {
    {"hostgroup", "INT NOT NULL", [](const Choice& c) { return to_cell(c.reason.server->hostgroup); },
     "Hostgroup."},
    {"srv_host", "VARCHAR NOT NULL", [](const Choice& c) { return to_cell(c.reason.server->hostname); },
     "Name, address, or socket path."},
    {"srv_port", "INT NOT NULL", [](const Choice& c) { return to_cell(c.reason.server->port); },
     "Port; 0 = a Unix socket."},
    {"choice", "VARCHAR NOT NULL",
     [](const Choice& c) -> Cell { return std::string(to_text(choice_of(c.reason))); },
     "candidate: new work of its hostgroup may go there; last resort: only because nothing better is left; "
     "full: only on connections that others give back; not used: it does not."},
    {"reason", "VARCHAR NOT NULL DEFAULT ''", [](const Choice& c) -> Cell { return to_text(c.reason); },
     "What speaks against it, as in EXPLAIN ROUTE; empty = nothing."},
    {"weight", "INT NOT NULL", [](const Choice& c) { return to_cell(c.reason.server->weight); },
     "As configured."},
    {"share_pct", "REAL NOT NULL",
     [](const Choice& c) -> Cell { return fmt::format("{:.1f}", static_cast<double>(c.reason.share) / 10); },
     "Of its weight what counts now; less than 100: it is in slow start (slow_start_ms in "
     "mysql_hostgroup_attributes)."},
    {"connections", "INT NOT NULL", [](const Choice& c) { return to_cell(c.reason.connections); },
     "Open, or being opened, over all workers."},
    {"max_connections", "INT NOT NULL",
     [](const Choice& c) { return to_cell(c.reason.server->max_connections); }, "As configured."},
};
constexpr StatTable<Choice> kTable{
    "stats_mysql_server_choice",
    "Which servers new work may go to now, what speaks against the others, and "
    "who is in slow start.",
    kColumns, "PRIMARY KEY (hostgroup, srv_host, srv_port)"};

std::vector<Choice> choices(StatsSources& sources) {
  std::vector<Choice> all;
  const auto snapshot = sources.snapshot();
  const Instant now = sources.now();
  for (const Hostgroup& hostgroup : snapshot->hostgroups()) {
    for (const ServerReason& reason : server_reasons(hostgroup, now)) all.push_back({snapshot, reason});
  }
  return all;
}

}  // namespace

std::vector<LiveTable> server_choice_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return choices(sources); })};
}

}  // namespace weir
