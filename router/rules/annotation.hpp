// What a client asks for in the first comment of its statement: /* hostgroup=2; query_timeout=500 */.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

// Absent: not asked for.
struct Annotation {
  std::optional<int> hostgroup;
  std::optional<std::int64_t> cache_ttl_ms;
  std::optional<std::int64_t> timeout_ms;    // query_timeout
  std::optional<std::int64_t> delay_ms;      // query_delay
  std::optional<int> retries;                // query_retries
  std::optional<int> mirror_hostgroup;       // mirror
  std::optional<std::int64_t> max_lag_ms;    // at most 600000
  std::optional<std::int64_t> min_epoch_ms;  // not older than this moment of the wall clock
  std::string_view min_gtid{};               // uuid:number; empty = not asked for
  std::optional<bool> create_new_connection;

  // The first key that is none, but so much like one that it is probably mistyped; empty if there is none.
  std::string_view mistyped_key{};
  std::string_view meant_key{};

  bool operator==(const Annotation&) const = default;
};

// `comment` is the text between /* and */: pairs key=value with ; between them, keys in any case, blanks
// around both. Of a key that comes twice the last counts. Unknown keys are other people's; a value that is no
// number, or out of its bounds, is as if it were not there. Views are of `comment`. No allocation.
Annotation parse_annotation(std::string_view comment);

}  // namespace weir
