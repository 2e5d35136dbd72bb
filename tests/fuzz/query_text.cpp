// Query attributes: where the text begins lies within the payload, and without the attributes it is the same
// text. Input: the payload of a COM_QUERY.
#include <algorithm>
#include <vector>

#include "protocol/message/query.hpp"
#include "tests/fuzz/require.hpp"

using namespace weir;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  const Bytes payload(input, size);
  const auto at = find_query_text(payload);
  if (!at) return 0;
  fuzz::require(*at >= 3 && *at <= size, "the text begins behind two numbers, and in the payload");
  std::vector<std::uint8_t> blank(payload.begin(), payload.end());
  blank_attributes(blank, *at);
  fuzz::require(std::ranges::equal(Bytes(blank).subspan(*at), payload.subspan(*at)), "the text stays");
  fuzz::require(blank[0] == payload[0], "so does the command");
  const auto shorter = find_query_text(payload.first(*at));
  fuzz::require(shorter && *shorter == *at, "the text has no part in it");
  return 0;
}
