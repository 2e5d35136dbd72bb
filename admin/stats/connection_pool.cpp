#include "admin/stats/connection_pool.hpp"

#include "admin/stats/tables.hpp"
#include "router/backend/status_word.hpp"

namespace weir {
namespace {

constexpr StatColumn<PoolRow> kColumns[] = {
    {"hostgroup", "INT", [](const PoolRow& r) { return to_cell(r.server->hostgroup); }, "Hostgroup."},
    {"srv_host", "VARCHAR", [](const PoolRow& r) { return to_cell(r.server->hostname); },
     "Name, address, or socket path."},
    {"srv_port", "INT", [](const PoolRow& r) { return to_cell(r.server->port); }, "Port; 0 = a Unix socket."},
    {"status", "VARCHAR", [](const PoolRow& r) { return to_cell(to_text(r.status)); },
     "ONLINE, SHUNNED, OFFLINE_SOFT, OFFLINE_HARD (also: removed) or SHUNNED_REPLICATION_LAG."},
    {"ConnUsed", "INT", [](const PoolRow& r) { return to_cell(r.figures.connections_used); },
     "Connections that sessions are using."},
    {"ConnFree", "INT", [](const PoolRow& r) { return to_cell(r.figures.connections_idle); },
     "Connections free for anyone."},
    {"ConnOK", "INT", [](const PoolRow& r) { return to_cell(r.figures.connects); },
     "Connections established."},
    {"ConnERR", "INT", [](const PoolRow& r) { return to_cell(r.figures.connect_errors); },
     "Attempts to connect that failed."},
    {"MaxConnUsed", "INT", [](const PoolRow& r) { return to_cell(r.figures.most_used); },
     "The most that were in use, added up over the workers."},
    {"Queries", "INT", [](const PoolRow& r) { return to_cell(r.figures.queries); }, "Commands sent."},
    {"Queries_GTID_sync", "INT", [](const PoolRow&) { return to_cell(0); },
     "Of these, behind a wait for a GTID: there is no such wait."},
    {"Bytes_data_sent", "INT", [](const PoolRow& r) { return to_cell(r.figures.bytes_sent); },
     "Bytes of commands."},
    {"Bytes_data_recv", "INT", [](const PoolRow& r) { return to_cell(r.figures.bytes_received); },
     "Bytes of replies."},
    {"Latency_us", "INT", [](const PoolRow& r) { return to_cell(r.server->ping.mean_us()); },
     "What a ping takes, the mean of the last three; 0: no idle connection was pinged yet."},
};

constexpr StatTable<PoolRow> kTable{"stats_mysql_connection_pool", "Servers and connections to them.",
                                    kColumns};

static_assert(static_cast<int>(PoolStatus::offline_hard) == static_cast<int>(ServerStatus::offline_hard));

PoolStatus status_of(const Server& server) {
  if (server.hold == Hold::lagging) return PoolStatus::shunned_replication_lag;
  return static_cast<PoolStatus>(shown_status(server));
}

}  // namespace

std::string_view to_text(PoolStatus status) {
  if (status == PoolStatus::shunned_replication_lag) return "SHUNNED_REPLICATION_LAG";
  return to_text(static_cast<ServerStatus>(status));
}

std::vector<PoolRow> pool_rows(StatsSources& sources, Reading reading) {
  const auto snapshot = sources.snapshot();
  std::vector<PoolRow> rows;
  for (const auto& state : sources.server_states().alive()) {
    const Server* server = snapshot->find_server(*state);
    const ServerTotals now = state->figures.totals();
    if (server == nullptr && now.connections_used + now.connections_idle == 0) continue;
    rows.push_back({state, server == nullptr ? PoolStatus::offline_hard : status_of(*server),
                    reading == Reading::take ? state->figures.reset() : now});
  }
  return rows;
}

std::vector<LiveTable> connection_pool_tables(Store& store, StatsSources& sources) {
  return table_and_reset_twin<PoolRow>(store, kTable,
                                       [&sources](Reading reading) { return pool_rows(sources, reading); });
}

}  // namespace weir
