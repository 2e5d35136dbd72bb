// EXPLAIN ROUTE for any user: where a session that has just logged in would have its first statement run, by
// the configuration in force and by what the workers have learned.
#pragma once

#include <string>

#include "admin/commands.hpp"
#include "admin/stats/sources.hpp"

namespace weir {

// Admin thread; asks the workers. `now` is the loops' clock. An error says why there is no such session, or
// no such statement.
Result<RouteTrace, std::string> explain_route_for(StatsSources& sources, const RouteQuestion& question,
                                                  Instant now);

}  // namespace weir
