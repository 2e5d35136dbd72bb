// All addresses that one port of ours listens on, changed together.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/net/acceptor.hpp"
#include "proxy/net/address.hpp"

namespace weir {

// What a variable such as mysql-interfaces says, as addresses. The error names `variable`.
std::expected<std::vector<Address>, std::string> listen_addresses(std::string_view variable,
                                                                  std::string_view text,
                                                                  std::uint16_t default_port);

class Listeners {
 public:
  // `loop` and `events` outlive this object. `name` begins the lines of the log: "admin port".
  Listeners(Loop& loop, AcceptEvents& events, std::string name)
      : loop_(loop), events_(events), name_(std::move(name)) {}

  // Listens on exactly these addresses: those that are new are opened, those that are gone closed, the others
  // stay as they are. If one cannot be had: a sentence, and all is as before.
  std::expected<void, std::string> listen_on(const std::vector<Address>& wanted);
  // Of clients that connect from now on: not of those who wait to be accepted.
  void set_keepalive(const Keepalive& keepalive);
  const Keepalive& keepalive() const { return keepalive_; }
  // Closes all of them; Unix sockets' files are removed. Not inside on_accepted().
  void close();
  // Those that are there and those to come: clients wait in the system's backlog, until resume().
  void pause();
  void resume();

  bool listening() const { return !listeners_.empty(); }
  // Where it listens: with the port that the system chose for port 0.
  std::vector<Address> addresses() const;

 private:
  struct Listener {
    Address wanted;  // as configured: the port may be 0 here
    std::unique_ptr<Acceptor> acceptor;
  };

  bool listens_on(const Address& address) const;
  std::expected<void, std::string> add(const Address& address);

  Loop& loop_;
  AcceptEvents& events_;
  const std::string name_;
  bool paused_ = false;
  Keepalive keepalive_;
  std::vector<Listener> listeners_;
};

}  // namespace weir
