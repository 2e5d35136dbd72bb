// What is asked of a server to learn its functions, and what its answer means. Pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "protocol/machine/simple_query.hpp"
#include "router/query/routine_catalog.hpp"

namespace weir {

// All stored functions that the account may see; of those that claim to write nothing also the body, unless
// it has more than 32 KiB, which leaves a row within SimpleQuery::kMaxPacketBytes.
extern const std::string_view kFunctionsQuery;
std::vector<StoredFunction> to_functions(std::span<const SimpleQuery::Row> rows);

// The names of all loadable functions, in one column. `server_version` as in the greeting.
std::string_view loadable_query(std::string_view server_version);
std::vector<std::string> to_names(std::span<const SimpleQuery::Row> rows);

}  // namespace weir
