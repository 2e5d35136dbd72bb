#include "proxy/worker/login_guard.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace weir::test {
namespace {

constexpr std::int64_t kAllowed = 5;
constexpr Instant kStart = 1'000'000;

struct Guard {
  LoginGuard guard;
  Instant now = kStart;

  void fail(int times, std::string_view address, std::string_view user) {
    for (int i = 0; i < times; ++i) guard.note_failure(address, user, now);
  }
  LoginGuard::Verdict judge(std::string_view address, std::string_view user,
                            std::int64_t allowed = kAllowed) {
    return guard.judge(address, user, allowed, now);
  }
  Millis wait_of(std::string_view address, std::string_view user) {
    const auto verdict = judge(address, user);
    if (verdict.wait_ms > 0) guard.ended_wait(address, user);
    return verdict.refused ? -1 : verdict.wait_ms;
  }
};

TEST_CASE("some failures cost nothing, more cost more, up to a bound", "[login_guard]") {
  Guard g;
  g.fail(4, "10.0.0.9", "ann");
  CHECK(g.wait_of("10.0.0.9", "ann") == 0);
  Millis before = 0;
  for (int i = 0; i < 5; ++i) {
    g.fail(1, "10.0.0.9", "ann");
    const Millis wait = g.wait_of("10.0.0.9", "ann");
    CHECK(wait > before);
    before = wait;
  }
  g.fail(1'000'000, "10.0.0.9", "ann");
  CHECK(g.wait_of("10.0.0.9", "ann") == LoginGuard::kMaxWaitMs);
}

TEST_CASE("neither other users beside him nor other addresses notice", "[login_guard]") {
  Guard g;
  g.fail(40, "10.0.0.9", "ann");
  CHECK(g.wait_of("10.0.0.9", "bob") == 0);
  CHECK(g.wait_of("10.0.0.8", "ann") == 0);
  CHECK(g.wait_of("", "ann") == 0);
}

TEST_CASE("who tries one user after another is held up as an address", "[login_guard]") {
  Guard g;
  for (int i = 0; i < 49; ++i) g.fail(1, "10.0.0.9", "user" + std::to_string(i));
  CHECK(g.wait_of("10.0.0.9", "root") == 0);
  g.fail(1, "10.0.0.9", "user49");
  CHECK(g.wait_of("10.0.0.9", "root") > 0);
}

TEST_CASE("addresses of an IPv6 network count together, and no others", "[login_guard]") {
  Guard g;
  for (int i = 1; i <= 9; ++i) g.fail(1, "fd00:0:0:1::" + std::to_string(i), "ann");
  CHECK(g.wait_of("fd00:0:0:1:ffff::1", "ann") > 0);
  CHECK(g.wait_of("fd00:0:0:2::1", "ann") == 0);
  CHECK(LoginGuard::network_of("fd00:1:2:3:4:5:6:7") == "fd00:1:2:3::/64");
  CHECK(LoginGuard::network_of("10.0.0.9") == "10.0.0.9");
  CHECK(LoginGuard::network_of("::ffff:10.0.0.9") == "::ffff:10.0.0.9");
}

TEST_CASE("half of it is forgotten each minute", "[login_guard]") {
  Guard g;
  g.fail(16, "10.0.0.9", "ann");
  CHECK(g.wait_of("10.0.0.9", "ann") > 0);
  g.now += LoginGuard::kHalfLifeMs;  // 8
  CHECK(g.wait_of("10.0.0.9", "ann") > 0);
  g.now += LoginGuard::kHalfLifeMs;  // 4
  CHECK(g.wait_of("10.0.0.9", "ann") == 0);
}

TEST_CASE("few wait at a time, the others are refused", "[login_guard]") {
  Guard g;
  g.fail(20, "10.0.0.9", "ann");
  for (std::size_t i = 0; i < LoginGuard::kMaxWaiting; ++i) CHECK(g.judge("10.0.0.9", "ann").wait_ms > 0);
  CHECK(g.judge("10.0.0.9", "ann").refused);
  CHECK_FALSE(g.judge("10.0.0.9", "bob").refused);
  g.guard.ended_wait("10.0.0.9", "ann");
  CHECK_FALSE(g.judge("10.0.0.9", "ann").refused);
  CHECK(g.judge("10.0.0.9", "ann").refused);
}

TEST_CASE("everybody of an address is refused while as many as may wait do so for any of its users",
          "[login_guard]") {
  Guard g;
  const auto refuses = [&g](std::string_view address, std::int64_t allowed = kAllowed) {
    return g.guard.refuses_everybody_of(address, allowed, g.now);
  };
  CHECK_FALSE(refuses("10.0.0.9"));
  for (int i = 0; i < 60; ++i) g.fail(1, "10.0.0.9", "user" + std::to_string(i));
  for (std::size_t i = 0; i < LoginGuard::kMaxWaiting; ++i) {
    CHECK_FALSE(refuses("10.0.0.9"));
    CHECK(g.judge("10.0.0.9", "user" + std::to_string(i)).wait_ms > 0);
  }
  CHECK(refuses("10.0.0.9"));
  CHECK_FALSE(refuses("10.0.0.9", 0));
  CHECK_FALSE(refuses("10.0.0.8"));
  CHECK_FALSE(refuses(""));
  g.guard.ended_wait("10.0.0.9", "user0");
  CHECK_FALSE(refuses("10.0.0.9"));
}

TEST_CASE("who guesses one user's password is refused as him only", "[login_guard]") {
  Guard g;
  g.fail(20, "10.0.0.9", "ann");
  for (std::size_t i = 0; i < LoginGuard::kMaxWaiting; ++i) g.judge("10.0.0.9", "ann");
  CHECK(g.judge("10.0.0.9", "ann").refused);
  CHECK_FALSE(g.guard.refuses_everybody_of("10.0.0.9", kAllowed, g.now));
}

TEST_CASE("0 allows any number", "[login_guard]") {
  Guard g;
  g.fail(100, "10.0.0.9", "ann");
  CHECK(g.judge("10.0.0.9", "ann", 0).wait_ms == 0);
}

TEST_CASE("a million addresses are no million entries, and who waits is forgotten safely", "[login_guard]") {
  Guard g;
  g.fail(20, "10.0.0.9", "ann");
  CHECK(g.judge("10.0.0.9", "ann").wait_ms > 0);
  for (int i = 0; i < 200'000; ++i)
    g.fail(
        1,
        "11." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255),
        "ann");
  CHECK(g.guard.entries() == LoginGuard::kMaxEntries);
  g.guard.ended_wait("10.0.0.9", "ann");
  CHECK(g.judge("10.0.0.9", "ann").wait_ms == 0);
}

}  // namespace
}  // namespace weir::test
