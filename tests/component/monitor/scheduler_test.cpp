// Programs of the table scheduler: when they are started, ended and reported.
#include "monitor/scheduler.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/component/net/net_support.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

SchedulerRow shell_row(std::int64_t id, std::string script, std::int64_t interval_ms = 100) {
  return {
      .id = id, .interval_ms = interval_ms, .filename = "/bin/sh", .arg1 = "-c", .arg2 = std::move(script)};
}

struct ScheduleScene {
  void load(std::vector<SchedulerRow> rows) {
    scene.tables().scheduler = std::move(rows);
    scheduler.adopt(*scene.build());
  }
  ProgramReport report(std::int64_t id) const {
    for (ProgramReport& report : board.reports()) {
      if (report.id == id) return report;
    }
    return {};
  }
  void until(const std::function<bool()>& done) { REQUIRE(run_until(scene.loop(), done)); }

  Scene scene;
  ScheduleBoard board;
  Scheduler scheduler{scene.loop(), board};
};

}  // namespace

TEST_CASE("a program runs again and again, and what came of it is reported", "[scheduler]") {
  ScheduleScene s;
  s.load({shell_row(1, "echo fine"),
          shell_row(2, "echo bad; exit 7"),
          shell_row(3, "kill -9 $$"),
          {.id = 4, .interval_ms = 100, .filename = "/there/is/no/such/program"},
          {.id = 5, .active = false, .interval_ms = 100, .filename = "/bin/true"}});
  CHECK(s.report(1).starts == 0);
  s.until([&] {
    return s.report(1).starts > 2 && s.report(2).failures > 1 && s.report(3).failures > 1 &&
           s.report(4).failures > 1;
  });
  CHECK(s.report(1).end.exit_code == 0);
  CHECK(s.report(1).failures == 0);
  CHECK(s.report(1).last_line == "fine");
  CHECK(s.report(1).took_ms.has_value());
  CHECK(s.report(1).started_us > 0);
  CHECK(s.report(2).end.exit_code == 7);
  CHECK(s.report(3).end.signal == 9);
  CHECK_FALSE(s.report(3).end.exit_code);
  CHECK(s.report(4).error == "No such file or directory");
  CHECK(s.report(4).starts == 0);
  CHECK(s.board.reports().size() == 4);
}

TEST_CASE("the arguments of a scheduled program end with the first that is NULL", "[scheduler]") {
  ScheduleScene s;
  s.load({{.id = 1,
           .interval_ms = 100,
           .filename = "printf",
           .arg1 = "%s.",
           .arg2 = "a b",
           .arg4 = "not seen"}});
  s.until([&] { return !s.report(1).last_line.empty(); });
  CHECK(s.report(1).last_line == "a b.");
}

TEST_CASE("a program that still runs is not started again", "[scheduler]") {
  ScheduleScene s;
  s.load({shell_row(1, "while :; do sleep 0.1; done")});
  s.until([&] { return s.report(1).skipped > 1; });
  CHECK(s.report(1).starts == 1);
  CHECK(s.report(1).running);
}

TEST_CASE("a program that takes too long is asked to end, and ended", "[scheduler]") {
  ScheduleScene s;
  s.scene.settings().scheduler_timeout_ms = 100;
  SECTION("it ends when it is asked to") {
    s.load({shell_row(1, "trap 'echo asked; exit 4' TERM; while :; do sleep 0.01; done")});
    s.until([&] { return s.report(1).end.exit_code == 4; });
    CHECK(s.report(1).last_line == "asked");
  }
  SECTION("it does not listen") {
    s.load({shell_row(1, "trap '' TERM; while :; do sleep 0.01; done")});
    s.until([&] { return s.report(1).end.signal == 9; });
  }
  SECTION("the limit comes while it runs") {
    s.scene.settings().scheduler_timeout_ms = 0;
    s.load({shell_row(1, "while :; do sleep 0.01; done")});
    s.until([&] { return s.report(1).skipped > 1; });
    s.scene.settings().scheduler_timeout_ms = 100;
    s.load({shell_row(1, "while :; do sleep 0.01; done")});
    s.until([&] { return s.report(1).end.signal == 15; });
  }
  CHECK(s.report(1).timeouts > 0);
  CHECK(s.report(1).failures > 0);
}

TEST_CASE("what a program has started does not outlive the program that was ended", "[scheduler]") {
  ScheduleScene s;
  s.scene.settings().scheduler_timeout_ms = 100;
  s.load({shell_row(1, "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' & wait")});
  s.until([&] { return s.report(1).end.signal == 15 && !s.report(1).last_line.empty(); });
  const std::string stat = "/proc/" + s.report(1).last_line + "/stat";
  s.until([&] {
    std::string line;
    std::getline(std::ifstream(stat), line);
    return line.empty() || line.contains(") Z ");
  });
}

TEST_CASE("rows that stay keep their rhythm, and those that go are not started again", "[scheduler]") {
  ScheduleScene s;
  s.load({shell_row(1, "echo one"), shell_row(2, "echo two"), shell_row(3, "echo three; sleep 600")});
  s.until([&] { return s.report(1).starts > 0 && s.report(2).starts > 0 && s.report(3).starts > 0; });
  const auto starts = s.report(1).starts;
  s.load({shell_row(1, "echo one"), shell_row(2, "echo changed")});
  CHECK(s.report(1).starts == starts);
  CHECK(s.report(2).starts == 0);
  CHECK(s.board.reports().size() == 2);
  s.until([&] { return s.report(2).last_line == "changed" && s.report(1).starts > starts; });
  s.load({});
  CHECK(s.board.reports().empty());
}

}  // namespace weir::test
