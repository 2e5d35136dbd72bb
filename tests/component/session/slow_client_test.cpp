// Clients that keep others waiting and get nowhere: the server is released, and who gets on is left alone.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <catch2/catch.hpp>

#include "tests/support/flood.hpp"
#include "tests/support/frames.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

constexpr Millis kStallMs = 40;
constexpr int kRows = 200;

void answer_much(ServerSide& side) {
  side.head({"v"});
  for (int i = 0; i < kRows; ++i) side.packet(Blob{0xfd, 0, 0, 1} + Blob(65536, 'r'));
  side.end_rows();
}

void expect_slow_clients(Scene& scene) {
  scene.settings().client_stall_timeout = kStallMs;
  scene.server().on("SELECT much", answer_much);
}

std::uint64_t too_slow(const Scene& scene) {
  return scene.count(&WorkerStats::client_connections_too_slow);
}

TEST_CASE("a client that takes nothing of its answer is ended, and its server released") {
  Scene scene;
  expect_slow_clients(scene);
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  client.query("SELECT much");
  scene.until([&] { return scene.sessions() == 0; });
  CHECK(too_slow(scene) == 1);
  CHECK(scene.connections() == 0);
  CHECK(scene.ask(scene.log_in(), "SELECT 1") == "a");
}

TEST_CASE("a client whose answers are all there, but not taken, is ended too: they are memory") {
  Scene scene;
  expect_slow_clients(scene);
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  flood_with_pings(client, 1'000'000);
  scene.until([&] { return scene.sessions() == 0; });
  CHECK(too_slow(scene) == 1);
}

TEST_CASE("a client that nobody waits for has its time") {
  Scene scene;
  expect_slow_clients(scene);
  scene.start();
  ScriptedClient& silent = scene.log_in();
  CHECK(scene.ask(silent, "BEGIN") == "ok");
  for (std::uint64_t ended = 1; ended <= 3; ++ended) {
    ScriptedClient& slow = scene.log_in();
    slow.stop_reading();
    slow.query("SELECT much");
    scene.until([&] { return too_slow(scene) == ended; });
  }
  CHECK(scene.ask(silent, "COMMIT") == "ok");
}

TEST_CASE("a client that does not send the file it has offered is ended") {
  Scene scene;
  expect_slow_clients(scene);
  scene.server().on("LOAD DATA", [](ServerSide& side) { side.ask_file("f"); });
  scene.start();
  ScriptedClient& client = scene.log_in("ann", "", kUsualClient | kLocalFiles);
  client.query("LOAD DATA LOCAL INFILE 'file' INTO TABLE t");
  scene.until([&] { return scene.sessions() == 0; });
  CHECK(too_slow(scene) == 1);
  CHECK(scene.connections() == 0);
}

TEST_CASE("a client that does not send the rest of a long statement is ended") {
  Scene scene;
  expect_slow_clients(scene);
  scene.settings().query_processor_max_bytes = 10'000;
  scene.start();
  ScriptedClient& client = scene.log_in();
  Blob statement = packet(
      "\x03"
      "INSERT INTO t VALUES ('"_bytes +
      Blob(200'000, 'x'));
  statement.resize(statement.size() - 1);
  client.channel().send(statement);
  scene.until([&] { return scene.sessions() == 0; });
  CHECK(too_slow(scene) == 1);
  CHECK(scene.connections() == 0);
}

TEST_CASE("a time of 0 is any time") {
  Scene scene;
  expect_slow_clients(scene);
  scene.settings().client_stall_timeout = 0;
  scene.settings().default_query_timeout = 100;
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.stop_reading();
  client.query("SELECT much");
  scene.until([&] { return scene.connections() > 0; });
  scene.until([&] { return scene.connections() == 0; });  // by the query's own time
  CHECK(too_slow(scene) == 0);
}

TEST_CASE("servers that vanish are noticed: their connections have the settings' options", "[pool]") {
  Scene scene;
  scene.settings().tcp_keepalive_time = 77;
  scene.settings().tcp_user_timeout = 12'345;
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "BEGIN") == "ok");
  int options_found = 0;
  for (int fd = 0; fd < 1024; ++fd) {
    int keepalive = 0;
    int idle_s = 0;
    int timeout_ms = 0;
    socklen_t size = sizeof keepalive;
    getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &keepalive, &size);
    getsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, &size);
    getsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &size);
    options_found += keepalive == 1 && idle_s == 77 && timeout_ms == 12'345;
  }
  CHECK(options_found == 1);
}

}  // namespace
}  // namespace weir::test
