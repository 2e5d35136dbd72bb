// One worker's share of the connection pool: its connections to servers, idle ones by server, and the
// sessions that wait for one.
//
// Limits are global (ServerSlots); connections are not: each belongs to one worker. So that no worker starves
// while another has what it needs, whoever frees a connection gives it to the worker whose session has waited
// longest. Waiters of a hostgroup are served in the order of their arrival. Nothing is delivered inside
// acquire() or by the return of a lease: waiters are served at the end of the turn.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "protocol/base/log.hpp"
#include "proxy/pool/backend_connection.hpp"
#include "proxy/pool/free_connection.hpp"
#include "proxy/pool/holders.hpp"
#include "proxy/pool/lease.hpp"
#include "proxy/pool/server_kill.hpp"
#include "proxy/pool/server_share.hpp"
#include "proxy/pool/waiters.hpp"
#include "proxy/worker/stats.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

struct WorkerGauges;  // worker/report.hpp

// What the shard needs of its surroundings.
class PoolHost {
 public:
  virtual const Snapshot& snapshot() const noexcept = 0;
  // Gives an idle connection to another worker's shard (which calls adopt()).
  virtual void hand_over(std::size_t to_worker, int fd, ConnectionFacts facts) noexcept = 0;
  // A permit of this server has become free: the worker's shard shall look again (PoolShard::look_again()).
  virtual void wake(std::size_t worker) noexcept = 0;
  // The same for all other workers: they may have idle connections that nobody there needs.
  virtual void wake_others() noexcept = 0;
  // A connection to it is open.
  virtual void on_server_seen(const Server& server, const Established& established) noexcept = 0;
  // An attempt to connect as `user` has failed, and no waiter is told of it.
  virtual void on_unseen_failure(const std::string& user, const std::string& schema,
                                 const ConnectFailure& failure) noexcept = 0;
  // A server with a name could not be connected to, by the addresses that are known of it.
  virtual void on_unreachable(const Server& server) noexcept = 0;
  // What kill_on_server() began on behalf of this session is over.
  virtual void on_kill_ended(std::uint32_t session_id, std::uint64_t ticket) noexcept = 0;

 protected:
  ~PoolHost() = default;
};

class PoolShard final : BackendOwner, ServerKillOwner, TurnEnd, DeadlineEvents {
 public:
  PoolShard(Loop& loop, std::size_t worker, PoolHost& host, WorkerStats& stats);
  ~PoolShard();

  // A connection for `waiter.needs()`, at once if an idle one suits, otherwise an empty lease: then exactly
  // one of the waiter's events follows, unless it is cancelled. If no server of the hostgroup can serve, the
  // waiter's fallback hostgroup is taken (needs().hostgroup changes).
  Lease acquire(PoolWaiter& waiter);
  void cancel(PoolWaiter& waiter);
  // Why `waiter` gets no connection, in words: "0 of 2 servers usable: …; last failure: …". Of failures it
  // hears what is about the servers or about its own account and schema, and is not long ago.
  std::string why_none(const PoolWaiter& waiter) const;

  // The session that holds `connection` would give it back if asked to; and takes that back.
  void offer(Holder& holder, BackendConnection& connection);
  void retract(Holder& holder) { holders_.retract(holder); }

  // Opens one connection to `server` ahead of any client, so that its version and the account's rights are
  // known.
  void warm(const Server& server, ConnectRequest request, Caps key);
  void adopt(int fd, ConnectionFacts facts);
  // Ends on its server what `connection` is executing, with the rights of the account that is executing it.
  // The ticket of the KILL, whose end PoolHost::on_kill_ended() tells if `for_session` is not 0; 0 if there
  // are too many.
  std::uint64_t kill_on_server(const BackendConnection& connection, const Credentials& credentials,
                               ServerKill::What what, std::uint32_t for_session = 0);
  // As ServerKill::call_off(); true as well of one that has ended.
  bool call_off_kill(std::uint64_t ticket);
  void look_again() { loop_.at_turn_end(*this); }
  // The snapshot in force has other servers than `before`. Connections to servers that are not ONLINE any
  // more are closed: idle ones now, used ones when their lease ends; those of OFFLINE_HARD servers are taken
  // from their users as if the server had died. Those beyond a lower max_connections are closed as far as
  // they are idle.
  void on_servers_changed(const Snapshot& before);
  // More, or something else, is known of names: connections to what is no address of their server any more
  // are closed; idle ones now, used ones when their lease ends.
  void on_names_changed();
  void close_idle();

  std::size_t connections() const { return connections_.size(); }
  std::size_t idle_connections() const;

