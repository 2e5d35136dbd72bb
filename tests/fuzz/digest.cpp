// Digest: any bytes with any options give a text that is not longer, and the same again.
// Input: the switches, the limits, then the text.
#include "router/query/digest.hpp"

#include "protocol/base/bytes.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  using namespace weir;
  if (size < 3) return 0;
  const DigestOptions options{.grouping_limit = input[1] % 8,
                              .groups_grouping_limit = input[2] % 8,
                              .lowercase = (input[0] & 1) != 0,
                              .replace_null = (input[0] & 2) != 0,
                              .no_digits = (input[0] & 4) != 0,
                              .keep_comment = (input[0] & 8) != 0};
  const std::string_view sql = as_text(Bytes(input + 3, size - 3));
  std::string text, again;
  digest_text(sql, options, text);
  digest_text(sql, options, again);
  fuzz::require(text.size() <= sql.size(), "a digest is not longer than its query");
  fuzz::require(text == again, "a query has one digest");
  fuzz::require(digest_hash(text, options) == digest_hash(again, options), "a text has one hash");
  return 0;
}
