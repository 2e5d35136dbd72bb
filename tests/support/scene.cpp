#include "tests/support/scene.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "router/config/variables.hpp"

namespace weir::test {
namespace {

// Far beyond what anything here takes, sanitizers and busy machines included.
constexpr auto kPatience = std::chrono::seconds(60);

// `loop` serves what is ready, and does not wait.
void turn_once(Loop& loop) {
  struct Awake final : TurnEnd {
    explicit Awake(Loop& l) : loop(l) { loop.at_turn_end(*this); }
    void on_turn_end() noexcept override { loop.at_turn_end(*this); }
    Loop& loop;
  } awake(loop);
  loop.run_one_turn();
}

}  // namespace

Scene::Scene(std::size_t workers, Threads threads)
    : workers_(workers), threads_(threads), settings_(defaults()), acceptor_(loop_, *this) {
  // A machine that stands still for a second must not make an attempt to connect, or a check of a schema,
  // fail.
  settings_.connect_timeout_server = 60'000;
  settings_.monitor_enabled = false;
  add_server(1, "a");
  for (const char* name : {"ann", "bob"}) {
    UserRow user;
    user.username = user.password.emplace(name);
    user.default_hostgroup = 1;
    tables_.users.push_back(user);
  }
}

Scene::~Scene() {
  stop();
}

void Scene::stop() {
  if (!fleet_) return;
  if (threads_ == Threads::none) {
    for (std::size_t i = 0; i < workers_; ++i) {
      worker(i).stop();
      turn_once(worker(i).loop());
    }
  }
  fleet_.reset();
}

ScriptedServer& Scene::add_server(int hostgroup, std::string name) {
  servers_.push_back(std::make_unique<ScriptedServer>(loop_, std::move(name)));
  ServerRow row;
  row.hostgroup_id = hostgroup;
  row.hostname = "127.0.0.1";
  row.port = servers_.back()->port();
  tables_.servers.push_back(row);
  return *servers_.back();
}

ScriptedServer& Scene::add_twin(std::string name, std::string ip) {
  servers_.push_back(
      std::make_unique<ScriptedServer>(loop_, std::move(name), std::move(ip), servers_.front()->port()));
  return *servers_.back();
}

void Scene::split_reads_to(int hostgroup) {
  ReplicationHostgroupRow pair;
  pair.writer_hostgroup = 1;
  pair.reader_hostgroup = hostgroup;
  tables_.replication_hostgroups.push_back(pair);
  settings_.auto_rw_split = true;
}

void Scene::start() {
  build();
  fleet_ = std::make_unique<Fleet>(snapshot_, workers_, [] {});
  if (!acceptor_.listen(*Address::from_ip("127.0.0.1", 0))) throw std::runtime_error("no loopback port");
  if (threads_ == Threads::own) return fleet_->start();
  fleet_->query_log().adopt(settings_);
}

std::shared_ptr<const Snapshot> Scene::build() {
  auto built = build_snapshot(tables_, settings_, states_, snapshot_);
  if (!built) throw std::runtime_error("the tables of this test are wrong");
  return snapshot_ = *built;
}

void Scene::publish() {
  fleet_->publish(build());
}

void Scene::publish_tls(std::shared_ptr<const TlsContext> for_clients) {
  fleet_->publish_tls(
      std::make_shared<const TlsContexts>(tls_plan(*snapshot_), std::move(for_clients), nullptr));
}

ScriptedClient& Scene::connect_by_tls(std::shared_ptr<const TlsContext> tls, ConnectRequest request,
                                      Blob at_once) {
  request.tls = true;
  clients_.push_back(std::make_unique<ScriptedClient>(loop_));
  clients_.back()->set_preface(std::move(at_once));
  clients_.back()->set_tls(std::move(tls));
  clients_.back()->connect(acceptor_.local(), request);
  return *clients_.back();
}

void Scene::decide(ServerOverlay overlay) {
  snapshot_ = with_overlay(*snapshot_, std::move(overlay), states_);
  fleet_->publish(snapshot_);
}

void Scene::on_accepted(int fd, const Address& peer, const Acceptor& at) noexcept {
  fleet_->add_client({fd, peer, at.local_of(fd)});
}

ConnectRequest Scene::request(const std::string& user, const std::string& schema, Caps caps) {
  ConnectRequest request;
  request.credentials = {.user = user, .cleartext = user, .sha1_stage1 = {}};
  request.schema = schema;
  request.want = caps;
  return request;
}

ScriptedClient& Scene::connect(const ConnectRequest& request, Blob at_once, Blob with_login) {
  clients_.push_back(std::make_unique<ScriptedClient>(loop_));
  clients_.back()->set_preface(std::move(at_once), std::move(with_login));
  clients_.back()->connect(acceptor_.local(), request);
  return *clients_.back();
}

ScriptedClient& Scene::log_in(const std::string& user, const std::string& schema, Caps caps) {
  ScriptedClient& client = connect(request(user, schema, caps));
  until([&] { return client.logged_in() || client.ended(); });
  return client;
}

std::string Scene::ask(ScriptedClient& client, std::string_view sql) {
  return ask(client, Command::query, as_bytes(sql));
}

std::string Scene::ask(ScriptedClient& client, Command command, Bytes argument) {
  client.command(command, argument);
  return reply_of(client);
}

std::string Scene::reply_of(ScriptedClient& client) {
  until([&] { return !client.replies().empty() || client.ended() || client.asked_for_file(); });
  if (!client.replies().empty()) return client.take_reply().text();
  return client.asked_for_file() ? "file" : "gone";
}

void Scene::turn_workers() {
  for (std::size_t i = 0; i < workers_; ++i) turn_once(worker(i).loop());
}

void Scene::turn(int rounds) {
  for (int i = 0; i < rounds; ++i) {
    if (threads_ == Threads::none && fleet_) {
      turn_workers();
    } else {
      std::this_thread::yield();
    }
    turn_peers();
  }
}

void Scene::turn_peers() {
  for (const auto& server : servers_) server->step();
  turn_once(loop_);
}

void Scene::until(const std::function<bool()>& done) {
  const auto limit = std::chrono::steady_clock::now() + kPatience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("it did not happen in a minute");
    turn();
  }
}

std::size_t Scene::connections() {
  std::size_t all = 0;
  for (std::size_t i = 0; i < workers_; ++i) all += worker(i).pool().connections();
  return all;
}

std::size_t Scene::idle_connections() {
  std::size_t all = 0;
  for (std::size_t i = 0; i < workers_; ++i) all += worker(i).pool().idle_connections();
  return all;
}

std::int64_t Scene::permits(std::size_t server) const {
  for (const Hostgroup& hostgroup : snapshot_->hostgroups()) {
    for (const auto& row : hostgroup.servers) {
      if (row->port == servers_.at(server)->port()) return row->slots().used();
    }
  }
  return -1;
}

}  // namespace weir::test
