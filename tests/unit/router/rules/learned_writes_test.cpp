// What a worker remembers of refused statements.
#include "router/rules/learned_writes.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

TEST_CASE("a learned write is known for an hour after its last refusal") {
  LearnedWrites learned;
  CHECK(learned.empty());
  learned.add(7, "SELECT f(?)", 1290, 1000);
  CHECK(learned.contains(7, 1000));
  CHECK(!learned.contains(8, 1000));
  CHECK(learned.contains(7, 999 + LearnedWrites::kHoldMs));
  CHECK(!learned.contains(7, 1000 + LearnedWrites::kHoldMs));
  learned.add(7, "SELECT f(?)", 1836, 5000);
  CHECK(learned.contains(7, 1000 + LearnedWrites::kHoldMs));
  REQUIRE(learned.all().size() == 1);
  CHECK(learned.all().front().refusals == 2);
  CHECK(learned.all().front().first_seen == 1000);
  CHECK(learned.all().front().last_seen == 5000);
  CHECK(learned.all().front().error_code == 1836);
}

TEST_CASE("what was refused longest ago is forgotten first, and nothing beyond the bound is kept") {
  LearnedWrites learned;
  for (std::uint64_t digest = 0; digest < LearnedWrites::kMost; ++digest) learned.add(digest, "q", 1290, 1);
  learned.add(0, "q", 1290, 2);  // seen again: not the oldest any more
  learned.add(LearnedWrites::kMost, "q", 1290, 3);
  CHECK(learned.all().size() == LearnedWrites::kMost);
  CHECK(learned.contains(0, 3));
  CHECK(!learned.contains(1, 3));
  CHECK(learned.contains(LearnedWrites::kMost, 3));
  learned.clear();
  CHECK(learned.empty());
}

}  // namespace
}  // namespace weir
