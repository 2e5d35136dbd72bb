// An old primary, and what it takes for it to write again.
#include <catch2/catch.hpp>

#include "tests/unit/monitor/judge_scene.hpp"

namespace weir::test {
namespace {

using Catch::Contains;

TEST_CASE("an old primary that comes back writable is not given writes", "[judge]") {
  JudgeScene scene = writer_and_reader();
  REQUIRE(scene.judged() == "1:a 2:b");
  scene.dies("a");
  CHECK(scene.judged() == "1:a!dead 2:b");
  scene.says("b", false);
  CHECK(scene.judged() == "1:a!fenced,b 2:b");
  CHECK(scene.reason(1, "a") == "b:3306 has taken over");
  scene.pongs("a");
  CHECK(scene.judged() == "1:a!fenced,b 2:b");
  scene.says("a", false);
  CHECK(scene.judged() == "1:a!fenced,b 2:b");
  scene.says("a", true);
  CHECK(scene.judged() == "1:b 2:b,a");
}

struct Return {
  const char* name;
  const char *a_has, *a_follows;
  const char* expected;
  bool io_stopped = false;
};

void follow(JudgeScene& scene, const std::string& source, bool io_stopped) {
  scene.replicates("a", {.replica = true, .io_stopped = io_stopped, .sources = {scene.host(source)}});
}

// "a" was the writer, and has come back writable after "b" has taken over, which has "0-1-5,0-2-9". Then "b"
// dies.
JudgeScene after_return(const std::string& a_has, const std::string& a_follows, bool io_stopped = false) {
  JudgeScene scene = writer_and_reader();
  scene.judged();
  scene.dies("a");
  scene.says("b", false);
  scene.pongs("a");
  scene.says("a", false);
  scene.dies("a");
  REQUIRE(scene.judged() == "1:a!fenced,b 2:b");
  scene.pongs("a");
  scene.says("a", false);
  scene.has("b", "0-1-5,0-2-9");
  scene.follows_nobody("b");
  if (!a_has.empty()) scene.has("a", a_has);
  a_follows.empty() ? scene.follows_nobody("a") : follow(scene, a_follows, io_stopped);
  REQUIRE(scene.judged() == "1:a!fenced,b 2:b");
  scene.dies("b");
  return scene;
}

TEST_CASE("an old primary writes again only if nothing is lost by that", "[judge]") {
  const Return returns[] = {
      {"stale", "0-1-5", "", "1:a!fenced,b!dead 2:b!dead"},
      {"with rows of its own", "0-1-9", "", "1:a!fenced,b!dead 2:b!dead"},
      {"it does not tell", "", "", "1:a!fenced,b!dead 2:b!dead"},
      {"it follows another one", "0-1-5", "c", "1:a!fenced,b!dead 2:b!dead"},
      {"it has all that the writer had", "0-1-5,0-2-9", "", "1:a,b!fenced 2:b!dead"},
      {"it has more", "0-1-7,0-2-9", "", "1:a,b!fenced 2:b!dead"},
      {"it follows the writer", "", "b", "1:a,b!fenced 2:b!dead"},
      {"it follows the writer, and has all", "0-1-5,0-2-9", "b", "1:a,b!fenced 2:b!dead"},
      {"it follows the writer, and is behind", "0-1-5,0-2-8", "b", "1:a!fenced,b!dead 2:b!dead"},
      {"it is to follow the writer, and cannot", "", "b", "1:a!fenced,b!dead 2:b!dead", true},
  };
  for (const Return& each : returns) {
    INFO(each.name);
    JudgeScene scene = after_return(each.a_has, each.a_follows, each.io_stopped);
    CHECK(scene.judged() == each.expected);
    CHECK(scene.judged() == each.expected);
    if (scene.pair().writer) continue;
    CHECK_THAT(scene.pair().conflict, Contains("may lack what b:3306, the last writer, has written"));
    CHECK(scene.before.positions_wanted.contains(scene.host("a")));
  }
}

TEST_CASE("a replica that the writer's death has stopped writes, one that had lost it before does not",
          "[judge]") {
  for (const bool heard_since : {false, true}) {
    JudgeScene scene = after_return("", "b");
    scene.pongs("b");
    scene.says("b", false);
    REQUIRE(scene.judged() == "1:a!fenced,b 2:b");
    follow(scene, "b", true);
    REQUIRE(scene.judged() == "1:a!fenced,b 2:b");
    if (heard_since) scene.pongs("b");
    scene.dies("b");
    CHECK(scene.judged() == (heard_since ? "1:a!fenced,b!dead 2:b!dead" : "1:a,b!fenced 2:b!dead"));
  }
}

TEST_CASE("what replicated before it was gone itself is not taken for it later", "[judge]") {
  JudgeScene scene = after_return("", "b");
  scene.pongs("b");
  scene.says("b", false);
  scene.dies("a");
  REQUIRE(scene.judged() == "1:a!fenced,b 2:b");
  scene.dies("b");
  scene.judged();
  scene.pongs("a");
  scene.says("a", false);
  follow(scene, "b", true);
  CHECK(scene.judged() == "1:a!fenced,b!dead 2:b!dead");
}

TEST_CASE("the writer that comes back is the writer still, and a hiccup of read_only is the same",
          "[judge]") {
  JudgeScene scene = after_return("0-1-5", "");
  scene.judged();
  scene.pongs("b");
  CHECK(scene.judged() == "1:a!fenced,b 2:b");
  CHECK(scene.pair().writer == scene.host("b"));
  scene.says("b", true);
  CHECK_THAT(scene.judged(), Catch::StartsWith("1:a!fenced 2:"));
  scene.says("b", false);
  CHECK(scene.judged() == "1:a!fenced,b 2:b");
}

TEST_CASE("time-outs are nobody's word for an old primary, a change of read_only is the operator's",
          "[judge]") {
  JudgeScene scene = after_return("0-1-5", "");
  scene.judged();
  for (int i = 0; i < 3; ++i) scene.fails("a", CheckKind::read_only, ProbeFault::timed_out);
  scene.judged();
  scene.says("a", false);
  scene.judged();
  CHECK_FALSE(scene.pair().writer.has_value());
  scene.says("a", true);
  scene.judged();
  for (int i = 0; i < Steadiness::kSteadyReadings; ++i) scene.says("a", false);
  scene.judged();
  CHECK(scene.pair().writer == scene.host("a"));
  CHECK(scene.pair().conflict.empty());
}

TEST_CASE("what the writer had long ago proves nothing of what it has written since", "[judge]") {
  JudgeScene scene = writer_and_reader();
  scene.judged();
  scene.dies("a");
  scene.says("b", false);
  REQUIRE(scene.judged() == "1:a!fenced,b 2:b");
  scene.pongs("a");
  for (const char* name : {"a", "b"}) {
    scene.has(name, "0-1-5");
    scene.follows_nobody(name);
  }
  scene.says("a", false);
  REQUIRE(scene.judged() == "1:a!fenced,b 2:b");
  REQUIRE(scene.pair().last_position.has_value());
  // Alone again, the writer is not asked for its transactions.
  scene.dies("a");
  REQUIRE(scene.judged() == "1:a!fenced,b 2:b");
  CHECK(scene.before.positions_wanted.empty());
  CHECK_FALSE(scene.pair().last_position.has_value());
  for (const char* name : {"a", "b"}) scene.facts_of(name).position.reset();
  scene.dies("b");
  scene.pongs("a");
  scene.says("a", false);
  scene.has("a", "0-1-5");
  CHECK(scene.judged() == "1:a!fenced,b!dead 2:b!dead");
  CHECK(scene.judged() == "1:a!fenced,b!dead 2:b!dead");
}

TEST_CASE("a replica that was promoted while it could not be seen writes", "[judge]") {
  JudgeScene scene = writer_and_reader();
  scene.judged();
  scene.dies("b");
  REQUIRE(scene.judged() == "1:a 2:b!dead");
  scene.dies("a");
  scene.pongs("b");
  scene.says("b", false);
  CHECK(scene.judged() == "1:a!fenced,b 2:b");
}

TEST_CASE("the standby of two co-primaries takes over when the writer is dead", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(1, "b");
  scene.says("a", false);
  scene.says("b", false);
  scene.follows("a", "b");
  scene.follows("b", "a");
  scene.has("a", "0-1-5");
  scene.has("b", "0-1-5");
  REQUIRE(scene.judged() == "1:a,b!fenced");
  scene.fails("a", CheckKind::ping, ProbeFault::refused);
  CHECK(scene.judged() == "1:a!silent,b!fenced");
  scene.dies("a");
  CHECK(scene.judged() == "1:a!fenced,b");
  scene.pongs("a");
  scene.says("a", false);
  CHECK(scene.judged() == "1:a!fenced,b");
}

TEST_CASE("of dead servers that would write, the last writer stays", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(2, "b");
  scene.add(2, "c");
  scene.says("a", true);
  scene.says("b", false);
  scene.says("c", true);
  REQUIRE(scene.judged() == "1:b 2:b,c,a");
  for (const char* name : {"a", "b", "c"}) scene.dies(name);
  // The operator does not know that.
  scene.plan.rows[0].hostgroup_id = 2;
  scene.plan.rows[2].hostgroup_id = 1;
  CHECK(scene.judged() == "1:c!fenced,b!dead 2:a!dead,b!dead");
  CHECK(scene.reason(1, "c") == "b:3306 is the last writer");
  // Nothing is known of anybody: one is used.
  JudgeScene off = scene;
  off.plan.settings.monitor_enabled = false;
  off.facts.clear();
  CHECK(off.judged() == "1:c!fenced,b 2:a,b");
  // It is not held back for longer than it is dead.
  scene.pongs("c");
  scene.says("c", false);
  CHECK(scene.judged() == "1:c,b!fenced 2:a!dead,b!dead");
}

TEST_CASE("a server of which nothing is known yet is not put beside the writer", "[judge]") {
  JudgeScene scene = writer_and_reader();
  REQUIRE(scene.judged() == "1:a 2:b");
  scene.add(1, "c");
  CHECK(scene.judged() == "1:a,c!fenced 2:b");
  CHECK(scene.reason(1, "c") == "not known to be read-only, and a:3306 is the writer");
  // The operator exchanges two, and one of them does not tell.
  scene.plan.rows[0].hostgroup_id = 2;
  scene.plan.rows[1].hostgroup_id = 1;
  scene.facts.erase(scene.host("b"));
  CHECK(scene.judged() == "1:b!fenced,c!fenced,a 2:a");
  scene.says("c", true);
  scene.says("b", false);
  CHECK(scene.judged() == "1:b!fenced,a 2:a,c");
}

TEST_CASE("of several configured writers none writes before all have been asked", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(1, "b");
  scene.add(2, "c");
  CHECK(scene.judged() == "1:a!fenced,b!fenced 2:c");
  scene.says("a", false);
  CHECK(scene.judged() == "1:a!fenced,b!fenced 2:c");
  CHECK(scene.reason(1, "a") == "not all that were put among the writers have been asked yet");
  scene.says("b", true);
  scene.says("c", true);
  CHECK(scene.judged() == "1:a 2:c,b");
  // Who will not tell holds nobody up, nor who is dead.
  for (const bool dies : {false, true}) {
    JudgeScene other;
    other.add(1, "a");
    other.add(1, "b");
    other.says("a", false);
    CHECK(other.judged() == "1:a!fenced,b!fenced");
    if (dies) other.dies("b");
    if (!dies) other.fails("b", CheckKind::read_only, ProbeFault::access_denied);
    CHECK(other.judged() == (dies ? "1:a,b!fenced" : "1:a,b"));
  }
  // The last writer goes on.
  JudgeScene exchanged;
  exchanged.add(1, "a");
  exchanged.says("a", false);
  CHECK(exchanged.judged() == "1:a");
  exchanged.dies("a");
  exchanged.add(1, "b");
  exchanged.add(1, "c");
  CHECK(exchanged.judged() == "1:a!dead,b!fenced,c!fenced");
  exchanged.plan.rows.erase(exchanged.plan.rows.begin());
  CHECK(exchanged.judged() == "1:b!fenced,c!fenced");
  exchanged.plan.settings.monitor_enabled = false;
  exchanged.facts.clear();
  CHECK(exchanged.judged() == "1:b,c");
  // Who is out of operation is no rival.
  JudgeScene resting;
  resting.add(1, "a");
  resting.add(1, "b").status = "OFFLINE_HARD";
  CHECK(resting.judged() == "1:a,b");
  // Alone it is as it was configured, and so are all if that is wanted.
  JudgeScene alone;
  alone.add(1, "a");
  CHECK(alone.judged() == "1:a");
  JudgeScene all;
  all.add(1, "a");
  all.add(1, "b");
  all.plan.hostgroups[1].two_writers = TwoWriters::all;
  CHECK(all.judged() == "1:a,b");
}

}  // namespace
}  // namespace weir::test
