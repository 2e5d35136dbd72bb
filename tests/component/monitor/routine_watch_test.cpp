// How the stored functions of servers are found, kept, and lost sight of.
#include "monitor/routine_watch.hpp"

#include <atomic>
#include <catch2/catch.hpp>

#include "monitor/monitor.hpp"
#include "tests/component/net/net_support.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

constexpr const char* kFunctions = "SELECT ROUTINE_SCHEMA";
constexpr const char* kLoadable = "SELECT UDF_NAME";

void answer_functions(ScriptedServer& server, std::string data_access, std::string body) {
  server.on(kFunctions, [=](ServerSide& side) {
    side.head({"ROUTINE_SCHEMA", "ROUTINE_NAME", "ROUTINE_BODY", "SQL_DATA_ACCESS", "IS_DETERMINISTIC",
               "SQL_MODE", "body"});
    side.row({"shop", "price", "SQL", data_access, "YES", "", body});
    side.end_rows();
  });
}

// One pair of a writer "a" and a reader "replica", both with a function that only reads.
struct WatchScene {
  WatchScene() {
    scene.add_server(2, "replica");
    scene.split_reads_to(2);
    scene.settings().monitor_enabled = true;
    scene.settings().monitor_routines_interval_ms = 10;
    scene.settings().monitor_routines_timeout_ms = 30'000;
    for (std::size_t i : {0u, 1u}) {
      answer_functions(scene.server(i), "NO SQL", "RETURN 1");
      scene.server(i).on(kLoadable, [](ServerSide& side) { side.rows("name", {"loadable"}); });
    }
  }

  void adopt() { watch.adopt(*scene.build()); }
  void until(const std::function<bool()>& done) { REQUIRE(run_until(scene.loop(), done)); }
  // Rounds of the first server that have ended.
  void until_rounds(std::size_t rounds) {
    until([&, before = scene.server().count("SELECT UDF_NAME")] {
      return scene.server().count("SELECT UDF_NAME") > before + rounds;
    });
  }
  StoredCall call(std::string_view schema, std::string_view name) const {
    const RoutineCatalog* catalog = RoutineScope{found.get(), 1, {}}.catalog();
    return catalog == nullptr ? StoredCall::unknown : catalog->find_qualified(schema, name);
  }
  StoredCall call_unqualified(std::string_view name) const {
    const RoutineCatalog* catalog = RoutineScope{found.get(), 1, {}}.catalog();
    return catalog == nullptr ? StoredCall::unknown : catalog->find_unqualified("shop", name);
  }

  Scene scene;
  std::shared_ptr<const RoutineCatalogs> found;
  int told = 0;
  RoutineWatch watch{scene.loop(), [this](std::shared_ptr<const RoutineCatalogs> now) {
                       found = std::move(now);
                       ++told;
                     }};
};

TEST_CASE("functions are read from the writer, and told only when they change", "[routines]") {
  WatchScene s;
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
  CHECK(s.call_unqualified("price") == StoredCall::reads);
  CHECK(s.call_unqualified("loadable") == StoredCall::may_write);
  CHECK(s.found->front().server == "127.0.0.1:" + std::to_string(s.scene.server().port()));
  CHECK(s.found->front().error.empty());
  const int told = s.told;
  s.until_rounds(3);
  CHECK(s.told == told);
  CHECK(s.scene.server(0).accepted() == 1);
  CHECK(s.scene.server(0).side(1).user() == "monitor");
  CHECK(s.scene.server(1).accepted() == 0);

  answer_functions(s.scene.server(), "NO SQL", "BEGIN DELETE FROM t; RETURN 1; END");
  s.until([&] { return s.call("shop", "price") == StoredCall::may_write; });
  answer_functions(s.scene.server(), "CONTAINS SQL", "RETURN 1");
  s.until([&] { return s.found->front().catalog->functions()[0].verdict == RoutineVerdict::not_declared; });
}

