// What is asked of a server to learn its functions, and what its answer means. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/machine/simple_query.hpp"
#include "router/query/routine_catalog.hpp"

namespace weir {

// All stored functions that the account may see; of those that claim to write nothing also the body, unless
// it has more than 32 KiB, which leaves a row within SimpleQuery::kMaxPacketBytes.
//
// ROUTINE_DEFINITION is not what was written where anything stands in quotes: servers leave out what escapes,
// and MySQL what doubles a quote, too, so that 'it''s' ends in the middle and the next string hides code.
// Such functions have the verdict body_inexact until SHOW CREATE FUNCTION has been asked.
extern const std::string_view kFunctionsQuery;
std::vector<StoredFunction> to_functions(std::span<const SimpleQuery::Row> rows);

// For a function of verdict body_inexact; and the verdict by what was answered.
std::string shown_query(const StoredFunction& function);
RoutineVerdict shown_verdict(const StoredFunction& function, std::span<const SimpleQuery::Row> rows);

// The names of all loadable functions, in one column. `server_version` as in the greeting.
std::string_view loadable_query(std::string_view server_version);
std::vector<std::string> to_names(std::span<const SimpleQuery::Row> rows);

}  // namespace weir
