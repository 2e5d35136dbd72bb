#include "admin/server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "admin/accounts.hpp"
#include "admin/session.hpp"
#include "protocol/base/log.hpp"
#include "protocol/message/response.hpp"
#include "proxy/net/acceptor.hpp"
#include "proxy/net/mailbox.hpp"

namespace weir {
namespace {

constexpr std::uint16_t kDefaultPort = 6032;

Result<std::vector<Address>, std::string> addresses_of(const std::string& interfaces) {
  const auto endpoints = parse_endpoints(interfaces, kDefaultPort);
  if (!endpoints) return std::unexpected("admin-mysql_ifaces: " + endpoints.error());
  std::vector<Address> addresses;
  for (const Endpoint& endpoint : *endpoints) {
    const auto address = endpoint.numeric();
    if (!address)
      return std::unexpected("admin-mysql_ifaces: '" + endpoint.text() +
                             "' is not a numeric address or a path");
    addresses.push_back(*address);
  }
  return addresses;
}

// An ERR in place of a greeting. A client that does not take it at once goes without.
void turn_away(int fd) {
  ByteQueue out;
  std::uint8_t sequence = 0;
  encode_proxy_error(out, sequence, ProxyError::too_many_connections);
  const Bytes bytes = out.readable();
  if (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    log::debug("an admin client was turned away without a word");
  ::close(fd);
}

}  // namespace

class AdminServer::Port final : AcceptEvents, TurnEnd {
 public:
  Port(Executor& executor, AdminSurroundings surroundings, const Settings& settings)
      : mailbox_(loop_),
        state_{.loop = loop_, .executor = executor, .surroundings = std::move(surroundings)} {
    state_.settings = settings;
    state_.on_ended = [this] { loop_.at_turn_end(*this); };
  }
  ~Port() { stop(); }

  Result<void, std::string> start() {
    if (auto applied = apply(state_.settings); !applied) return applied;
    thread_ = std::thread([this] { loop_.run(); });
    return {};
  }

  void stop() {
    if (!thread_.joinable()) return;
    mailbox_.post([this] { loop_.stop(); });
    thread_.join();
    connections_.clear();
    listeners_.clear();
  }

  void post(Task task) { mailbox_.post(std::move(task)); }
  Loop& loop() { return loop_; }
  std::size_t sessions() const { return sessions_.load(std::memory_order_relaxed); }

  Result<void, std::string> apply(const Settings& settings) {
    auto accounts = AdminAccounts::parse(settings.admin_credentials, settings.stats_credentials);
    if (!accounts) return std::unexpected(std::move(accounts).error());
    const auto wanted = addresses_of(settings.admin_interfaces);
    if (!wanted) return std::unexpected(wanted.error());
    if (auto listening = listen_on(*wanted); !listening) return listening;
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

  std::vector<Address> addresses() const {
    std::vector<Address> addresses;
    for (const Listener& listener : listeners_) addresses.push_back(listener.acceptor->local());
    return addresses;
  }

 private:
  struct Listener {
    Address wanted;  // as configured: the port may be 0 here
    std::unique_ptr<Acceptor> acceptor;
  };

  bool listens_on(const Address& address) const {
    return std::ranges::find(listeners_, address, &Listener::wanted) != listeners_.end();
  }

  Result<void, std::string> add_listener(const Address& address) {
    AcceptEvents& events = *this;
    Listener listener{address, std::make_unique<Acceptor>(loop_, events)};
    if (auto listening = listener.acceptor->listen(address); !listening) return listening;
    log::info("admin port listening", {{"address", listener.acceptor->local().text()}});
    listeners_.push_back(std::move(listener));
    return {};
  }

  // What is given up goes first: 0.0.0.0 cannot be had while 127.0.0.1 is held on the same port. If a new
  // address fails, all is put back.
  Result<void, std::string> listen_on(const std::vector<Address>& wanted) {
    std::vector<Address> before;
    for (const Listener& listener : listeners_) before.push_back(listener.wanted);
    std::erase_if(listeners_, [&wanted](const Listener& listener) {
      return std::ranges::find(wanted, listener.wanted) == wanted.end();
    });
    const auto kept = static_cast<std::ptrdiff_t>(listeners_.size());
    for (const Address& address : wanted) {
      if (listens_on(address)) continue;
      auto added = add_listener(address);
      if (added) continue;
      listeners_.erase(listeners_.begin() + kept, listeners_.end());
      for (const Address& earlier : before) {
        if (listens_on(earlier)) continue;
        if (const auto back = add_listener(earlier); !back)
          log::error("the admin port lost an address", {{"error", back.error()}});
      }
      return added;
    }
    return {};
  }

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

  void on_accepted(int fd, const Address& peer) noexcept override {
    const std::size_t limit = kMaxSessions + (is_local(peer) ? kReservedSessions : 0);
    if (connections_.size() >= limit) {
      log::warn("admin client turned away: too many are connected",
                {{"client", peer.text()}, {"limit", limit}});
      return turn_away(fd);
    }
    connections_.push_back(std::make_unique<AdminConnection>(state_, fd, peer));
    sessions_.store(connections_.size(), std::memory_order_relaxed);
  }

  void on_accept_failed(NetError why, int refused) noexcept override {
    log::error("cannot accept admin clients", {{"error", why.text()}, {"refused", refused}});
  }

  void on_turn_end() noexcept override {
    std::erase_if(connections_, [](const auto& connection) { return connection->ended(); });
    sessions_.store(connections_.size(), std::memory_order_relaxed);
  }

  Loop loop_;
  Mailbox mailbox_;
  AdminPortState state_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<AdminConnection>> connections_;
  std::atomic<std::size_t> sessions_{0};
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

Loop& AdminServer::loop() {
  return port_->loop();
}

bool AdminServer::kill(std::uint32_t session_id) {
  return port_->kill(session_id);
}

std::vector<Address> AdminServer::addresses() const {
  return port_->addresses();
}

std::size_t AdminServer::sessions() const {
  return port_->sessions();
}

}  // namespace weir