TEST_CASE("a reader is asked if no writer answers", "[routines]") {
  WatchScene s;
  s.scene.server(0).stop_listening();
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
  CHECK(s.found->front().server == "127.0.0.1:" + std::to_string(s.scene.server(1).port()));
}

TEST_CASE("nobody answers: what was known stays known for a while, and why no more is told", "[routines]") {
  WatchScene s;
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
  for (std::size_t i : {0u, 1u}) {
    s.scene.server(i).stop_listening();
    s.scene.server(i).close_all();
  }
  for (const int looks : {1, 2}) {
    s.until([&] { return s.found->front().failed_looks >= looks; });
    REQUIRE(s.found->front().failed_looks == looks);
    CHECK(!s.found->front().error.empty());
    CHECK(s.call("shop", "price") == StoredCall::reads);
  }
  s.until([&] { return s.call("shop", "price") == StoredCall::unknown; });
  CHECK(s.found->front().failed_looks == kRoutineTrust);
  CHECK(s.found->front().server.empty());
  const int told = s.told;
  run_turns(s.scene.loop(), 50);
  CHECK(s.told == told);
  answer_functions(s.scene.server(), "MODIFIES SQL DATA", "RETURN 1");
  s.scene.server().listen_again();
  s.until([&] { return s.call("shop", "price") == StoredCall::may_write; });
  CHECK(s.found->front().error.empty());
  CHECK(s.found->front().failed_looks == 0);
}

TEST_CASE("what the catalogue shows inexactly is asked for as it was written", "[routines]") {
  constexpr const char* kShown = "SHOW CREATE FUNCTION `shop`.`price`";
  const auto show = [](WatchScene& s, std::string body) {
    s.scene.server().on(kShown, [body](ServerSide& side) {
      side.head({"Function", "sql_mode", "Create Function"});
      side.row({"price", "", "CREATE FUNCTION `price`() RETURNS int\n    NO SQL\n" + body});
      side.end_rows();
    });
  };
  WatchScene s;
  answer_functions(s.scene.server(), "NO SQL", "BEGIN SET a = 'it's'; DELETE FROM t; SET a = 'it's'; END");
  show(s, "BEGIN SET a = 'it''s'; DELETE FROM t; SET a = 'it''s'; END");
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::may_write; });
  CHECK(s.found->front().catalog->functions()[0].verdict == RoutineVerdict::body_in_doubt);
  show(s, "RETURN 'it''s'");
  s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
  s.scene.server().on(kShown, [](ServerSide& side) { side.err(1305, "FUNCTION price does not exist"); });
  s.until([&] { return s.call("shop", "price") == StoredCall::may_write; });
  CHECK(s.found->front().catalog->functions()[0].verdict == RoutineVerdict::body_inexact);
  CHECK(s.call_unqualified("loadable") == StoredCall::may_write);
  // One whose text is too long for us ends the connection, and nothing else.
  show(s, "RETURN '" + std::string(100'000, 'a') + "'");
  s.until_rounds(2);
  CHECK(s.found->front().catalog->functions()[0].verdict == RoutineVerdict::body_inexact);
  CHECK(s.found->front().failed_looks == 0);
}

TEST_CASE("an account that is not let in knows nothing", "[routines]") {
  WatchScene s;
  s.scene.settings().monitor_password = "wrong";
  s.adopt();
  s.until([&] { return s.found && !s.found->empty() && !s.found->front().error.empty(); });
  CHECK(s.call("shop", "price") == StoredCall::unknown);
  CHECK(s.found->front().catalog == nullptr);
  s.scene.settings().monitor_password = "monitor";
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
}

TEST_CASE("without a list of loadable functions only qualified calls are known", "[routines]") {
  WatchScene s;
  s.scene.server().on(kLoadable, [](ServerSide& side) { side.err(1142, "SELECT command denied"); });
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
  CHECK(s.call_unqualified("price") == StoredCall::unknown);
  CHECK(s.found->front().error.find("SELECT command denied") != std::string::npos);
}

TEST_CASE("nobody is asked unless somebody wants to know", "[routines]") {
  const std::function<void(Scene&)> reasons[] = {
      [](Scene& scene) { scene.settings().monitor_enabled = false; },
      [](Scene& scene) { scene.settings().monitor_routines_interval_ms = 0; },
      [](Scene& scene) { scene.settings().auto_rw_split = false; },
      [](Scene& scene) { scene.tables().replication_hostgroups.clear(); },
  };
  for (const auto& reason : reasons) {
    WatchScene s;
    s.adopt();
    s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
    reason(s.scene);
    s.adopt();
    s.until([&] { return s.found->empty(); });
    s.until([&] { return s.scene.server().open_connections() == 0; });
  }
}

TEST_CASE("splitting for one user is reason enough", "[routines]") {
  WatchScene s;
  s.scene.settings().auto_rw_split = false;
  s.scene.tables().users[0].attributes = R"({"auto_rw_split":true})";
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
}

TEST_CASE("a configuration with the same servers and account asks nobody anew", "[routines]") {
  WatchScene s;
  s.scene.settings().monitor_routines_interval_ms = 600'000;
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
  s.scene.server_row(0).weight = 5;
  s.adopt();
  run_turns(s.scene.loop(), 50);
  CHECK(s.scene.server().count(kFunctions) == 1);
  CHECK(s.call("shop", "price") == StoredCall::reads);

  s.scene.settings().monitor_routines_interval_ms = 10;
  s.adopt();
  s.until([&] { return s.scene.server().count(kFunctions) > 2; });
  CHECK(s.scene.server().accepted() == 1);
}

TEST_CASE("other servers of a pair make what was known of it unknown", "[routines]") {
  WatchScene s;
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::reads; });
  ScriptedServer& other = s.scene.add_server(1, "other");
  other.on(kFunctions, [](ServerSide& side) { side.hold(); });
  s.scene.server_row(0).hostgroup_id = 3;
  s.scene.server_row(1).hostgroup_id = 3;
  s.adopt();
  s.until([&] { return s.call("shop", "price") == StoredCall::unknown; });
}

