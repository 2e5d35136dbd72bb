#include <cstdlib>
#include <memory>

#include "bench/micro/cases.hpp"
#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "router/rules/route.hpp"

namespace weir::bench {
namespace {

constexpr int kNewDigests = 8192;  // more than a worker remembers

QueryRuleRow rule(std::int64_t id, std::int64_t hostgroup) {
  QueryRuleRow row;
  row.rule_id = id;
  row.active = row.apply = true;
  row.destination_hostgroup = hostgroup;
  return row;
}

std::vector<QueryRuleRow> usual_rules() {
  std::vector<QueryRuleRow> rows{rule(1, 0), rule(2, 1)};
  rows[0].match_digest = "^SELECT.*FOR UPDATE";
  rows[1].match_digest = "^SELECT";
  return rows;
}

// Rules that no statement here matches.
std::vector<QueryRuleRow> other_rules(int number, std::optional<std::string> QueryRuleRow::* expression) {
  std::vector<QueryRuleRow> rows;
  for (int i = 0; i < number; ++i) {
    rows.push_back(rule(i + 1, 1));
    rows.back().*expression = "FROM reports_" + std::to_string(i) + " WHERE";
  }
  return rows;
}

// One worker's memory, made when a case first runs.
struct Worker {
  explicit Worker(const std::vector<QueryRuleRow>& rows) {
    std::vector<Complaint> complaints;
    auto compiled = RuleSet::compile(rows, complaints);
    if (!compiled) std::abort();
    rules = std::move(*compiled);
    scratch.adopt(rules);
  }
  // With the digest, which statistics want anyway.
  void ask(std::string_view sql) {
    analyzer.begin(sql, {}, {});
    observe(analyzer.digest_hash());
    const RouteInput input{.analyzer = analyzer, .username = "bench", .schema = "sbtest"};
    observe(static_cast<std::uint64_t>(route(input, rules, scratch).destination_hostgroup));
  }

  RuleSet rules;
  MatchScratch scratch;
  Analyzer analyzer;
};

Case repeated_case(std::string name, std::vector<QueryRuleRow> rows) {
  return {std::move(name),
          [rows = std::move(rows), worker = std::shared_ptr<Worker>()](std::uint64_t times) mutable {
            if (!worker) worker = std::make_shared<Worker>(rows);
            for (std::uint64_t i = 0; i < times; ++i) worker->ask(kPointSelect);
          }};
}

// Every statement has a digest that is not remembered.
Case new_case(std::string name, std::vector<QueryRuleRow> rows) {
  auto texts = std::make_shared<std::vector<std::string>>();
  for (int i = 0; i < kNewDigests; ++i) {
    std::string table = "t";
    for (int rest = i; rest > 0; rest /= 26) table += static_cast<char>('a' + rest % 26);
    texts->push_back("SELECT c FROM " + table + " WHERE id=50173");
  }
  return {std::move(name),
          [worker = std::make_shared<Worker>(rows), texts, at = 0U](std::uint64_t times) mutable {
            for (std::uint64_t i = 0; i < times; ++i) worker->ask((*texts)[at++ % kNewDigests]);
          }};
}

}  // namespace

std::vector<Case> route_cases() {
  std::vector<Case> cases;
  cases.push_back(repeated_case("route_2_usual_rules", usual_rules()));
  cases.push_back(repeated_case("route_0_rules", {}));
  for (const int number : {10, 100, 1000}) {
    const std::string rules = "route_" + std::to_string(number);
    cases.push_back(repeated_case(rules + "_match_digest", other_rules(number, &QueryRuleRow::match_digest)));
    cases.push_back(
        repeated_case(rules + "_match_pattern", other_rules(number, &QueryRuleRow::match_pattern)));
  }
  cases.push_back(new_case("route_new_2_usual_rules", usual_rules()));
  cases.push_back(new_case("route_new_1000_match_digest", other_rules(1000, &QueryRuleRow::match_digest)));
  return cases;
}

}  // namespace weir::bench
