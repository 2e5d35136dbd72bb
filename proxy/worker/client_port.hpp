// The port that applications connect to: listens, and hands each client to the worker with the fewest
// sessions.
//
// It is on the loop of one of the workers, its keeper: a thread of its own would wake up for each client and
// then wake the worker, which costs as much as the login. Everything here is on the keeper's thread.
#pragma once

#include <string>
#include <vector>

#include "protocol/base/log.hpp"
#include "protocol/base/result.hpp"
#include "proxy/net/listeners.hpp"

namespace weir {

class Fleet;
class Worker;

class ClientPort final : AcceptEvents {
 public:
  // Both outlive it. Nobody is accepted until accept().
  ClientPort(Fleet& fleet, Worker& keeper);

  // As Listeners::listen_on().
  Result<void, std::string> listen_on(const std::vector<Address>& addresses);
  // Clients who have connected, and wait in the system's backlog, come in from now on.
  void accept() { listeners_.resume(); }
  void close() { listeners_.close(); }

 private:
  void on_accepted(int fd, const Address& peer, const Acceptor& at) noexcept override;
  void on_accept_failed(NetError why, int refused) noexcept override;
  Keepalive keepalive_wanted() const;  // by the settings of now
  // True, and turned away: so many have failed to log in from there that nobody is listened to now.
  bool is_refused_unheard(int fd, const Address& peer);

  Fleet& fleet_;
  Worker& keeper_;
  Listeners listeners_;
  log::RateLimit failures_told_{1000};
};

}  // namespace weir
