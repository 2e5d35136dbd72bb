#include "admin/statistics_reference.hpp"

#include <fmt/format.h>

#include "admin/metrics.hpp"
#include "admin/stats/all.hpp"

namespace weir {
namespace {

constexpr std::string_view kIntroduction =
    "# Metrics and statistics\n\n"
    "Printed by `weir --print-statistics`.\n\n"
    "The metrics are served as `GET /metrics` when `admin-restapi_enabled` is on (port `admin-restapi_port`, "
    "on\n`admin-restapi_address`), and as the one value of `SHOW PROMETHEUS METRICS`. Counters begin at 0 "
    "with "
    "the process, and\nagain with `PROXYSQL START`; those of servers also when "
    "`stats_mysql_connection_pool_reset` "
    "is read.\n\n";

// Tables are made of these when nobody reads their rows.
class NoSources final : public StatsSources {
 public:
  Fleet* fleet() override { return nullptr; }
  std::shared_ptr<const Snapshot> snapshot() override { return nullptr; }
  const ServerStates& server_states() override { return states_; }
  std::vector<PartChecksum> checksums() override { return {}; }
  std::int64_t uptime_s() override { return 0; }
  Instant now() override { return kNever; }
  bool listeners_paused() override { return false; }

 private:
  ServerStates states_;
};

std::string tables_reference() {
  Store store;
  NoSources sources;
  std::string page = "## Tables\n";
  for (const LiveTable& table : stats_tables(store, sources)) {
    page += fmt::format("\n### {}.{}\n\n{}\n\n| column | type | meaning |\n|---|---|---|\n", table.schema,
                        table.name, table.doc);
    for (const ColumnDoc& column : table.column_docs) {
      page += fmt::format("| `{}` | {} | {} |\n", column.name, column.type, column.doc);
    }
  }
  return page;
}

}  // namespace

std::string statistics_reference() {
  return std::string(kIntroduction) + metrics_reference() + "\n" + tables_reference();
}

}  // namespace weir
