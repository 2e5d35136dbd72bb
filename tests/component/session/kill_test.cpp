// KILL: what is hit, and what is not, when it comes late.
#include <catch2/catch.hpp>

#include "tests/support/hex.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

std::string kill_query_of(const ScriptedClient& client) {
  return "KILL QUERY " + std::to_string(client.established().connection_id);
}

void hold(ServerSide& side) {
  side.ok();
  side.hold();
}

// A transaction with a statement that has been asked to end, by a KILL that the server has not answered yet.
struct LateKill {
  Scene scene;
  ScriptedClient* victim = nullptr;

  LateKill() {
    scene.server().on("UPDATE held", hold);
    scene.server().on("KILL", hold);
    scene.start();
    victim = &scene.log_in();
    REQUIRE(scene.ask(*victim, "BEGIN") == "ok");
    victim->query("UPDATE held");
    scene.until([&] { return scene.server().find_held() != nullptr; });
  }
  ServerSide& server_side() { return scene.server().side(1); }
};

TEST_CASE("a statement waits until the KILL for the one before it cannot meet it any more") {
  LateKill late;
  Scene& scene = late.scene;
  CHECK(scene.ask(scene.log_in(), kill_query_of(*late.victim)) == "ok");
  scene.until([&] { return scene.server().count("KILL QUERY 1") == 1; });
  late.server_side().release();
  CHECK(scene.reply_of(*late.victim) == "ok");
  late.victim->query("UPDATE next");
  scene.settle();
  CHECK(scene.server().count("UPDATE next") == 0);
  scene.server().find_held()->release();
  CHECK(scene.reply_of(*late.victim) == "ok");
  CHECK(scene.server().first("UPDATE next")->connection == 1);
  CHECK(scene.ask(*late.victim, "COMMIT") == "ok");
  scene.until([&] { return !late.server_side().open(); });
}

TEST_CASE("a statement that waits for the end of a KILL may itself be killed, and the transaction stays") {
  LateKill late;
  Scene& scene = late.scene;
  ScriptedClient& killer = scene.log_in();
  CHECK(scene.ask(killer, kill_query_of(*late.victim)) == "ok");
  scene.until([&] { return scene.server().count("KILL QUERY 1") == 1; });
  late.server_side().release();
  CHECK(scene.reply_of(*late.victim) == "ok");
  late.victim->query("UPDATE next");
  scene.settle();
  CHECK(scene.ask(killer, kill_query_of(*late.victim)) == "ok");
  CHECK(scene.reply_of(*late.victim).starts_with("1317 "));
  scene.server().find_held()->release();
  CHECK(scene.ask(*late.victim, "COMMIT") == "ok");
  CHECK(scene.server().first("COMMIT")->connection == 1);
  CHECK(scene.server().count("UPDATE next") == 0);
}

TEST_CASE("a KILL that has not been sent when its statement ends is not sent, and the connection is kept") {
  LateKill late;
  Scene& scene = late.scene;
  scene.server().set_silent_at_login(true);
  CHECK(scene.ask(scene.log_in(), kill_query_of(*late.victim)) == "ok");
  scene.until([&] { return scene.server().accepted() == 2; });
  late.server_side().release();
  CHECK(scene.reply_of(*late.victim) == "ok");
  CHECK(scene.ask(*late.victim, "UPDATE next") == "ok");
  CHECK(scene.ask(*late.victim, "COMMIT") == "ok");
  CHECK(scene.server().count("KILL") == 0);
  CHECK(scene.idle_connections() == 1);
  CHECK(late.server_side().open());
}

TEST_CASE(
    "when the connection is lost while a statement waits for the end of a KILL, the client hears of it") {
  LateKill late;
  Scene& scene = late.scene;
  CHECK(scene.ask(scene.log_in(), kill_query_of(*late.victim)) == "ok");
  scene.until([&] { return scene.server().count("KILL QUERY 1") == 1; });
  late.server_side().release();
  CHECK(scene.reply_of(*late.victim) == "ok");
  late.victim->query("UPDATE next");
  scene.settle();
  late.server_side().reset();
  CHECK(scene.reply_of(*late.victim).starts_with("1927 "));
  scene.server().find_held()->release();
  scene.until([&] { return late.victim->ended(); });
}

TEST_CASE("KILL QUERY while a statement is prepared again within a transaction leaves the transaction") {
  Scene scene;
  scene.start();
  ScriptedClient& victim = scene.log_in();
  ScriptedClient& other = scene.log_in();
  victim.command(Command::stmt_prepare, "UPDATE t SET a = 1"_bytes);
  scene.until([&] { return !victim.replies().empty(); });
  victim.take_reply();
  CHECK(scene.ask(other, "BEGIN") == "ok");  // takes the connection on which it is prepared
  CHECK(scene.ask(victim, "BEGIN") == "ok");
  scene.server().on(Command::stmt_prepare, [&](ServerSide& side) {
    side.prepared(7, 0, 0);
    side.hold();
  });
  victim.command(Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex);
  scene.until([&] { return scene.server().find_held() != nullptr; });
  CHECK(scene.ask(other, kill_query_of(victim)) == "ok");
  scene.server().find_held()->release();
  CHECK(scene.reply_of(victim).starts_with("1317 "));
  CHECK(scene.server().count(Command::stmt_execute) == 0);
  CHECK(scene.ask(victim, "COMMIT") == "ok");
}

TEST_CASE("every one of many KILLs is carried out, some after others") {
  constexpr std::size_t kVictims = 20;
  Scene scene;
  scene.server().on("SELECT held", [](ServerSide& side) { side.hold(); });
  scene.server().on("KILL", hold);
  scene.start();
  ScriptedClient& killer = scene.log_in();
  std::vector<ScriptedClient*> victims;
  for (std::size_t i = 0; i < kVictims; ++i) {
    victims.push_back(&scene.log_in());
    victims.back()->query("SELECT held");
  }
  const auto held = [&] { return scene.server().count("SELECT held"); };
  scene.until([&] { return held() == kVictims; });
  for (const ScriptedClient* victim : victims) CHECK(scene.ask(killer, kill_query_of(*victim)) == "ok");
  scene.settle();
  CHECK(scene.server().count("KILL") < kVictims);
  for (std::size_t number = 1; scene.server().count("KILL") < kVictims; ++number) {
    scene.until([&] { return scene.server().accepted() >= number; });
    ServerSide& side = scene.server().side(number);
    if (side.held() && side.command().text.starts_with("KILL")) side.release();
    scene.settle();
  }
}

TEST_CASE("COM_PROCESS_KILL and a prepared KILL take our ids") {
  Scene scene;
  scene.start();
  ScriptedClient& killer = scene.log_in();
  ScriptedClient& victim = scene.log_in();
  Blob id(4, 0);
  store_le(id.data(), victim.established().connection_id, 4);
  CHECK(scene.ask(killer, Command::process_kill, id) == "ok");
  scene.until([&] { return victim.ended(); });

  ScriptedClient& other = scene.log_in();
  const std::string text = "KILL " + std::to_string(other.established().connection_id);
  killer.command(Command::stmt_prepare, Blob(text.begin(), text.end()));
  scene.until([&] { return !killer.replies().empty(); });
  killer.take_reply();
  CHECK(scene.ask(killer, Command::stmt_execute, "01 00 00 00 00 01 00 00 00"_hex) == "ok");
  scene.until([&] { return other.ended(); });
  CHECK(scene.server().count("KILL") == 0);
}

}  // namespace
}  // namespace weir::test
