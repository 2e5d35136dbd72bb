#include "protocol/base/log.hpp"

#include <catch2/catch.hpp>

namespace weir {
namespace {

struct Allowed {
  int events = 0;
  std::int64_t told = 0;  // of those that were swallowed
};

Allowed offer(log::Budget& budget, int events, Instant now) {
  Allowed allowed;
  for (int i = 0; i < events; ++i) {
    std::int64_t suppressed = 0;
    if (!budget.allow(now, &suppressed)) continue;
    ++allowed.events;
    allowed.told += suppressed;
  }
  return allowed;
}

}  // namespace

TEST_CASE("A budget of lines lets a burst through, then so many a second") {
  log::Budget budget(10, 2);
  CHECK(offer(budget, 25, 5000).events == 10);
  CHECK(offer(budget, 3, 5499).events == 0);
  CHECK(offer(budget, 3, 5500).events == 1);
  CHECK(offer(budget, 3, 7000).events == 3);  // and nothing is left of a second and a half
  CHECK(offer(budget, 1, 7000).events == 0);
}

TEST_CASE("A budget of lines tells once how many were left out") {
  log::Budget budget(10, 2);
  CHECK(offer(budget, 10, 0).told == 0);
  CHECK(offer(budget, 15, 100).told == 0);
  const Allowed after = offer(budget, 4, 1000);
  CHECK(after.events == 2);
  CHECK(after.told == 15);
  CHECK(offer(budget, 1, 1500).told == 2);
}

TEST_CASE("A budget of lines is not saved up beyond the burst, and a clock that stands still earns nothing") {
  log::Budget budget(10, 2);
  CHECK(offer(budget, 10, 0).events == 10);
  CHECK(offer(budget, 50, 1'000'000'000).events == 10);
  CHECK(offer(budget, 50, 1'000'000'000).events == 0);
  CHECK(offer(budget, 50, 0).events == 0);
}

}  // namespace weir
