// Ends on its server what a connection of ours is executing: a connection of its own, a KILL, and it is over.
//
// Used when a client is gone, or has waited long enough: closing our side alone would leave the server at
// work.
#pragma once

#include <cstdint>

#include "protocol/machine/client_handshake.hpp"
#include "protocol/machine/simple_query.hpp"
#include "proxy/net/channel.hpp"
#include "router/backend/server.hpp"

namespace weir {

class ServerKill;

class ServerKillOwner {
 public:
  // It has ended, with or without success. Destroy it at the end of the turn.
  virtual void on_kill_ended(ServerKill& kill) noexcept = 0;

 protected:
  ~ServerKillOwner() = default;
};

class ServerKill final : ChannelEvents, DeadlineEvents {
 public:
  enum What { connection, query };

  struct Order {
    std::shared_ptr<const Server> server;
    Address address{};            // the victim's: the server's name may stand for another one by now
    std::uint32_t thread_id = 0;  // the server's, from the victim's greeting
    What what = connection;
    std::uint64_t ticket = 0;       // which KILL this is
    std::uint32_t for_session = 0;  // who is to hear of its end; 0: nobody
  };

  ServerKill(Loop& loop, ServerKillOwner& owner, Order order, ConnectRequest request);
  void start(Millis timeout_ms);
  // What it was to end has ended. True: the KILL has not been sent, and will not be. False: it has been, and
  // may meet whatever comes next on that connection until on_kill_ended().
  bool call_off();

  const Order& order() const { return order_; }
  // When it has ended: the same with the other password of the account, if that may help; else null.
  std::unique_ptr<ServerKill> with_other_password() const;

 private:
  void on_connected() noexcept override;
  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override {}
  void on_closed(NetError why) noexcept override;
  void on_deadline() noexcept override;

  void on_login_bytes(Bytes bytes);
  void after_login(ClientHandshake::Want want);
  void start_tls();
  void send(ByteQueue& output);
  void finish(std::string_view outcome);

  Loop& loop_;
  ServerKillOwner& owner_;
  const Order order_;
  ConnectRequest request_;
  Channel channel_;
  Deadline deadline_;
  ClientHandshake handshake_;
  SimpleQuery query_;
  bool logged_in_ = false;
  bool called_off_ = false;
  bool refused_password_ = false;
  bool ended_ = false;
};

}  // namespace weir
