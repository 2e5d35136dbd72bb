// What in an expression is probably not what its author meant. For warnings when rules are loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Remarks on `expression`, which PCRE2 accepts; in whole sentences, with positions in bytes. Knows three
// mistakes: repetition of what repeats itself, (a+)+, on which a search may take exponential time; \G or
// verbs, which make a search one that cannot be interrupted; and a $ behind FOR UPDATE, which FOR UPDATE
// NOWAIT passes by. What is not understood draws no remark.
std::vector<std::string> remarks_on_pattern(std::string_view expression);

// Whether `expression` matches every text but perhaps the empty one: ".*", ".", "^".
// As far as a few unlike texts can tell.
bool matches_everything(std::string_view expression);

}  // namespace weir
