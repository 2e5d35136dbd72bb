// How far behind a server is by its transactions.
#include "monitor/gtid_timeline.hpp"

#include <catch2/catch.hpp>

#include "monitor/lag_timelines.hpp"
#include "tests/unit/monitor/judge_scene.hpp"

namespace weir::test {
namespace {

constexpr Millis kPatience = 200;

GtidSet at_sequence(int number) {
  return *GtidSet::from_mariadb("0-1-" + std::to_string(number));
}
TimelineLag exactly(Millis ms) {
  return {.ms = ms};
}
TimelineLag at_least(Millis ms) {
  return {.ms = ms, .at_least = true};
}

TEST_CASE("a follower is as far behind as the oldest transaction that it lacks is old", "[timeline]") {
  GtidTimeline timeline;
  CHECK_FALSE(timeline.lag_of(at_sequence(1), 1000));
  timeline.note_writer(at_sequence(10), 1000, kPatience);
  CHECK(timeline.lag_of(at_sequence(10), 5000) == exactly(0));
  CHECK(timeline.lag_of(at_sequence(11), 5000) == exactly(0));  // it has more than was seen
  CHECK(timeline.lag_of(at_sequence(9), 1500) == at_least(500));
  timeline.note_writer(at_sequence(10), 1050, kPatience);
  timeline.note_writer(at_sequence(12), 1100, kPatience);  // came between 1050 and 1100
  timeline.note_writer(at_sequence(15), 1150, kPatience);
  CHECK(timeline.lag_of(at_sequence(15), 9000) == exactly(0));
  CHECK(timeline.lag_of(at_sequence(14), 2000) == exactly(900));
  CHECK(timeline.lag_of(at_sequence(12), 2000) == exactly(900));
  CHECK(timeline.lag_of(at_sequence(11), 2000) == exactly(950));
  CHECK(timeline.lag_of(at_sequence(10), 2000) == exactly(950));
  CHECK(timeline.lag_of(at_sequence(10), 1040) == exactly(0));  // never negative
}

TEST_CASE("a pause in the writer's answers makes nobody lag by its length", "[timeline]") {
  GtidTimeline timeline;
  timeline.note_writer(at_sequence(10), 1000, kPatience);
  timeline.note_writer(at_sequence(20), 31'000, kPatience);
  CHECK(timeline.lag_of(at_sequence(19), 31'010) == exactly(210));
}

TEST_CASE("a writer that has lost transactions begins a new timeline", "[timeline]") {
  GtidTimeline timeline;
  timeline.note_writer(at_sequence(10), 1000, kPatience);
  timeline.note_writer(at_sequence(20), 1050, kPatience);
  timeline.note_writer(at_sequence(3), 1100, kPatience);
  CHECK(timeline.lag_of(at_sequence(3), 2000) == exactly(0));
  CHECK(timeline.lag_of(at_sequence(2), 2000) == at_least(900));
}

TEST_CASE("a long timeline stays bounded, and says no lag too small", "[timeline]") {
  GtidTimeline timeline;
  constexpr int kReadings = 30 * static_cast<int>(GtidTimeline::kMaxEntries);
  constexpr Millis kInterval = 50;
  for (int i = 0; i < kReadings; ++i)
    timeline.note_writer(at_sequence(i + 1), 1000 + i * kInterval, kPatience);
  const Instant now = 1000 + kReadings * kInterval;
  for (int behind = 1; behind < kReadings - 1; behind += 397) {
    CAPTURE(behind);
    const auto lag = timeline.lag_of(at_sequence(kReadings - behind), now);
    REQUIRE(lag);
    const Millis age = behind * kInterval;  // of the oldest that it lacks
    CHECK_FALSE(lag->at_least);
    CHECK(lag->ms >= age);
    CHECK(lag->ms <= age + age / GtidTimeline::kPrecision + 2 * kInterval);
  }
  CHECK(timeline.lag_of(at_sequence(0), now)->at_least);
}

// Writer "a", readers "b" and "c", which may be 200 ms behind.
struct TimelineScene : JudgeScene {
  TimelineScene() {
    add(1, "a");
    add(2, "b");
    add(2, "c");
    plan.hostgroups[2].max_lag_ms = 200;
    says("a", false);
    says("b", true);
    says("c", true);
    for (const char* name : {"a", "b", "c"}) has_at(name, 10);
    REQUIRE(judged() == "1:a 2:b,c");
    for (const char* name : {"a", "b", "c"}) has_at(name, 10);
  }
  void has_at(const std::string& name, int sequence) {
    Observation observation = seen(CheckKind::timeline);
    observation.position = at_sequence(sequence);
    note(name, observation);
    note_timeline_lag(facts_of(name), timelines.note(host(name), observation, plan, before));
  }
  LagTimelines timelines;
};

TEST_CASE("a reader that is too many milliseconds behind is out until it has caught up",
          "[timeline][judge]") {
  TimelineScene scene;
  scene.now += 50;
  scene.has_at("a", 11);
  scene.has_at("b", 11);
  scene.now += 100;
  scene.has_at("c", 10);
  CHECK(scene.facts_of("c").timeline_lag == exactly(150));
  CHECK(scene.judged(50) == "1:a 2:b,c");
  scene.now += 50;
  scene.has_at("c", 10);
  CHECK(scene.judged(0) == "1:a 2:b,c!lagging");
  CHECK(scene.reason(2, "c") == "250 ms behind, more than max_replication_lag_ms 200");
  scene.has_at("c", 11);
  CHECK(scene.judged(50) == "1:a 2:b,c");
  CHECK_FALSE(scene.facts_of("a").timeline_lag);
}

TEST_CASE("without GTIDs the limit in milliseconds holds by what the server says of its lag",
          "[timeline][judge]") {
  TimelineScene scene;
  scene.fails("b", CheckKind::timeline, ProbeFault::server_error, "it has no GTIDs");
  scene.lags("b", 1);
  CHECK(scene.judged() == "1:a 2:b!lagging,c");
  scene.lags("b", 0);
  CHECK(scene.judged() == "1:a 2:b,c");
}

TEST_CASE("what a server lacks from before the timeline is judged by what it says, too",
          "[timeline][judge]") {
  TimelineScene scene;
  scene.lags("c", 40);
  scene.now += 10;
  scene.has_at("c", 3);
  CHECK(scene.facts_of("c").timeline_lag == at_least(10));
  CHECK(scene.judged() == "1:a 2:b,c!lagging");
  CHECK(scene.reason(2, "c") == "40000 ms behind, more than max_replication_lag_ms 200");
}

TEST_CASE("another writer has a timeline of its own", "[timeline][judge]") {
  TimelineScene scene;
  scene.says("a", true);
  scene.says("b", false);
  scene.judged();
  REQUIRE(scene.pair().places.at(scene.host("b")).writer);
  scene.has_at("c", 10);
  CHECK_FALSE(scene.facts_of("c").timeline_lag);
  scene.has_at("b", 12);
  scene.has_at("c", 12);
  CHECK(scene.facts_of("c").timeline_lag == exactly(0));
}

}  // namespace
}  // namespace weir::test
