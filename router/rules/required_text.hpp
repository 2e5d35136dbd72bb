// What every text that matches an expression must contain.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "router/rules/pattern.hpp"

namespace weir {

// Texts in lower-case ASCII of which each match contains at least one, in letters of any case. Empty if
// nothing is known: that is always right, and the answer for whatever is too clever to be read here.
// `expression` compiles.
std::vector<std::string> required_text(std::string_view expression, PatternOptions options);

}  // namespace weir
