// Whether a statement may be answered by the query cache, and its reply be kept there.
#pragma once

#include <string_view>

#include "router/rules/decision.hpp"
#include "router/session/pinning.hpp"
#include "router/session/session_state.hpp"

namespace weir {

// Empty: it may. Otherwise why not, in a few words: a rule must have said so (cache_ttl), and the answer must
// be that of any other session in the same state. `statement` is `sql` classified, as rules have rewritten
// it; `pins` are those that the session has and pins_of_text().
std::string_view not_cacheable_because(const Decision& decision, const Statement& statement,
                                       std::string_view sql, Pins pins, const SessionState& wants);

}  // namespace weir
