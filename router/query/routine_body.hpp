// Whether the body of a stored function does what READS SQL DATA or NO SQL promises.
#pragma once

#include <string_view>

#include "router/query/lexer.hpp"

namespace weir {

// True if nothing in `body` writes, locks, changes the session or depends on its connection: no writing verb,
// no CREATE or DROP (temporary tables are allowed in functions), no CALL, no variable with @, no function but
// the built-in ones whose answer is the same everywhere. Careful rather than clever: a word in a harmless
// place may count against a body, and functions that call stored functions are refused. For catalogues, not
// for queries.
bool only_reads(std::string_view body, LexMode mode);

// What SHOW CREATE FUNCTION says behind the function's name: parameters, result, characteristics and body,
// of which all but the body is nothing to only_reads(). Empty if `text` says something else.
std::string_view behind_function_name(std::string_view text, LexMode mode);

}  // namespace weir
