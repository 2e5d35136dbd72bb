#include "router/backend/slots.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace weir;

TEST_CASE("permits end at the limit and come back", "[router][backend][slots]") {
  ServerSlots slots;
  CHECK_FALSE(slots.try_acquire(0));
  CHECK(slots.try_acquire(2));
  CHECK(slots.try_acquire(2));
  CHECK_FALSE(slots.try_acquire(2));
  CHECK(slots.try_acquire(3));  // the limit was raised
  CHECK_FALSE(slots.try_acquire(1));
  CHECK(slots.used() == 3);
  slots.release();
  CHECK(slots.used() == 2);
  CHECK_FALSE(slots.try_acquire(2));
  slots.release();
  CHECK(slots.try_acquire(2));
}

TEST_CASE("the longest waiting worker is found", "[router][backend][slots]") {
  ServerSlots slots;
  CHECK_FALSE(slots.anyone_waiting());
  CHECK_FALSE(slots.oldest_waiting_worker(0).has_value());
  slots.set_waiting(3, 500);
  slots.set_waiting(255, 400);
  slots.set_waiting(0, 600);
  CHECK(slots.anyone_waiting());
  CHECK(slots.oldest_waiting_worker(1) == 255);
  CHECK(slots.oldest_waiting_worker(255) == 3);
  slots.set_waiting(255, 700);  // its oldest waiter was served, another remains
  CHECK(slots.oldest_waiting_worker(1) == 3);
  CHECK(slots.waiting_since(255) == 700);
  slots.clear_waiting(3);
  slots.clear_waiting(3);  // harmless
  slots.clear_waiting(0);
  CHECK(slots.oldest_waiting_worker(255) == std::nullopt);
  CHECK(slots.anyone_waiting());
  slots.clear_waiting(255);
  CHECK_FALSE(slots.anyone_waiting());
}

TEST_CASE("threads never hold more permits than the limit", "[router][backend][slots][threads]") {
  constexpr std::int64_t kLimit = 3;
  ServerSlots slots;
  std::atomic<std::int64_t> held{0}, most{0}, granted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        if (!slots.try_acquire(kLimit)) continue;
        const std::int64_t now = held.fetch_add(1) + 1;
        std::int64_t seen = most.load();
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        granted.fetch_add(1);
        held.fetch_sub(1);
        slots.release();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(most.load() <= kLimit);
  CHECK(granted.load() > 0);
  CHECK(slots.used() == 0);
}

// The protocol of the header: mark, try once more, wait; and free first, then look for marks.
TEST_CASE("no worker waits for a permit that nobody tells it of", "[router][backend][slots][threads]") {
  constexpr int kWorkers = 4, kRounds = 5000;
  ServerSlots slots;
  std::atomic<bool> woken[kWorkers]{};
  std::vector<std::thread> threads;
  for (std::size_t worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < kRounds; ++i) {
        while (!slots.try_acquire(1)) {
          slots.set_waiting(worker, 1 + i);
          if (slots.try_acquire(1)) {
            slots.clear_waiting(worker);
            break;
          }
          while (!woken[worker].exchange(false)) std::this_thread::yield();
          slots.clear_waiting(worker);
        }
        slots.release();
        if (!slots.anyone_waiting()) continue;
        if (const auto waiter = slots.oldest_waiting_worker(worker)) woken[*waiter].store(true);
      }
      // Nothing more is released by us: whoever still waits was told, or will be by those who go on.
      if (const auto waiter = slots.oldest_waiting_worker(worker)) woken[*waiter].store(true);
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(slots.used() == 0);
  CHECK_FALSE(slots.anyone_waiting());
}
