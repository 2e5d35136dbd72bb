// A small Weir between scripted servers and clients: everything that a component test of sessions and the
// pool needs.
//
//   Scene scene;                       // one server "a" in hostgroup 1, accounts ann and bob, one worker
//   scene.start();
//   ScriptedClient& client = scene.log_in("ann");
//   CHECK(scene.ask(client, "SELECT 1") == "a");
//
// By default the workers' loops turn on the test's own thread, in step with the test's, so that tests are
// repeatable; with Threads::own the workers run as in the product. until() waits for a condition, and fails
// the test if it does not come true in a generous time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/net/acceptor.hpp"
#include "proxy/worker/fleet.hpp"
#include "tests/support/scripted_client.hpp"
#include "tests/support/scripted_server.hpp"

namespace weir::test {

class Scene final : AcceptEvents {
 public:
  enum class Threads { none, own };

  explicit Scene(std::size_t workers = 1, Threads threads = Threads::none);
  ~Scene();

  // Before start(). Server 0 is there: "a" in hostgroup 1 (the default hostgroup of ann and bob).
  ScriptedServer& add_server(int hostgroup, std::string name);
  // At the port of server 0, but of another address, and in no hostgroup.
  ScriptedServer& add_twin(std::string name, std::string ip);
  ServerRow& server_row(std::size_t index) { return tables_.servers.at(index); }
  Tables& tables() { return tables_; }
  Settings& settings() { return settings_; }
  void split_reads_to(int hostgroup);  // hostgroup 1 writes, this one reads, by automatic splitting
  void start();
  // After start(): the tables and settings as they are now become those of the fleet.
  void publish();
  // The same, built and not yet published.
  std::shared_ptr<const Snapshot> build();
  // After start(): with what TLS begins, for clients and (as the tables say) towards servers.
  void publish_tls(std::shared_ptr<const TlsContext> for_clients);
  // A client that has only begun, by TLS.
  ScriptedClient& connect_by_tls(std::shared_ptr<const TlsContext> tls, ConnectRequest request,
                                 Blob at_once = {});
  // After start(): what a monitor would decide. There is none; monitor_enabled is off unless a test says so.
  void decide(ServerOverlay overlay);

  ScriptedServer& server(std::size_t index = 0) { return *servers_.at(index); }
  Fleet& fleet() { return *fleet_; }
  const ServerStates& states() const { return states_; }
  Worker& worker(std::size_t index = 0) { return fleet_->worker(index); }
  std::uint64_t count(Counter WorkerStats::* counter) const { return fleet_->total(counter); }
  Loop& loop() { return loop_; }

  // A client that has logged in; its worker is the one with the fewest sessions.
  ScriptedClient& log_in(const std::string& user = "ann", const std::string& schema = "",
                         Caps caps = kUsualClient);
  // One that has only begun; `at_once` and `with_login` as ScriptedClient::set_preface().
  ScriptedClient& connect(const ConnectRequest& request, Blob at_once = {}, Blob with_login = {});
  static ConnectRequest request(const std::string& user, const std::string& schema = "",
                                Caps caps = kUsualClient);
  // Sends a query and waits for the whole reply; its text(), or "gone" if the connection ended.
  std::string ask(ScriptedClient& client, std::string_view sql);
  std::string ask(ScriptedClient& client, Command command, Bytes argument = {});
  // Waits for the next reply, and takes it.
  std::string reply_of(ScriptedClient& client);

  void until(const std::function<bool()>& done);
  // So many rounds of all loops, none of which waits.
  void turn(int rounds = 1);
  // Half a round each: the workers' loops (Threads::none), and the test's.
  void turn_workers();
  void turn_peers();
  // No bytes are under way any more, as far as that shows: a few dozen rounds.
  void settle() { turn(30); }

  std::size_t connections();       // to servers, of all workers; Threads::none only
  std::size_t idle_connections();  // the same
  std::size_t sessions() const { return fleet_->sessions_connected(); }
  std::int64_t permits(std::size_t server = 0) const;
  void stop();

 private:
  void on_accepted(int fd, const Address& peer, const Acceptor& at) noexcept override;
  void on_accept_failed(NetError, int) noexcept override {}

  const std::size_t workers_;
  const Threads threads_;
  Loop loop_;
  Tables tables_;
  Settings settings_;
  ServerStates states_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<std::unique_ptr<ScriptedServer>> servers_;
  Acceptor acceptor_;
  std::unique_ptr<Fleet> fleet_;
  std::vector<std::unique_ptr<ScriptedClient>> clients_;
};

}  // namespace weir::test
