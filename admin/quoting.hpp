// Names and texts as SQL wants them.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// 'x' with quotes inside doubled.
std::string quoted_text(std::string_view text);
// "x" with quotes inside doubled.
std::string quoted_name(std::string_view name);
// ASCII letters only: how SQLite compares names.
std::string lower_case(std::string_view text);

}  // namespace weir
