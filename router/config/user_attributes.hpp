// What a user's column `attributes` says: {"auto_rw_split":true, "annotations":false}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "router/config/complaint.hpp"

namespace weir {

struct UserAttributes {
  std::optional<bool> auto_rw_split;  // instead of mysql-auto_rw_split
  bool annotations = true;            // what the first comment of a statement asks for counts

  bool operator==(const UserAttributes&) const = default;
};

// `text` is the column's, valid JSON or empty. What is not understood is told to `complaints`, with text and
// severity only: a value of the wrong kind is an error; keys of ProxySQL that have no effect here are warned
// of. Keys that nobody knows are not complained of: the check of the column does that.
UserAttributes parse_user_attributes(std::string_view text, Complaints& complaints);

}  // namespace weir
