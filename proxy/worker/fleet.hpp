// All workers, and the few things they share: the snapshot in force, limits over all sessions, and what
// logins taught.
//
// start(), stop(), publish() and collect() are for one thread at a time. While no worker's thread runs
// (before start(), after stop()), publish() and collect() do their work on the caller's own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "protocol/auth/account.hpp"
#include "protocol/auth/rsa_key.hpp"
#include "proxy/cache/query_cache.hpp"
#include "proxy/net/name_table.hpp"
#include "proxy/net/tls_contexts.hpp"
#include "proxy/query_log/query_log.hpp"
#include "proxy/worker/in_flight.hpp"
#include "proxy/worker/learned_passwords.hpp"
#include "proxy/worker/login_guard.hpp"
#include "proxy/worker/memory_watch.hpp"
#include "proxy/worker/watchdog.hpp"
#include "proxy/worker/worker.hpp"
#include "router/config/snapshot.hpp"

namespace weir {

class ClientPort;

// A session that has logged in.
struct LoggedIn {
  std::uint32_t id = 0;
  std::size_t worker = 0;
  std::string user;
};

class Fleet {
 public:
  static constexpr std::size_t kFewestNewcomers = 16;
  // `on_all_ended` is called, on a worker's thread, whenever the last session of all has ended.
  Fleet(std::shared_ptr<const Snapshot> snapshot, std::size_t workers, std::function<void()> on_all_ended);
  ~Fleet();  // stops and joins

  // Before start(): goes on where `before`, which has stopped, left off: ids of sessions, the key pair, and
  // what logins taught.
  void succeed(const Fleet& before);
  void start();
  // Before start(): who is told of servers of writer hostgroups that refuse writes, on a worker's thread.
  using ServerNews = std::function<void(const ServerState&)>;
  void set_on_refused_write(ServerNews told) { on_refused_write_ = std::move(told); }
  // The same for servers with a name that could not be connected to.
  void set_on_unreachable(ServerNews told) { on_unreachable_ = std::move(told); }
  // After start(), for the thread that calls stop(): each worker, to be watched until then.
  std::vector<Watchdog::Thread> threads();
  // How often one has been found stuck. Any thread.
  std::uint64_t stalls() const { return stalls_.load(std::memory_order_relaxed); }
  // Sessions go on until they have been idle for a moment, outside of transactions (Session::retire()).
  void retire();
  // They end as soon as nothing is under way.
  void drain();
  // Ends all sessions and threads. Idempotent.
  void stop();

  // Where clients connect to, as Listeners::listen_on(); nobody is accepted before accept_clients(), which is
  // once and for all addresses. Without any nobody listens when it returns. Between start() and stop(), on
  // the thread that calls those. The first worker does it; if it has not begun after `patience_ms`, it leaves
  // it: that is an error.
  static constexpr Millis kPatienceMs = 5000;
  Result<void, std::string> listen_on(std::vector<Address> addresses, Millis patience_ms = kPatienceMs);
  void accept_clients();
  // Nobody listens when it returns, and whoever was accepted counts as a session; or, if that worker does not
  // come to it for so long, as soon as it does. stop() does it, too.
  void stop_listening(Millis patience_ms = kPatienceMs);

  // The client goes to the worker with the fewest sessions. `here`: the one whose thread this is, if it is
  // one's.
  void add_client(const AcceptedClient& client, const Worker* here = nullptr);

  // Makes `snapshot` the configuration of every worker, and returns when all of them have it. The one before
  // is destroyed by the caller, not by a worker. Not on a worker's thread.
  void publish(std::shared_ptr<const Snapshot> snapshot);
  // The same without waiting: `on_done` is called once, on the thread of the worker that is last, with the
  // snapshot that was in force before; keep it from being destroyed there.
  using Replaced = std::function<void(std::shared_ptr<const Snapshot> before)>;
  void publish(std::shared_ptr<const Snapshot> snapshot, Replaced on_done);
  // What is known of the servers' stored functions, from now on, for every worker; returns when all have it.
  // On the publishing thread, not a worker's.
  void publish_routines(std::shared_ptr<const RoutineCatalogs> routines);
  // The same of the addresses of servers' names.
  void publish_names(std::shared_ptr<const NameTable> names);
  // The same of what TLS begins with.
  void publish_tls(std::shared_ptr<const TlsContexts> tls);
  // Never null.
  const std::shared_ptr<const RoutineCatalogs>& routines() const { return routines_; }
  // What the next worker to be made starts with. On the publishing thread.
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }

  // fn(Worker&) -> T on every worker, each on its own thread between two of its callbacks; their results in
  // the order of the workers. T can be made without arguments, and is not bool. Waits for all of them: not on
  // a worker's thread, and fn waits for nothing.
  template <class T, class Fn>
  std::vector<T> collect(Fn fn) {
    std::vector<T> results(size());
    on_every_worker([&](Worker& worker) { results[worker.index()] = fn(worker); });
    return results;
  }

  std::size_t size() const { return workers_.size(); }
  Worker& worker(std::size_t index) { return *workers_[index]; }
  std::uint64_t total(Counter WorkerStats::* counter) const;
  std::size_t sessions_connected() const;

  // The rest is for workers; any thread.

