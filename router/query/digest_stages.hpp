// The stages in which a query becomes its digest text. Each works on a buffer of the caller and never needs
// more room than it reads; all but the first work in place and return the new size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "router/query/digest.hpp"

namespace weir::digest {

struct Draft {
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::size_t size = 0;
  // Where the first byte stands that makes tighten() necessary: a sign, an operator, a comma or parenthesis
  // behind a blank.
  std::size_t needs_spacing_from = kNone;
  std::size_t first_dropped = kNone;  // where the first blank would stand that has been dropped already
  bool has_list = false;              // it has a parenthesis
  DigestShape shape;
};

// Literals become ?, comments vanish, blanks collapse, and vanish behind an opening parenthesis or a comma.
// `out` has room for sql.size() bytes.
Draft replace_literals(std::string_view sql, const DigestOptions& options, char* out);

// Drops the other blanks around parentheses, commas and operators, and the signs of values.
std::size_t tighten(std::span<char> text, const Draft& draft);

// Runs of digits, which now stand in names only, become ?.
std::size_t replace_digits(std::span<char> text);

// (?,?,?,?,?) becomes (?,?,?,...), which may be as long, and leaves no plain `shape`.
std::size_t shorten_lists(std::span<char> text, int limit, DigestShape& shape);

// More than `groups` times (?,?,?,...) in a row end in ... instead.
std::size_t shorten_groups(std::span<char> text, int limit, int groups);

}  // namespace weir::digest
