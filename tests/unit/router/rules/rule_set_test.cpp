#include "router/rules/rule_set.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"

namespace weir {
namespace {

QueryRuleRow row(std::int64_t rule_id) {
  QueryRuleRow row;
  row.rule_id = rule_id;
  row.active = true;
  return row;
}

struct Case {
  const char* name;
  void (*change)(QueryRuleRow&);
  const char* column;  // of the one complaint; empty: none
  bool refused;
};

const Case kCases[] = {
    {"a plain row", [](QueryRuleRow&) {}, "", false},
    {"an OK_msg beside an error_msg",
     [](QueryRuleRow& r) {
       r.ok_msg = "fine";
       r.error_msg = "not fine";
     },
     "OK_msg", false},
    {"a malformed match_digest", [](QueryRuleRow& r) { r.match_digest = "("; }, "match_digest", true},
    {"a malformed match_pattern", [](QueryRuleRow& r) { r.match_pattern = "["; }, "match_pattern", true},
    {"a malformed digest", [](QueryRuleRow& r) { r.digest = "0xZZ"; }, "digest", false},
    {"a client_addr with % inside", [](QueryRuleRow& r) { r.client_addr = "10.%.0.1"; }, "client_addr",
     false},
    {"a client_addr with % at its end", [](QueryRuleRow& r) { r.client_addr = "10.0.%"; }, "", false},
    {"a hostgroup beyond int", [](QueryRuleRow& r) { r.destination_hostgroup = 1LL << 40; },
     "destination_hostgroup", true},
    {"multiplex out of range", [](QueryRuleRow& r) { r.multiplex = 3; }, "multiplex", true},
    {"an unknown modifier", [](QueryRuleRow& r) { r.re_modifiers = "CASELESS,MULTILINE"; }, "re_modifiers",
     false},
    {"both modifiers", [](QueryRuleRow& r) { r.re_modifiers = "caseless, GLOBAL"; }, "", false},
    {"empty conditions", [](QueryRuleRow& r) { r.match_digest = r.digest = r.client_addr = r.username = ""; },
     "", false},
    {"attributes", [](QueryRuleRow& r) { r.attributes = "{\"flagOUTs\":[]}"; }, "", false},
    {"a dry run of no truth value", [](QueryRuleRow& r) { r.attributes = "{\"dry_run\":1}"; }, "attributes",
     true},
    {"a limit that is no number", [](QueryRuleRow& r) { r.attributes = "{\"max_in_flight\":\"one\"}"; },
     "attributes", true},
    {"attributes of others", [](QueryRuleRow& r) { r.attributes = "{\"team\":1}"; }, "attributes", false},
};

}  // namespace

TEST_CASE("rows are refused or warned of by their column", "[router][rules]") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    std::vector<QueryRuleRow> rows = {row(1), row(2)};
    c.change(rows[1]);
    std::vector<Complaint> complaints;
    const auto rules = RuleSet::compile(rows, complaints);
    CHECK(rules.has_value() != c.refused);
    REQUIRE(complaints.size() == (*c.column == '\0' ? 0 : 1));
    if (complaints.empty()) continue;
    CHECK(complaints[0].table == "mysql_query_rules");
    CHECK(complaints[0].row == 2);
    CHECK(complaints[0].column == c.column);
    CHECK((complaints[0].severity == Severity::error) == c.refused);
  }
}

TEST_CASE("all malformed rows are named at once", "[router][rules]") {
  std::vector<QueryRuleRow> rows = {row(1), row(2), row(3)};
  rows[0].match_digest = "(";
  rows[2].multiplex = 7;
  std::vector<Complaint> complaints;
  CHECK_FALSE(RuleSet::compile(rows, complaints).has_value());
  REQUIRE(complaints.size() == 2);
  CHECK(complaints[0].row == 1);
  CHECK(complaints[1].row == 3);
}

TEST_CASE("rows that can never match are left out", "[router][rules]") {
  std::vector<QueryRuleRow> rows = {row(1), row(2), row(3)};
  rows[0].digest = "1C46AE529DD5A40E";  // 0x is missing
  rows[1].client_addr = "%.0.1";
  std::vector<Complaint> complaints;
  const auto rules = RuleSet::compile(rows, complaints);
  REQUIRE(rules.has_value());
  CHECK(complaints.size() == 2);
  REQUIRE(rules->rules().size() == 1);
  CHECK(rules->rules()[0].rule_id == 3);
}

TEST_CASE("rules are in order of rule_id, and active", "[router][rules]") {
  std::vector<QueryRuleRow> rows = {row(30), row(10), row(20)};
  rows[2].active = false;
  rows[2].match_digest = "(";  // of no interest while it is not active
  std::vector<Complaint> complaints;
  const auto rules = RuleSet::compile(rows, complaints);
  REQUIRE(rules.has_value());
  CHECK(complaints.empty());
  REQUIRE(rules->rules().size() == 2);
  CHECK(rules->rules()[0].rule_id == 10);
  CHECK(rules->rules()[1].rule_id == 30);
}

TEST_CASE("what an earlier set has compiled serves where expression and modifiers are the same",
          "[router][rules]") {
  std::vector<QueryRuleRow> rows = {row(1), row(2), row(3)};
  for (QueryRuleRow& one : rows) one.match_pattern = "abc";
  rows[1].re_modifiers = "";
  rows[2].match_digest = "^abd";
  std::vector<Complaint> complaints;
  std::optional<RuleSet> before = RuleSet::compile(rows, complaints);
  REQUIRE(before.has_value());
  std::swap(rows[0].re_modifiers, rows[1].re_modifiers);
  rows[2].match_pattern = "abd";
  const auto now = RuleSet::compile(rows, complaints, {}, &*before);
  REQUIRE(now.has_value());
  before.reset();
  MatchContext context;
  const auto matches = [&](const Pattern& pattern, std::string_view text) {
    return pattern.search(text, context) == MatchOutcome::match;
  };
  CHECK(matches(*now->rules()[0].match_pattern, "xabc"));
  CHECK_FALSE(matches(*now->rules()[0].match_pattern, "xABC"));
  CHECK(matches(*now->rules()[1].match_pattern, "xABC"));
  CHECK(matches(*now->rules()[2].match_pattern, "xABD"));
  CHECK_FALSE(matches(*now->rules()[2].match_digest, "xABD"));
  CHECK(now->rules()[2].match_digest->expression() == "^abd");
}

}  // namespace weir
