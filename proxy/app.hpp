// The process: listeners and signals on the control thread, workers beside it, in order of construction and
// shutdown.
//
// SIGTERM or SIGINT drains: no new clients, idle sessions end, the others after their statement or
// transaction, at most kDrainMs; a second one ends at once. SIGHUP and SIGUSR1 reopen the log.
#pragma once

#include <memory>
#include <vector>

#include "protocol/base/log.hpp"
#include "proxy/net/acceptor.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/net/mailbox.hpp"
#include "proxy/net/signals.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class App final : AcceptEvents, SignalEvents, DeadlineEvents {
 public:
  static constexpr Millis kDrainMs = 10'000;

  explicit App(std::shared_ptr<const Snapshot> snapshot);
  ~App();

  // Listens, and runs until a signal ends it. The exit status: 0, or 1 if nothing could be listened on.
  int run();

 private:
  void on_accepted(int fd, const Address& peer) noexcept override;
  void on_accept_failed(NetError why, int refused) noexcept override;
  void on_signal(int signal) noexcept override;
  void on_deadline() noexcept override;

  bool listen();
  void drain();
  void leave_if_empty();

  std::shared_ptr<const Snapshot> snapshot_;
  Loop loop_;
  Mailbox mailbox_;
  std::unique_ptr<Fleet> fleet_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
  Deadline drain_deadline_;
  log::RateLimit accept_failures_{1000};
  bool draining_ = false;
};

}  // namespace weir
