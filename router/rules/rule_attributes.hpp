// What a rule's column `attributes` says: {"flagOUTs":[{"id":8,"weight":1}], "dry_run":true,
// "max_in_flight":20, "max_in_flight_per":"user"}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Whose statements max_in_flight counts together.
enum class InFlightPer : std::uint8_t { rule, digest, user };

struct RuleAttributes {
  struct WeightedChain {
    std::int64_t chain = 0;
    std::uint64_t weight = 0;
  };

  std::vector<WeightedChain> flag_outs;       // one is drawn by weight, unless the column flagOUT decides
  bool dry_run = false;                       // the rule counts what it would match, and does nothing
  std::optional<std::int64_t> max_in_flight;  // statements that it matched, at one time; others wait
  InFlightPer max_in_flight_per = InFlightPer::rule;
};

// `text` is the column's, valid JSON or empty. Each thing that is not understood is told to `problems`, as
// "'x' is unknown and has no effect", and ignored: other programs keep keys of their own in this column.
RuleAttributes parse_rule_attributes(std::string_view text, std::vector<std::string>& problems);

}  // namespace weir
