// What the limits of rules (max_in_flight in their attributes) let run, and hold back.
#include "admin/stats/stat_table.hpp"
#include "admin/stats/tables.hpp"
#include "proxy/worker/fleet.hpp"

namespace weir {
namespace {

struct RuleInFlight {
  std::int64_t rule_id = 0;
  std::int64_t limit = 0;
  InFlightPer per = InFlightPer::rule;
  InFlightUse use;
};

std::string_view to_text(InFlightPer per) {
  switch (per) {
    case InFlightPer::rule:
      return "rule";
    case InFlightPer::digest:
      return "digest";
    case InFlightPer::user:
      return "user";
  }
  return "";
}

constexpr StatColumn<RuleInFlight> kColumns[] = {
    {"rule_id", "INTEGER NOT NULL PRIMARY KEY", [](const RuleInFlight& r) { return to_cell(r.rule_id); },
     "The rule."},
    {"max_in_flight", "INT NOT NULL", [](const RuleInFlight& r) { return to_cell(r.limit); },
     "Statements that may run at one time, for each max_in_flight_per."},
    {"max_in_flight_per", "VARCHAR NOT NULL", [](const RuleInFlight& r) { return to_cell(to_text(r.per)); },
     "Whose statements are counted together: of the rule, or of each digest or user."},
    {"running", "INT NOT NULL", [](const RuleInFlight& r) { return to_cell(r.use.running); },
     "Statements that have a place now; those of open transactions have one beyond the limit, too."},
    {"waiting", "INT NOT NULL", [](const RuleInFlight& r) { return to_cell(r.use.waiting); },
     "Statements that wait for a place now."},
    {"counted", "INT NOT NULL", [](const RuleInFlight& r) { return to_cell(r.use.keys); },
     "How many digests or users these are the sums of; at most 1 if max_in_flight_per is rule."},
};

constexpr StatTable<RuleInFlight> kTable{
    "stats_mysql_rules_in_flight",
    "What runs now, and what waits, under the limit of each active rule with max_in_flight.", kColumns};

std::vector<RuleInFlight> rules_in_flight(StatsSources& sources) {
  std::map<std::int64_t, InFlightUse> uses;
  if (Fleet* fleet = sources.fleet()) uses = fleet->in_flight().uses();
  std::vector<RuleInFlight> rows;
  const auto snapshot = sources.snapshot();
  for (const Rule& rule : snapshot->rules().rules()) {
    if (rule.max_in_flight)
      rows.push_back({rule.rule_id, *rule.max_in_flight, rule.max_in_flight_per, uses[rule.rule_id]});
  }
  return rows;
}

}  // namespace

std::vector<LiveTable> rules_in_flight_tables(Store&, StatsSources& sources) {
  return {live_table(kTable, [&sources] { return rules_in_flight(sources); })};
}

}  // namespace weir
