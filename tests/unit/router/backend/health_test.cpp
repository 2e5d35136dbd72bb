#include "router/backend/health.hpp"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "router/config/variables.hpp"

using namespace weir;

namespace {

Settings shunning(std::int64_t failures, std::int64_t retries, std::int64_t recovery_s,
                  std::int64_t wait_ms) {
  Settings settings = defaults();
  settings.shun_on_failures = failures;
  settings.connect_retries_on_failure = retries;
  settings.shun_recovery_time_sec = recovery_s;
  settings.connect_timeout_server_max = wait_ms;
  return settings;
}

constexpr Instant kStart = 5'000'000;

}  // namespace

TEST_CASE("how many errors shun a server, and for how long", "[router][backend][health]") {
  struct Case {
    const char* name;
    Settings settings;
    int errors_needed;
    Millis lasts_ms;
  };
  const Case cases[] = {
      {"defaults: five errors, nine seconds", defaults(), 5, 9000},
      {"retries cap the errors", shunning(5, 1, 10, 60000), 2, 10000},
      {"no retries: the first error", shunning(5, 0, 10, 60000), 1, 10000},
      {"the wait for a connection caps the time", shunning(1, 10, 100, 5000), 1, 4000},
      {"at least a second", shunning(1, 10, 10, 500), 1, 1000},
      {"an hour", shunning(3, 10, 3600, 3600000), 3, 3599000},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    ServerHealth health("db1:3306");
    for (int i = 1; i <= c.errors_needed; ++i) {
      CHECK(health.eligible(kStart));
      health.note_connect_error(kStart, 2003, c.settings);
    }
    CHECK_FALSE(health.eligible(kStart));
    CHECK(health.view().shunned);
    CHECK(health.view().shunned_until == kStart + c.lasts_ms);
    CHECK(health.view().last_error_code == 2003);
    CHECK_FALSE(health.eligible(kStart + c.lasts_ms - 1));
    CHECK(health.eligible(kStart + c.lasts_ms));
    CHECK_FALSE(health.view().shunned);
    CHECK(health.eligible(kStart));  // brought back for good
  }
}

TEST_CASE("errors spread over seconds do not shun", "[router][backend][health]") {
  ServerHealth health("db1:3306");
  for (int i = 0; i < 40; ++i) health.note_connect_error(kStart + i * 300, 2003, defaults());
  CHECK(health.eligible(kStart + 40 * 300));
}

TEST_CASE("a refusal by a healthy server does not shun", "[router][backend][health]") {
  for (std::int64_t code : {1044, 1045, 1049, 1203, 1226, 3118}) {
    CAPTURE(code);
    CHECK_FALSE(counts_against_server(code));
    ServerHealth health("db1:3306");
    for (int i = 0; i < 100; ++i) health.note_connect_error(kStart, code, defaults());
    CHECK(health.eligible(kStart));
    CHECK(health.view().last_error_code == code);
  }
  for (std::int64_t code : {2002, 2003, 2013, 1040, 1053, 1129, 1130, 0}) {
    CAPTURE(code);
    CHECK(counts_against_server(code));
  }
}

