// Results that clients do not take: what they cost all sessions together, and how long they are kept.
#include <catch2/catch.hpp>

#include "tests/component/admin/port_scene.hpp"

namespace weir::test {
namespace {

constexpr std::size_t kLargeBytes = std::size_t{20} << 20;
constexpr std::size_t kOthers = kMaxResultBytes - kLargeBytes * 3 / 2;

// "SELECT rows" and "SELECT row" are answered with 20 MiB, and other sessions leave 30.
struct CrowdedPort {
  CrowdedPort() {
    Rows rows{.columns = {"text"}};
    for (std::size_t i = 0; i < kLargeBytes / 1024; ++i) rows.rows.push_back({std::string(1024, 'x')});
    scene.executor.answers = {
        {"SELECT rows", rows},
        {"SELECT row", Rows{.columns = {"text"}, .rows = {{std::string(kLargeBytes, 'x')}}}}};
    scene.state.result_bytes = kOthers;
  }
  ScriptedClient& leave_lying(const std::string& sql) {
    ScriptedClient& client = scene.log_in();
    const std::size_t before = scene.state.result_bytes;
    client.stop_reading();
    client.query(sql);
    scene.until([&] { return scene.state.result_bytes > before; });
    for (int i = 0; i < 20; ++i) scene.turn();
    return client;
  }
  void until_given_back() {
    scene.until([&] { return scene.state.result_bytes == kOthers; });
  }

  PortScene scene;
};

// Not the result itself, should there be one: a failed check prints it.
std::string beginning(const std::string& text) {
  return text.substr(0, 200);
}

constexpr auto kTooLarge = "for all sessions' results; use LIMIT";

TEST_CASE("results that nobody takes are bounded over all sessions; small ones are always had") {
  CrowdedPort port;
  PortScene& scene = port.scene;
  const std::string sql = GENERATE("SELECT rows", "SELECT row");
  ScriptedClient& slow = port.leave_lying(sql);
  ScriptedClient& other = scene.log_in();
  CHECK_THAT(beginning(scene.ask(other, sql)), Catch::Contains(kTooLarge));
  CHECK(scene.ask(other, "SELECT 1") == "SELECT 1");
  SECTION("until they are taken") {
    slow.resume_reading();
    scene.reply_of(slow);
  }
  SECTION("until the client has left") {
    slow.close();
  }
  SECTION("until the session is killed") {
    scene.connections.front()->end();
  }
  port.until_given_back();
  CHECK(scene.ask(other, Command::query, as_bytes(sql)).wire.size() > kLargeBytes);
  port.until_given_back();
}

TEST_CASE("what is left of a script is not run, and nothing is sent, after a result that is too large") {
  CrowdedPort port;
  port.leave_lying("SELECT row");
  ScriptedClient& client = port.scene.log_in("admin", "admin", kUsualClient | kMultiStatements);
  CHECK_THAT(beginning(port.scene.ask(client, "SELECT 1;SELECT row;SELECT 2")), Catch::Contains(kTooLarge));
  CHECK(port.scene.executor.ran.back() == "SELECT row");
  CHECK(port.scene.ask(client, "SELECT 3") == "SELECT 3");
}

TEST_CASE("a statement that ends its own session leaves no result behind") {
  CrowdedPort port;
  port.scene.executor.on_run = [&](std::string_view) { port.scene.connections.front()->end(); };
  ScriptedClient& client = port.scene.log_in();
  client.query("SELECT row");
  port.scene.until([&] { return client.ended() && port.scene.connections.empty(); });
  CHECK(port.scene.state.result_bytes == kOthers);
}

TEST_CASE("a client that takes nothing of its result is let go after mysql-client_stall_timeout") {
  CrowdedPort port;
  PortScene& scene = port.scene;
  scene.state.settings.client_stall_timeout = 20;
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  client.query(GENERATE("SELECT rows", "SELECT row"));
  scene.until([&] { return scene.executor.ran.size() == 1 && scene.connections.empty(); });
  CHECK(scene.state.result_bytes == kOthers);
}

TEST_CASE("a client that has taken its result has its time") {
  CrowdedPort port;
  PortScene& scene = port.scene;
  ScriptedClient& quiet = scene.log_in();
  scene.ask(quiet, Command::query, as_bytes("SELECT rows"));
  scene.state.settings.client_stall_timeout = 20;
  ScriptedClient& slow = scene.log_in();
  slow.stop_reading();
  slow.query("SELECT row");
  scene.until([&] { return scene.connections.size() == 1; });
  CHECK(scene.ask(quiet, "SELECT 1") == "SELECT 1");
}

}  // namespace
}  // namespace weir::test
