// Who writes and who reads, by what servers say of read_only.
#include "monitor/judge_pair.hpp"

#include <catch2/catch.hpp>
#include <random>

#include "tests/unit/monitor/judge_scene.hpp"

namespace weir::test {
namespace {

using Catch::Contains;

// One server, from its configured hostgroups through a list of readings.
struct Move {
  const char* name;
  bool in_writer, in_reader, also_reader;
  const char* readings;  // r: read_only=1, w: 0
  const char* expected;
};

TEST_CASE("one server moves as ProxySQL moves it", "[judge]") {
  const Move moves[] = {
      {"a reader that stays one", false, true, true, "r", "2:a"},
      {"a writer that stays one", true, false, true, "w", "1:a"},
      {"promoted, and a reader, too", false, true, true, "w", "1:a 2:a"},
      {"promoted, and no reader", false, true, false, "w", "1:a"},
      {"configured as both stays both", true, true, false, "w", "1:a 2:a"},
      {"demoted", true, false, true, "r", "2:a"},
      {"demoted out of both", true, true, true, "r", "2:a"},
      {"there and back", true, false, true, "rw", "2:a 1:a"},
      {"there and back, and no reader", true, false, false, "rw", "1:a"},
      {"back and there", false, true, false, "wr", "2:a"},
      {"promoted, demoted, promoted", false, true, true, "wrw", "1:a 2:a"},
  };
  for (const Move& move : moves) {
    INFO(move.name);
    JudgeScene scene;
    scene.plan.settings.monitor_writer_is_also_reader = move.also_reader;
    if (move.in_writer) scene.add(1, "a");
    if (move.in_reader) scene.add(2, "a");
    std::string judged;
    for (const char* reading = move.readings; *reading != '\0'; ++reading) {
      scene.says("a", *reading == 'r');
      judged = scene.judged();
    }
    const std::string expected = move.expected;
    CHECK(judged == (expected == "2:a 1:a" ? "1:a 2:a" : expected));
  }
}

TEST_CASE("a server that was never read is not moved, nor is anybody put beside it", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(2, "b");
  CHECK(scene.judged() == "1:a 2:b");
  scene.says("b", false);
  CHECK(scene.judged() == "1:a 2:b");
  scene.fails("a", CheckKind::read_only, ProbeFault::access_denied);
  CHECK(scene.judged() == "1:a 2:b");
  scene.says("a", true);
  CHECK(scene.judged() == "1:b 2:b,a");
}

TEST_CASE("who answers first is not the writer for that", "[judge]") {
  JudgeScene scene;
  scene.add(2, "a");
  scene.add(2, "b");
  scene.says("a", false);
  CHECK(scene.judged() == "2:a,b");
  scene.fails("b", CheckKind::read_only, ProbeFault::server_error);
  CHECK(scene.judged() == "1:a 2:a,b");
}

TEST_CASE("a switchover leaves a gap, and no two writers", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a").weight = 7;
  scene.add(2, "b").max_connections = 33;
  scene.says("a", false);
  scene.says("b", true);
  CHECK(scene.judged() == "1:a 2:b");
  scene.says("a", true);
  CHECK(scene.judged() == "2:b,a");
  CHECK(scene.reason(1, "a") == "read_only=1");
  scene.says("b", false);
  CHECK(scene.judged() == "1:b 2:b,a");
  CHECK(scene.reason(1, "b") == "read_only=0");
  for (const ServerRow& row : running_rows(scene.before.overlay, scene.plan.rows)) {
    CHECK(row.weight == (row.hostname == "a" ? 7 : 1));
    CHECK(row.max_connections == (row.hostname == "b" ? 33 : 1000));
  }
}

TEST_CASE("a server in several pairs moves in each", "[judge]") {
  JudgeScene scene;
  scene.plan.pairs = {{1, 2, "read_only"}, {3, 4, "read_only"}};
  scene.add(2, "a");
  scene.add(4, "a").weight = 5;
  scene.add(1, "b");
  scene.says("a", false);
  scene.says("b", true);
  CHECK(scene.judged() == "1:a 2:a,b 3:a 4:a");
}

TEST_CASE("failures other than time-outs move nobody; time-outs in a row do", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.says("a", false);
  for (const ProbeFault fault : {ProbeFault::server_error, ProbeFault::access_denied, ProbeFault::refused,
                                 ProbeFault::lost, ProbeFault::too_many_connections}) {
    for (int i = 0; i < 5; ++i) scene.fails("a", CheckKind::read_only, fault);
    CHECK_THAT(scene.judged(), Catch::StartsWith("1:a"));
  }
  scene.says("a", false);
  scene.fails("a", CheckKind::read_only, ProbeFault::timed_out);
  scene.fails("a", CheckKind::read_only, ProbeFault::timed_out);
  CHECK(scene.judged() == "1:a!silent");
  scene.fails("a", CheckKind::read_only, ProbeFault::timed_out);
  CHECK(scene.judged() == "2:a!silent");
  CHECK(scene.reason(2, "a") == "gone");
  scene.says("a", false);
  CHECK(scene.judged() == "1:a 2:a");
}

TEST_CASE("a server that the operator takes out is left alone", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a").status = "OFFLINE_SOFT";
  scene.add(2, "b");
  scene.says("a", true);
  scene.says("b", false);
  CHECK(scene.judged() == "1:a,b 2:b");
}

TEST_CASE("a writer that the operator takes out of the readers writes on, and alone", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(2, "a").status = "OFFLINE_SOFT";
  scene.add(2, "b");
  scene.says("a", false);
  scene.says("b", true);
  scene.follows("b", "a");
  CHECK(scene.judged() == "1:a 2:a,b");
  scene.says("b", false);
  CHECK(scene.judged() == "1:a 2:a,b");
  CHECK(scene.pair().writer == scene.host("a"));
  scene.says("a", true);
  CHECK(scene.judged() == "1:b 2:a,b");
  // Taken out as the writer, it is left alone, whatever the readers' row says.
  scene.plan.rows[0].status = "OFFLINE_SOFT";
  scene.plan.rows[1].status = "ONLINE";
  scene.says("a", false);
  CHECK(scene.judged() == "1:b 2:a,b");
  CHECK(scene.pair().writable == std::set{scene.host("b")});
}

TEST_CASE("the operator's word for a server begins anew what was decided of it, and only of it", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(2, "b");
  scene.says("a", true);
  scene.says("b", false);
  REQUIRE(scene.judged() == "1:b 2:b,a");
  scene.facts_of("a").read_only.reset();
  scene.facts_of("b").read_only.reset();
  CHECK(scene.judged() == "1:b 2:b,a");  // loaded again, unchanged
  scene.add(1, "b");
  CHECK(scene.judged() == "1:b 2:b,a");
  scene.plan.rows[0].hostgroup_id = 2;
  CHECK(scene.judged() == "1:b 2:a,b");
  scene.plan.rows[0].hostgroup_id = 1;
  CHECK(scene.judged() == "1:a,b 2:b");
}

// ---- several writable servers

struct Tie {
  const char* name;
  const char* policy;
  bool a_in_writer, b_in_writer;
  const char *a_has, *b_has;
  const char *a_follows, *b_follows, *c_follows;
  const char* expected;
};

TEST_CASE("of several writable servers one writes, or none", "[judge]") {
  constexpr const char* kOld = "0-1-100";
  constexpr const char* kNew = "0-1-100,0-2-103";
  constexpr const char* kExtra = "0-1-102";
  const Tie ties[] = {
      {"the newest is configured", "newest", true, false, kNew, kOld, "", "", "", "1:a 2:b,c"},
      {"the newest is not", "newest", true, false, kOld, kNew, "", "", "", "1:a!fenced,b 2:b,c"},
      {"equals: the configured one", "newest", true, false, kOld, kOld, "", "", "", "1:a 2:b,c"},
      {"equals: the one that is followed", "newest", false, false, kOld, kOld, "", "", "b", "1:b 2:a,b,c"},
      {"co-primaries: the configured one", "newest", true, false, kOld, kNew, "b", "a", "", "1:a 2:b,c"},
      {"co-primaries, both configured", "newest", true, true, kOld, kNew, "b", "a", "b", "1:a!fenced,b 2:c"},
      {"the old primary is back with extra rows", "newest", true, false, kExtra, kNew, "", "", "b",
       "1:a!fenced,b 2:b,c"},
      {"extra rows in both, and nobody follows", "newest", true, false, kExtra, kNew, "", "", "",
       "1:a!fenced 2:b,c"},
      {"configured", "configured", true, false, kOld, kNew, "", "", "b", "1:a 2:c"},
      {"configured: neither", "configured", false, false, kOld, kNew, "", "", "b", "2:a,b,c"},
      {"refuse", "refuse", true, false, kNew, kOld, "", "", "", "1:a!fenced 2:b,c"},
      {"all", "all", true, false, kNew, kOld, "", "", "", "1:a,b 2:b,c"},
  };
  for (const Tie& tie : ties) {
    INFO(tie.name);
    JudgeScene scene;
    scene.plan.hostgroups[1].two_writers = *find_policy<TwoWriters>(kTwoWritersWords, tie.policy);
    scene.add(tie.a_in_writer ? 1 : 2, "a");
    scene.add(tie.b_in_writer ? 1 : 2, "b");
    scene.add(2, "c");
    scene.says("a", false);
    scene.says("b", false);
    scene.says("c", true);
    const auto set_sources = [&](const char* name, std::string source) {
      source.empty() ? scene.follows_nobody(name) : scene.follows(name, source);
    };
    set_sources("a", tie.a_follows);
    set_sources("b", tie.b_follows);
    set_sources("c", tie.c_follows);
    scene.has("b", tie.b_has);
    ++scene.now;
    scene.has("a", tie.a_has);
    CHECK(scene.judged() == tie.expected);
    CHECK(scene.judged() == tie.expected);
    CHECK(scene.pair().conflict.empty() == (std::string(tie.policy) == "all"));
  }
}

TEST_CASE("as long as transactions are being compared nobody writes", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(1, "b");
  scene.says("a", false);
  scene.says("b", false);
  CHECK(scene.judged() == "1:a!fenced,b!fenced");
  CHECK(scene.before.positions_wanted == std::set{scene.host("a"), scene.host("b")});
  scene.follows_nobody("a");
  scene.follows_nobody("b");
  scene.has("a", "0-1-5");
  CHECK(scene.judged() == "1:a!fenced,b!fenced");
  scene.has("b", "0-1-6");
  CHECK(scene.judged() == "1:a!fenced,b");
  CHECK_THAT(scene.pair().conflict, Contains("b:3306 is the writer, for it has all transactions"));
  scene.says("a", true);
  CHECK(scene.judged() == "1:b 2:a");
  CHECK(scene.pair().conflict.empty());
  CHECK(scene.before.positions_wanted.empty());
}

TEST_CASE("the writer stays the writer while another one is writable, too", "[judge]") {
  JudgeScene scene = writer_and_reader();
  REQUIRE(scene.judged() == "1:a 2:b");
  scene.says("b", false);
  CHECK(scene.judged() == "1:a 2:b");
  CHECK_THAT(scene.pair().conflict, Contains("it is the writer already"));
  // It stays a reader as long as it has no more than the writer.
  scene.follows_nobody("a");
  scene.follows_nobody("b");
  scene.has("a", "0-1-5");
  scene.has("b", "0-1-5");
  CHECK(scene.judged() == "1:a 2:b");
  // What it has got since the writer was asked, that one may have got, too.
  scene.has("b", "0-1-5,0-2-6");
  CHECK(scene.judged() == "1:a 2:b");
  scene.has("b", "0-1-5,0-2-7");
  CHECK(scene.judged() == "1:a 2:b");
  scene.has("b", "0-1-5,0-2-8");
  scene.has("a", "0-1-5,0-2-7");  // asked in the moment in which b has answered: the answer before counts
  CHECK(scene.judged() == "1:a 2:b");
  scene.has("a", "0-1-5,0-2-7");
  CHECK(scene.judged() == "1:a");
  CHECK_THAT(scene.reason(2, "b"), Contains("has transactions that the writer a:3306 lacks"));
  scene.says("b", true);
  CHECK(scene.judged() == "1:a 2:b");
}

TEST_CASE("a server whose source is not known yet is not told to have what the writer lacks", "[judge]") {
  JudgeScene scene = writer_and_reader();
  scene.judged();
  scene.says("b", false);
  scene.judged();
  scene.has("b", "0-1-5,0-2-6");
  scene.judged();
  scene.has("a", "0-1-5");
  CHECK(scene.judged() == "1:a 2:b");
  scene.follows("b", "a");
  CHECK(scene.judged() == "1:a 2:b");
  scene.follows_nobody("b");
  CHECK(scene.judged() == "1:a");
}

TEST_CASE("an old writer that is writable again, and not the writer, does not say read_only=1", "[judge]") {
  JudgeScene scene = writer_and_reader();
  scene.judged();
  scene.says("a", true);
  scene.says("b", false);
  REQUIRE(scene.judged() == "1:b 2:b,a");
  REQUIRE(scene.reason(1, "a") == "read_only=1");
  scene.says("a", false);
  CHECK(scene.judged() == "1:b 2:b,a");
  CHECK(scene.reason(1, "a") == "writable, but b:3306 is the writer");
  CHECK(scene.reason(2, "a") == "writable, but b:3306 is the writer");
  scene.says("a", true);
  CHECK(scene.judged() == "1:b 2:b,a");
  CHECK(scene.reason(1, "a") == "read_only=1");
}

TEST_CASE("a server that may lack writes says so where it is", "[judge]") {
  JudgeScene scene = writer_and_reader();
  scene.judged();
  scene.dies("a");
  scene.says("b", false);
  scene.judged();
  scene.pongs("a");
  scene.says("a", true);
  REQUIRE(scene.judged() == "1:b 2:b,a");
  scene.says("b", true);
  REQUIRE(scene.judged() == "2:b,a");
  for (int flip = 0; flip < 4; ++flip) scene.says("a", flip % 2 != 0);
  scene.says("a", false);
  CHECK(scene.judged() == "2:b,a");
  CHECK(scene.reason(1, "a") == "writable, but not the writer: its read_only changes too often");
}

TEST_CASE("replicas that follow a newer one take the writer along, after several readings", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(2, "b");
  scene.add(2, "c");
  scene.says("a", false);
  scene.says("b", true);
  scene.says("c", true);
  REQUIRE(scene.judged() == "1:a 2:b,c");
  scene.follows_nobody("a");
  scene.follows_nobody("b");
  scene.follows("c", "b");
  scene.has("a", "0-1-5");
  scene.has("b", "0-1-5,0-2-6");
  for (int reading = 1; reading <= 3; ++reading) {
    scene.says("a", false);
    scene.says("b", false);
    CHECK_THAT(scene.judged(), Catch::StartsWith(reading < 3 ? "1:a 2:" : "1:a!fenced,b 2:"));
    CHECK_THAT(scene.judged(), Catch::StartsWith(reading < 3 ? "1:a 2:" : "1:a!fenced,b 2:"));
  }
}

TEST_CASE("both read-only: nobody writes, and all read", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(2, "b");
  scene.says("a", true);
  scene.says("b", true);
  CHECK(scene.judged() == "2:b,a");
}

TEST_CASE("a server that flaps is trusted again when it has said the same for a while", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  int writes = 0;
  for (int i = 0; i < 20; ++i) {
    scene.says("a", i % 2 != 0);
    writes += scene.judged() == "1:a 2:a";
  }
  CHECK(writes <= 2);
  for (int i = 0; i < 3; ++i) {
    CHECK(scene.judged() == "2:a");
    scene.says("a", false);
  }
  CHECK(scene.judged() == "1:a 2:a");
  scene.says("a", true);
  CHECK(scene.judged(Steadiness::kMemoryMs + 1) == "2:a");
  scene.says("a", false);
  CHECK(scene.judged() == "1:a 2:a");
}

// Those in the writer hostgroup that nothing holds back.
std::vector<std::string> writers_of(const Judgement& judgement, const WatchPlan& plan) {
  std::vector<std::string> writers;
  for (const ServerRow& row : running_rows(judgement.overlay, plan.rows)) {
    const auto decided = judgement.overlay.find(key_of(row));
    const Hold hold = decided == judgement.overlay.end() ? Hold::none : decided->second.hold;
    if (row.hostgroup_id == 1 && hold != Hold::fenced && hold != Hold::dead) writers.push_back(row.hostname);
  }
  return writers;
}

TEST_CASE("whatever happens, one server writes at most, and none that is read-only", "[judge]") {
  std::minstd_rand random(42);  // NOLINT(cert-msc51-cpp): the same each time
  const auto draw = [&](unsigned below) { return static_cast<unsigned>(random()) % below; };
  const std::vector<std::string> names{"a", "b", "c"};
  for (int round = 0; round < 60; ++round) {
    JudgeScene scene;
    for (const std::string& name : names) scene.add(name == "a" ? 1 : 2, name);
    for (const std::string& name : names) scene.says(name, draw(2) == 0);
    for (int step = 0; step < 60; ++step) {
      const std::string& name = names[draw(3)];
      switch (draw(8)) {
        case 0:
        case 1:
          scene.says(name, draw(2) == 0);
          break;
        case 2:
          scene.fails(name, CheckKind::read_only, ProbeFault::timed_out);
          break;
        case 3:
          scene.dies(name);
          break;
        case 4:
          scene.pongs(name);
          break;
        case 5:
          scene.has(name, "0-1-" + std::to_string(draw(3) + 1) + ",0-2-" + std::to_string(draw(3) + 1));
          break;
        case 6:
          std::swap(scene.plan.rows[draw(3)].hostgroup_id, scene.plan.rows[draw(3)].hostgroup_id);
          break;
        default:
          scene.follows(name, names[draw(3)]);
      }
      const std::string runs = scene.judged();
      INFO(round << "." << step << " " << runs);
      const auto writers = writers_of(scene.before, scene.plan);
      REQUIRE(writers.size() <= 1);
      for (const std::string& writer : writers) REQUIRE(scene.facts_of(writer).read_only == false);
      // Nor with the monitor off, when nothing is known any more.
      JudgeScene off = scene;
      off.plan.settings.monitor_enabled = false;
      off.facts.clear();
      off.judged();
      REQUIRE(writers_of(off.before, off.plan).size() <= 1);
    }
  }
}

TEST_CASE("with the monitor off servers stay where they are, and only fences hold them back", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.add(2, "b");
  scene.add(2, "c", 10);
  scene.says("a", false);
  scene.says("b", true);
  scene.says("c", true);
  scene.judged();
  scene.dies("a");
  scene.says("b", false);
  scene.lags("c", 11);
  REQUIRE(scene.judged() == "1:a!fenced,b 2:b,c!lagging");
  scene.plan.settings.monitor_enabled = false;
  scene.facts.clear();
  CHECK(scene.judged() == "1:a!fenced,b 2:b,c");
  CHECK(scene.judged() == "1:a!fenced,b 2:b,c");
  // On again: nobody who is asked first takes the place of who was there.
  scene.plan.settings.monitor_enabled = true;
  scene.says("a", false);
  CHECK(scene.judged() == "1:a!fenced,b 2:b,c");
  scene.says("b", false);
  scene.says("c", true);
  CHECK(scene.judged() == "1:a!fenced,b 2:b,c");
  CHECK(scene.pair().writer == scene.host("b"));
}

TEST_CASE("what stays decided keeps its time", "[judge]") {
  JudgeScene scene;
  scene.add(1, "a");
  scene.says("a", true);
  scene.judged();
  const std::int64_t since = scene.before.overlay.at({1, "a", 3306}).since_us;
  CHECK(since == scene.now * 1000);
  scene.judged();
  CHECK(scene.before.overlay.at({1, "a", 3306}).since_us == since);
}

}  // namespace
}  // namespace weir::test