  // For those who ask what there is (pool_report.cpp).
  template <class Visit>
  void for_each_connection(Visit visit) const {
    for (const auto& [address, connection] : connections_) visit(std::as_const(*connection));
  }
  std::vector<FreeConnection> free_connections() const;
  void add_to(WorkerGauges& gauges) const;

 private:
  friend class Lease;
  // Lease's end.
  void give_back(BackendConnection& connection);
  void roll_back(BackendConnection& connection);
  void discard(BackendConnection& connection);

  // BackendOwner
  void on_opened(BackendConnection& connection) noexcept override;
  void on_open_failed(BackendConnection& connection, const ConnectFailure& failure) noexcept override;
  void on_idle_again(BackendConnection& connection) noexcept override;
  void on_idle_ended(BackendConnection& connection) noexcept override;
  void on_kill_ended(ServerKill& kill) noexcept override;
  void start_kills();
  void on_turn_end() noexcept override;
  void on_deadline() noexcept override;

  // Serving.
  void enqueue(PoolWaiter& waiter);
  void serve(int hostgroup, WaitQueue& queue);
  void move_to_fallback(WaitQueue& queue);
  void refuse_the_hopeless(int hostgroup, WaitQueue& queue);
  void deliver(BackendConnection& connection, PoolWaiter& waiter, WaitQueue& queue);
  void ask_holders(const Hostgroup& hostgroup, const WaitQueue& queue);
  void ask_holders_for_others();
  bool give_to_older_waiter(BackendConnection& connection, const PoolWaiter* mine);
  void hand_over(BackendConnection& connection, std::size_t worker);
  Lease lease(BackendConnection& connection, BackendUser& user);

  // Idle connections.
  enum class Suits { exactly_or_synced, even_by_change_of_user };
  BackendConnection* find_idle(const Hostgroup& hostgroup, const PoolNeeds& needs);
  BackendConnection* find_idle_on(const Server& server, const PoolNeeds& needs, Suits suits);
  void make_idle(BackendConnection& connection);
  void remove_idle(BackendConnection& connection);
  void drop(BackendConnection& connection);
  void wake_waiters(const ServerState& state);
  void housekeeping(Instant now);
  bool outlived(const BackendConnection& connection, std::size_t idle, Instant now) const;
  void set_tick(Instant due);

  // Reacting to a reload (pool_reload.cpp).
  ServerShare& share_of(const Server& server);
  void join_share(BackendConnection& connection);
  void leave_share(BackendConnection& connection);
  void follow_configuration(BackendConnection& connection, const Server* server);
  void withdraw(BackendConnection& connection);
  void close_unused(BackendConnection& connection);
  bool is_elsewhere(const BackendConnection& connection) const;
  void leave_silent(BackendConnection& connection);
  void trim_surplus();
  void forget_unused();

  // Opening (pool_opening.cpp).
  void open_for_waiters(const Hostgroup& hostgroup, WaitQueue& queue);
  void open_on(const Server& server, const PoolNeeds& needs);
  bool open_for(const Hostgroup& hostgroup, WaitQueue& queue, const PoolNeeds& needs);
  bool evict_idle_of(const Hostgroup& hostgroup, const PoolNeeds& needs);
  void open(const Server& server, ConnectRequest request, Caps key);
  void count_lookup(const Server& server);
  void log_failure(const BackendConnection& connection, const ConnectFailure& failure);
  bool fail_front(WaitQueue& queue, const BackendConnection& connection, const ConnectFailure& failure);
  void mark_waiting(const Hostgroup& hostgroup, const WaitQueue& queue);
  void clear_waiting(const Hostgroup& hostgroup);
  WaitQueue* find_queue(int hostgroup);

  double random();

  Loop& loop_;
  const std::size_t worker_;
  PoolHost& host_;
  WorkerStats& stats_;
  std::unordered_map<BackendConnection*, std::unique_ptr<BackendConnection>> connections_;
  std::vector<std::unique_ptr<BackendConnection>> dropped_;  // until the end of the turn
  std::vector<std::unique_ptr<ServerKill>> kills_;
  std::deque<std::unique_ptr<ServerKill>> waiting_kills_;  // not started
  std::uint64_t kill_tickets_ = 0;
  std::vector<std::unique_ptr<ServerKill>> ended_kills_;        // the same
  std::unordered_map<const ServerState*, ServerShare> shares_;  // nodes stay put
  bool forgettable_ = false;  // a draining share has no connection left: it goes at the end of the turn
  std::map<int, WaitQueue> queues_;  // by hostgroup; nodes stay put while waiters are served
  std::size_t waiting_ = 0;
  HolderList holders_;
  Deadline tick_;
  Instant next_housekeeping_ = kNever;
  Instant called_others_at_ = kNever;
  log::RateLimit failure_log_{1000};
  std::uint64_t random_state_;
};

}  // namespace weir