TEST_CASE("a success or a reload ends a shun; no timer means neither does time",
          "[router][backend][health]") {
  const Settings forever = shunning(1, 10, 0, 10000);
  ServerHealth health("db1:3306");
  health.note_connect_error(kStart, 2003, forever);
  CHECK_FALSE(health.eligible(kStart + 1'000'000'000));
  CHECK_FALSE(health.eligible_as_last_resort(kStart + 1'000'000'000));
  CHECK(health.view().shunned_until == kNever);
  health.note_success(kStart);
  CHECK(health.eligible(kStart));
  health.note_connect_error(kStart + 5000, 2003, forever);
  CHECK_FALSE(health.eligible(kStart + 5000));
  health.note_reload();
  CHECK(health.eligible(kStart + 5000));
}

TEST_CASE("a tenth of its time makes a shunned server the last resort", "[router][backend][health]") {
  ServerHealth health("db1:3306");
  CHECK(health.eligible_as_last_resort(kStart));
  for (int i = 0; i < 5; ++i) health.note_connect_error(kStart, 2003, defaults());
  CHECK_FALSE(health.eligible_as_last_resort(kStart + 899));
  CHECK(health.eligible_as_last_resort(kStart + 900));
  CHECK_FALSE(health.eligible(kStart + 900));
  health.note_connect_error(kStart + 900, 2003,
                            defaults());  // tried, and failed: out for the full time again
  CHECK(health.view().shunned_until == kStart + 900 + 9000);
  CHECK_FALSE(health.eligible_as_last_resort(kStart + 1799));
  CHECK(health.eligible_as_last_resort(kStart + 1800));
}

TEST_CASE("many threads see one health", "[router][backend][health][threads]") {
  ServerHealth health("db1:3306");
  const Settings settings = defaults();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 2000; ++i) {
        const Instant now = kStart + i * 10;
        if (t == 0) health.note_success(now);
        if (t != 0) health.note_connect_error(now, 2003, settings);
        static_cast<void>(health.eligible(now));
        static_cast<void>(health.view());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  health.note_success(kStart);
  CHECK(health.eligible(kStart));
}

TEST_CASE("what only the monitor ends outlives success, time and reload", "[router][backend][health]") {
  const Settings settings = shunning(1, 0, 10, 60'000);
  ServerHealth health("a:3306 (hostgroup 1)");
  CHECK(health.note_refused_write(kStart));
  CHECK_FALSE(health.note_refused_write(kStart));
  health.set_silent(true, kStart);
  health.note_connect_error(kStart, 2003, settings, "nobody there");
  CHECK(health.last_error() == "nobody there");
  health.note_success(kStart + 1);
  health.note_reload();
  CHECK_FALSE(health.view().shunned);
  CHECK_FALSE(health.eligible(kStart + 1'000'000));
  CHECK(health.last_resort_from() == ServerHealth::kForeverShunned);
  health.clear_refused_write(kStart + 2);
  CHECK_FALSE(health.eligible(kStart + 1'000'000));
  CHECK(health.eligible_as_last_resort(kStart));  // silent: better than nothing
  health.note_connect_error(kStart, 2003, settings);
  CHECK_FALSE(health.eligible_as_last_resort(kStart));
  CHECK(health.eligible_as_last_resort(kStart + 1000));
  health.set_silent(false, kStart + 3);
  CHECK(health.view().since == kStart + 3);
  CHECK_FALSE(health.eligible(kStart + 9999));
  CHECK(health.eligible(kStart + 10'000));
}

TEST_CASE("a refusal that comes soon after one that was nothing does not count",
          "[router][backend][health]") {
  ServerHealth health("a:3306 (hostgroup 1)");
  Instant now = kStart;
  for (const Millis length_ms : {2'000, 4'000, 8'000, 16'000, 32'000, 60'000, 60'000}) {
    CAPTURE(length_ms);
    REQUIRE(health.note_refused_write(now));
    REQUIRE(health.view().refuses_writes);
    CHECK_FALSE(health.note_refused_write(now));
    health.clear_refused_write(now += 200);
    CHECK(health.eligible(now));
    CHECK_FALSE(health.view().shunned);
    CHECK(health.view().shunned_until == kNever);
    CHECK(health.note_refused_write(now + length_ms - 1));  // the monitor is told all the same
    CHECK_FALSE(health.view().refuses_writes);
    CHECK(health.eligible(now));
    health.clear_refused_write(now + 1);  // there is nothing to clear: the time is what it was
    now += length_ms;
  }
  // After a long time without any, and for a server that begins anew, it is as if there had been none.
  now += 60'000;
  REQUIRE(health.note_refused_write(now));
  health.clear_refused_write(now);
  CHECK(health.note_refused_write(now + 1'999));
  CHECK_FALSE(health.view().refuses_writes);
  health.clear_refused_write(kNever);
  CHECK(health.note_refused_write(now));
  CHECK(health.view().refuses_writes);
}

TEST_CASE("refusals that were nothing are counted, those that are over are not",
          "[router][backend][health]") {
  ServerHealth health("a:3306 (hostgroup 1)");
  REQUIRE(health.note_refused_write(kStart));
  health.clear_refused_write(kNever);
  CHECK(health.false_alarms() == 0);
  REQUIRE(health.note_refused_write(kStart));
  CHECK(health.view().refuses_writes);
  health.clear_refused_write(kStart);
  CHECK(health.false_alarms() == 1);
  REQUIRE(health.note_refused_write(kStart));
  CHECK_FALSE(health.view().refuses_writes);
  health.clear_refused_write(kStart);  // looked into all the same
  CHECK(health.false_alarms() == 2);
}

TEST_CASE("a shun is what it is, whatever was refused before and meanwhile", "[router][backend][health]") {
  const Settings settings = shunning(1, 0, 10, 60'000);
  ServerHealth health("a:3306 (hostgroup 1)");
  REQUIRE(health.note_refused_write(kStart));
  health.clear_refused_write(kStart);
  health.note_connect_error(kStart, 2003, settings);
  CHECK_FALSE(health.eligible(kStart + 9'999));
  REQUIRE(health.note_refused_write(kStart));
  REQUIRE(health.view().refuses_writes);
  health.clear_refused_write(kStart);
  CHECK(health.view().shunned_until == kStart + 10'000);
  CHECK_FALSE(health.eligible(kStart + 9'999));
  CHECK(health.eligible(kStart + 10'000));
  CHECK_FALSE(health.view().shunned);
}
