#include "proxy/net/resolver.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/component/net/net_support.hpp"

using namespace weir;
using namespace weir::test;

namespace {

struct Answer final : LookupEvents {
  explicit Answer(Loop& loop) : lookup(std::make_unique<Lookup>(loop, *this)) {}
  void on_resolved(std::span<const Address> found) noexcept override {
    ++events;
    addresses.assign(found.begin(), found.end());
    if (const auto act = when_answered) act();
  }
  void on_lookup_failed(NetError why) noexcept override {
    ++events;
    failure = why;
    if (const auto act = when_answered) act();
  }
  std::unique_ptr<Lookup> lookup;
  int events = 0;
  std::vector<Address> addresses;
  NetError failure;
  std::function<void()> when_answered;
};

}  // namespace

TEST_CASE("what is numeric is resolved at the end of the turn", "[net][resolver]") {
  Loop loop;
  Answer answer(loop);
  answer.lookup->start({"::1", 3306, {}});
  CHECK(answer.events == 0);
  CHECK(answer.lookup->running());
  run_turns(loop, 1);
  REQUIRE(answer.addresses.size() == 1);
  CHECK(answer.addresses[0].text() == "[::1]:3306");
  CHECK_FALSE(answer.lookup->running());
}

TEST_CASE("localhost is a loopback address with the port asked for", "[net][resolver]") {
  Loop loop;
  Answer answer(loop);
  answer.lookup->start({"localhost", 6033, {}});
  REQUIRE(run_until(loop, [&] { return answer.events == 1; }));
  REQUIRE_FALSE(answer.addresses.empty());
  CHECK(std::ranges::all_of(answer.addresses, [](const Address& a) {
    return (a.ip() == "127.0.0.1" || a.ip() == "::1") && a.port() == 6033;
  }));
}

TEST_CASE("a name that cannot exist fails with a text", "[net][resolver]") {
  Loop loop;
  Answer answer(loop);
  answer.lookup->start({std::string(64, 'x') + ".invalid", 1, {}});  // a label has at most 63 bytes
  REQUIRE(run_until(loop, [&] { return answer.events == 1; }));
  CHECK(answer.failure.code < 0);
  CHECK_FALSE(answer.failure.text().empty());
}

TEST_CASE("a cancelled lookup stays silent, whatever it was waiting for", "[net][resolver]") {
  const std::string host = GENERATE("127.0.0.1", "localhost");
  const bool destroy = GENERATE(true, false);
  Loop loop;
  Answer cancelled(loop), other(loop);
  cancelled.lookup->start({host, 1, {}});
  destroy ? cancelled.lookup.reset() : cancelled.lookup->cancel();
  other.lookup->start({"localhost", 1, {}});
  CHECK(run_until(loop, [&] { return other.events == 1; }));
  run_turns(loop, 2);
  CHECK(cancelled.events == 0);
}

TEST_CASE("a lookup may be destroyed or started again by its answer", "[net][resolver]") {
  const std::string host = GENERATE("127.0.0.1", "localhost");
  Loop loop;
  Answer answer(loop);
  answer.when_answered = [&] {
    answer.when_answered = [&] { answer.lookup.reset(); };
    answer.lookup->start({host, 2, {}});
  };
  answer.lookup->start({host, 1, {}});
  CHECK(run_until(loop, [&] { return answer.events == 2; }));
  CHECK(answer.addresses.at(0).port() == 2);
}

TEST_CASE("a loop waits for lookups that are under way when it ends", "[net][resolver]") {
  Loop loop;
  Answer answer(loop);
  answer.lookup->start({"localhost", 1, {}});
}
