// Which of several servers sessions are sent to, by what is in flight and by how fast they answer.
#include <catch2/catch.hpp>

#include "router/backend/balance.hpp"
#include "tests/support/scene.hpp"

namespace weir::test {
namespace {

void set_balance(Scene& scene, const std::string& settings) {
  HostgroupAttributesRow row;
  row.hostgroup_id = 1;
  row.hostgroup_settings = settings;
  scene.tables().hostgroup_attributes = {row};
}

const Hostgroup& hostgroup(Scene& scene) {
  return *scene.worker(0).snapshot().find_hostgroup(1);
}
std::int64_t in_flight(Scene& scene, std::size_t server) {
  for (const auto& each : hostgroup(scene).servers) {
    if (each->port == scene.server(server).port()) return each->load().in_flight();
  }
  return -1;
}
double latency_us(Scene& scene, std::size_t server) {
  const Instant now = scene.worker(0).loop().now();
  for (const auto& each : hostgroup(scene).servers) {
    if (each->port == scene.server(server).port()) return each->load().latency_us(now);
  }
  return -1;
}

// Every server has two idle connections in the first worker.
void warm(Scene& scene) {
  std::vector<ScriptedClient*> holders;
  for (ScriptedServer* server : {&scene.server(0), &scene.server(1)}) {
    server->on("SELECT held", [](ServerSide& side) {
      side.ok();
      side.hold();
    });
  }
  const auto open = [&] {
    return scene.server(0).open_connections() >= 2 && scene.server(1).open_connections() >= 2;
  };
  while (!open()) {
    holders.push_back(&scene.log_in());
    holders.back()->query("SELECT held");
    scene.settle();
  }
  for (ScriptedServer* server : {&scene.server(0), &scene.server(1)}) {
    while (ServerSide* side = server->find_held()) side->release();
  }
  for (ScriptedClient* holder : holders) {
    scene.reply_of(*holder);
    holder->close();
  }
  scene.settle();
}

TEST_CASE("connections in use are counted only where the balance needs it, also across a reload") {
  Scene scene;
  scene.add_server(1, "b");
  scene.start();
  warm(scene);
  ScriptedClient& before = scene.log_in();
  before.query("SELECT held");
  scene.settle();
  CHECK(in_flight(scene, 0) + in_flight(scene, 1) == 0);
  set_balance(scene, R"({"balance":"least_in_flight"})");
  scene.publish();
  ScriptedClient& after = scene.log_in();
  after.query("SELECT held");
  scene.settle();
  CHECK(in_flight(scene, 0) + in_flight(scene, 1) == 1);
  set_balance(scene, "");
  scene.publish();
  for (std::size_t i = 0; i < 2; ++i) {
    while (ServerSide* side = scene.server(i).find_held()) side->release();
  }
  scene.reply_of(before);
  scene.reply_of(after);
  scene.settle();
  CHECK(in_flight(scene, 0) == 0);
  CHECK(in_flight(scene, 1) == 0);
}

TEST_CASE("least_in_flight: a server that does not answer gets no more while another one does") {
  for (const std::size_t workers : {1uz, 2uz}) {
    CAPTURE(workers);
    Scene scene(workers);
    scene.add_server(1, "b");
    set_balance(scene, R"({"balance":"least_in_flight"})");
    scene.start();
    warm(scene);
    ScriptedClient& stuck = scene.log_in();
    stuck.query("SELECT held");
    scene.until([&] { return in_flight(scene, 0) + in_flight(scene, 1) == 1; });
    const std::string other = in_flight(scene, 0) == 1 ? "b" : "a";
    std::vector<ScriptedClient*> clients;
    for (int i = 0; i < 4; ++i) clients.push_back(&scene.log_in());
    // A worker without a connection to the better server takes what it has, and opens one.
    const auto settled = [&] {
      bool all = true;
      for (ScriptedClient* client : clients) all &= scene.ask(*client, "SELECT 1") == other;
      scene.settle();
      return all;
    };
    scene.until(settled);
    for (int i = 0; i < 40; ++i)
      CHECK(scene.ask(*clients[static_cast<std::size_t>(i) % 4], "SELECT 1") == other);
    stuck.close();
    scene.until([&] { return in_flight(scene, 0) + in_flight(scene, 1) == 0; });
  }
}

TEST_CASE("peak_ewma: the time to the first byte of a reply is measured, and a slow server avoided") {
  Scene scene;
  scene.add_server(1, "b");
  set_balance(scene, R"({"balance":"peak_ewma"})");
  scene.start();
  warm(scene);
  ScriptedClient& slow = scene.log_in();
  slow.query("SELECT held");
  scene.until(
      [&] { return scene.server(0).find_held() != nullptr || scene.server(1).find_held() != nullptr; });
  const std::size_t held = scene.server(0).find_held() != nullptr ? 0 : 1;
  const Instant since = scene.worker(0).loop().now();
  scene.until([&] { return scene.worker(0).loop().now() >= since + 300; });
  scene.server(held).find_held()->release();
  scene.reply_of(slow);
  CHECK(latency_us(scene, held) > 150'000);
  ScriptedClient& client = scene.log_in();
  const std::string other = held == 0 ? "b" : "a";
  // Until the memory of it has faded; how fast the other one is depends on this machine.
  for (int i = 0; i < 20 && latency_us(scene, held) > 50'000 && latency_us(scene, 1 - held) < 20'000; ++i) {
    CHECK(scene.ask(client, "SELECT 1") == other);
  }
  CHECK(latency_us(scene, 1 - held) > 0);
}

TEST_CASE("by weight, nothing is measured") {
  Scene scene;
  scene.start();
  ScriptedClient& client = scene.log_in();
  for (int i = 0; i < 3; ++i) CHECK(scene.ask(client, "SELECT 1") == "a");
  CHECK(latency_us(scene, 0) == 0);
  CHECK(in_flight(scene, 0) == 0);
}

TEST_CASE("pings of idle connections tell a server's latency, and max_latency_ms leaves out the slow one") {
  Scene scene;
  scene.add_server(1, "b");
  scene.settings().ping_interval_server_msec = 1000;
  scene.settings().ping_timeout_server = 600'000;
  for (std::size_t i = 0; i < 2; ++i) scene.server_row(i).max_latency_ms = 50;
  scene.start();
  warm(scene);
  scene.server(0).on(Command::ping, [](ServerSide& side) {
    side.ok();
    side.hold();
  });
  scene.until([&] { return scene.server(0).find_held() != nullptr; });
  const Instant since = scene.worker(0).loop().now();
  scene.until([&] { return scene.worker(0).loop().now() >= since + 300; });
  scene.server(0).on(Command::ping, nullptr);
  while (ServerSide* side = scene.server(0).find_held()) side->release();
  const Hostgroup& group = hostgroup(scene);
  const auto slow = [&] { return balance::too_slow(group, *group.servers[0], scene.worker(0).loop().now()); };
  scene.until([&] { return group.servers[0]->ping().mean_us() > 0; });
  scene.until([&] { return scene.idle_connections() >= 4; });
  ScriptedClient& client = scene.log_in();
  for (int i = 0; i < 20; ++i) {
    const bool left_out = slow();
    const std::string answer = scene.ask(client, "SELECT 1");
    if (left_out && slow()) CHECK(answer == "b");
  }
  CHECK(group.servers[0]->ping().mean_us() > 100'000);
}

// What a shard needs of a worker.
class BareHost final : public PoolHost {
 public:
  explicit BareHost(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}
  const Snapshot& snapshot() const noexcept override { return *snapshot_; }

 private:
  void hand_over(std::size_t, int, ConnectionFacts) noexcept override {}
  void wake(std::size_t) noexcept override {}
  void wake_others() noexcept override {}
  void on_server_seen(const Server&, const Established&) noexcept override {}
  void on_unseen_failure(const std::string&, const std::string&, const ConnectFailure&) noexcept override {}
  void on_unreachable(const Server&) noexcept override {}
  void on_kill_ended(std::uint32_t, std::uint64_t) noexcept override {}

  std::shared_ptr<const Snapshot> snapshot_;
};

// PROXYSQL STOP and START: the server's figures outlive the worker. A connection that opens in its last turn
// is idle when it ends.
TEST_CASE("a shard that ends takes its idle connections out of the figures") {
  Scene scene;
  BareHost host(scene.build());
  const auto server = host.snapshot().find_hostgroup(1)->servers[0];
  WorkerStats stats;
  {
    PoolShard shard(scene.loop(), 0, host, stats);
    shard.warm(*server, Scene::request("ann"), 0);
    scene.until([&] { return shard.idle_connections() == 1; });
    CHECK(server->figures().totals().connections_idle == 1);
  }
  CHECK(server->figures().totals().connections_idle == 0);
  CHECK(server->slots().used() == 0);
}

}  // namespace
}  // namespace weir::test
