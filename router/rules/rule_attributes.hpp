// What a rule's column `attributes` says: {"flagOUTs":[{"id":8,"weight":1}], "dry_run":true,
// "max_in_flight":20, "max_in_flight_per":"user"}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "router/config/complaint.hpp"

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

struct AttributeProblem {
  Severity severity = Severity::warning;
  std::string text;  // "'x' is unknown and has no effect"

  bool operator==(const AttributeProblem&) const = default;
};

// `text` is the column's, valid JSON or empty. Each thing that is not understood is told to `problems`, and
// ignored. Keys with a wrong value are errors: a rule would act that was to count only, a limit be none, a
// chain lead nowhere. Keys that we do not know may be other programs', and are warned of.
RuleAttributes parse_rule_attributes(std::string_view text, std::vector<AttributeProblem>& problems);

}  // namespace weir
