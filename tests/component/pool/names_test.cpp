// A server with a name that stands for one address or several, and for others later.
#include <catch2/catch.hpp>

#include "tests/component/net/net_support.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

// "a" is where the scene has it, 127.0.0.1; "b" is at the same port of 127.0.0.2.
struct NamesScene {
  explicit NamesScene(std::size_t workers = 1) : scene(workers), b(scene.add_twin("b", "127.0.0.2")) {
    scene.server_row(0).hostname = "db.test";
    scene.settings().shun_on_failures = 0;
  }
  // What the name stands for from now on.
  void stands_for(std::initializer_list<const char*> ips) {
    NameTable::Entries entries;
    for (const char* ip : ips) entries["db.test"].push_back(*Address::from_ip(ip, 0));
    scene.fleet().publish_names(std::make_shared<const NameTable>(std::move(entries)));
  }
  ScriptedServer& a() { return scene.server(); }

  Scene scene;
  ScriptedServer& b;
};

TEST_CASE("a name that is known is looked up nowhere, and that is counted", "[names]") {
  NamesScene s;
  s.scene.start();
  s.stands_for({"127.0.0.1"});
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "SELECT 1") == "a");
  CHECK(s.scene.count(&WorkerStats::names_asked) == 1);
  CHECK(s.scene.count(&WorkerStats::names_known) == 1);
  CHECK(s.scene.server().accepted() == 1);
}

TEST_CASE("when a name moves, idle connections close and the next statement goes to the new address",
          "[names]") {
  NamesScene s;
  s.scene.start();
  s.stands_for({"127.0.0.1"});
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "SELECT 1") == "a");
  CHECK(s.scene.idle_connections() == 1);
  s.stands_for({"127.0.0.2"});
  CHECK(s.scene.idle_connections() == 0);
  s.scene.until([&] { return s.a().open_connections() == 0; });
  CHECK(s.scene.ask(client, "SELECT 2") == "b");
  CHECK(s.scene.permits() == 1);
  CHECK(s.scene.count(&WorkerStats::backend_connections_lost) == 0);
}

TEST_CASE("an address that is added, or another order, closes nothing", "[names]") {
  NamesScene s;
  s.scene.start();
  s.stands_for({"127.0.0.1"});
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "SELECT 1") == "a");
  s.stands_for({"127.0.0.2", "127.0.0.1"});
  CHECK(s.scene.idle_connections() == 1);
  CHECK(s.scene.ask(client, "SELECT 2") == "a");
  // That nothing is known any more says nothing against what is connected.
  s.stands_for({});
  CHECK(s.scene.idle_connections() == 1);
  CHECK(s.scene.ask(client, "SELECT 3") == "a");
  CHECK(s.a().accepted() == 1);
}

TEST_CASE("a transaction ends where it began, and the connection after it", "[names]") {
  NamesScene s;
  s.scene.start();
  s.stands_for({"127.0.0.1"});
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "BEGIN") == "ok");
  s.stands_for({"127.0.0.2"});
  CHECK(s.scene.ask(client, "SELECT v FOR UPDATE") == "a");
  CHECK(s.scene.ask(client, "COMMIT") == "ok");
  CHECK(s.a().count("COMMIT") == 1);
  s.scene.until([&] { return s.a().open_connections() == 0; });
  CHECK(s.scene.ask(client, "SELECT 1") == "b");
}

TEST_CASE("KILL goes to the address of the connection, whatever its name stands for by then", "[names]") {
  NamesScene s;
  s.a().on("UPDATE held", [](ServerSide& side) {
    side.ok();
    side.hold();
  });
  s.scene.start();
  s.stands_for({"127.0.0.1"});
  ScriptedClient& victim = s.scene.log_in();
  victim.query("UPDATE held");
  s.scene.until([&] { return s.a().find_held() != nullptr; });
  s.stands_for({"127.0.0.2"});
  CHECK(s.scene.ask(s.scene.log_in(), "KILL QUERY " + std::to_string(victim.established().connection_id)) ==
        "ok");
  s.scene.until([&] { return s.a().count("KILL QUERY 1") == 1; });
  CHECK(s.b.count("KILL") == 0);
  s.a().find_held()->release();
  CHECK(s.scene.reply_of(victim) == "ok");
}

TEST_CASE("a connection that is being opened to an address that is gone is opened to the new one",
          "[names]") {
  NamesScene s;
  s.scene.settings().connect_timeout_server = s.scene.settings().connect_timeout_server_max = 60'000;
  s.a().set_silent_at_login(true);
  s.scene.start();
  s.stands_for({"127.0.0.1"});
  ScriptedClient& client = s.scene.log_in();
  client.query("SELECT 1");
  s.scene.until([&] { return s.a().accepted() == 1; });
  s.stands_for({"127.0.0.2"});
  CHECK(s.scene.reply_of(client) == "b");
  s.scene.until([&] { return s.a().open_connections() == 0; });
  CHECK(s.scene.permits() == 1);
}

