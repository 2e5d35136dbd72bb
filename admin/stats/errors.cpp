#include "admin/stats/reset_twin.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

constexpr StatColumn<ErrorRow> kColumns[] = {
    {"hostgroup", "INT NOT NULL", [](const ErrorRow& e) { return to_cell(e.hostgroup); }, "Hostgroup."},
    {"hostname", "VARCHAR NOT NULL", [](const ErrorRow& e) { return to_cell(e.hostname); },
     "The server: name, address, or socket path."},
    {"port", "INT NOT NULL", [](const ErrorRow& e) { return to_cell(e.port); }, "Port; 0 = a Unix socket."},
    {"username", "VARCHAR NOT NULL", [](const ErrorRow& e) { return to_cell(e.username); }, "User."},
    {"client_address", "VARCHAR NOT NULL", [](const ErrorRow& e) { return to_cell(e.client_address); },
     "Address of the client that met the last one."},
    {"schemaname", "VARCHAR NOT NULL", [](const ErrorRow& e) { return to_cell(e.schema); }, "Schema."},
    {"errno", "INT NOT NULL", [](const ErrorRow& e) { return to_cell(e.code); },
     "MySQL's error number, or one of ours (9001 and on)."},
    {"count_star", "INTEGER NOT NULL", [](const ErrorRow& e) { return to_cell(e.count); }, "Occurrences."},
    {"first_seen", "INTEGER NOT NULL", [](const ErrorRow& e) { return to_cell(e.first_seen); }, "Unix time."},
    {"last_seen", "INTEGER NOT NULL", [](const ErrorRow& e) { return to_cell(e.last_seen); }, "Unix time."},
    {"last_error", "VARCHAR NOT NULL DEFAULT ''", [](const ErrorRow& e) { return to_cell(e.last_error); },
     "Message of the last one."},
};

constexpr StatTable<ErrorRow> kTable{"stats_mysql_errors", "Errors by server, user, schema and number.",
                                     kColumns,
                                     "PRIMARY KEY (hostgroup, hostname, port, username, schemaname, errno)"};

std::vector<ErrorRow> errors(StatsSources& sources, Reading reading) {
  Fleet* fleet = sources.fleet();
  if (fleet == nullptr) return {};
  return merge(fleet->collect<std::vector<ErrorRow>>([reading](Worker& worker) {
    ErrorStats& stats = worker.error_stats();
    return reading == Reading::take ? stats.take(worker.clock()) : stats.copy(worker.clock());
  }));
}

}  // namespace

std::vector<LiveTable> error_tables(Store& store, StatsSources& sources) {
  return table_and_reset_twin<ErrorRow>(store, kTable,
                                        [&sources](Reading reading) { return errors(sources, reading); });
}

}  // namespace weir