TEST_CASE("servers are asked in order of use: writers first, those out of use last", "[routines]") {
  Scene scene;
  scene.add_server(1, "b");
  scene.add_server(2, "c");
  scene.add_server(1, "d");
  scene.split_reads_to(2);
  scene.settings().monitor_enabled = true;
  scene.server_row(0).status = "OFFLINE_SOFT";
  scene.server_row(3).status = "OFFLINE_HARD";
  const auto sources = routine_sources(*scene.build(), 1000);
  REQUIRE(sources.size() == 1);
  std::vector<std::uint16_t> ports;
  for (const Endpoint& endpoint : sources[0].servers) ports.push_back(endpoint.port);
  CHECK(ports == std::vector{scene.server(1).port(), scene.server(0).port(), scene.server(2).port()});
}

TEST_CASE("the monitor thread tells what it finds, and ends whatever it waits for", "[routines]") {
  WatchScene s;
  for (const bool hang : {false, true}) {
    if (hang) s.scene.server().on(kLoadable, [](ServerSide& side) { side.hold(); });
    std::atomic<int> told = 0;
    const std::size_t asked = s.scene.server().count(kLoadable);
    Monitor monitor(
        [&](std::shared_ptr<const RoutineCatalogs> found) {
          if (!found->empty() && found->front().catalog) ++told;
        },
        [](ServerOverlay, std::uint64_t) {}, [](std::shared_ptr<const NameTable>) {});
    monitor.adopt(s.scene.build());
    monitor.start();
    s.until([&] { return hang ? s.scene.server().count(kLoadable) > asked : told > 0; });
    monitor.stop();
    monitor.stop();
    CHECK(told == (hang ? 0 : 1));
  }
}

}  // namespace
}  // namespace weir::test
