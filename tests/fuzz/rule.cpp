// Rules: any row is compiled or refused with a complaint; statements that are routed by it are decided alike
// by memory, by filters and rule by rule. Input: switches, then lines: match_digest, match_pattern,
// replace_pattern, client_addr, digest, attributes, and the statement.
#include <algorithm>
#include <string>

#include "protocol/base/bytes.hpp"
#include "router/config/complaint.hpp"
#include "router/config/tables.hpp"
#include "router/rules/pattern_lint.hpp"
#include "router/rules/route.hpp"
#include "router/rules/route_trace.hpp"
#include "tests/fuzz/require.hpp"

namespace {

constexpr std::size_t kLongest = 512;  // of a line: expensive expressions are another matter

std::string take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return std::string(line.substr(0, kLongest));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  if (size == 0) return 0;
  std::string_view rest = as_text(Bytes(input + 1, size - 1));
  QueryRuleRow row;
  row.rule_id = 1;
  row.active = true;
  row.destination_hostgroup = 5;
  row.match_digest = take_line(rest);
  row.match_pattern = take_line(rest);
  if ((input[0] & 1) != 0) row.replace_pattern = take_line(rest);
  if ((input[0] & 2) != 0) row.client_addr = take_line(rest);
  if ((input[0] & 4) != 0) row.digest = take_line(rest);
  row.attributes = take_line(rest);
  row.negate_match_pattern = (input[0] & 8) != 0;
  row.re_modifiers = (input[0] & 16) != 0 ? "CASELESS,GLOBAL" : "";
  const std::string sql(rest.substr(0, kLongest));

  remarks_on_pattern(*row.match_digest);
  matches_everything(*row.match_pattern);
  Complaints complaints;
  const std::vector<QueryRuleRow> rows(5, row);  // enough of them for filters
  const auto rules = RuleSet::compile(rows, complaints, {.like_re2 = (input[0] & 32) != 0});
  fuzz::require(rules.has_value() || !complaints.empty(), "a refusal is explained");
  if (!rules) return 0;

  MatchScratch remembering, trying;
  remembering.adopt(*rules);
  trying.adopt(*rules);
  // And whether texts are searched in one piece or in many.
  trying.context = MatchContext({.budget = std::chrono::hours(1),
                                 .short_text_bytes = 0,
                                 .first_stretch_bytes = std::size_t{1} + (input[0] >> 6)});
  Analyzer analyzer;
  RouteInput routed{.analyzer = analyzer, .client_addr = "10.1.2.3"};
  routed.may_rewrite = true;
  for (int time = 0; time < 2; ++time) {  // the second by what is remembered
    routed.trace = nullptr;
    analyzer.begin(sql, {}, {});
    const Decision decision = route(routed, *rules, remembering);
    RouteTrace trace;
    routed.trace = &trace;
    analyzer.begin(sql, {}, {});
    const Decision tried = route(routed, *rules, trying);
    // Many pieces may try what one has no need to, and so be given up alone, at one rule or the other.
    if (trying.limits_reached + remembering.limits_reached != 0) return 0;
    fuzz::require(tried == decision, "every way decides alike");
    fuzz::require(!decision.rewritten || trying.rewritten() == remembering.rewritten(), "and rewrites alike");
  }
  return 0;
}
