// The thread that writes the query log.
#include "proxy/query_log/query_log.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "router/config/variables.hpp"
#include "tests/support/temporary_directory.hpp"

namespace weir {
namespace {

constexpr Millis kPatience = 60'000;

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return file ? text.str() : "none";
}

Settings log_to(const std::string& name) {
  Settings settings = defaults();
  settings.eventslog_filename = name;
  return settings;
}

TEST_CASE("lines of all workers are written, at the latest when the log ends", "[query_log]") {
  TemporaryDirectory directory;
  QueryLog log(2);
  log.adopt(log_to(directory.path("q")));
  REQUIRE(log.ring(0).put("a\n"));
  REQUIRE(log.ring(1).put("b\n"));
  SECTION("by the end of the process") {
    log.stop();
  }
  SECTION("by turning it off") {
    log.adopt(defaults());
  }
  SECTION("by a rotation") {
    REQUIRE(log.rotate_and_wait(kPatience).has_value());
    CHECK(contents(directory.path("q.00000002")).empty());
  }
  const std::string text = contents(directory.path("q.00000001"));
  CHECK((text == "a\nb\n" || text == "b\na\n"));
}

TEST_CASE("a name without a directory is below the data directory", "[query_log]") {
  TemporaryDirectory directory;
  QueryLog log(1);
  log.set_directory(directory.path());
  log.adopt(log_to("q"));
  REQUIRE(log.ring(0).put("a\n"));
  log.stop();
  CHECK(contents(directory.path("q.00000001")) == "a\n");
}

TEST_CASE("what was there before another name came is in the old file", "[query_log]") {
  TemporaryDirectory directory;
  QueryLog log(1);
  log.adopt(log_to(directory.path("old")));
  REQUIRE(log.ring(0).put("a\n"));
  log.adopt(log_to(directory.path("new")));
  REQUIRE(log.rotate_and_wait(kPatience).has_value());
  REQUIRE(log.ring(0).put("b\n"));
  log.stop();
  CHECK(contents(directory.path("old.00000001")) == "a\n");
  CHECK(contents(directory.path("new.00000001")) == "b\n");
}

TEST_CASE("a directory that is not there is told, and costs lines that are counted", "[query_log]") {
  TemporaryDirectory directory;
  QueryLog log(1);
  const Settings settings = log_to(directory.path("later/q"));
  const auto possible = log.check(settings);
  REQUIRE(!possible);
  CHECK_THAT(possible.error(), Catch::Matchers::Contains("/later: No such file or directory"));
  log.adopt(settings);
  REQUIRE(log.ring(0).put("a\n"));
  REQUIRE(log.ring(0).put("b\n"));
  CHECK(!log.rotate_and_wait(kPatience));
  CHECK(log.lines_lost() == 2);
  std::filesystem::create_directory(directory.path("later"));
  CHECK(log.check(settings).has_value());
  REQUIRE(log.ring(0).put("c\n"));
  log.stop();
  CHECK(contents(directory.path("later/q.00000001")) == "c\n");
  CHECK(log.lines_lost() == 2);
}

TEST_CASE("a log that is off has no thread, and no file", "[query_log]") {
  QueryLog log(1);
  CHECK(log.check(defaults()).has_value());
  log.adopt(defaults());
  CHECK(log.rotate_and_wait(0).has_value());
  log.stop();
}

TEST_CASE("a worker whose ring fills wakes the thread", "[query_log]") {
  TemporaryDirectory directory;
  QueryLog log(1);
  log.adopt(log_to(directory.path("q")));
  std::string line(LineRing::kBytes / 4, 'x');
  line.back() = '\n';
  for (int i = 0; i < 20; ++i) {
    while (!log.ring(0).put(line)) std::this_thread::yield();
    if (log.ring(0).half_full()) log.hurry();
  }
  log.stop();
  CHECK(std::filesystem::file_size(directory.path("q.00000001")) == 20 * line.size());
}

}  // namespace
}  // namespace weir
