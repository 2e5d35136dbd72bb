// The admin port: listeners, sessions, and the admin thread, on which everything of the admin port runs.
//
// Construction and start() on one thread, then only stop(), post() and the counters from outside. Statements
// run one at a time on the admin thread, inside Executor. A slow one delays other admin sessions, and what is
// posted: what the monitor decides, the order to stop. By one statement, however many wait (see AdminTurns):
// 5 s of processor time at most, 1 s if it is a stats account's (Store).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "admin/executor.hpp"
#include "protocol/auth/rsa_key.hpp"
#include "protocol/base/result.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/net/task.hpp"
#include "router/config/settings.hpp"

namespace weir {

// What the admin port takes from the process around it. Functions are called on the admin thread.
struct AdminSurroundings {
  // Ids of admin sessions and of clients' sessions come from one counter: a command line client that is
  // interrupted sends KILL QUERY with its own id.
  std::function<std::uint32_t()> next_session_id;
  // For caching_sha2_password without TLS; may be empty, and may return null.
  std::function<const RsaKey*()> rsa_key{};
  // Grows with every live table that a statement reads: such statements are paced, see ReadPace. May be
  // empty.
  std::function<std::uint64_t()> live_reads{};
};

struct AdminLogins;

class AdminServer {
 public:
  static constexpr std::size_t kMaxSessions = 200;
  // Beyond them, for clients of this machine: an exporter that leaks connections must not lock its owner out.
  static constexpr std::size_t kReservedSessions = 8;

  // `executor` outlives the server. Of `settings`: the admin fields, server_version, max_allowed_packet,
  // connect_timeout_client, wait_timeout, client_stall_timeout, client_min_drain_rate,
  // default_authentication_plugin.
  AdminServer(Executor& executor, AdminSurroundings surroundings, const Settings& settings);
  ~AdminServer();  // stops
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Listens, and starts the thread. A sentence if an address cannot be had; then nothing was started.
  Result<void, std::string> start();
  // Ends all sessions and the thread. Idempotent. Not on the admin thread.
  void stop();
  // Any thread: `task` runs on the admin thread, between statements. Tasks not run by stop() are dropped.
  void post(Task task);

  // Admin thread. New accounts and limits hold from the next login on; addresses that are new are listened
  // on, those that are gone closed, sessions stay. Errors say which addresses could not be had: the old ones
  // are kept then.
  Result<void, std::string> on_settings(const Settings& settings);
  // Admin thread: no new sessions.
  void stop_listening();
  // Admin thread: for deadlines of whoever works there.
  Loop& loop();
  // Admin thread: ends an admin session; false if there is none of that id.
  bool kill(std::uint32_t session_id);

  // Where it listens; on the thread of start(), or the admin thread.
  std::vector<Address> addresses() const;
  std::size_t sessions() const;  // any thread
  const AdminLogins& logins() const;

 private:
  class Port;
  std::unique_ptr<Port> port_;
};

}  // namespace weir
