#include "proxy/net/deadlines.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <random>

using namespace weir;

namespace {

struct Alarm final : DeadlineEvents {
  explicit Alarm(Deadlines& queue) : deadline(std::make_unique<Deadline>(queue, *this)) {}
  void on_deadline() noexcept override {
    ++rings;
    if (const auto act = when_rung) act();
  }
  int rings = 0;
  std::function<void()> when_rung;
  std::unique_ptr<Deadline> deadline;
};

}  // namespace

TEST_CASE("a deadline rings once, not early and at most a tick late", "[net][deadlines]") {
  for (const Instant due : {100, 101, 104, 105, 106}) {
    CAPTURE(due);
    Deadlines queue;
    Alarm alarm(queue);
    alarm.deadline->set(due);
    Instant rang_at = 0;
    alarm.when_rung = [&] { rang_at = 1; };
    for (Instant now = 90; now < 130; ++now) {
      queue.expire(now);
      if (rang_at == 1) rang_at = now;
    }
    CHECK(rang_at >= due);
    CHECK(rang_at < due + Deadlines::kTickMs);
    CHECK(alarm.rings == 1);
    CHECK(queue.next() == kNever);
  }
}

TEST_CASE("the earliest deadline sets the next wake-up", "[net][deadlines]") {
  Deadlines queue;
  Alarm late(queue), early(queue);
  CHECK(queue.next() == kNever);
  late.deadline->set(2000);
  CHECK(queue.next() == 2000);
  early.deadline->set(1000);
  CHECK(queue.next() == 1000);
  early.deadline->set(500);  // forward: the queue must look earlier
  CHECK(queue.next() == 500);
}

TEST_CASE("moving a deadline later, or clearing it, leaves the queue alone", "[net][deadlines]") {
  Deadlines queue;
  Alarm alarm(queue);
  alarm.deadline->set(1000);
  alarm.deadline->set(5000);
  CHECK(queue.next() == 1000);
  queue.expire(1000);
  CHECK(alarm.rings == 0);
  CHECK(queue.next() == 5000);
  alarm.deadline->clear();
  CHECK(queue.next() == 5000);
  queue.expire(5000);
  CHECK(alarm.rings == 0);
  CHECK(queue.next() == kNever);  // an idle process does not tick
  alarm.deadline->set(6000);
  queue.expire(6000);
  CHECK(alarm.rings == 1);
}

TEST_CASE("a deadline in the past rings in the next pass, not inside set", "[net][deadlines]") {
  Deadlines queue;
  Alarm alarm(queue);
  queue.expire(1000);
  alarm.when_rung = [&] {
    if (alarm.rings == 1) alarm.deadline->set(10);
  };
  alarm.deadline->set(10);
  CHECK(alarm.rings == 0);
  queue.expire(1005);
  CHECK(alarm.rings == 1);  // and setting it again in the event did not loop
  queue.expire(1010);
  CHECK(alarm.rings == 2);
}

TEST_CASE("a ringing deadline may clear and destroy others and itself", "[net][deadlines]") {
  Deadlines queue;
  Alarm first(queue), cleared(queue), destroyed(queue), last(queue);
  first.deadline->set(10);
  cleared.deadline->set(15);
  destroyed.deadline->set(15);
  last.deadline->set(20);
  first.when_rung = [&] {
    cleared.deadline->clear();
    destroyed.deadline.reset();
    first.deadline.reset();
  };
  queue.expire(100);
  CHECK(first.rings == 1);
  CHECK(cleared.rings == 0);
  CHECK(destroyed.rings == 0);
  CHECK(last.rings == 1);
  CHECK(queue.size() == 0);
}

TEST_CASE("any mixture of sets, clears and destructions rings what a plain list would", "[net][deadlines]") {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    Deadlines queue;
    std::vector<std::unique_ptr<Alarm>> alarms;
    std::vector<Instant> due(40, kNever);
    std::vector<int> expected(40, 0);
    for (std::size_t i = 0; i < due.size(); ++i) alarms.push_back(std::make_unique<Alarm>(queue));
    for (Instant now = 5; now < 2000; now += 5) {
      for (int i = 0; i < 3; ++i) {
        const std::size_t which = random() % due.size();
        if (!alarms[which]->deadline) continue;
        const auto choice = random() % 20;
        due[which] = choice < 3 ? kNever : now + 5 + static_cast<Instant>(random() % 300);
        if (choice == 0) alarms[which]->deadline.reset();
        if (choice == 1 || choice == 2) alarms[which]->deadline->clear();
        if (choice > 2) alarms[which]->deadline->set(due[which]);
      }
      queue.expire(now);
      for (std::size_t i = 0; i < due.size(); ++i) {
        if (due[i] == kNever || due[i] > now) continue;
        ++expected[i];
        due[i] = kNever;
      }
      for (std::size_t i = 0; i < due.size(); ++i) REQUIRE(alarms[i]->rings == expected[i]);
    }
  }
}
