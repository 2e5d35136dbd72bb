// Programs beside the loop.
#include "proxy/net/program.hpp"

#include <catch2/catch.hpp>
#include <csignal>

#include "tests/component/net/net_support.hpp"

namespace weir::test {
namespace {

struct Watcher final : ProgramEvents {
  explicit Watcher(Loop& loop) : program(std::make_unique<Program>(loop, *this)) {}
  void on_program_line(std::string_view line) noexcept override { lines.emplace_back(line); }
  void on_program_end(ProgramEnd e) noexcept override {
    end = e;
    if (destroyed_at_end) program.reset();
  }
  std::optional<NetError> start(const std::vector<std::string>& words) { return program->start(words); }

  std::unique_ptr<Program> program;
  std::vector<std::string> lines;
  std::optional<ProgramEnd> end;
  bool destroyed_at_end = false;
};

std::optional<NetError> run_shell(Watcher& watcher, const std::string& script) {
  return watcher.start({"/bin/sh", "-c", script});
}

}  // namespace

TEST_CASE("a program's lines and its end arrive", "[net][program]") {
  struct Case {
    std::string script;
    std::vector<std::string> lines;
    std::optional<int> exit_code;
    std::optional<int> signal;
  };
  const std::string longest(Program::kMaxLineBytes, 'x');
  const auto [script, lines, exit_code, signal] = GENERATE_REF(values<Case>({
      {"exit 0", {}, 0, {}},
      {"exit 3", {}, 3, {}},
      {"kill -9 $$", {}, {}, SIGKILL},
      {"echo one; echo two >&2", {"one", "two"}, 0, {}},
      {"echo; printf end", {"", "end"}, 0, {}},
      {"printf %s " + longest + "yyy; echo; echo next", {longest, "next"}, 0, {}},
      {"read line || echo no input", {"no input"}, 0, {}},
      {"ls -l /proc/self/fd | grep -c -e anon_inode -e socket", {"0"}, 1, {}},  // of the loop, of the tests
  }));
  CAPTURE(script);
  Loop loop;
  Watcher watcher(loop);
  REQUIRE_FALSE(run_shell(watcher, script));
  CHECK(watcher.program->running());
  REQUIRE(run_until(loop, [&] { return watcher.end.has_value(); }));
  CHECK_FALSE(watcher.program->running());
  CHECK(watcher.lines == lines);
  CHECK(watcher.end->exit_code == exit_code);
  CHECK(watcher.end->signal == signal);
}

TEST_CASE("a program gets its arguments as they are", "[net][program]") {
  Loop loop;
  Watcher watcher(loop);
  REQUIRE_FALSE(watcher.start({"printf", "%s\\n", "a b", "", "$HOME;'\""}));
  REQUIRE(run_until(loop, [&] { return watcher.end.has_value(); }));
  CHECK(watcher.lines == std::vector<std::string>{"a b", "", "$HOME;'\""});
}

TEST_CASE("a program that is not there is an error, and the next one runs", "[net][program]") {
  Loop loop;
  Watcher watcher(loop);
  const auto error = watcher.start({"/there/is/no/such/program"});
  REQUIRE(error);
  CHECK(error->code == ENOENT);
  CHECK_FALSE(watcher.program->running());
  REQUIRE_FALSE(watcher.start({"true"}));
  REQUIRE(run_until(loop, [&] { return watcher.end.has_value(); }));
  CHECK(watcher.end->well());
}

TEST_CASE("a signal reaches a program and what it has started", "[net][program]") {
  Loop loop;
  Watcher watcher(loop);
  // The inner shell has the pipe open: its end is what ends the reading of a line. It may say on its standard
  // error that its sleep was terminated.
  REQUIRE_FALSE(run_shell(
      watcher,
      "trap 'wait; echo outer; exit 0' TERM; "
      "sh -c 'trap \"echo inner; exit\" TERM; echo ready; while :; do sleep 0.1; done' 2>/dev/null & wait"));
  REQUIRE(run_until(loop, [&] { return watcher.lines == std::vector<std::string>{"ready"}; }));
  watcher.program->send(SIGTERM);
  REQUIRE(run_until(loop, [&] { return watcher.end.has_value(); }));
  CHECK(watcher.lines == std::vector<std::string>{"ready", "inner", "outer"});
}

TEST_CASE("whoever keeps a program's output open does not keep its end back", "[net][program]") {
  Loop loop;
  Watcher watcher(loop);
  REQUIRE_FALSE(run_shell(watcher, "sleep 600 & echo $!"));
  REQUIRE(run_until(loop, [&] { return watcher.end.has_value(); }));
  REQUIRE(watcher.lines.size() == 1);
  ::kill(std::stoi(watcher.lines.front()), SIGKILL);
}

TEST_CASE("a Program may be destroyed while it runs, and at its end", "[net][program]") {
  Loop loop;
  Watcher watcher(loop);
  SECTION("while it runs: it is asked to end") {
    REQUIRE_FALSE(run_shell(watcher, "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done"));
    REQUIRE(run_until(loop, [&] { return !watcher.lines.empty(); }));
    watcher.program.reset();
    run_turns(loop, 3);
    CHECK_FALSE(watcher.end);
  }
  SECTION("at its end") {
    watcher.destroyed_at_end = true;
    REQUIRE_FALSE(run_shell(watcher, "echo last"));
    REQUIRE(run_until(loop, [&] { return watcher.end.has_value(); }));
    CHECK(watcher.program == nullptr);
  }
}

}  // namespace weir::test
