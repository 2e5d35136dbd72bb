// The questions to members of a cluster, and what the rows of the answers mean. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "monitor/cluster_reading.hpp"
#include "protocol/machine/simple_query.hpp"

namespace weir {

// The forms of the statement, the first to be tried first: MariaDB's and that of old servers, MySQL's from
// 5.7 on. A member that refuses queries answers both.
std::span<const std::string_view> galera_forms();
// Nothing: it is no member of a Galera cluster, or does not say what it must.
std::optional<GaleraReading> to_galera_reading(const SimpleQuery& answer);

// MySQL from 8.0 on, and 5.7, which counts fewer queues.
std::span<const std::string_view> group_forms();
// A server that is in no group has a reading, too.
GroupReading to_group_reading(const SimpleQuery& answer);

}  // namespace weir
