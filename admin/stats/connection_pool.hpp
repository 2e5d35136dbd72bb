// Each server with what its connections have done: read by stats_mysql_connection_pool and the metrics.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/stats/reset_twin.hpp"
#include "admin/stats/sources.hpp"
#include "router/backend/server.hpp"

namespace weir {

// The words of ServerStatus, in its order, and one more. SHUNNED is Weir's doing, or the operator's.
enum class PoolStatus { online, shunned, offline_soft, offline_hard, shunned_replication_lag };
std::string_view to_text(PoolStatus status);

struct PoolRow {
  std::shared_ptr<const ServerState> server;
  PoolStatus status = PoolStatus::online;
  ServerTotals figures;
};

// The configured servers, and removed ones (OFFLINE_HARD) that have connections, by hostgroup, host and port.
// Asks no worker.
std::vector<PoolRow> pool_rows(StatsSources& sources, Reading reading);

}  // namespace weir
