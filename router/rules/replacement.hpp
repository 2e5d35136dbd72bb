// The text of replace_pattern: what takes the place of a match, with \0 for the whole of it and \1 to \9 for
// its groups.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"
#include "router/rules/pattern.hpp"

namespace weir {

class Replacement {
 public:
  enum class Extent : std::uint8_t { first_match, every_match };  // re_modifiers GLOBAL

  // `written` as in the column: \\ is a backslash, \0 to \9 a group that `pattern` must have; a backslash
  // before anything else is an error, whose text says so.
  static Result<Replacement, std::string> parse(std::string_view written, const Pattern& pattern,
                                                Extent extent);

  // Writes `subject` with its matches replaced to `text`, which may not be part of it. no_match: `text` is
  // not meaningful. limit_reached: a search was given up, or the result would be longer than `most_bytes`;
  // the same. Allocates only if `text` has to grow.
  MatchOutcome rewrite(const Pattern& pattern, std::string_view subject, std::size_t most_bytes,
                       MatchContext& context, std::string& text) const;

 private:
  struct Part {
    std::string text;  // literally, and then
    int group = -1;    // this group; -1 = none
  };

  void append(const MatchGroups& groups, std::string& text) const;

  std::vector<Part> parts_;
  Extent extent_ = Extent::first_match;
};

}  // namespace weir
