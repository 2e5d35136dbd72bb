#include "admin/server.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "admin/accounts.hpp"
#include "admin/session.hpp"
#include "protocol/base/log.hpp"
#include "protocol/base/thread.hpp"
#include "protocol/wire/error_codes.hpp"
#include "proxy/net/listeners.hpp"
#include "proxy/net/mailbox.hpp"
#include "proxy/net/refusal.hpp"

namespace weir {
namespace {

constexpr std::uint16_t kDefaultPort = 6032;

}  // namespace

class AdminServer::Port final : AcceptEvents, TurnEnd {
 public:
  Port(Executor& executor, AdminSurroundings surroundings, const Settings& settings)
      : mailbox_(loop_),
        listeners_(loop_, *this, "admin port"),
        state_{.loop = loop_, .executor = executor, .surroundings = std::move(surroundings)} {
    state_.settings = settings;
    state_.on_ended = [this] { loop_.at_turn_end(*this); };
  }
  ~Port() { stop(); }

  Result<void, std::string> start() {
    if (auto applied = apply(state_.settings); !applied) return applied;
    thread_ = std::thread([this] {
      begin_thread("weir-admin");
      loop_.run();
    });
    return {};
  }

  void stop() {
    if (!thread_.joinable()) return;
    mailbox_.post([this] { loop_.stop(); });
    thread_.join();
    connections_.clear();
    listeners_.close();
  }

  void post(Task task) { mailbox_.post(std::move(task)); }
  Loop& loop() { return loop_; }
  const AdminLogins& logins() const { return state_.logins; }
  std::size_t sessions() const { return sessions_.load(std::memory_order_relaxed); }

  Result<void, std::string> apply(const Settings& settings) {
    auto accounts = AdminAccounts::parse(settings.admin_credentials, settings.stats_credentials);
    if (!accounts) return std::unexpected(std::move(accounts).error());
    const auto wanted = listen_addresses("admin-mysql_ifaces", settings.admin_interfaces, kDefaultPort);
    if (!wanted) return std::unexpected(wanted.error());
    if (listens_) {
      if (auto listening = listeners_.listen_on(*wanted); !listening) return listening;
    }
    const bool news = state_.accounts == nullptr ||
                      settings.admin_credentials != state_.settings.admin_credentials ||
                      settings.stats_credentials != state_.settings.stats_credentials;
    state_.accounts = std::make_shared<const AdminAccounts>(*std::move(accounts));
    state_.settings = settings;
    if (news) tell_of_default_passwords();
    return {};
  }

  bool kill(std::uint32_t session_id) {
    const auto found = std::ranges::find_if(connections_, [session_id](const auto& connection) {
      return connection->id() == session_id && !connection->ended();
    });
    if (found == connections_.end()) return false;
    (*found)->end();
    return true;
  }

  void stop_listening() {
    listens_ = false;
    listeners_.close();
  }
  std::vector<Address> addresses() const { return listeners_.addresses(); }

 private:
  void tell_of_default_passwords() const {
    for (const AdminAccount& admin : state_.accounts->all()) {
      if (!admin.local_only) continue;
      log::warn(
          "this account of the admin port has its default password: it is let in from this machine only, "
          "until the password is changed",
          {{"user", admin.account.name},
           {"variable", admin.stats_only ? "admin-stats_credentials" : "admin-admin_credentials"}});
    }
  }

  void on_accepted(int fd, const Address& peer, const Acceptor&) noexcept override {
    const std::size_t limit = kMaxSessions + (is_local(peer) ? kReservedSessions : 0);
    if (connections_.size() >= limit) {
      std::int64_t earlier = 0;
      if (turned_away_.allow(loop_.now(), &earlier)) {
        log::warn("admin client turned away: too many are connected",
                  {{"client", peer.text()}, {"limit", limit}, {"earlier", earlier}});
      }
      return refuse_client(fd, ProxyError::too_many_connections,
                           error_text(ProxyError::too_many_connections));
    }
    connections_.push_back(std::make_unique<AdminConnection>(state_, fd, peer));
    sessions_.store(connections_.size(), std::memory_order_relaxed);
  }

  void on_accept_failed(NetError why, int refused) noexcept override {
    std::int64_t earlier = 0;
    if (!accept_failures_.allow(loop_.now(), &earlier)) return;
    log::error("cannot accept admin clients",
               {{"error", why.text()}, {"refused", refused}, {"earlier", earlier}});
  }

  void on_turn_end() noexcept override {
    std::erase_if(connections_, [](const auto& connection) { return connection->ended(); });
    sessions_.store(connections_.size(), std::memory_order_relaxed);
  }

  Loop loop_;
  Mailbox mailbox_;
  Listeners listeners_;
  bool listens_ = true;  // false: others do, by the same settings
  AdminPortState state_;
  std::vector<std::unique_ptr<AdminConnection>> connections_;
  std::atomic<std::size_t> sessions_{0};
  log::RateLimit turned_away_{1000};
  log::RateLimit accept_failures_{1000};
  std::thread thread_;
};

AdminServer::AdminServer(Executor& executor, AdminSurroundings surroundings, const Settings& settings)
    : port_(std::make_unique<Port>(executor, std::move(surroundings), settings)) {}

AdminServer::~AdminServer() = default;

Result<void, std::string> AdminServer::start() {
  return port_->start();
}

void AdminServer::stop() {
  port_->stop();
}

void AdminServer::post(Task task) {
  port_->post(std::move(task));
}

Result<void, std::string> AdminServer::on_settings(const Settings& settings) {
  return port_->apply(settings);
}

void AdminServer::stop_listening() {
  port_->stop_listening();
}

Loop& AdminServer::loop() {
  return port_->loop();
}

bool AdminServer::kill(std::uint32_t session_id) {
  return port_->kill(session_id);
}

std::vector<Address> AdminServer::addresses() const {
  return port_->addresses();
}

const AdminLogins& AdminServer::logins() const {
  return port_->logins();
}

std::size_t AdminServer::sessions() const {
  return port_->sessions();
}

}  // namespace weir
