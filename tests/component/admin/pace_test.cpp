// Connections that read live tables all the time, on a machine that has no processor to spare.
#include <catch2/catch.hpp>

#include "tests/component/admin/port_scene.hpp"

namespace weir::test {
namespace {

std::optional<MachineTimes> busy_machine() {
  static MachineTimes times;
  times.total_us += 1'000'000'000;
  return times;
}

// Every statement with "live" in it reads a live table; any processor time is too much.
struct PacedPort {
  explicit PacedPort(Millis longest_ms) {
    scene.state.pace =
        ReadPace({.share = 1e-12, .spare = 0.2, .forgiven_ms = 0, .longest_ms = longest_ms, .processors = 1},
                 busy_machine);
    scene.state.surroundings.live_reads = [this] { return live_reads; };
    scene.executor.on_run = [this](std::string_view sql) { live_reads += sql.contains("live"); };
    scene.state.pace.after(0, 1);  // the machine is looked at for the first time
  }

  std::uint64_t live_reads = 0;
  PortScene scene;
};

TEST_CASE("a reader that waits for its turn holds up nobody else", "[admin][pace]") {
  PacedPort port(60'000);
  PortScene& scene = port.scene;
  ScriptedClient& reader = scene.log_in();
  ScriptedClient& other = scene.log_in();
  CHECK(scene.ask(reader, "SELECT live") == "SELECT live");
  reader.query("SELECT live again");
  for (int i = 0; i < 20; ++i) CHECK(scene.ask(other, "LOAD") == "LOAD");
  CHECK(reader.replies().empty());
}

TEST_CASE("a reader goes on after its pause, with all that it has sent meanwhile", "[admin][pace]") {
  PacedPort port(1);
  PortScene& scene = port.scene;
  ScriptedClient& reader = scene.log_in();
  for (const char* sql : {"SELECT live 1", "SELECT 2", "SELECT live 3"}) reader.query(sql);
  for (const char* sql : {"SELECT live 1", "SELECT 2", "SELECT live 3"}) {
    CHECK(scene.reply_of(reader).text() == sql);
  }
}

TEST_CASE("statements that read nothing live are not paced", "[admin][pace]") {
  PacedPort port(60'000);
  ScriptedClient& client = port.scene.log_in();
  for (int i = 0; i < 20; ++i) CHECK(port.scene.ask(client, "SELECT 1") == "SELECT 1");
}

// Scripts that connect for each statement had the port full on a busy machine: 1040 for everybody.
TEST_CASE("a client that leaves while it waits is let go of at once, whatever it has sent", "[admin][pace]") {
  PacedPort port(3'600'000);
  PortScene& scene = port.scene;
  ScriptedClient& reader = scene.log_in();
  CHECK(scene.ask(reader, "SELECT live") == "SELECT live");
  if (GENERATE(true, false)) reader.command(Command::quit, {});
  reader.close();
  scene.until([&] { return scene.connections.empty(); });
}

TEST_CASE("what a waiting client sends is kept within bounds, and answered in order", "[admin][pace]") {
  PacedPort port(1);
  PortScene& scene = port.scene;
  ScriptedClient& reader = scene.log_in();
  const std::string much(48 * 1024, 'x');
  const std::vector<std::string> texts{"SELECT live", "SELECT live 1" + much, "SELECT live 2" + much,
                                       "SELECT 3" + much};
  for (const std::string& text : texts) reader.query(text);
  for (const std::string& text : texts) CHECK(scene.reply_of(reader).text() == text);
}

}  // namespace
}  // namespace weir::test
