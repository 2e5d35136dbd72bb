// What in a match_digest no digest can ever have. For warnings when rules are loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "router/query/digest.hpp"

namespace weir {

// Remarks on `expression`, which PCRE2 accepts: values, comments and repeated blanks that each match would
// have to contain, and digests never do. What is not understood, and what is one alternative of several,
// draws no remark.
std::vector<std::string> remarks_on_digest_expression(std::string_view expression,
                                                      const DigestOptions& options);

}  // namespace weir
