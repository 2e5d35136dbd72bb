#include "proxy/app.hpp"

#include <csignal>
#include <thread>

#include "protocol/base/log.hpp"
#include "proxy/net/fd_limit.hpp"

namespace weir {
namespace {

std::size_t worker_count(const Settings& settings) {
  if (settings.threads > 0) return static_cast<std::size_t>(settings.threads);
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

App::App(std::shared_ptr<const Snapshot> snapshot)
    : snapshot_(std::move(snapshot)), mailbox_(loop_), drain_deadline_(loop_.deadlines(), *this) {}

App::~App() = default;

int App::run() {
  // First of all, so that no signal finds its default effect.
  const Signals signals(loop_, *this, {SIGTERM, SIGINT, SIGHUP, SIGUSR1});
  const FdLimit limit = raise_fd_limit();
  const std::size_t workers = worker_count(snapshot_->settings());
  // The last session may end on any worker; what follows is ours.
  fleet_ =
      std::make_unique<Fleet>(snapshot_, workers, [this] { mailbox_.post([this] { leave_if_empty(); }); });
  if (snapshot_->users_part().users.empty()) log::warn("no user is configured: nobody can log in");
  if (!listen()) return 1;
  fleet_->start();
  log::info("ready", {{"workers", workers}, {"descriptors", limit.now}});
  loop_.run();
  acceptors_.clear();
  fleet_->stop();
  log::info("stopped", {{"questions", fleet_->total(&WorkerStats::questions)}});
  return 0;
}

// One listener that cannot be had is an error: an application that cannot connect is worse off than an
// operator who reads why.
bool App::listen() {
  const auto endpoints = parse_endpoints(snapshot_->settings().interfaces, 6033);
  if (!endpoints) {
    log::error("mysql-interfaces cannot be read", {{"error", endpoints.error()}});
    return false;
  }
  for (const Endpoint& endpoint : *endpoints) {
    const auto address = endpoint.numeric();
    if (!address) {
      log::error("mysql-interfaces wants numeric addresses or paths", {{"interface", endpoint.text()}});
      return false;
    }
    AcceptEvents& events = *this;
    auto acceptor = std::make_unique<Acceptor>(loop_, events);
    if (const auto listening = acceptor->listen(*address); !listening) {
      log::error("cannot listen", {{"error", listening.error()}});
      return false;
    }
    log::info("listening", {{"address", acceptor->local().text()}});
    acceptors_.push_back(std::move(acceptor));
  }
  return !acceptors_.empty();
}

void App::on_accepted(int fd, const Address& peer) noexcept {
  fleet_->add_client({fd, peer, Address::local_of(fd)});
}

void App::on_accept_failed(NetError why, int refused) noexcept {
  std::int64_t suppressed = 0;
  if (!accept_failures_.allow(loop_.now(), &suppressed)) return;
  log::error("cannot accept clients", {{"error", why.text()}, {"refused", refused}, {"earlier", suppressed}});
}

void App::on_signal(int signal) noexcept {
  if (signal == SIGHUP || signal == SIGUSR1) {
    if (!log::reopen()) log::error("the log file cannot be reopened");
    return;
  }
  if (draining_) return loop_.stop();
  drain();
}

void App::drain() {
  draining_ = true;
  log::info("draining", {{"sessions", fleet_->sessions_connected()}, {"at_most_ms", kDrainMs}});
  for (auto& acceptor : acceptors_) acceptor->close();
  drain_deadline_.set(loop_.now() + kDrainMs);
  fleet_->drain();
  leave_if_empty();
}

void App::leave_if_empty() {
  if (draining_ && fleet_->sessions_connected() == 0) loop_.stop();
}

void App::on_deadline() noexcept {
  log::warn("sessions were still busy", {{"sessions", fleet_->sessions_connected()}});
  loop_.stop();
}

}  // namespace weir
