// runtime_ tables: what is in force, as rows.
#include <fmt/format.h>

#include <algorithm>

#include "admin/config_tables.hpp"
#include "admin/live_table.hpp"
#include "admin/table_sql.hpp"
#include "router/backend/status_word.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

// How rows that were written show at run time; most tables show them as they are.
template <class Row>
void as_running(const Snapshot&, std::vector<Row>&) {}

// With what the monitor has decided on top of what was written.
void as_running(const Snapshot& snapshot, std::vector<ServerRow>& rows) {
  rows = snapshot.servers_part().rows;
  for (ServerRow& row : rows) {
    const Hostgroup* hostgroup = snapshot.find_hostgroup(static_cast<int>(row.hostgroup_id));
    if (hostgroup == nullptr) continue;
    for (const auto& server : hostgroup->servers) {
      if (server->hostname == row.hostname && server->port == row.port)
        row.status = to_text(shown_status(*server));
    }
  }
}

// Each half of an account is a row: what clients log in with, and what servers are shown.
void as_running(const Snapshot&, std::vector<UserRow>& rows) {
  std::vector<UserRow> halves;
  for (const UserRow& row : rows) {
    if (!row.active || row.default_hostgroup < 0) continue;
    for (const bool frontend : {true, false}) {
      if (frontend ? !row.frontend : !row.backend) continue;
      UserRow& half = halves.emplace_back(row);
      half.frontend = frontend;
      half.backend = !frontend;
    }
  }
  rows = std::move(halves);
}

void as_running(const Snapshot&, std::vector<QueryRuleRow>& rows) {
  std::erase_if(rows, [](const QueryRuleRow& row) { return !row.active; });
  std::ranges::sort(rows, {}, &QueryRuleRow::rule_id);
}

template <class Row>
std::vector<weir::Row> runtime_rows(const Snapshot& snapshot, std::string_view table) {
  std::vector<weir::Row> cells;
  for_each_table(snapshot.tables(), [&]<class Other>(const TableSpec<Other>& spec, const auto& written) {
    if constexpr (std::is_same_v<Row, Other>) {
      if (spec.name != table) return;
      std::vector<Row> rows = written;
      as_running(snapshot, rows);
      for (const Row& row : rows) cells.push_back(cells_of(spec, row));
    }
  });
  return cells;
}

std::vector<Row> settings_rows(const Settings& settings) {
  std::vector<Row> rows;
  for (const Variable& variable : all_variables()) {
    rows.push_back({std::string(variable.name), variable_text(settings, variable)});
  }
  std::ranges::sort(rows);
  return rows;
}

template <class Row>
void add_twin(Store& store, const TableSpec<Row>& spec, std::function<std::vector<weir::Row>()> rows) {
  const std::string name = fmt::format("runtime_{}", spec.name);
  add_live_table(store, {.schema = "main",
                         .name = name,
                         .ddl = table_sql::renamed_ddl(ddl(spec), name),
                         .doc = fmt::format("The rows of {} that are in force.", spec.name),
                         .rows = std::move(rows)});
}

}  // namespace

void add_runtime_tables(Store& store, const RuntimeTarget& target) {
  Tables tables;
  for_each_table(tables, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>&) {
    add_twin(store, spec, [&target, &spec] { return runtime_rows<Row>(*target.snapshot(), spec.name); });
  });
  add_twin(store, kVariablesTable, [&target] { return settings_rows(target.snapshot()->settings()); });
}

}  // namespace weir