TEST_CASE("the addresses of a name are tried one after another", "[names]") {
  NamesScene s;
  s.scene.start();
  s.stands_for({"127.0.0.3", "::1", "127.0.0.2"});  // nobody listens at the first two
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "SELECT 1") == "b");
  CHECK(s.scene.count(&WorkerStats::backend_connect_errors) == 0);
  // None of them: one failure, told as that of the last.
  s.scene.settings().connect_retries_on_failure = 0;
  s.scene.publish();
  s.stands_for({"127.0.0.3", "127.0.0.4"});
  CHECK(s.scene.ask(client, "SELECT 1").contains("2003 Can't connect to MySQL server on 'db.test:"));
  CHECK(s.scene.count(&WorkerStats::backend_connect_errors) == 1);
}

// A listener whose queue is full: the system drops what comes, as a black hole does.
struct BlackHole {
  BlackHole(const char* ip, std::uint16_t port) : listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const Address address = *Address::from_ip(ip, port);
    REQUIRE(::bind(listener, address.raw(), address.raw_size()) == 0);
    REQUIRE(::listen(listener, 0) == 0);
    for (int& filler : fillers) {
      filler = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ::connect(filler, address.raw(), address.raw_size());
    }
  }
  ~BlackHole() {
    for (const int filler : fillers) ::close(filler);
    ::close(listener);
  }
  int listener;
  std::array<int, 4> fillers{};
};

TEST_CASE("an address that does not answer leaves the others their share of the time", "[names]") {
  NamesScene s;
  s.scene.settings().connect_timeout_server = 2000;
  s.scene.settings().connect_timeout_server_max = 60'000;
  const BlackHole hole("127.0.0.3", s.a().port());
  s.scene.start();
  s.stands_for({"127.0.0.3", "127.0.0.2"});
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "SELECT 1") == "b");
  CHECK(s.scene.count(&WorkerStats::backend_connect_errors) == 0);
}

TEST_CASE("who cannot reach a server by its name says so, and not of one by its address", "[names]") {
  NamesScene s;
  std::vector<std::string> unreachable;
  s.scene.settings().connect_retries_on_failure = 0;
  s.scene.start();
  s.scene.fleet().set_on_unreachable(
      [&](const ServerState& server) { unreachable.push_back(server.hostname); });
  s.stands_for({"127.0.0.3"});
  ScriptedClient& client = s.scene.log_in();
  CHECK(s.scene.ask(client, "SELECT 1").starts_with("9001 "));
  CHECK(unreachable == std::vector<std::string>{"db.test"});
  s.stands_for({"127.0.0.1"});
  CHECK(s.scene.ask(client, "SELECT 1") == "a");
  CHECK(unreachable.size() == 1);
}

TEST_CASE("workers that come later know the names, too", "[names]") {
  NamesScene s;
  s.scene.start();
  s.stands_for({"127.0.0.2"});
  Fleet later(s.scene.fleet().snapshot(), 2, [] {});
  later.succeed(s.scene.fleet());
  for (std::size_t i = 0; i < 2; ++i) {
    const auto known = later.worker(i).loop().names().find("db.test");
    REQUIRE(known.size() == 1);
    CHECK(known[0].ip() == "127.0.0.2");
  }
}

TEST_CASE("a connection in use when its name moves is handed over to nobody", "[names]") {
  NamesScene s(2);
  s.scene.server_row(0).max_connections = 1;
  s.a().on("SELECT held", [](ServerSide& side) {
    side.rows("v", {"a"});
    side.hold();
  });
  s.scene.start();
  s.stands_for({"127.0.0.1"});
  ScriptedClient& holder = s.scene.log_in();
  ScriptedClient& waiter = s.scene.log_in();
  holder.query("SELECT held");
  s.scene.until([&] { return s.a().find_held() != nullptr; });
  waiter.query("SELECT 1");
  s.scene.settle();
  s.stands_for({"127.0.0.2"});
  s.a().find_held()->release();
  CHECK(s.scene.reply_of(holder) == "a");
  CHECK(s.scene.reply_of(waiter) == "b");
  s.scene.until([&] { return s.a().open_connections() == 0; });
}

TEST_CASE("a connection whose name moves while it is on its way to another worker is closed there",
          "[names]") {
  NamesScene s;
  s.scene.start();
  s.stands_for({"127.0.0.1"});
  const Server& server = *s.scene.worker().snapshot().find_hostgroup(1)->servers[0];
  const auto arrive = [&](const char* ip) {
    REQUIRE(server.slots().try_acquire(server.max_connections));
    SocketPair sockets;
    ConnectionFacts facts{.server = server.shared_from_this(), .permit = SlotPermit(server.state)};
    facts.address = *Address::from_ip(ip, server.port);
    s.scene.worker().pool().adopt(sockets.take(0), std::move(facts));
    return s.scene.idle_connections();
  };
  CHECK(arrive("127.0.0.2") == 0);
  CHECK(arrive("127.0.0.1") == 1);
}

}  // namespace
}  // namespace weir::test
