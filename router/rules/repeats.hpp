// How much of an expression repeats without bound, as far as its text tells: what a search may cost on a long
// text.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

struct Repeats {
  enum class Number : std::uint8_t {
    none,     // from one place of the text a search takes as long as the expression is
    one,      // as the text is
    several,  // longer
  };
  Number number = Number::none;
  // Where a search begins, or what it has tried before, counts: by \G, or a verb such as (*COMMIT).
  bool needs_whole_search = false;
};

// In doubt the dearer answer: of \Q*\E, say, or x{3}.
Repeats repeats_of(std::string_view expression);

}  // namespace weir
