// Several statements in one COM_QUERY, one at a time.
#pragma once

#include <string_view>
#include <vector>

namespace weir {

// The statements of `sql`, without the semicolons between them and without empty ones; views into `sql`.
// Semicolons in strings, names and comments do not count. A text with CREATE TRIGGER, whose body has
// semicolons of its own, is one statement. A text of nothing but blanks and semicolons is one statement, too:
// it is due an answer.
std::vector<std::string_view> split_statements(std::string_view sql);

}  // namespace weir
