// The active query rules, compiled and in order of rule_id. Immutable: part of a snapshot, read by all
// workers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "router/rules/client_addresses.hpp"
#include "router/rules/fast_routing.hpp"
#include "router/rules/pattern.hpp"
#include "router/rules/replacement.hpp"
#include "router/rules/rule_attributes.hpp"
#include "router/rules/text_filter.hpp"

namespace weir {

struct Complaint;
struct QueryRuleRow;

// One row of mysql_query_rules, ready to be evaluated. Absent members are NULL or empty columns: a condition
// that always holds, an output that leaves things as they are.
struct Rule {
  std::int64_t rule_id = 0;

  // Conditions, all of which must hold.
  std::int64_t flag_in = 0;
  std::optional<std::string> username;
  std::optional<std::string> schemaname;
  std::optional<ClientAddresses> client_addr;
  std::optional<std::string> proxy_addr;
  std::optional<std::int64_t> proxy_port;
  std::optional<std::uint64_t> digest;
  std::optional<Pattern> match_digest;
  std::optional<Pattern> match_pattern;
  bool negate_match_pattern = false;

  // Outputs.
  std::optional<std::int64_t> flag_out;
  std::vector<RuleAttributes::WeightedChain> flag_outs;  // drawn from if there is no flag_out
  std::uint64_t flag_outs_weight = 0;                    // the sum of theirs
  std::optional<int> destination_hostgroup;
  std::optional<Replacement> replacement;  // of what match_pattern found
  std::optional<std::int64_t> cache_ttl_ms;
  std::optional<bool> cache_empty_result;
  std::optional<std::int64_t> timeout_ms;
  std::optional<int> retries;
  std::optional<std::int64_t> delay_ms;
  std::optional<std::int64_t> next_query_flag_in;
  std::optional<std::int64_t> mirror_flag_out;
  std::optional<int> mirror_hostgroup;
  std::optional<std::string> error_msg;
  std::optional<std::string> ok_msg;
  std::optional<int> multiplex;  // 0, 1, 2: see MultiplexOverride
  std::optional<int> gtid_from_hostgroup;
  std::optional<bool> log;
  std::optional<std::int64_t> max_in_flight;
  InFlightPer max_in_flight_per = InFlightPer::rule;
  bool dry_run = false;  // counts what it would match, and has no output
  bool apply = false;
};

struct RuleOptions {
  bool like_re2 = false;  // mysql-query_processor_regex=2
};

// What of a statement and its session some rule looks at; a decision depends on nothing else.
struct RuleInterest {
  bool username = false;
  bool schema = false;
  bool client_addr = false;
  bool proxy_addr = false;
  bool proxy_port = false;
  bool digest = false;  // hash or text of it
  bool text = false;    // the statement itself
};

class RuleSet {
 public:
  // Compiles the active rows; complaints name table, row (counted from 1), column. Nothing comes back if a
  // row cannot be compiled (a malformed expression, an output out of range). Rows that can never match are
  // left out with a warning. What `previous` (may be null) has compiled already is shared with it.
  static std::optional<RuleSet> compile(std::span<const QueryRuleRow> rows,
                                        std::vector<Complaint>& complaints, RuleOptions options = {},
                                        const RuleSet* previous = nullptr);

  // In order of rule_id.
  std::span<const Rule> rules() const { return rules_; }

  // Consulted after the rules, unless the last one that matched had apply=1.
  const FastRouting& fast_routing() const { return fast_routing_; }
  void set_fast_routing(FastRouting fast_routing);

  const RuleInterest& interest() const { return interest_; }

  // Tells which rules' match_pattern, or match_digest, may match a text.
  const TextFilter& pattern_filter() const { return pattern_filter_; }
  const TextFilter& digest_filter() const { return digest_filter_; }

 private:
  void add(Rule rule, const QueryRuleRow& row, RuleOptions options);

  std::vector<Rule> rules_;
  FastRouting fast_routing_;
  RuleInterest interest_;
  TextFilter pattern_filter_;
  TextFilter digest_filter_;
};

}  // namespace weir
