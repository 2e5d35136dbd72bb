#include <algorithm>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

struct Prepared {
  std::size_t number = 0;
  std::uint64_t digest = 0;
  PreparedUse use;
};

constexpr StatColumn<Prepared> kColumns[] = {
    {"global_stmt_id", "INT NOT NULL", [](const Prepared& p) { return to_cell(p.number); },
     "Number of the row: statements have no number of their own."},
    {"schemaname", "VARCHAR NOT NULL", [](const Prepared& p) { return to_cell(p.use.text->context.schema); },
     "Schema in which it was prepared; empty = it does not matter."},
    {"username", "VARCHAR NOT NULL", [](const Prepared& p) { return to_cell(p.use.username); }, "User."},
    {"digest", "VARCHAR NOT NULL", [](const Prepared& p) -> Cell { return digest_to_text(p.digest); },
     "As in stats_mysql_query_digest."},
    {"ref_count_client", "INT NOT NULL", [](const Prepared& p) { return to_cell(p.use.client_handles); },
     "Times that clients hold it."},
    {"ref_count_server", "INT NOT NULL", [](const Prepared& p) { return to_cell(p.use.server_handles); },
     "Connections to servers on which it is prepared."},
    {"num_columns", "INT NOT NULL", [](const Prepared& p) { return to_cell(p.use.columns); },
     "Columns of its result."},
    {"num_params", "INT NOT NULL", [](const Prepared& p) { return to_cell(p.use.parameters); },
     "Its parameters."},
    {"query", "VARCHAR NOT NULL", [](const Prepared& p) { return to_cell(p.use.text->sql); }, "The text."},
};

constexpr StatTable<Prepared> kTable{"stats_mysql_prepared_statements_info",
                                     "Prepared statements of the binary protocol, by user.", kColumns};

bool same_statement(const PreparedUse& a, const PreparedUse& b) {
  return a.username == b.username && a.text->same_as(*b.text);
}

void add(PreparedUse& sum, const PreparedUse& use) {
  sum.client_handles += use.client_handles;
  sum.server_handles += use.server_handles;
  sum.columns = std::max(sum.columns, use.columns);
  sum.parameters = std::max(sum.parameters, use.parameters);
}

// One row for what several workers have.
std::vector<PreparedUse> merged(std::vector<std::vector<PreparedUse>> parts) {
  std::unordered_multimap<std::uint64_t, std::size_t> places;
  std::vector<PreparedUse> all;
  for (auto& part : parts) {
    for (PreparedUse& use : part) {
      const auto [first, last] = places.equal_range(use.text->hash);
      const auto known = std::find_if(
          first, last, [&](const auto& place) { return same_statement(all[place.second], use); });
      if (known != last) {
        add(all[known->second], use);
      } else {
        places.emplace(use.text->hash, all.size());
        all.push_back(std::move(use));
      }
    }
  }
  return all;
}

std::vector<Prepared> prepared_statements(StatsSources& sources) {
  std::vector<Prepared> rows;
  Fleet* fleet = sources.fleet();
  if (fleet == nullptr) return rows;
  const DigestOptions options = digest_options(sources.snapshot()->settings());
  std::string text;
  const auto of_worker = [](Worker& worker) { return worker.prepared_uses(); };
  for (PreparedUse& use : merged(fleet->collect<std::vector<PreparedUse>>(of_worker))) {
    digest_text(use.text->sql, options, text);
    rows.push_back({rows.size() + 1, digest_hash(text, options), std::move(use)});
  }
  return rows;
}

}  // namespace

std::vector<LiveTable> prepared_statement_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return prepared_statements(sources); })};
}

}  // namespace weir
