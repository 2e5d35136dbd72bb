#include "proxy/worker/memory_watch.hpp"

#include <catch2/catch.hpp>

namespace weir::test {
namespace {

TEST_CASE("levels begin and end where they should", "[memory]") {
  using enum MemoryLevel;
  struct Row {
    std::uint64_t resident;
    MemoryLevel before, after;
  };
  constexpr Row kRows[] = {
      {0, calm, calm},      {7999, calm, calm},  {8000, calm, tight},  {9499, calm, tight},
      {9500, calm, full},   {20000, calm, full}, {7500, tight, tight}, {7499, tight, calm},
      {9499, tight, tight}, {9500, tight, full}, {9000, full, full},   {8999, full, tight},
      {7500, full, tight},  {7499, full, calm},
  };
  for (const Row& row : kRows) {
    CAPTURE(row.resident, row.before);
    CHECK(judge_memory(row.resident, 10'000, row.before) == row.after);
  }
}

TEST_CASE("the process has memory, and less than it may", "[memory]") {
  Settings settings;
  CHECK(resident_memory() > 1'000'000);
  CHECK(memory_limit(settings) > resident_memory());
  settings.memory_limit_mb = 3;
  CHECK(memory_limit(settings) == 3 << 20);
}

}  // namespace
}  // namespace weir::test
