// "Did you mean ...": the known name nearest to one that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Levenshtein's, case aside. No allocation; what is longer than 128 bytes is as far as can be.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The name at the smallest edit distance (case aside), or an empty view if none is close enough to be a
// guess.
std::string_view nearest_name(std::string_view unknown, std::span<const std::string_view> known);

// "; did you mean 'x'?" or nothing, to be put at the end of a message.
std::string hint(std::string_view unknown, std::span<const std::string_view> known);

}  // namespace weir
