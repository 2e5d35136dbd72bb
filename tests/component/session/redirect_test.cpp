// A replica refuses a statement because it is read-only: the client never hears of it.
#include <catch2/catch.hpp>

#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

constexpr std::string_view kReadOnly = "The MySQL server is running with the --read-only option";

// Server 0 writes, server 1 is its replica and refuses what reads a view that calls a writing function.
void make_pair(Scene& scene) {
  scene.add_server(2, "replica").on("SELECT v FROM sneaky", [](ServerSide& side) {
    side.err(1290, kReadOnly, "HY000");
  });
  scene.split_reads_to(2);
  scene.server(0).on("SELECT v FROM sneaky", [](ServerSide& side) { side.rows("v", {"written"}); });
}

TEST_CASE("a statement that a replica refuses as read-only is carried out by the writer") {
  Scene scene;
  make_pair(scene);
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT v FROM sneaky WHERE id = 1") == "written");
  CHECK(scene.server(1).count("SELECT v FROM sneaky") == 1);
  CHECK(scene.server(0).count("SELECT v FROM sneaky") == 1);
  CHECK(scene.count(&WorkerStats::misroutes_corrected) == 1);
  CHECK(scene.idle_connections() == scene.connections());
}

TEST_CASE("its digest is known as a write from then on, other reads are not") {
  Scene scene;
  make_pair(scene);
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT v FROM sneaky WHERE id = 1") == "written");
  CHECK(scene.ask(client, "SELECT v FROM sneaky WHERE id = 22") == "written");
  CHECK(scene.server(1).count("SELECT v FROM sneaky") == 1);
  const auto& learned = scene.worker(0).learned_writes().all();
  REQUIRE(learned.size() == 1);
  CHECK(learned.front().digest_text == "SELECT v FROM sneaky WHERE id = ?");
  CHECK(learned.front().error_code == 1290);
  CHECK(learned.front().refusals == 1);
  scene.ask(client, "SELECT 1");
  CHECK(scene.server(1).count("SELECT 1") == 1);
}

TEST_CASE("a prepared statement is prepared and carried out on the writer") {
  Scene scene;
  make_pair(scene);
  scene.server(1).on(Command::stmt_execute, [](ServerSide& side) { side.err(1290, kReadOnly, "HY000"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  client.command(Command::stmt_prepare, as_bytes("SELECT v FROM sneaky"));
  scene.until([&] { return !client.replies().empty(); });
  client.take_reply();
  CHECK(scene.ask(client, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex) == "ok");
  CHECK(scene.server(1).count(Command::stmt_execute) == 1);
  CHECK(scene.server(0).count(Command::stmt_execute) == 1);
  CHECK(scene.count(&WorkerStats::misroutes_corrected) == 1);
}

TEST_CASE("what the client must hear, it hears") {
  struct Case {
    const char* name;
    std::uint16_t code;
    std::string_view message;
  };
  for (const Case& c : {Case{"another error", 1146, "Table 'x' doesn't exist"},
                        Case{"1290 of another option", 1290, "--secure-file-priv"}}) {
    CAPTURE(c.name);
    Scene scene;
    scene.add_server(2, "replica").on("SELECT", [&](ServerSide& side) {
      side.err(c.code, c.message, "HY000");
    });
    scene.split_reads_to(2);
    scene.start();
    ScriptedClient& client = scene.log_in();
    CHECK(scene.ask(client, "SELECT 1").starts_with(std::to_string(c.code)));
    CHECK(scene.server(0).count("SELECT") == 0);
    CHECK(scene.count(&WorkerStats::misroutes_corrected) == 0);
  }
}

TEST_CASE("a writer that is read-only, too, is asked once") {
  Scene scene;
  make_pair(scene);
  scene.server(0).on("SELECT v FROM sneaky",
                     [](ServerSide& side) { side.err(1836, "Running in read-only mode", "HY000"); });
  scene.start();
  ScriptedClient& client = scene.log_in();
  CHECK(scene.ask(client, "SELECT v FROM sneaky WHERE id = 1").starts_with("1836 "));
  CHECK(scene.server(0).count("SELECT v FROM sneaky") == 1);
}

TEST_CASE("an error behind a first result has no second chance") {
  Scene scene;
  scene.add_server(2, "replica").on("SELECT", [](ServerSide& side) {
    side.head({"v"});
    side.row({"one"});
    side.err(1290, kReadOnly, "HY000");
  });
  scene.split_reads_to(2);
  scene.start();
  ScriptedClient& client = scene.log_in();
  scene.ask(client, "SELECT 1");
  CHECK(scene.server(0).count("SELECT") == 0);
}

}  // namespace
}  // namespace weir::test
