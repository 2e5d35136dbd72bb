// weir_null_server: a MySQL server without data. One thread; what it costs is a receive and a send per query.
#include <csignal>
#include <cstdio>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/null_server/null_session.hpp"
#include "bench/support/arguments.hpp"
#include "protocol/auth/stored_secret.hpp"
#include "proxy/net/acceptor.hpp"
#include "proxy/net/fd_limit.hpp"
#include "proxy/net/signals.hpp"

namespace weir::bench {
namespace {

constexpr std::string_view kUsage =
    "weir_null_server: answers like a MySQL server, from memory. Prints its address when it listens, and "
    "what it\n"
    "answered when it is terminated.\n"
    "  --host IP              address to listen on; 127.0.0.1. At 0.0.0.0 it is a server for each address "
    "that\n"
    "                         begins with 127\n"
    "  --port N               0 = the system chooses; 0\n"
    "  --user NAME:PASSWORD   account beside monitor:monitor; bench:bench\n";

class NullAccounts final : public Accounts {
 public:
  void add(std::string_view name, std::string_view password) {
    accounts_.push_back(
        {.name = std::string(name), .secrets = {{parse_stored_secret(password)}}, .must_use_tls = false});
  }
  const Account* find(std::string_view user) const override {
    for (const Account& account : accounts_) {
      if (account.name == user) return &account;
    }
    return nullptr;
  }

 private:
  std::vector<Account> accounts_;
};

class NullServer final : NullHost, AcceptEvents, TurnEnd, SignalEvents {
 public:
  explicit NullServer(NullAccounts accounts) : accounts_(std::move(accounts)), acceptor_(loop_, *this) {}

  int run(const Address& address) {
    if (const auto listening = acceptor_.listen(address); !listening) {
      std::fprintf(stderr, "%s\n", listening.error().c_str());
      return 1;
    }
    std::printf("listening %s\n", acceptor_.local().text().c_str());
    std::fflush(stdout);
    const Signals signals(loop_, *this, {SIGTERM, SIGINT});
    loop_.run();
    std::printf("{\"rows\": %llu, \"other\": %llu, \"accepted\": %u}\n", rows_, other_, next_id_ - 1);
    return 0;
  }

 private:
  const Accounts& accounts() override { return accounts_; }
  CannedReplies& canned() override { return canned_; }
  CheckReplies& checks() override { return checks_; }
  ByteQueue& scratch() override { return scratch_; }
  void count_rows() override { ++rows_; }
  void count_other() override { ++other_; }
  void reap(NullSession& session) override {
    ended_.push_back(session.id());
    loop_.at_turn_end(*this);
  }

  void on_accepted(int fd, const Address&, const Acceptor&) noexcept override {
    const std::uint32_t id = next_id_++;
    NullHost& host = *this;
    sessions_.emplace(id, std::make_unique<NullSession>(host, loop_, fd, id));
  }
  void on_accept_failed(NetError why, int refused) noexcept override {
    std::fprintf(stderr, "cannot accept: %s, %d refused\n", std::string(why.text()).c_str(), refused);
  }
  void on_turn_end() noexcept override {
    for (const std::uint32_t id : ended_) sessions_.erase(id);
    ended_.clear();
  }
  void on_signal(int) noexcept override { loop_.stop(); }

  Loop loop_;
  NullAccounts accounts_;
  CannedReplies canned_;
  CheckReplies checks_;
  ByteQueue scratch_;
  Acceptor acceptor_;
  std::unordered_map<std::uint32_t, std::unique_ptr<NullSession>> sessions_;
  std::vector<std::uint32_t> ended_;
  std::uint32_t next_id_ = 1;
  unsigned long long rows_ = 0;
  unsigned long long other_ = 0;
};

int run(int argc, char** argv) {
  Arguments arguments(argc, argv, kUsage);
  const std::string host = arguments.text("host", "127.0.0.1");
  const auto port = static_cast<std::uint16_t>(arguments.number("port", 0));
  const std::string user = arguments.text("user", "bench:bench");
  arguments.no_more();
  const auto address = Address::from_ip(host, port);
  if (!address) {
    std::fprintf(stderr, "not an address: %s\n", host.c_str());
    return 2;
  }
  const auto colon = user.find(':');
  NullAccounts accounts;
  accounts.add(user.substr(0, colon), colon == std::string::npos ? "" : user.substr(colon + 1));
  accounts.add("monitor", "monitor");
  raise_fd_limit();
  return NullServer(std::move(accounts)).run(*address);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  return weir::bench::run(argc, argv);
}
