#include "admin/read_pace.hpp"

#include <catch2/catch.hpp>

using namespace weir;

namespace {

// The machine as the test wants it: two processors.
MachineTimes machine;
bool is_readable = true;

std::optional<MachineTimes> machine_times() {
  return is_readable ? std::optional(machine) : std::nullopt;
}

struct Scene {
  Scene() {
    machine = {};
    is_readable = true;
  }
  // Time goes by, `idle` of the processors resting.
  void pass(std::uint64_t ms, double idle) {
    now_us += ms * 1000;
    machine.total_us += ms * 2000;
    machine.idle_us += static_cast<std::uint64_t>(static_cast<double>(ms) * 2000 * idle);
  }
  Millis read(std::uint64_t cpu_us) { return pace.after(cpu_us, now_us); }

  std::uint64_t now_us = 1'000'000;
  ReadPace pace{{.share = 0.005, .spare = 0.2, .forgiven_ms = 100, .longest_ms = 2000, .processors = 2},
                machine_times};
};

}  // namespace

TEST_CASE("nobody waits while processors are free", "[admin][pace]") {
  Scene scene;
  for (int i = 0; i < 100; ++i) {
    CHECK(scene.read(50'000) == 0);
    scene.pass(100, 0.25);
  }
}

TEST_CASE("on a busy machine reading gets its share, by waiting", "[admin][pace]") {
  Scene scene;
  CHECK(scene.read(1000) == 0);  // the machine is looked at for the first time
  scene.pass(200, 0);
  CHECK(scene.read(1000) == 0);       // 1 ms of a hundredth processor: 100 ms, which are forgiven
  CHECK(scene.read(1000) == 100);     // another connection: behind the first
  CHECK(scene.read(5000) == 600);     // and another
  CHECK(scene.read(90'000) == 2000);  // never longer than this
}

TEST_CASE("what is owed is paid by time, and forgotten when processors are free", "[admin][pace]") {
  Scene scene;
  scene.read(0);
  scene.pass(200, 0);
  CHECK(scene.read(5000) == 400);
  scene.pass(450, 0);
  CHECK(scene.read(1000) == 50);
  scene.pass(250, 0.9);
  CHECK(scene.read(1000) == 0);
  scene.pass(250, 0);
  CHECK(scene.read(1000) == 0);
}

TEST_CASE("a machine that is busy with reading only is not busy", "[admin][pace]") {
  Scene scene;
  scene.read(0);
  for (int i = 0; i < 10; ++i) {
    scene.pass(200, 0.1);
    CHECK(scene.read(200'000) == 0);
  }
}

TEST_CASE("a machine that does not tell is never busy", "[admin][pace]") {
  Scene scene;
  is_readable = false;
  for (int i = 0; i < 10; ++i) {
    scene.pass(200, 0);
    CHECK(scene.read(200'000) == 0);
  }
}

TEST_CASE("this machine tells what it has done", "[admin][pace]") {
  const auto times = read_machine_times();
  REQUIRE(times.has_value());
  CHECK(times->total_us > times->idle_us);
  CHECK(thread_cpu_us() > 0);
}
