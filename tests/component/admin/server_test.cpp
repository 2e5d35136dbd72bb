// The admin port as a whole, on its own thread.
#include "admin/server.hpp"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>

#include "tests/component/admin/port_scene.hpp"

namespace weir::test {
namespace {

// Runs on the admin thread; a test gives it something to do there.
class EchoExecutor final : public Executor {
 public:
  weir::Reply run(AdminSession&, std::string_view sql, std::span<const Cell>) override {
    std::function<std::string()> act;
    {
      const std::lock_guard lock(mutex_);
      act = std::exchange(act_, {});
    }
    return Rows{.columns = {"sql"}, .rows = {{act ? act() : std::string(sql)}}};
  }
  Result<PreparedShape, Refusal> prepare(AdminSession&, std::string_view) override { return PreparedShape{}; }
  void act_next(std::function<std::string()> act) {
    const std::lock_guard lock(mutex_);
    act_ = std::move(act);
  }

 private:
  std::mutex mutex_;
  std::function<std::string()> act_;
};

struct Port {
  Port() { settings.admin_interfaces = "127.0.0.1:0"; }

  ScriptedClient& connect(const Address& address) {
    ConnectRequest request;
    request.credentials = {.user = "admin", .cleartext = "admin", .sha1_stage1 = {}};
    request.want = kUsualClient;
    request.secure_transport = address.is_unix();
    clients.push_back(std::make_unique<ScriptedClient>(scene.loop));
    ScriptedClient& client = *clients.back();
    client.connect(address, request);
    scene.until([&] { return client.logged_in() || client.ended(); });
    return client;
  }

  PortScene scene;  // for its loop
  EchoExecutor executor;
  Settings settings = defaults();
  std::atomic<std::uint32_t> last_id{0};
  AdminSurroundings surroundings{[this] { return ++last_id; }};
  std::vector<std::unique_ptr<ScriptedClient>> clients;
};

TEST_CASE("the port serves until it is stopped, and can be stopped twice") {
  Port port;
  AdminServer server(port.executor, port.surroundings, port.settings);
  REQUIRE(server.start().has_value());
  ScriptedClient& client = port.connect(server.addresses().at(0));
  CHECK(port.scene.ask(client, "SELECT 1") == "SELECT 1");
  CHECK(server.sessions() == 1);
  server.stop();
  server.stop();
  port.scene.until([&] { return client.ended(); });
}

TEST_CASE("a Unix socket and several addresses; a stale socket file is replaced") {
  Port port;
  const std::string path = "/tmp/weir-admin-test-" + std::to_string(::getpid()) + ".sock";
  port.settings.admin_interfaces = "127.0.0.1:0;" + path;
  for (int round = 0; round < 2; ++round) {
    AdminServer server(port.executor, port.surroundings, port.settings);
    REQUIRE(server.start().has_value());
    REQUIRE(server.addresses().size() == 2);
    CHECK(port.scene.ask(port.connect(server.addresses()[1]), "SELECT 1") == "SELECT 1");
  }
  CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("an address that is taken, or no address, fails the start with a sentence") {
  Port port;
  AdminServer first(port.executor, port.surroundings, port.settings);
  REQUIRE(first.start().has_value());
  port.settings.admin_interfaces = first.addresses()[0].text();
  AdminServer second(port.executor, port.surroundings, port.settings);
  CHECK(second.start().error().contains(port.settings.admin_interfaces));
  port.settings.admin_interfaces = "localhost:6032";
  AdminServer named(port.executor, port.surroundings, port.settings);
  CHECK(named.start().error().starts_with("admin-mysql_ifaces: "));
}

TEST_CASE("new settings: addresses change, sessions stay, and what cannot be had changes nothing") {
  Port port;
  AdminServer server(port.executor, port.surroundings, port.settings);
  REQUIRE(server.start().has_value());
  const Address before = server.addresses()[0];
  ScriptedClient& client = port.connect(before);
  const auto apply = [&](const std::string& interfaces, const std::string& credentials) {
    Settings changed = port.settings;
    changed.admin_interfaces = interfaces;
    changed.admin_credentials = credentials;
    port.executor.act_next([&server, changed] {
      const auto applied = server.on_settings(changed);
      std::string text = applied ? "ok" : "refused";
      for (const Address& address : server.addresses()) text += " " + address.text();
      return text;
    });
    return port.scene.ask(client, "LOAD ADMIN VARIABLES TO RUNTIME");
  };
  CHECK(apply("127.0.0.1:0;198.51.100.7:6032", "admin:admin") == "refused " + before.text());
  CHECK(apply("127.0.0.1:0", "broken") == "refused " + before.text());
  const std::string wider = apply("127.0.0.1:0;127.0.0.2:0", "admin:other");
  CHECK(wider.starts_with("ok " + before.text() + " 127.0.0.2:"));
  ScriptedClient& late = port.connect(before);
  CHECK(late.login_error().starts_with("1045 "));
  CHECK(apply("127.0.0.2:0", "admin:admin").starts_with("ok 127.0.0.2:"));
  CHECK(port.connect(before).ended());
  CHECK(port.scene.ask(client, "SELECT 1") == "SELECT 1");
}

TEST_CASE("sessions are limited, and this machine keeps some in reserve") {
  Port port;
  AdminServer server(port.executor, port.surroundings, port.settings);
  REQUIRE(server.start().has_value());
  const std::size_t most = AdminServer::kMaxSessions + AdminServer::kReservedSessions;
  for (std::size_t i = 0; i < most; ++i) REQUIRE(port.connect(server.addresses()[0]).logged_in());
  CHECK(port.connect(server.addresses()[0]).login_error() == "1040 Too many connections");
  port.clients.at(0)->close();
  port.scene.until([&] { return server.sessions() < most; });
  CHECK(port.connect(server.addresses()[0]).logged_in());
}

TEST_CASE("one session ends another, and none that does not exist") {
  Port port;
  AdminServer server(port.executor, port.surroundings, port.settings);
  REQUIRE(server.start().has_value());
  ScriptedClient& victim = port.connect(server.addresses()[0]);
  ScriptedClient& killer = port.connect(server.addresses()[0]);
  const std::uint32_t id = victim.established().connection_id;
  port.executor.act_next([&] { return std::string(server.kill(id) ? "ended" : "unknown"); });
  CHECK(port.scene.ask(killer, "KILL") == "ended");
  port.scene.until([&] { return victim.ended(); });
  port.executor.act_next([&] { return std::string(server.kill(id) ? "ended" : "unknown"); });
  CHECK(port.scene.ask(killer, "KILL") == "unknown");
}

}  // namespace
}  // namespace weir::test
