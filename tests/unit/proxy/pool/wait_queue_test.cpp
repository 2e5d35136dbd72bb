#include <catch2/catch.hpp>

#include <array>

#include "proxy/pool/waiters.hpp"

namespace weir::test {
namespace {

struct Waiter final : PoolWaiter {
  void on_connection(Lease) noexcept override {}
  void on_no_connection(const ConnectFailure&) noexcept override {}
  BackendUser& backend_user() noexcept override { std::abort(); }  // a queue asks nobody
};

std::vector<const PoolWaiter*> members(const WaitQueue& queue) {
  std::vector<const PoolWaiter*> all;
  for (const PoolWaiter* w = queue.front(); w != nullptr; w = WaitQueue::after(*w)) all.push_back(w);
  return all;
}

TEST_CASE("a wait queue is first come, first served") {
  WaitQueue queue;
  std::array<Waiter, 3> waiters;
  CHECK(queue.empty());
  for (std::size_t i = 0; i < waiters.size(); ++i) queue.push(waiters[i], static_cast<Instant>(10 + i));
  CHECK(queue.size() == 3);
  CHECK(members(queue) == std::vector<const PoolWaiter*>{&waiters[0], &waiters[1], &waiters[2]});
  for (std::size_t i = 0; i < waiters.size(); ++i) {
    REQUIRE(queue.front() == &waiters[i]);
    CHECK(waiters[i].queued());
    CHECK(waiters[i].waiting_since() == static_cast<Instant>(10 + i));
    queue.remove(waiters[i]);
    CHECK(!waiters[i].queued());
  }
  CHECK(queue.empty());
}

TEST_CASE("waiters leave a queue from anywhere, and come back at its end") {
  for (std::size_t leaver = 0; leaver < 4; ++leaver) {
    CAPTURE(leaver);
    WaitQueue queue;
    std::array<Waiter, 4> waiters;
    std::vector<const PoolWaiter*> expected;
    for (Waiter& waiter : waiters) {
      queue.push(waiter, 1);
      if (&waiter != &waiters[leaver]) expected.push_back(&waiter);
    }
    queue.remove(waiters[leaver]);
    CHECK(members(queue) == expected);
    CHECK(queue.size() == 3);
    queue.push(waiters[leaver], 2);
    expected.push_back(&waiters[leaver]);
    CHECK(members(queue) == expected);
    CHECK(waiters[leaver].waiting_since() == 2);
    for (Waiter& waiter : waiters) queue.remove(waiter);
    CHECK(queue.empty());
    CHECK(queue.front() == nullptr);
  }
}

}  // namespace
}  // namespace weir::test
