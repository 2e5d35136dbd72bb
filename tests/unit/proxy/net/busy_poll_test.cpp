#include "proxy/net/busy_poll.hpp"

#include <catch2/catch.hpp>

using weir::BusyPoll;

namespace {

int looks_of(BusyPoll& busy_poll, int sleeps, bool found) {
  int looks = 0;
  for (int i = 0; i < sleeps; ++i) {
    if (!busy_poll.before_sleep()) continue;
    ++looks;
    busy_poll.note(found);
  }
  return looks;
}

}  // namespace

TEST_CASE("who may look for no time does not look", "[net][busy_poll]") {
  BusyPoll busy_poll;
  CHECK(looks_of(busy_poll, 100, true) == 0);
  busy_poll.set_limit_us(50);
  CHECK(looks_of(busy_poll, 100, true) == 100);
  busy_poll.set_limit_us(0);
  CHECK(looks_of(busy_poll, 100, true) == 0);
}

TEST_CASE("a loop that looks in vain soon looks rarely, and always again when it has found something",
          "[net][busy_poll]") {
  BusyPoll busy_poll;
  busy_poll.set_limit_us(50);
  CHECK(looks_of(busy_poll, BusyPoll::kPatience, false) == BusyPoll::kPatience);
  CHECK(looks_of(busy_poll, 10 * BusyPoll::kPause, false) == 10);
  CHECK(looks_of(busy_poll, BusyPoll::kPause, true) == 1);
  CHECK(looks_of(busy_poll, 100, true) == 100);
  CHECK(looks_of(busy_poll, BusyPoll::kPatience - 1, false) == BusyPoll::kPatience - 1);
  CHECK(looks_of(busy_poll, 1, true) == 1);
  CHECK(looks_of(busy_poll, BusyPoll::kPatience, false) == BusyPoll::kPatience);
}
