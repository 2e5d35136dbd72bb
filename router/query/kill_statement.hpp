// KILL in a text: whom, and whether the session or only its statement.
#pragma once

#include <cstdint>
#include <string_view>

#include "router/query/lexer.hpp"

namespace weir {

struct KillStatement {
  enum class Target : std::uint8_t {
    session,        // `session_id`
    own_session,    // CONNECTION_ID()
    parameter,      // of a prepared statement: KILL ?
    not_supported,  // KILL USER, KILL QUERY ID, an expression, more than one statement
  };
  Target target = Target::not_supported;
  std::uint64_t session_id = 0;
  bool query_only = false;

  bool operator==(const KillStatement&) const = default;
};

// Of KILL [HARD | SOFT] [CONNECTION | QUERY] id. MySQL: Reference Manual, "KILL Statement"; MariaDB has more
// forms.
KillStatement parse_kill(std::string_view sql, LexMode mode);

// Whether a text of several statements, or a compound one, has a KILL behind the first.
bool hides_kill(std::string_view sql, LexMode mode);

}  // namespace weir
