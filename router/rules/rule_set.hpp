// The active query rules, compiled and in order of rule_id. Immutable: part of a snapshot, read by all
// workers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "router/rules/pattern.hpp"

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
  std::optional<std::string> client_addr;  // with client_addr_is_prefix: the part before the %
  bool client_addr_is_prefix = false;
  std::optional<std::string> proxy_addr;
  std::optional<std::int64_t> proxy_port;
  std::optional<std::uint64_t> digest;
  std::optional<Pattern> match_digest;
  std::optional<Pattern> match_pattern;
  bool negate_match_pattern = false;

  // Outputs.
  std::optional<std::int64_t> flag_out;
  std::optional<int> destination_hostgroup;
  std::optional<std::int64_t> timeout_ms;
  std::optional<std::int64_t> next_query_flag_in;
  std::optional<std::string> error_msg;
  std::optional<std::string> ok_msg;
  std::optional<int> multiplex;  // 0, 1, 2: see MultiplexOverride
  std::optional<bool> log;
  bool apply = false;
};

class RuleSet {
 public:
  // Compiles the active rows; complaints name table, row (counted from 1), column. Nothing comes back if a
  // row cannot be compiled (a malformed expression, an output out of range). Rows that can never match are
  // left out, columns that ask for an effect this version does not have are ignored, both with a warning.
  static std::optional<RuleSet> compile(std::span<const QueryRuleRow> rows,
                                        std::vector<Complaint>& complaints);

  // In order of rule_id.
  std::span<const Rule> rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;
};

}  // namespace weir
