// A thread with a loop: the sessions accepted for it, its share of the pool, and what evaluating queries
// needs.
//
// Everything here belongs to the worker's own thread, but for post(), sessions_connected() and the counters.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/base/log.hpp"
#include "proxy/crash/at_work.hpp"
#include "proxy/net/address.hpp"
#include "proxy/net/loop.hpp"
#include "proxy/net/mailbox.hpp"
#include "proxy/pool/pool_shard.hpp"
#include "proxy/query_log/statement_log.hpp"
#include "proxy/session/mirror.hpp"
#include "proxy/session/prepared.hpp"
#include "proxy/session/process_row.hpp"
#include "proxy/worker/command_stats.hpp"
#include "proxy/worker/digest_stats.hpp"
#include "proxy/worker/error_stats.hpp"
#include "proxy/worker/in_flight.hpp"
#include "proxy/worker/memory_watch.hpp"
#include "proxy/worker/newcomers.hpp"
#include "proxy/worker/pin_stats.hpp"
#include "proxy/worker/report.hpp"
#include "proxy/worker/route_notes.hpp"
#include "proxy/worker/stats.hpp"
#include "router/config/snapshot.hpp"
#include "router/query/analyzer.hpp"
#include "router/rules/learned_writes.hpp"
#include "router/rules/match_scratch.hpp"

namespace weir {

class Fleet;
class NameTable;
class Session;

// A client that has just been accepted.
struct AcceptedClient {
  int fd = -1;
  Address peer;
  Address local;
};

class Worker final : PoolHost, TurnEnd {
 public:
  Worker(std::size_t index, Fleet& fleet, std::shared_ptr<const Snapshot> snapshot);
  ~Worker();

  // The thread's body: returns after stop().
  void run() {
    at_work_.adopt_this_thread();
    loop_.run();
  }

  // Any thread.
  void post(Task task) { mailbox_.post(std::move(task)); }
  std::size_t sessions_connected() const { return connected_.load(std::memory_order_relaxed); }
  const WorkerStats& stats() const { return stats_; }
  const CommandStats& command_stats() const { return command_stats_; }
  // What the thread is at; see there for who writes it.
  AtWork& at_work() { return at_work_; }
  // A client is on its way here: counted at once, so that the next one goes elsewhere.
  void expect_client() { connected_.fetch_add(1, std::memory_order_relaxed); }

  // The worker's own thread from here on.
  void add_client(const AcceptedClient& client);
  // Goes on with this configuration; what is under way is not disturbed, see PoolShard::on_servers_changed()
  // and Session::on_new_snapshot(). The one before is only let go of: its publisher destroys it.
  void adopt(std::shared_ptr<const Snapshot> snapshot);
  // The passwords of this user are others, or more is known of them.
  void renew_credentials(const std::string& user);
  void adopt_names(std::shared_ptr<const NameTable> names);
  // Opens one connection to each server that has none: as the monitor's user, if one was set that may log in
  // there, else as an account of this hostgroup.
  void warm();
  // Another process has taken over: sessions end when they have been idle for a while (Session::retire()).
  void retire();
  bool retiring() const { return retiring_; }
  // No session keeps running longer than it must: idle ones end now, the others after their transaction.
  void drain();
  bool draining() const { return draining_; }
  // Ends everything at once; the loop stops at the end of the turn.
  void stop();
  // Ends the session with this id, if it is still here; with `query_only`, what it executes.
  void kill(std::uint32_t session_id, bool query_only);
  // The KILL that this session asked for has been carried out, as far as it is up to us.
  void on_killed(std::uint32_t asker, std::uint64_t ticket);
  void on_place(const InFlightTicket& ticket);
  std::size_t index() const { return index_; }