  std::uint32_t next_session_id();
  // Before start(): ids go on from here. Beyond 2^32 they are given again, modulo that.
  void begin_session_ids(std::uint64_t next) { session_ids_.store(next - 1); }
  // Counts a login of `user` if that keeps all sessions below `max_total` and the user's below `max_user`.
  enum class Admission { admitted, too_many_connections, too_many_of_user };
  Admission admit(const LoggedIn& session, std::int64_t max_total, std::int64_t max_user);
  void leave(const LoggedIn& session);
  // A client has come from, or gone to, this network (LoginGuard::network_of()). False, and not counted: it
  // has `max` already; 0: no limit.
  bool enter_from(const std::string& network, std::int64_t max);
  void leave_to(const std::string& network);
  // How many sessions of each user are logged in; none of zero.
  std::unordered_map<std::string, std::int64_t> logins_by_user() const;
  void session_ended();
  // Ends the session with this id, or with `query_only` what it executes, on behalf of the asker's user. If
  // it is on its way, Session::on_killed() follows.
  enum class KillAnswer { on_its_way, unknown_id, not_owner };
  struct KillAsker {
    LoggedIn session;
    std::uint64_t ticket = 0;
  };
  KillAnswer kill(std::uint32_t session_id, bool query_only, const KillAsker& asker);
  // The same on behalf of an administrator: anybody's session. False: no session has this id.
  bool kill(std::uint32_t session_id, bool query_only);

  // A server of a writer hostgroup has refused a write as read-only.
  void on_refused_write(const ServerState& server) {
    if (on_refused_write_) on_refused_write_(server);
  }

  // A server could not be connected to by what is known of its name.
  void on_unreachable(const ServerState& server) {
    if (on_unreachable_) on_unreachable_(server);
  }

  // How many clients of a worker may be there without having logged in. Any thread.
  std::size_t most_newcomers() const;
  // Of all workers together; each may have kFewestNewcomers.
  void limit_newcomers(std::size_t all) { most_newcomers_ = all; }
  LoginGuard& login_guard() { return login_guard_; }
  MemoryLevel memory_level() const { return memory_level_.load(std::memory_order_relaxed); }
  void set_memory_level(MemoryLevel level) { memory_level_.store(level, std::memory_order_relaxed); }
  QueryCache& query_cache() { return query_cache_; }
  InFlight& in_flight() { return in_flight_; }
  QueryLog& query_log() { return query_log_; }
  // Until the key is there, or cannot be made: some 100 ms after start(), which does not wait. On the thread
  // that called start().
  void wait_for_key();
  // For caching_sha2_password's full authentication without TLS. Null until wait_for_key() has returned, and
  // if OpenSSL cannot make one. Lives as long as the last of the fleets that succeed this one.
  const RsaKey* rsa_key() const { return rsa_key_.load(std::memory_order_acquire); }
  // What clients are told: the setting, or the version of a writer as last seen.
  std::string server_version(const Settings& settings);
  // Of that writer, whatever clients are told; of what they are told until one has been seen.
  ServerFamily servers_family(const Settings& settings);
  // Whether that writer takes query attributes; false until one has been seen.
  bool servers_take_attributes() const;
  // The status flags that its logins end with: how it reads texts, autocommit until one has been seen.
  std::uint16_t servers_login_status() const;
  void on_server_seen(const Snapshot& snapshot, int hostgroup, const Established& established);
  const LearnedPasswords& learned_passwords() const { return learned_passwords_; }
  // A client proved the password behind `stored`: sessions of that user can reach servers that want more than
  // a hash from now on.
  void learn(std::string_view stored, const Credentials& proof);

 private:
  void make_key();
  bool is_logged_in(std::uint32_t id) const;
  void forget_old_passwords(const UsersPart& before);
  // Calls visit on every worker's thread, and returns when all calls have.
  void on_every_worker(const std::function<void(Worker&)>& visit);

  std::shared_ptr<const Snapshot> snapshot_;  // of the publishing thread; workers have their own
  std::shared_ptr<const RoutineCatalogs> routines_ = std::make_shared<const RoutineCatalogs>();  // the same
  std::shared_ptr<const NameTable> names_ = std::make_shared<const NameTable>();                 // the same
  std::shared_ptr<const TlsContexts> tls_ = std::make_shared<const TlsContexts>();               // the same
  std::function<void()> on_all_ended_;
  ServerNews on_refused_write_;
  ServerNews on_unreachable_;
  LoginGuard login_guard_;
  LearnedPasswords learned_passwords_;
  std::atomic<MemoryLevel> memory_level_{MemoryLevel::calm};
  QueryCache query_cache_;
  InFlight in_flight_;
  QueryLog query_log_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<ClientPort> client_port_;  // on the first one's thread; null before start()
  std::vector<std::thread> threads_;
  std::atomic<std::uint64_t> stalls_{0};
  std::thread key_maker_;
  std::atomic<bool> stopping_{false};  // the key maker gives up
  std::shared_ptr<const RsaKey> key_owner_;
  std::atomic<const RsaKey*> rsa_key_{nullptr};
  std::atomic<std::uint64_t> session_ids_{0};  // given so far
  std::atomic<std::size_t> sessions_{0};
  std::atomic<std::size_t> most_newcomers_{std::numeric_limits<std::size_t>::max()};
  mutable std::mutex logins_mutex_;  // the maps below: touched by logins, never by queries
  std::unordered_map<std::string, std::int64_t> logged_in_of_user_;
  std::unordered_map<std::uint32_t, LoggedIn> logged_in_by_id_;
  std::unordered_map<std::string, std::int64_t> clients_of_network_;
  std::string server_version_;
  bool servers_take_attributes_ = false;
  std::uint16_t servers_login_status_ = kStatusAutocommit;
};

}  // namespace weir
