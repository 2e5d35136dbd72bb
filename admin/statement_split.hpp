// Several statements in one COM_QUERY, one at a time.
#pragma once

#include <string_view>

namespace weir {

// Takes the first statement off `text`, without the semicolon behind it, and passes over empty ones; `text`
// is empty after the last. Semicolons in strings, names and comments do not count. From CREATE TRIGGER on,
// whose body has semicolons of its own, all is one statement. A text of nothing but blanks and semicolons is
// a statement, too: it is due an answer. No allocation.
std::string_view take_statement(std::string_view& text);

}  // namespace weir
