// Statements whose answer takes a while: others are served meanwhile, and it finds its way.
#include <catch2/catch.hpp>

#include "tests/component/admin/port_scene.hpp"

namespace weir::test {
namespace {

// "LATER" is answered when the test says so.
struct SlowPort {
  SlowPort() {
    scene.executor.answers["LATER"] =
        Later{[this](Later::Answered answered) { waiting.push_back(answered); }};
  }
  void answer(Answer answer) {
    REQUIRE_FALSE(waiting.empty());
    const auto first = waiting.front();
    waiting.erase(waiting.begin());
    first(std::move(answer));
  }
  void ask_later(ScriptedClient& client, std::string_view sql = "LATER") {
    const std::size_t before = waiting.size();
    client.query(sql);
    scene.until([&] { return waiting.size() > before; });
  }

  PortScene scene;
  std::vector<Later::Answered> waiting;
};

TEST_CASE("who waits for an answer holds up nobody else", "[admin][later]") {
  SlowPort port;
  ScriptedClient& patient = port.scene.log_in();
  ScriptedClient& other = port.scene.log_in();
  port.ask_later(patient);
  for (int i = 0; i < 20; ++i) CHECK(port.scene.ask(other, "SELECT 1") == "SELECT 1");
  CHECK(patient.replies().empty());
  port.answer(Rows{.columns = {"v"}, .rows = {{"at last"}}});
  CHECK(port.scene.reply_of(patient).text() == "at last");
  CHECK(port.scene.ask(patient, "SELECT 2") == "SELECT 2");
}

TEST_CASE("what a client sends while it waits is served afterwards, in order", "[admin][later]") {
  SlowPort port;
  ScriptedClient& client = port.scene.log_in();
  port.ask_later(client);
  for (const char* sql : {"SELECT 1", "SELECT 2"}) client.query(sql);
  for (int i = 0; i < 20; ++i) port.scene.turn();
  CHECK(port.scene.executor.ran == std::vector<std::string>{"LATER"});
  port.answer(Refusal{1105, "HY000", "not today"});
  CHECK(port.scene.reply_of(client).text() == "1105 not today");
  CHECK(port.scene.reply_of(client).text() == "SELECT 1");
  CHECK(port.scene.reply_of(client).text() == "SELECT 2");
}

TEST_CASE("several statements in one text: the next comes after the answer", "[admin][later]") {
  SlowPort port;
  ScriptedClient& client = port.scene.log_in("admin", "admin", kUsualClient | kMultiStatements);
  port.scene.executor.answers[" LATER"] = port.scene.executor.answers["LATER"];
  port.ask_later(client, "SELECT 1; LATER;SELECT 2");
  CHECK(port.scene.executor.ran.size() == 2);
  port.answer(Done{});
  CHECK(port.scene.reply_of(client).text() == "SELECT 1;ok;SELECT 2");
}

TEST_CASE("who has left, or was ended, gets no answer", "[admin][later]") {
  SlowPort port;
  ScriptedClient& gone = port.scene.log_in();
  port.ask_later(gone);
  ScriptedClient& killed = port.scene.log_in();
  port.ask_later(killed);
  port.scene.connections.back()->end();
  gone.close();
  port.scene.until([&] { return killed.ended(); });
  port.answer(Rows{.columns = {"v"}, .rows = {{"nobody reads this"}}});
  port.answer(Rows{.columns = {"v"}, .rows = {{"nobody reads this"}}});
  port.scene.until([&] { return port.scene.connections.empty(); });
}

}  // namespace
}  // namespace weir::test
