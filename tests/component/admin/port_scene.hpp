// An admin port without a thread: connections on the test's loop, an executor that answers by a table.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "admin/session.hpp"
#include "proxy/net/acceptor.hpp"
#include "router/config/variables.hpp"
#include "tests/support/scripted_client.hpp"

namespace weir::test {

// Answers what was put in, and one row with the statement itself otherwise; parameters follow it, as
// "sql|a|NULL".
class FakeExecutor final : public Executor {
 public:
  weir::Reply run(AdminSession& session, std::string_view sql, std::span<const Cell> parameters) override {
    ran.emplace_back(sql);
    session.warnings = warnings;
    users.push_back(session.user + "@" + session.address + (session.stats_only ? " stats" : ""));
    if (on_run) on_run(sql);
    if (const auto found = answers.find(std::string(sql)); found != answers.end()) return found->second;
    Rows rows{.columns = {"sql"}, .rows = {{std::string(sql)}}};
    for (const Cell& parameter : parameters) {
      rows.columns.emplace_back("?");
      rows.rows[0].push_back(parameter);
    }
    return rows;
  }
  Result<PreparedShape, Refusal> prepare(AdminSession&, std::string_view sql) override {
    if (sql.contains("no_such_table")) return std::unexpected(Refusal{1146, "42S02", "no such table"});
    PreparedShape shape{.parameters = static_cast<std::uint16_t>(std::ranges::count(sql, '?')),
                        .columns = columns};
    prepared.emplace_back(sql);
    return shape;
  }

  std::map<std::string, weir::Reply> answers;
  std::vector<std::string> columns;
  Complaints warnings;
  std::function<void(std::string_view sql)> on_run;
  std::vector<std::string> ran, prepared, users;
};

class PortScene final : AcceptEvents {
 public:
  PortScene() {
    state.settings = defaults();
    state.settings.admin_credentials = "admin:admin;radmin:secret";
    state.on_ended = [] {};
    if (!acceptor_.listen(*Address::from_ip("127.0.0.1", 0))) throw std::runtime_error("no loopback port");
  }

  ScriptedClient& connect(const std::string& user, const std::string& password, Caps caps = kUsualClient) {
    if (!state.accounts) apply_accounts();
    ConnectRequest request;
    request.credentials = {.user = user, .cleartext = password, .sha1_stage1 = {}};
    request.want = caps;
    clients_.push_back(std::make_unique<ScriptedClient>(loop));
    clients_.back()->connect(acceptor_.local(), request);
    return *clients_.back();
  }
  ScriptedClient& log_in(const std::string& user = "admin", const std::string& password = "admin",
                         Caps caps = kUsualClient) {
    ScriptedClient& client = connect(user, password, caps);
    until([&] { return client.logged_in() || client.ended() || !client.login_error().empty(); });
    return client;
  }
  void apply_accounts() {
    auto accounts = AdminAccounts::parse(state.settings.admin_credentials, state.settings.stats_credentials);
    state.accounts = std::make_shared<const AdminAccounts>(accounts.value());
  }
  Reply reply_of(ScriptedClient& client) {
    until([&] { return !client.replies().empty() || client.ended(); });
    if (client.replies().empty()) throw std::runtime_error("the connection ended without a reply");
    return client.take_reply();
  }
  Reply ask(ScriptedClient& client, Command command, Bytes argument = {}) {
    client.command(command, argument);
    return reply_of(client);
  }
  std::string ask(ScriptedClient& client, std::string_view sql) {
    return ask(client, Command::query, as_bytes(sql)).text();
  }
  void until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("waited in vain");
      turn();
    }
  }
  const Address& address() const { return acceptor_.local(); }
  // One turn that does not wait.
  void turn() {
    struct Awake final : TurnEnd {
      explicit Awake(Loop& l) : loop(l) { loop.at_turn_end(*this); }
      void on_turn_end() noexcept override { loop.at_turn_end(*this); }
      Loop& loop;
    } awake(loop);
    loop.run_one_turn();
    std::erase_if(connections, [](const auto& connection) { return connection->ended(); });
  }

  Loop loop;
  FakeExecutor executor;
  std::uint32_t last_id = 0;
  AdminPortState state{.loop = loop, .executor = executor, .surroundings = {[this] { return ++last_id; }}};
  std::optional<Address> pretended_peer;  // where clients seem to come from
  std::vector<std::unique_ptr<AdminConnection>> connections;

 private:
  void on_accepted(int fd, const Address& peer, const Acceptor&) noexcept override {
    connections.push_back(std::make_unique<AdminConnection>(state, fd, pretended_peer.value_or(peer)));
  }
  void on_accept_failed(NetError, int) noexcept override {}

  Acceptor acceptor_{loop, *this};
  std::vector<std::unique_ptr<ScriptedClient>> clients_;
};

}  // namespace weir::test
