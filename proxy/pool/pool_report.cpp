// PoolShard: what it tells of its connections.
#include "proxy/pool/pool_shard.hpp"
#include "proxy/worker/report.hpp"

namespace weir {
namespace {

std::string value_of(const SessionState& state, std::string_view variable) {
  const auto index = find_tracked_variable(variable);
  const std::string* value = index ? state.find(*index) : nullptr;
  return value == nullptr ? std::string() : *value;
}

}  // namespace

std::vector<FreeConnection> PoolShard::free_connections() const {
  std::vector<FreeConnection> rows;
  const Instant now = loop_.now();
  for (const auto& [state, share] : shares_) {
    for (const BackendConnection* connection : share.idle) {
      const SessionState& has = connection->has();
      rows.push_back({.worker = worker_,
                      .fd = connection->channel().fd(),
                      .hostgroup = connection->server().hostgroup,
                      .hostname = connection->server().hostname,
                      .port = connection->server().port,
                      .user = has.user(),
                      .schema = has.schema(),
                      .time_zone = value_of(has, "time_zone"),
                      .sql_mode = value_of(has, "sql_mode"),
                      .autocommit = has.autocommit(),
                      .idle_ms = now - connection->idle_since(),
                      .age_ms = now - connection->opened_at(),
                      .thread_id = connection->established().connection_id,
                      .server_version = connection->established().server_version,
                      .prepared_statements = connection->prepared().size()});
    }
  }
  return rows;
}

void PoolShard::add_to(WorkerGauges& gauges) const {
  gauges.server_connections += connections_.size();
  gauges.server_connections_idle += idle_connections();
  for_each_connection([&](const BackendConnection& connection) {
    gauges.server_statements += connection.prepared().size();
    gauges.server_buffer_bytes += connection.channel().queued_bytes();
    gauges.pool_bytes += sizeof(BackendConnection) + connection.prepared().size() * sizeof(PreparedHandle);
  });
}

}  // namespace weir