  Loop& loop() { return loop_; }
  PoolShard& pool() { return pool_; }
  Fleet& fleet() { return fleet_; }
  WorkerStats& stats() { return stats_; }
  CommandStats& command_stats() { return command_stats_; }
  DigestStats& digest_stats() { return digest_stats_; }
  ErrorStats& error_stats() { return error_stats_; }
  PinStats& pin_stats() { return pin_stats_; }
  RouteNotes& route_doubts() { return route_doubts_; }
  RouteNotes& route_surprises() { return route_surprises_; }
  Analyzer& analyzer() { return analyzer_; }
  MatchScratch& match_scratch() { return match_scratch_; }
  LearnedWrites& learned_writes() { return learned_writes_; }
  Mirrors& mirrors() { return mirrors_; }
  PreparedTexts& prepared_texts() { return prepared_texts_; }
  StatementLog& statement_log() { return statement_log_; }
  // Memory for a reply or a command under construction; empty between uses.
  ByteQueue& scratch_queue() { return scratch_queue_; }
  const DigestOptions& digest_options() const { return digest_options_; }
  const Snapshot& snapshot() const noexcept override { return *snapshot_; }
  const Settings& settings() const { return snapshot_->settings(); }

  Newcomers& newcomers() { return newcomers_; }
  // For lines that clients cause: so many at once, then so many a second, and how many there would have been;
  // those of strangers do not leave out those of who has logged in.
  void log_of_client(bool logged_in, log::Level level, std::string_view sentence, log::Fields fields);
  // The session has ended: it is destroyed at the end of the turn.
  void reap(Session& session);

  // For whoever asks by Fleet::collect (report.cpp). Of a statement's text at most `text_bytes`.
  std::vector<ProcessRow> processes(std::size_t text_bytes) const;
  std::vector<PreparedUse> prepared_uses() const;
  std::vector<PinUse> pin_uses() const;
  std::vector<RuleHits> rule_hits() const;
  WorkerGauges gauges() const;
  // For what statistics copy.
  ClockReading clock() const;

 private:
  static constexpr std::int64_t kLinesAtOnce = 500;
  static constexpr std::int64_t kLinesPerSecond = 50;

  void make_room();
  void adopt_settings();

  void hand_over(std::size_t to_worker, int fd, ConnectionFacts facts) noexcept override;
  void wake(std::size_t worker) noexcept override;
  void wake_others() noexcept override;
  void on_server_seen(const Server& server, const Established& established) noexcept override;
  void on_unseen_failure(const std::string& user, const std::string& schema,
                         const ConnectFailure& failure) noexcept override;
  void on_unreachable(const Server& server) noexcept override;
  void on_kill_ended(std::uint32_t session_id, std::uint64_t ticket) noexcept override;
  void warm_as_account(const Server& server);
  void on_turn_end() noexcept override;
  // Sessions may end while they are visited.
  template <class Visit>
  void for_each_session(Visit visit);

  const std::size_t index_;
  Fleet& fleet_;
  std::shared_ptr<const Snapshot> snapshot_;
  AtWork at_work_;
  Loop loop_;
  WorkerStats stats_;
  CommandStats command_stats_;
  DigestStats digest_stats_;
  ErrorStats error_stats_;
  PinStats pin_stats_;
  RouteNotes route_doubts_;     // reads that stayed on the writer
  RouteNotes route_surprises_;  // reads that a read-only server refused
  Analyzer analyzer_;
  MatchScratch match_scratch_;
  LearnedWrites learned_writes_;
  ByteQueue scratch_queue_;
  DigestOptions digest_options_;
  PoolShard pool_;
  Mirrors mirrors_;
  PreparedTexts prepared_texts_;
  std::unordered_map<int, std::optional<Credentials>> warm_accounts_;  // by hostgroup, as snapshot_ has them
  StatementLog statement_log_;
  MemoryWatch memory_watch_;
  log::Budget lines_of_strangers_{kLinesAtOnce, kLinesPerSecond};
  log::Budget lines_of_users_{kLinesAtOnce, kLinesPerSecond};
  log::RateLimit crowd_told_{1000};
  Newcomers newcomers_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<Session>> ended_;
  std::atomic<std::size_t> connected_{0};
  bool retiring_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  Mailbox mailbox_;
};

}  // namespace weir
