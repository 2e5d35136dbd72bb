// Statements that take long: between two of them comes what others want of the admin thread.
#include <catch2/catch.hpp>

#include "proxy/net/mailbox.hpp"
#include "tests/component/admin/port_scene.hpp"

namespace weir::test {
namespace {

// "slow" uses up a turn. After each of them another thread posts, so to speak; `seen` is the order of things.
struct BusyPort {
  BusyPort() {
    scene.executor.on_run = [this](std::string_view sql) {
      seen.emplace_back(sql);
      if (!sql.starts_with("slow")) return;
      const std::uint64_t begin = scene.loop.now_us();
      while (scene.loop.now_us() - begin < AdminTurns::kShareUs) continue;
      mailbox.post([this] { seen.emplace_back("posted"); });
    };
  }
  ScriptedClient& log_in() { return scene.log_in("admin", "admin", kUsualClient | kMultiStatements); }
  void until_seen(std::size_t count) {
    scene.until([&] { return seen.size() >= count; });
  }

  PortScene scene;
  Mailbox mailbox{scene.loop};
  std::vector<std::string> seen;
};

using Seen = std::vector<std::string>;

TEST_CASE("between the slow statements of one text comes what was posted, and order is kept") {
  BusyPort port;
  ScriptedClient& client = port.log_in();
  client.query("slow 1;slow 2;3;4");
  client.query("5");
  CHECK(port.scene.reply_of(client).text() == "slow 1;slow 2;3;4");
  CHECK(port.scene.reply_of(client).text() == "5");
  CHECK(port.seen == Seen{"slow 1", "posted", "slow 2", "posted", "3", "4", "5"});
}

TEST_CASE("so it is between requests that come together") {
  BusyPort port;
  ScriptedClient& client = port.log_in();
  for (const char* sql : {"slow 1", "slow 2", "3"}) client.query(sql);
  for (const char* sql : {"slow 1", "slow 2", "3"}) CHECK(port.scene.reply_of(client).text() == sql);
  CHECK(port.seen == Seen{"slow 1", "posted", "slow 2", "posted", "3"});
}

TEST_CASE("so it is between those of several sessions, which take turns") {
  BusyPort port;
  std::vector<ScriptedClient*> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(&port.log_in());
  clients[0]->query("slow 0;slow 0;slow 0;slow 0;slow 0;slow 0");
  clients[1]->query("slow 1");
  clients[2]->query("slow 2");
  port.until_seen(16);
  for (std::size_t i = 1; i < 16; i += 2) CHECK(port.seen[i] == "posted");
  CHECK(port.seen[14] == "slow 0");
}

TEST_CASE("a session that ends between its statements runs no more of them") {
  BusyPort port;
  ScriptedClient& client = port.log_in();
  client.query("slow 1;slow 2");
  port.until_seen(1);
  SECTION("it is killed") {
    port.scene.connections.front()->end();
  }
  SECTION("the port is closed") {
    port.scene.connections.clear();
  }
  ScriptedClient& other = port.log_in();
  CHECK(port.scene.ask(other, "slow 3;4") == "slow 3;4");
  CHECK(port.seen == Seen{"slow 1", "posted", "slow 3", "posted", "4"});
}

}  // namespace
}  // namespace weir::test
