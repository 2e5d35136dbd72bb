#include "proxy/worker/worker.hpp"

#include <random>

#include "protocol/base/log.hpp"
#include "proxy/net/descriptor.hpp"
#include "proxy/session/accounts.hpp"
#include "proxy/session/session.hpp"
#include "proxy/worker/fleet.hpp"
#include "router/backend/balance.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

// Another user than the one by default, which few servers know.
bool monitor_is_set(const Settings& settings) {
  return settings.monitor_username != defaults().monitor_username ||
         settings.monitor_password != defaults().monitor_password;
}

// An account whose statements go to this hostgroup, or to the other one of its pair, if there is one; of
// several that can log in to servers (a hash alone opens no connection) the first by name, so that every
// start does the same.
std::optional<Credentials> account_for(const Snapshot& snapshot, int hostgroup, std::string_view refused) {
  const auto at_home = [&](const User& user) {
    if (user.default_hostgroup == hostgroup) return true;
    const HostgroupPair* pair = snapshot.pair_of(user.default_hostgroup);
    return pair != nullptr && pair->reader == hostgroup;
  };
  std::optional<Credentials> best;
  std::pair<bool, std::string_view> best_place;
  for (const auto& [name, user] : snapshot.users_part().users) {
    const std::pair<bool, std::string_view> place{!at_home(user), name};
    if (name == refused || (best && best_place < place)) continue;
    if (auto credentials = backend_credentials(user, LearnedPasswords{})) {
      best = std::move(credentials);
      best_place = place;
    }
  }
  return best;
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

Worker::Worker(std::size_t index, Fleet& fleet, std::shared_ptr<const Snapshot> snapshot)
    : index_(index),
      fleet_(fleet),
      snapshot_(std::move(snapshot)),
      digest_stats_(random_seed()),
      error_stats_(random_seed()),
      route_doubts_(random_seed()),
      route_surprises_(random_seed()),
      digest_options_(weir::digest_options(snapshot_->settings())),
      pool_(loop_, index, *this, stats_),
      mirrors_(loop_, pool_, stats_, error_stats_),
      statement_log_(fleet.query_log(), index, stats_),
      memory_watch_(*this),
      mailbox_(loop_) {
  match_scratch_.adopt(snapshot_->rules());
  adopt_settings();
  if (index_ == 0) memory_watch_.start();
  loop_.codecs().count_in({stats_.compressed_from_clients, stats_.uncompressed_from_clients,
                           stats_.compressed_to_clients, stats_.uncompressed_to_clients},
                          {stats_.compressed_from_servers, stats_.uncompressed_from_servers,
                           stats_.compressed_to_servers, stats_.uncompressed_to_servers});
}

Worker::~Worker() = default;

void Worker::add_client(const AcceptedClient& client) {
  stats_.client_connections_created.add();
  const std::uint32_t id = fleet_.next_session_id();
  auto& session = sessions_[id];
  session = std::make_unique<Session>(*this, id, client);
  newcomers_.come(id);
  session->begin();
  if (stopping_ || draining_) session->drain();
  make_room();
}

void Worker::make_room() {
  const auto is_newcomer = [this](std::uint32_t id) {
    const auto found = sessions_.find(id);
    return found != sessions_.end() && found->second->is_newcomer();
  };
  const std::size_t most = fleet_.most_newcomers();
  while (const auto first = newcomers_.beyond(most, is_newcomer)) {
    std::int64_t suppressed = 0;
    if (crowd_told_.allow(loop_.now(), &suppressed)) {
      log::warn("too many clients that have not logged in: who came first makes room",
                {{"at_most", most * fleet_.size()}, {"earlier", suppressed}});
    }
    sessions_.at(*first)->end(EndReason::client_displaced);
  }
}

void Worker::adopt(std::shared_ptr<const Snapshot> snapshot) {
  const std::shared_ptr<const Snapshot> before = std::exchange(snapshot_, std::move(snapshot));
  // A rule's hits count since it was loaded: other parts do not touch them.
  if (&before->rules_part() != &snapshot_->rules_part()) match_scratch_.adopt(snapshot_->rules());
  digest_options_ = weir::digest_options(snapshot_->settings());
  warm_accounts_.clear();
  adopt_settings();
  const bool new_servers = &before->servers_part() != &snapshot_->servers_part();
  if (new_servers) pool_.on_servers_changed(*before);
  const bool new_users = &before->users_part() != &snapshot_->users_part();
  for_each_session([new_users](Session& session) {
    if (new_users) session.renew_credentials();
    session.on_new_snapshot();
  });
  // Servers that are new, or that no account could log in to before.
  if (index_ == 0 && (new_servers || before->users_part().users.empty())) warm();
}

void Worker::adopt_settings() {
  statement_log_.adopt(settings());
  loop_.set_busy_poll_us(static_cast<std::uint64_t>(settings().busy_poll_us));
}

void Worker::renew_credentials(const std::string& user) {
  for_each_session([&](Session& session) {
    if (session.username() == user) session.renew_credentials();
  });
}

void Worker::adopt_names(std::shared_ptr<const NameTable> names) {
  loop_.set_names(std::move(names));
  pool_.on_names_changed();
}

void Worker::on_unreachable(const Server& server) noexcept {
  fleet_.on_unreachable(*server.state);
}

void Worker::warm() {
  const bool has_monitor = monitor_is_set(settings());
  for (const Hostgroup& hostgroup : snapshot_->hostgroups()) {
    for (const auto& server : hostgroup.servers) {
      if (!usable(*server, loop_.now()) || server->slots().used() > 0) continue;
      if (!has_monitor) {
        warm_as_account(*server);
        continue;
      }
      ConnectRequest request;
      request.credentials.user = settings().monitor_username;
      request.credentials.cleartext = settings().monitor_password;
      pool_.warm(*server, std::move(request), kWarmKey);
    }
  }
}

// Not as the monitor's user if there is one: he has been asked before, and would be asked forever.
void Worker::warm_as_account(const Server& server) {
  const std::string_view refused =
      monitor_is_set(settings()) ? std::string_view(settings().monitor_username) : std::string_view();
  const auto [place, is_new] = warm_accounts_.try_emplace(server.hostgroup);
  if (is_new) place->second = account_for(*snapshot_, server.hostgroup, refused);
  if (!place->second) return;
  ConnectRequest request;
  request.credentials = *place->second;
  pool_.warm(server, std::move(request), kWarmKey);
}

// The monitor's user may not be known to the server: then it is an account's turn, when the attempt is over
// and its permit free.
void Worker::on_unseen_failure(const std::string& user, const std::string& schema,
                               const ConnectFailure& failure) noexcept {
  const Server& server = *failure.server;
  const ErrorKey key{.hostgroup = server.hostgroup,
                     .hostname = server.hostname,
                     .port = server.port,
                     .username = user,
                     .schema = schema,
                     .code = failure.code};
  error_stats_.count(key, {}, failure.message, loop_.now_us());
  if (!failure.refused() || user != settings().monitor_username || !monitor_is_set(settings())) return;
  post([this, state = server.state] {
    const Server* configured = snapshot_->find_server(*state);
    if (configured != nullptr && configured->slots().used() == 0) warm_as_account(*configured);
  });
}

template <class Visit>
void Worker::for_each_session(Visit visit) {
  std::vector<Session*> all;
  for (auto& [id, session] : sessions_) all.push_back(session.get());
  for (Session* session : all) visit(*session);  // one that ends lives until the end of the turn
}

void Worker::retire() {
  retiring_ = true;
  for_each_session([](Session& session) { session.retire(); });
}

void Worker::drain() {
  draining_ = true;
  for_each_session([](Session& session) { session.drain(); });
}

void Worker::stop() {
  stopping_ = true;
  for_each_session([](Session& session) { session.end(EndReason::proxy_shutdown); });
  mirrors_.clear();
  pool_.close_idle();
  loop_.stop();
}

void Worker::kill(std::uint32_t session_id, bool query_only) {
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return;
  if (query_only) {
    found->second->kill_query();
  } else {
    found->second->end(EndReason::killed);
  }
}

void Worker::on_killed(std::uint32_t asker, std::uint64_t ticket) {
  const auto found = sessions_.find(asker);
  if (found != sessions_.end()) found->second->on_killed(ticket);
}

void Worker::on_kill_ended(std::uint32_t session_id, std::uint64_t ticket) noexcept {
  const auto found = sessions_.find(session_id);
  if (found != sessions_.end()) found->second->on_kill_ended(ticket);
}

void Worker::on_place(const InFlightTicket& ticket) {
  const auto found = sessions_.find(ticket.session_id);
  if (found != sessions_.end()) found->second->on_place(ticket);
}

void Worker::reap(Session& session) {
  const auto place = sessions_.find(session.id());
  ended_.push_back(std::move(place->second));
  sessions_.erase(place);
  connected_.fetch_sub(1, std::memory_order_relaxed);
  loop_.at_turn_end(*this);
}

void Worker::on_turn_end() noexcept {
  while (!ended_.empty()) {
    ended_.pop_back();
    fleet_.session_ended();
  }
}

void Worker::log_of_client(bool logged_in, log::Level level, std::string_view sentence, log::Fields fields) {
  if (!log::enabled(level)) return;
  std::int64_t left_out = 0;
  log::Budget& budget = logged_in ? lines_of_users_ : lines_of_strangers_;
  if (!budget.allow(loop_.now(), &left_out)) return stats_.log_lines_left_out.add();
  if (left_out != 0)
    log::warn("lines about clients were left out", {{"worker", index_}, {"lines", left_out}});
  log::write(level, sentence, fields);
}

void Worker::hand_over(std::size_t to_worker, int fd, ConnectionFacts facts) noexcept {
  Worker& receiver = fleet_.worker(to_worker);
  auto moved = std::make_unique<ConnectionFacts>(std::move(facts));
  receiver.post([&receiver, owned = Descriptor(fd), moved = std::move(moved)]() mutable {
    receiver.pool().adopt(owned.release(), std::move(*moved));
  });
}

void Worker::wake(std::size_t worker) noexcept {
  Worker& waiting = fleet_.worker(worker);
  waiting.post([&waiting] { waiting.pool().look_again(); });
}

void Worker::wake_others() noexcept {
  for (std::size_t worker = 0; worker < fleet_.size(); ++worker) {
    if (worker != index_) wake(worker);
  }
}

void Worker::on_server_seen(const Server& server, const Established& established) noexcept {
  analyzer_.note_server(family_of(established.server_version));
  fleet_.on_server_seen(*snapshot_, server.hostgroup, established);
}

}  // namespace weir
