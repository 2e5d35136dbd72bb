// What columns of several tables have in common; only for tables_*.cpp.
#pragma once

#include <limits>
#include <string_view>

#include "router/config/table_spec.hpp"

namespace weir::table_bounds {

// Ids of hostgroups are plain ints once loaded: a limit that ProxySQL does not have. It is checked when rows
// are loaded, and no CHECK of the DDL says it.
inline constexpr std::int64_t kMaxHostgroup = std::numeric_limits<std::int32_t>::max();
inline constexpr Allowed kAny{};
inline constexpr Allowed kHostgroup{.min = 0, .max = kMaxHostgroup};
inline constexpr Allowed kAnyHostgroup{.min = std::numeric_limits<std::int32_t>::min(), .max = kMaxHostgroup};
inline constexpr Allowed kPort{.min = 0, .max = 65535};
inline constexpr Allowed kNotNegative{.min = 0};
inline constexpr Allowed kZeroOrOne{.min = 0, .max = 1};
inline constexpr Allowed kZeroToTwo{.min = 0, .max = 2};
inline constexpr Allowed kJson{.json = true};
// Checked when rows are loaded; ProxySQL's DDL has no CHECK for these.
inline constexpr Allowed kUncheckedHostgroup{.min = 0, .max = kMaxHostgroup, .check = ""};
inline constexpr Allowed kUncheckedNotNegative{.min = 0, .check = ""};
inline constexpr Allowed kUncheckedPort{.min = 0, .max = 65535, .check = ""};

inline constexpr std::string_view kCommentDoc = "Free text for the operator; never interpreted.";
inline constexpr std::string_view kActiveDoc = "0 = the row is kept and ignored.";

}  // namespace weir::table_bounds
