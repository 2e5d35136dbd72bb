// A rule that is active and ends the search: what it does besides is for the test to say.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "tests/support/scene.hpp"

namespace weir::test {

inline QueryRuleRow applied_rule(std::int64_t id, std::string match_pattern) {
  QueryRuleRow row;
  row.rule_id = id;
  row.active = row.apply = true;
  row.match_pattern = std::move(match_pattern);
  return row;
}

}  // namespace weir::test
