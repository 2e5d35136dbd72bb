#include <map>

#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

constexpr StatColumn<RuleHits> kColumns[] = {
    {"rule_id", "INTEGER NOT NULL PRIMARY KEY", [](const RuleHits& r) { return to_cell(r.rule_id); },
     "The rule."},
    {"hits", "INT NOT NULL", [](const RuleHits& r) { return to_cell(r.hits); },
     "Statements that it matched since the rules were loaded."},
};

constexpr StatTable<RuleHits> kTable{"stats_mysql_query_rules", "How often each active rule matched.",
                                     kColumns};

}  // namespace

std::vector<RuleHits> rule_hits(StatsSources& sources) {
  std::map<std::int64_t, std::uint64_t> sums;
  for (const Rule& rule : sources.snapshot()->rules().rules()) sums[rule.rule_id] = 0;
  if (Fleet* fleet = sources.fleet()) {
    const auto hits_of = [](Worker& worker) { return worker.rule_hits(); };
    for (const auto& of_worker : fleet->collect<std::vector<RuleHits>>(hits_of)) {
      for (const RuleHits& rule : of_worker) sums[rule.rule_id] += rule.hits;
    }
  }
  std::vector<RuleHits> hits;
  for (const auto& [rule_id, count] : sums) hits.push_back({rule_id, count});
  return hits;
}

std::vector<LiveTable> query_rule_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return rule_hits(sources); })};
}

}  // namespace weir
