#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

using Free = FreeConnection;

constexpr StatColumn<Free> kColumns[] = {
    {"fd", "INT NOT NULL", [](const Free& f) { return to_cell(f.fd); }, "Descriptor."},
    {"hostgroup", "INT NOT NULL", [](const Free& f) { return to_cell(f.hostgroup); }, "Hostgroup."},
    {"srv_host", "VARCHAR NOT NULL", [](const Free& f) { return to_cell(f.hostname); },
     "The server: name, address, or socket path."},
    {"srv_port", "INT NOT NULL", [](const Free& f) { return to_cell(f.port); }, "Port; 0 = a Unix socket."},
    {"user", "VARCHAR NOT NULL", [](const Free& f) { return to_cell(f.user); }, "Logged in as."},
    {"schema", "VARCHAR", [](const Free& f) { return text_or_null(f.schema); }, "Its schema."},
    {"init_connect", "VARCHAR", [](const Free&) -> Cell { return std::nullopt; }, "NULL."},
    {"time_zone", "VARCHAR", [](const Free& f) { return text_or_null(f.time_zone); },
     "Its time_zone; NULL = the server's default."},
    {"sql_mode", "VARCHAR", [](const Free& f) { return text_or_null(f.sql_mode); },
     "Its sql_mode; NULL = the server's default."},
    {"autocommit", "VARCHAR", [](const Free& f) { return to_cell(f.autocommit ? "1" : "0"); },
     "Its autocommit."},
    {"idle_ms", "INT", [](const Free& f) { return to_cell(f.idle_ms); }, "How long it has been free."},
    {"statistics", "VARCHAR",
     [](const Free& f) -> Cell {
       return fmt::format(R"({{"worker":{},"age_ms":{},"idle_ms":{},"prepared_statements":{}}})", f.worker,
                          f.age_ms, f.idle_ms, f.prepared_statements);
     },
     "JSON: worker, age_ms, idle_ms, prepared_statements."},
    {"mysql_info", "VARCHAR",
     [](const Free& f) -> Cell { return fmt::format(R"({{"thread_id":{}}})", f.thread_id); },
     "JSON: thread_id, as the server's SHOW PROCESSLIST has it."},
};

constexpr StatTable<Free> kTable{"stats_mysql_free_connections", "Connections to servers that are free.",
                                 kColumns};

std::vector<Free> free_connections(StatsSources& sources) {
  std::vector<Free> all;
  Fleet* fleet = sources.fleet();
  if (fleet == nullptr) return all;
  const auto of_worker = [](Worker& worker) { return worker.pool().free_connections(); };
  for (auto& part : fleet->collect<std::vector<Free>>(of_worker)) {
    std::ranges::move(part, std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::vector<LiveTable> free_connection_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return free_connections(sources); })};
}

}  // namespace weir
