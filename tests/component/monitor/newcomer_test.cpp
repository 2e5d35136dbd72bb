// Rows that a LOAD puts among the writers, and the monitor's word about them.
#include "tests/component/monitor/health_scene.hpp"

namespace weir::test {
namespace {

// As load(), but the monitor's thread has not heard of it yet.
void load_alone(HealthScene& s) {
  auto built = build_snapshot(s.scene.tables(), s.scene.settings(), s.states, s.snapshot);
  REQUIRE(built);
  s.snapshot = *built;
}

std::size_t writers(HealthScene& s) {
  std::size_t count = 0;
  const Hostgroup* hostgroup = s.snapshot->find_hostgroup(1);
  if (hostgroup == nullptr) return 0;
  for (const auto& server : hostgroup->servers) count += usable(*server, s.scene.loop().now()) ? 1 : 0;
  return count;
}

void until_runs_with_one_writer(HealthScene& s, const std::string& expected) {
  const bool done = run_until(s.scene.loop(), [&] {
    CHECK(writers(s) <= 1);
    return s.runs().starts_with(expected);
  });
  CHECK_THAT(s.runs(), Catch::StartsWith(expected));
  REQUIRE(done);
}

TEST_CASE("rows that are exchanged make nobody a second writer", "[health][newcomers]") {
  HealthScene s;
  s.load();
  s.until_runs("1:a 2:b,c");
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok >= 6; });
  s.scene.server_row(0).hostgroup_id = 2;
  s.scene.server_row(1).hostgroup_id = 1;
  load_alone(s);
  CHECK(s.runs() == "1:b! 2:a,c");
  s.watch.adopt(s.snapshot);
  until_runs_with_one_writer(s, "1:a 2:a,c,b");
}

TEST_CASE("a second writable server that is put beside the writer stays out", "[health][newcomers]") {
  HealthScene s;
  s.scene.tables().servers.pop_back();
  s.load();
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok >= 6; });
  CHECK(s.runs() == "1:a 2:b");
  set_read_only(s.scene.server(2), false);
  ServerRow c = s.scene.server_row(0);
  c.port = s.scene.server(2).port();
  s.scene.tables().servers.push_back(c);
  load_alone(s);
  CHECK(s.runs() == "1:a,c! 2:b");
  s.watch.adopt(s.snapshot);
  until_runs_with_one_writer(s, "1:a,c! 2:b");
  s.until([&] {
    CHECK(s.runs() == "1:a,c! 2:b");
    const auto reports = s.board.reports();
    const auto told = reports.find(s.host(2));
    return told != reports.end() && told->second.read_only == false;
  });
  run_turns(s.scene.loop(), 10);
  CHECK(s.runs() == "1:a,c! 2:b");
  CHECK(s.server(1, 2).hold == Hold::fenced);
}

TEST_CASE("of several rows that come none works before all have been asked", "[health][newcomers]") {
  HealthScene s;
  s.load();
  s.until_runs("1:a 2:b,c");
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok >= 6; });
  for (std::size_t i = 1; i < 3; ++i) s.scene.server_row(i).hostgroup_id = 7;
  s.load();
  s.until_runs("1:a 7:b,c");
  set_read_only(s.scene.server(1), false);
  s.scene.server(2).on(kReadOnly, [](ServerSide& side) { side.hold(); });
  s.scene.server_row(0).hostgroup_id = 8;
  s.scene.server_row(1).hostgroup_id = s.scene.server_row(2).hostgroup_id = 1;
  load_alone(s);
  CHECK(s.runs() == "1:b!,c! 8:a");
  s.watch.adopt(s.snapshot);
  s.until([&] {
    CHECK(s.runs() == "1:b!,c! 8:a");
    const auto reports = s.board.reports();
    const auto told = reports.find(s.host(1));
    return s.scene.server(2).find_held() != nullptr && told != reports.end() &&
           told->second.read_only == false;
  });
  run_turns(s.scene.loop(), 10);
  CHECK(s.runs() == "1:b!,c! 8:a");
  set_read_only(s.scene.server(2), true);
  ServerSide& held = *s.scene.server(2).find_held();
  held.rows("read_only", {"1"});
  held.release();
  s.until_runs("1:b 2:c 8:a");
}

TEST_CASE("a row that comes to a pair without a writer is judged, and works", "[health][newcomers]") {
  HealthScene s;
  set_read_only(s.scene.server(1), false);
  s.scene.server_row(1).hostgroup_id = 7;
  s.load();
  s.until_runs("1:a 2:c 7:b");
  s.scene.server_row(0).hostgroup_id = 8;
  s.scene.server_row(1).hostgroup_id = 1;
  load_alone(s);
  CHECK(s.runs() == "1:b! 2:c 8:a");
  s.watch.adopt(s.snapshot);
  s.until_runs("1:b 2:c 8:a");
}

TEST_CASE("what was decided of the rows before says nothing of those now", "[health][newcomers]") {
  HealthScene s;
  s.load();
  s.until_runs("1:a 2:b,c");
  s.until([&] { return s.board.log().counts(CheckKind::read_only).ok >= 6; });
  s.scene.server_row(2).hostgroup_id = 1;
  load_alone(s);
  CHECK(s.runs() == "1:a,c! 2:b");
  // The monitor judges, and does not know of it.
  const int before = s.decisions;
  set_read_only(s.scene.server(0), true);
  s.until([&] { return s.board.reports().at(s.host(0)).read_only == true; });
  set_read_only(s.scene.server(1), false);
  s.until([&] { return s.board.reports().at(s.host(1)).read_only == false; });
  run_turns(s.scene.loop(), 10);
  CHECK(s.decisions == before);
  CHECK(s.runs() == "1:a,c! 2:b");
  s.watch.adopt(s.snapshot);
  until_runs_with_one_writer(s, "1:b 2:b,");  // and the others, by their ports
}

}  // namespace
}  // namespace weir::test
