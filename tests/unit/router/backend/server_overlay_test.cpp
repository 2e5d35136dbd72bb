// What the monitor decides, on top of what was written.
#include "router/backend/server_overlay.hpp"

#include <catch2/catch.hpp>

#include "router/config/snapshot.hpp"
#include "router/config/variables.hpp"

namespace weir::test {
namespace {

using Presence = ServerDecision::Presence;

ServerRow row(int hostgroup, const std::string& name, std::int64_t weight = 1) {
  ServerRow made;
  made.hostgroup_id = hostgroup;
  made.hostname = name;
  made.weight = weight;
  return made;
}

TEST_CASE("rows are taken out, and added with the values of another hostgroup", "[router][overlay]") {
  const std::vector rows{row(1, "a", 7), row(2, "b", 3)};
  CHECK(running_rows({}, rows) == rows);
  const ServerOverlay overlay{
      {{1, "a", 3306}, {.presence = Presence::removed}},
      {{2, "a", 3306}, {.presence = Presence::added, .like = 1}},
      {{1, "b", 3306}, {.presence = Presence::added, .like = 2}},
      {{1, "gone", 3306}, {.presence = Presence::added, .like = 2}},
      {{2, "b", 3306}, {.presence = Presence::added, .like = 1}},  // written by now
  };
  CHECK(running_rows(overlay, rows) == std::vector{row(2, "b", 3), row(1, "b", 3), row(2, "a", 7)});
}

TEST_CASE("a decision is another one if its effect is", "[router][overlay]") {
  const ServerOverlay one{{{1, "a", 3306}, {.hold = Hold::lagging, .reason = "11 s", .since_us = 1}}};
  const ServerOverlay same{{{1, "a", 3306}, {.hold = Hold::lagging, .reason = "12 s", .since_us = 2}}};
  const ServerOverlay other{{{1, "a", 3306}, {.hold = Hold::dead}}};
  CHECK(says_the_same(one, same));
  CHECK_FALSE(says_the_same(one, other));
  CHECK_FALSE(says_the_same(one, {}));
  // Where it belongs, and for another reason by now: that is news.
  const auto removed_for = [](const char* reason) -> ServerOverlay {
    return {{{1, "a", 3306}, {.presence = ServerDecision::Presence::removed, .reason = reason}}};
  };
  CHECK(says_the_same(removed_for("read_only=1"), removed_for("read_only=1")));
  CHECK_FALSE(says_the_same(removed_for("read_only=1"), removed_for("writable, but b:3306 is the writer")));
}

struct Held {
  Hold hold;
  const char* written;
  ServerStatus status;
};

TEST_CASE("a snapshot is what was written with the decisions on top", "[router][overlay]") {
  const Held cases[] = {
      {Hold::none, "ONLINE", ServerStatus::online},
      {Hold::silent, "ONLINE", ServerStatus::online},
      {Hold::lagging, "ONLINE", ServerStatus::shunned},
      {Hold::dead, "ONLINE", ServerStatus::shunned},
      {Hold::severed, "ONLINE", ServerStatus::shunned},
      {Hold::fenced, "online", ServerStatus::offline_hard},
      {Hold::dead, "OFFLINE_SOFT", ServerStatus::offline_soft},
  };
  for (const Held& held : cases) {
    INFO(to_text(held.hold) << " " << held.written);
    ServerStates states;
    Tables tables;
    tables.servers = {row(1, "a")};
    tables.servers[0].status = held.written;
    const auto written = build_snapshot(tables, defaults(), states, nullptr).value();
    const auto decided =
        with_overlay(*written, {{{1, "a", 3306}, {.hold = held.hold, .reason = "why"}}}, states);
    CHECK(decided->version() == written->version() + 1);
    const auto status = [](const Snapshot& snapshot) {
      return snapshot.find_hostgroup(1)->servers[0]->status;
    };
    CHECK(status(*decided) == held.status);
    // Another LOAD keeps it, with the same rows and with others.
    CHECK(status(*build_snapshot(tables, defaults(), states, decided).value()) == held.status);
    tables.servers[0].weight = 5;
    const auto loaded = build_snapshot(tables, defaults(), states, decided).value();
    CHECK(status(*loaded) == held.status);
    CHECK(loaded->find_hostgroup(1)->servers[0]->state == written->find_hostgroup(1)->servers[0]->state);
    CHECK(loaded->tables().servers[0].status == held.written);
  }
}

TEST_CASE("a server that is not held back any more starts slowly", "[router][overlay]") {
  ServerStates states;
  Tables tables;
  tables.servers = {row(1, "a")};
  const auto written = build_snapshot(tables, defaults(), states, nullptr).value();
  const auto& health = written->find_hostgroup(1)->servers[0]->health();
  const auto held = with_overlay(*written, {{{1, "a", 3306}, {.hold = Hold::dead}}}, states);
  CHECK(health.would_be_back_since(77) == kNever);
  with_overlay(*held, {}, states);
  CHECK(health.would_be_back_since(77) == 77);
}

}  // namespace
}  // namespace weir::test
