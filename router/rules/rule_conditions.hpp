// The conditions of a rule, one after the other.
#pragma once

#include <cstdint>
#include <string_view>

#include "router/rules/match_scratch.hpp"
#include "router/rules/rule_set.hpp"

namespace weir {

struct RouteInput;

enum class Condition : std::uint8_t {
  none,  // all hold
  flag_in,
  username,
  schemaname,
  client_addr,
  proxy_addr,
  proxy_port,
  digest,
  match_digest,
  match_pattern,
};

// Each returns the first condition that does not hold. A search that was given up decides nothing: its
// condition is false, negated or not, and counted in the scratch.
Condition failing_session_condition(const Rule& rule, const RouteInput& input);
Condition failing_digest_condition(const Rule& rule, const RouteInput& input, MatchScratch& scratch);
Condition failing_text_condition(const Rule& rule, std::string_view sql, MatchScratch& scratch);

// The column's name.
std::string_view to_text(Condition condition);

}  // namespace weir
