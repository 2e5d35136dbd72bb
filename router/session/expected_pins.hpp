// What a session will keep its connection for after a statement, as far as the text tells before it has run.
#pragma once

#include <string_view>

#include "router/session/holdings.hpp"
#include "router/session/pinning.hpp"
#include "router/session/session_state.hpp"

namespace weir {

// What a SET pins by itself; empty for any other statement. Allocates.
Pins pins_of_set(const Statement& statement, std::string_view sql, const SessionState& wants);

// If `statement` (of `sql`) succeeds without warnings, changes no rows and reports no last insert id.
// `before` are the pins that it meets (pins_met), and pins_of_set(); `held` is what the session holds.
// Allocates; for explanations.
Pins expected_pins(const Statement& statement, std::string_view sql, const SessionState& wants, Pins before,
                   Holdings held);

}  // namespace weir
