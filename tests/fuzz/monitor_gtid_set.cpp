// Sets of GTIDs, as servers write them: whatever is understood contains itself, and what it was merged with.
// Input: 'm' for MariaDB's form or another byte for MySQL's, then three sets, a line each.
#include "monitor/gtid_set.hpp"

#include <algorithm>
#include <limits>

#include "protocol/base/bytes.hpp"
#include "tests/fuzz/require.hpp"

namespace {

using namespace weir;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

std::string_view take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  return line;
}

void require_union(const GtidSet& a, const GtidSet& b) {
  GtidSet both = a, other_way = b;
  both.merge(b);
  other_way.merge(a);
  fuzz::require(both == other_way, "it does not matter which is merged into which");
  fuzz::require(both.contains(a) && both.contains(b), "a union contains its parts");
  fuzz::require(both.reaches(a) && both.reaches(b), "who contains a set has reached it");
  GtidSet again = both;
  again.merge(a);
  fuzz::require(again == both, "what is there is not added");
  fuzz::require(a.contains(b) == (both == a), "contained is what adds nothing");
  fuzz::require(both.count_beyond(a) <= b.count_beyond(a), "a union has no more than its parts");
  const bool exact = b.count_beyond(a) != kMost;
  fuzz::require(!exact || both.count_beyond(a) == b.count_beyond(a), "a union has all of its parts");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
  if (size == 0) return 0;
  const auto read = input[0] == 'm' ? GtidSet::from_mariadb : GtidSet::from_mysql;
  std::string_view rest = as_text(Bytes(input + 1, size - 1));
  const auto a = read(take_line(rest)), b = read(take_line(rest)), c = read(take_line(rest));
  if (!a || !b || !c) return 0;
  for (const GtidSet* one : {&*a, &*b, &*c}) {
    fuzz::require(one->contains(*one) && one->reaches(*one), "a set contains itself");
    fuzz::require(input[0] == 'm' || one->contains(GtidSet()), "and nothing");
  }
  require_union(*a, *b);
  require_union(*b, *c);
  if (a->contains(*b) && b->contains(*c)) fuzz::require(a->contains(*c), "a part of a part is a part");
  return 0;
}
