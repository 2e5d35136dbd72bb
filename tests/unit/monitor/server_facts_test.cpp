// What observations add up to.
#include "monitor/server_facts.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/monitor/judge_scene.hpp"

namespace weir::test {
namespace {

TEST_CASE("a server that refuses is there; one that is silent is dead after several pings", "[facts]") {
  for (const ProbeFault fault :
       {ProbeFault::access_denied, ProbeFault::too_many_connections, ProbeFault::server_error}) {
    JudgeScene scene;
    for (int i = 0; i < 10; ++i) scene.fails("a", CheckKind::ping, fault, "no entry");
    CHECK_FALSE(scene.facts_of("a").silent);
    CHECK_FALSE(scene.facts_of("a").dead);
    CHECK(scene.facts_of("a").trouble == "no entry");
  }
  for (const ProbeFault fault : {ProbeFault::refused, ProbeFault::timed_out, ProbeFault::lost,
                                 ProbeFault::unreachable, ProbeFault::not_resolved, ProbeFault::protocol}) {
    JudgeScene scene;
    for (int i = 1; i <= 3; ++i) {
      scene.fails("a", CheckKind::ping, fault);
      CHECK(scene.facts_of("a").silent);
      CHECK(scene.facts_of("a").dead == (i == 3));
    }
    scene.pongs("a");
    CHECK_FALSE(scene.facts_of("a").silent);
    CHECK_FALSE(scene.facts_of("a").dead);
    CHECK(scene.facts_of("a").trouble.empty());
  }
}

TEST_CASE("what says nothing of the server changes nothing but the text of the trouble", "[facts]") {
  JudgeScene scene;
  scene.says("a", false);
  for (const CheckKind check : {CheckKind::connect, CheckKind::ping, CheckKind::read_only,
                                CheckKind::replication_lag, CheckKind::position}) {
    for (int i = 0; i < 10; ++i) scene.fails("a", check, ProbeFault::not_asked, "too many open files");
    CHECK_FALSE(scene.facts_of("a").silent);
    CHECK_FALSE(scene.facts_of("a").dead);
    CHECK(scene.facts_of("a").read_only == false);
    CHECK(scene.facts_of("a").trouble == "too many open files");
  }
  // Nor does it bring anybody back.
  scene.dies("a");
  scene.fails("a", CheckKind::ping, ProbeFault::not_asked);
  CHECK(scene.facts_of("a").dead);
}

TEST_CASE("a connect that fails is no silence, and its trouble lasts until a connect succeeds", "[facts]") {
  JudgeScene scene;
  for (int i = 0; i < 10; ++i) scene.fails("a", CheckKind::connect, ProbeFault::refused, "nobody there");
  CHECK_FALSE(scene.facts_of("a").silent);
  CHECK_FALSE(scene.facts_of("a").dead);
  CHECK(scene.facts_of("a").unanswered_pings == 0);
  scene.pongs("a");
  CHECK(scene.facts_of("a").trouble == "nobody there");
  scene.note("a", scene.seen(CheckKind::connect));
  CHECK(scene.facts_of("a").trouble.empty());
  Observation refused = scene.seen(CheckKind::connect);
  refused.failure = ProbeFailure{ProbeFault::refused, 0, "nobody there"};
  CHECK(life_sign(refused) == LifeSign::doubtful);
}

TEST_CASE("a slow answer about replication makes no server silent", "[facts]") {
  for (const CheckKind check : {CheckKind::replication_lag, CheckKind::position}) {
    JudgeScene scene;
    Observation slow = scene.seen(check);
    slow.failure = ProbeFailure{ProbeFault::timed_out, 0, "timeout after 1000 ms"};
    for (int i = 0; i < 10; ++i) scene.note("a", slow);
    CHECK_FALSE(scene.facts_of("a").silent);
    CHECK(scene.facts_of("a").trouble == "timeout after 1000 ms");
    CHECK(life_sign(slow) == LifeSign::doubtful);
  }
}

TEST_CASE("a server is dead only if a new connection fails as well as the one it had", "[facts]") {
  JudgeScene scene;
  Observation unanswered = scene.seen(CheckKind::ping);
  unanswered.failure = ProbeFailure{ProbeFault::timed_out, 0, "timeout"};
  for (int i = 0; i < 10; ++i) scene.note("a", unanswered);
  CHECK(scene.facts_of("a").silent);
  CHECK_FALSE(scene.facts_of("a").dead);
  unanswered.fresh = true;
  scene.note("a", unanswered);
  CHECK(scene.facts_of("a").dead);
}

TEST_CASE("only a ping or a login brings a dead server back", "[facts]") {
  JudgeScene scene;
  scene.dies("a");
  scene.says("a", false);
  CHECK(scene.facts_of("a").dead);
  scene.note("a", scene.seen(CheckKind::connect));
  CHECK_FALSE(scene.facts_of("a").dead);
}

TEST_CASE("time-outs of read_only make a server silent, and not dead", "[facts]") {
  JudgeScene scene;
  for (int i = 0; i < 10; ++i) scene.fails("a", CheckKind::read_only, ProbeFault::timed_out);
  CHECK(scene.facts_of("a").silent);
  CHECK_FALSE(scene.facts_of("a").dead);
  scene.pongs("a");
  CHECK_FALSE(scene.facts_of("a").silent);
}

TEST_CASE("the lag that was known last is remembered", "[facts]") {
  JudgeScene scene;
  scene.lags("a", 5);
  scene.now += 1000;
  scene.replicates("a", {.replica = true, .sql_stopped = true});
  CHECK(scene.facts_of("a").known_lag_s == 5);
  CHECK(scene.facts_of("a").known_lag_at == scene.now - 1000);
  CHECK(scene.facts_of("a").replication_readings == 2);
}

}  // namespace
}  // namespace weir::test
