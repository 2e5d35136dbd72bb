// What is known of the servers' stored functions: the catalogue that decides which of them are reads.
#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

// A function, and whose it is. The catalogues live as long as `catalogs`.
struct Listed {
  std::shared_ptr<const RoutineCatalogs> catalogs;
  int writer_hostgroup = 0;
  const StoredFunction* function = nullptr;
};

constexpr StatColumn<Listed> kFunctionColumns[] = {
    {"writer_hostgroup", "INT NOT NULL", [](const Listed& l) { return to_cell(l.writer_hostgroup); },
     "Of the pair whose servers have it."},
    {"schemaname", "VARCHAR NOT NULL", [](const Listed& l) { return to_cell(l.function->schema); },
     "Its schema."},
    {"function", "VARCHAR NOT NULL", [](const Listed& l) { return to_cell(l.function->name); }, "Its name."},
    {"sql_data_access", "VARCHAR NOT NULL",
     [](const Listed& l) { return to_cell(to_text(l.function->data_access)); },
     "As it was declared; CONTAINS SQL = nothing was."},
    {"is_deterministic", "VARCHAR NOT NULL",
     [](const Listed& l) { return to_cell(l.function->deterministic ? "YES" : "NO"); },
     "As it was declared."},
    {"verdict", "VARCHAR NOT NULL", [](const Listed& l) { return to_cell(to_text(l.function->verdict)); },
     "reads: statements that call it may run on a reader. All others stay on the writer: not_declared; "
     "declared_write; body_unseen (the monitor's account may not see it, or it is no SQL, or long); "
     "body_inexact (SHOW CREATE FUNCTION did not show it, and the catalogue's copy differs in quotes); "
     "body_in_doubt (it writes, calls another stored function, uses variables with @ ...)."},
};
constexpr StatTable<Listed> kFunctions{
    "stats_mysql_stored_functions", "The stored functions of the servers, and whether they only read.",
    kFunctionColumns, "PRIMARY KEY (writer_hostgroup, schemaname, function)"};

constexpr StatColumn<PairRoutines> kSourceColumns[] = {
    {"writer_hostgroup", "INT NOT NULL PRIMARY KEY",
     [](const PairRoutines& pair) { return to_cell(pair.writer_hostgroup); },
     "Of the pair whose servers are asked."},
    {"server", "VARCHAR NOT NULL", [](const PairRoutines& pair) { return to_cell(pair.server); },
     "The one whose functions are known; empty = none is."},
    {"functions", "INT NOT NULL",
     [](const PairRoutines& pair) { return to_cell(pair.catalog ? pair.catalog->functions().size() : 0); },
     "Stored functions that the monitor's account sees there."},
    {"loadable_functions", "INT",
     [](const PairRoutines& pair) -> Cell {
       if (!pair.catalog || !pair.catalog->loadable()) return std::nullopt;
       return to_cell(pair.catalog->loadable()->size());
     },
     "Loadable functions; NULL = they cannot be listed, and only calls with a schema are known."},
    {"last_error", "VARCHAR", [](const PairRoutines& pair) { return text_or_null(pair.error); },
     "Why the latest look failed, wholly or in part; NULL = it did not."},
    {"failed_looks", "INT NOT NULL", [](const PairRoutines& pair) { return to_cell(pair.failed_looks); },
     "Looks in a row that found no server to ask; from the third on all functions are unknown."},
};
constexpr StatTable<PairRoutines> kSources{"stats_mysql_stored_function_sources",
                                           "Where stored functions are looked up, and what came of it.",
                                           kSourceColumns};

std::shared_ptr<const RoutineCatalogs> catalogs_of(StatsSources& sources) {
  Fleet* fleet = sources.fleet();
  return fleet == nullptr ? std::make_shared<const RoutineCatalogs>() : fleet->routines();
}

std::vector<Listed> list_functions(StatsSources& sources) {
  std::vector<Listed> listed;
  const std::shared_ptr<const RoutineCatalogs> catalogs = catalogs_of(sources);
  for (const PairRoutines& pair : *catalogs) {
    if (!pair.catalog) continue;
    for (const StoredFunction& function : pair.catalog->functions()) {
      listed.push_back({catalogs, pair.writer_hostgroup, &function});
    }
  }
  return listed;
}

}  // namespace

std::vector<LiveTable> stored_function_tables(Store&, StatsSources& sources) {
  return {live_table(kFunctions, [&sources] { return list_functions(sources); }),
          live_table(kSources, [&sources] { return RoutineCatalogs(*catalogs_of(sources)); })};
}

}  // namespace weir
