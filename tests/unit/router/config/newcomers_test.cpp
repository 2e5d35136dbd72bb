#include "router/config/newcomers.hpp"

#include <catch2/catch.hpp>

#include "router/config/snapshot.hpp"
#include "router/config/variables.hpp"

namespace weir::test {
namespace {

using Presence = ServerDecision::Presence;

ServerRow server(int hostgroup, const std::string& name, const std::string& status = "ONLINE") {
  ServerRow row;
  row.hostgroup_id = hostgroup;
  row.hostname = name;
  row.status = status;
  return row;
}

// Hostgroup 0 writes and 1 reads; 5 has nothing to do with them.
Tables tables_of(std::vector<ServerRow> rows) {
  Tables tables;
  tables.servers = std::move(rows);
  tables.replication_hostgroups = {{.writer_hostgroup = 0, .reader_hostgroup = 1}};
  return tables;
}

// Who is held back: "0:b".
std::string held(const ServerOverlay& overlay) {
  std::string text;
  for (const auto& [key, decision] : overlay) {
    if (decision.hold != Hold::none)
      text += (text.empty() ? "" : " ") + std::to_string(key.hostgroup) + ":" + key.hostname;
  }
  return text;
}

std::string held_after(const std::vector<ServerRow>& before, const std::vector<ServerRow>& now) {
  return held(hold_newcomers({}, before, tables_of(now), true));
}

}  // namespace

TEST_CASE("who is put to work among the writers is held back", "[router][config][newcomers]") {
  const std::vector<ServerRow> before{server(0, "a"), server(1, "b"), server(5, "x")};
  CHECK(held_after(before, before).empty());
  CHECK(held_after(before, {server(0, "a"), server(0, "b")}) == "0:b");
  CHECK(held_after(before, {server(0, "b"), server(1, "a")}) == "0:b");
  CHECK(held_after(before, {server(0, "c"), server(0, "d"), server(0, "a")}) == "0:c 0:d");
  CHECK(held_after(before, {server(0, "a"), server(1, "c"), server(5, "b")}).empty());
  CHECK(held_after({}, before).empty());  // nobody writes there
  CHECK(held_after({server(1, "b")}, before).empty());
  CHECK(held_after({server(1, "b")}, {server(0, "a"), server(0, "b")}) == "0:a 0:b");
  CHECK(held(hold_newcomers({}, before, tables_of({server(0, "b")}), false)).empty());  // nobody would judge
}

TEST_CASE("who was out of operation is new", "[router][config][newcomers]") {
  for (const char* out : {"OFFLINE_SOFT", "offline_hard"}) {
    CHECK(held_after({server(0, "a"), server(0, "b", out)}, {server(0, "a"), server(0, "b")}) == "0:b");
    CHECK(held_after({server(0, "a")}, {server(0, "a"), server(0, "b", out)}).empty());
    CHECK(held_after({server(0, "a", out)}, {server(0, "a", out), server(0, "b")}).empty());
    CHECK(held_after({server(0, "a", out), server(0, "b", out)}, {server(0, "a"), server(0, "b")}) ==
          "0:a 0:b");
  }
  CHECK(held_after({server(0, "a", "SHUNNED")}, {server(0, "a")}).empty());
}

TEST_CASE("clusters have newcomers, too", "[router][config][newcomers]") {
  const std::vector<ServerRow> before{server(0, "a"), server(1, "b")};
  Tables now = tables_of({server(0, "a"), server(0, "b")});
  now.replication_hostgroups.clear();
  CHECK(held(hold_newcomers({}, before, now, true)).empty());
  now.galera_hostgroups = {
      {.writer_hostgroup = 0, .backup_writer_hostgroup = 2, .reader_hostgroup = 1, .offline_hostgroup = 3}};
  CHECK(held(hold_newcomers({}, before, now, true)) == "0:b");
  now.galera_hostgroups.front().active = false;
  CHECK(held(hold_newcomers({}, before, now, true)).empty());
}

TEST_CASE("what is decided of a newcomer already stays", "[router][config][newcomers]") {
  const std::vector<ServerRow> before{server(0, "a"), server(1, "b")};
  const std::vector<ServerRow> now{server(0, "a"), server(0, "b")};
  const auto after = [&](const ServerDecision& decision) {
    return hold_newcomers({{{0, "b", 3306}, decision}}, before, tables_of(now), true);
  };
  CHECK(after({.hold = Hold::dead}).at({0, "b", 3306}) == ServerDecision{.hold = Hold::dead});
  CHECK(held(after({.presence = Presence::removed})).empty());  // it is not there
  CHECK(held(after({.hold = Hold::none})) == "0:b");
}

TEST_CASE("a LOAD puts nobody to work among the writers before the monitor has judged it",
          "[router][config][newcomers]") {
  Settings settings = defaults();
  settings.monitor_enabled = true;
  ServerStates states;
  const auto load = [&](const std::vector<ServerRow>& rows, const std::shared_ptr<const Snapshot>& previous) {
    const auto built = build_snapshot(tables_of(rows), settings, states, previous);
    REQUIRE(built);
    return *built;
  };
  const auto works = [](const Snapshot& snapshot) {
    std::string names;
    for (const auto& server : snapshot.find_hostgroup(0)->servers) {
      if (server->status == ServerStatus::online) names += server->hostname;
    }
    return names;
  };
  const auto first = load({server(0, "a"), server(0, "b")}, nullptr);
  CHECK(works(*first) == "ab");
  const auto second = load({server(0, "a"), server(0, "c")}, first);
  CHECK(works(*second) == "a");
  CHECK(second->find_hostgroup(0)->servers.back()->hold == Hold::unjudged);
  // Nor does the next one, if that comes before the monitor.
  const auto third = load({server(0, "a"), server(0, "c"), server(1, "a")}, second);
  CHECK(works(*third) == "a");
  const auto judged = with_overlay(*third, {}, states);
  CHECK(works(*judged) == "ac");
  CHECK(works(*load({server(0, "a"), server(0, "c")}, judged)) == "ac");

  CHECK(third->loaded_as() == 3);
  CHECK(judged->loaded_as() == 3);
  CHECK(judged->version() == 4);
  // What has nothing to do with servers makes no decision about them old.
  Tables more = judged->tables();
  UserRow user;
  user.username = "u";
  more.users.push_back(user);
  const auto users = build_snapshot(more, settings, states, judged);
  REQUIRE(users);
  CHECK((*users)->version() == 5);
  CHECK((*users)->loaded_as() == 3);
  more.servers.push_back(server(1, "z"));
  const auto servers = build_snapshot(more, settings, states, *users);
  REQUIRE(servers);
  CHECK((*servers)->loaded_as() == 6);
  settings.monitor_enabled = false;
  CHECK(works(*load({server(0, "a"), server(0, "b")}, judged)) == "ab");
}

}  // namespace weir::test
