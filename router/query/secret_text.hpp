// Statements whose text may hold a password, and what of such a text may be written down.
//
// May err on the side of caution: a column called `password` is enough. What no text tells (the values of an
// INSERT, say) is not known here.
#pragma once

#include <string>
#include <string_view>

#include "router/query/statement.hpp"

namespace weir {

// `statement` is what classify() said of `sql`. Accounts, replication and other administration, and texts
// with one of a few words anywhere, comments and strings included. One pass.
bool may_hold_secret(const Statement& statement, std::string_view sql);

// Appends `sql` to `out` with a ? for each number and each quoted text, without comments. Where servers might
// disagree with us on the end of a quoted text (a backslash in it, or no end), the rest is left out. Any
// bytes.
void append_without_literals(std::string_view sql, LexMode mode, std::string& out);

}  // namespace weir
