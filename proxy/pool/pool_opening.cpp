// PoolShard: opening connections for those who wait, and what happens when that fails.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/base/log.hpp"
#include "protocol/wire/error_codes.hpp"
#include "proxy/net/name_table.hpp"
#include "proxy/pool/connection_attributes.hpp"
#include "proxy/pool/pool_shard.hpp"
#include "router/backend/balance.hpp"

namespace weir {
namespace {

// Connections that one worker opens to one hostgroup at a time. A crowd of clients must not meet a server as
// a crowd of logins, which are the costliest thing that a server does for us.
constexpr std::size_t kMaxOpening = 16;

// KILLs under way, each over a connection of its own and beside max_connections: clients that come, ask and
// leave must not become a storm of logins.
constexpr std::size_t kMaxKills = 8;
// Those that wait for their turn; what is beyond is left to run.
constexpr std::size_t kMaxWaitingKills = 1024;

// How often, at most, other workers are asked for idle connections.
constexpr Millis kCallOthersMs = 5;

// The server is there, and refuses for now: waiting helps, and it is not ill.
bool out_of_connections(const ConnectFailure& failure) {
  return failure.from_server && (failure.code == 1040 || failure.code == 1203);
}

// A machine that has vanished answers nothing: without these, nobody would know for a quarter of an hour, or
// ever.
void watch_peer(Channel& channel, const Settings& settings) {
  if (settings.use_tcp_keepalive) channel.enable_keepalive(static_cast<int>(settings.tcp_keepalive_time));
  if (settings.tcp_user_timeout > 0) channel.set_user_timeout(settings.tcp_user_timeout);
}

std::string quoted(const std::string& name) {
  return "'" + name + "'";
}

ConnectRequest request_for(const PoolNeeds& needs) {
  ConnectRequest request;
  request.credentials = *needs.credentials;
  request.schema = needs.wants->schema();
  request.collation = needs.wants->login_collation();
  request.want = kAskedOfServers | needs.key;
  request.attributes = needs.attributes == nullptr ? own_attributes() : attribute_pairs(*needs.attributes);
  return request;
}

}  // namespace

WaitQueue* PoolShard::find_queue(int hostgroup) {
  const auto queue = queues_.find(hostgroup);
  return queue == queues_.end() || queue->second.empty() ? nullptr : &queue->second;
}

// One connection under way for each waiter, as far as the servers' limits go.
void PoolShard::open_for_waiters(const Hostgroup& hostgroup, WaitQueue& queue) {
  if (loop_.now() < queue.not_before) return set_tick(queue.not_before);
  std::size_t served = queue.opening;
  for (PoolWaiter* waiter = queue.front(); waiter != nullptr; waiter = WaitQueue::after(*waiter)) {
    if (served > 0) {
      --served;  // one that is being opened already will be for it
      continue;
    }
    if (queue.opening >= kMaxOpening) return;  // each that opens, or fails, brings us here again
    if (open_for(hostgroup, queue, waiter->needs())) continue;
    // In this order (slots.hpp): mark, look once more, then wait.
    mark_waiting(hostgroup, queue);
    if (!open_for(hostgroup, queue, waiter->needs())) return;
  }
}

// At most as many at a time as there are waiters: a slow server must not be met with a connection per query.
void PoolShard::open_on(const Server& server, const PoolNeeds& needs) {
  WaitQueue& queue = queues_[server.hostgroup];
  if (loop_.now() < queue.not_before || queue.opening >= kMaxOpening ||
      share_of(server).opening >= queue.size()) {
    return;
  }
  if (!server.slots().try_acquire(server.max_connections)) return;
  ++queue.opening;
  open(server, request_for(needs), needs.key);
}

bool PoolShard::open_for(const Hostgroup& hostgroup, WaitQueue& queue, const PoolNeeds& needs) {
  const Server* server = choose(hostgroup, loop_.now(), random(), [](const Server& candidate) {
    return candidate.slots().used() < candidate.max_connections;
  });
  if (server == nullptr || !server->slots().try_acquire(server->max_connections)) {
    return evict_idle_of(hostgroup, needs) && open_for(hostgroup, queue, needs);
  }
  ++queue.opening;
  open(*server, request_for(needs), needs.key);
  return true;
}

// An idle connection that cannot serve this waiter (other capabilities) keeps a permit that he could use.
bool PoolShard::evict_idle_of(const Hostgroup& hostgroup, const PoolNeeds& needs) {
  for (const auto& server : hostgroup.servers) {
    const auto share = shares_.find(server->state.get());
    if (share == shares_.end() || share->second.idle.empty() || !usable(*server, loop_.now())) continue;
    BackendConnection& oldest = *share->second.idle.front();
    if (oldest.suits(needs.key)) continue;  // find_idle() offers it
    drop(oldest);
    return true;
  }
  return false;
}

// The permit has been taken.
void PoolShard::open(const Server& server, ConnectRequest request, Caps key) {
  BackendOwner& owner = *this;
  auto connection = std::make_unique<BackendConnection>(
      loop_, owner,
      ConnectionFacts{.server = server.shared_from_this(), .permit = SlotPermit(server.state), .key = key});
  BackendConnection& opening = *connection;
  count_lookup(server);
  connections_.emplace(&opening, std::move(connection));
  join_share(opening);
  ++opening.share()->opening;
  opening.open(std::move(request), host_.snapshot().settings().connect_timeout_server, loop_.now());
}

void PoolShard::count_lookup(const Server& server) {
  if (!is_name(server.hostname, server.port)) return;
  stats_.names_asked.add();
  if (!loop_.names().find(server.hostname).empty()) stats_.names_known.add();
}

void PoolShard::warm(const Server& server, ConnectRequest request, Caps key) {
  if (!server.slots().try_acquire(server.max_connections)) return;
  ++queues_[server.hostgroup].opening;
  request.want = kAskedOfServers | key;
  request.attributes = own_attributes();
  open(server, std::move(request), key);
}

void PoolShard::on_opened(BackendConnection& connection) noexcept {
  WaitQueue& queue = queues_[connection.server().hostgroup];
  --queue.opening;
  queue.last_failure = {};
  --connection.share()->opening;
  connection.server().health().note_success(loop_.now());
  connection.share()->figures.connects.add();
  watch_peer(connection.channel(), host_.snapshot().settings());
  stats_.backend_connections_created.add();
  if (connection.has_tls()) stats_.backend_tls_connections.add();
  if (connection.tls_resumed()) stats_.backend_tls_resumed.add();
  host_.on_server_seen(connection.server(), connection.established());
  if (connection.compression() != Compression::none) stats_.backend_compressed_connections.add();
  if (connection.speaks_otherwise()) connection.retire();  // the configuration has changed meanwhile
  make_idle(connection);
  loop_.at_turn_end(*this);
}

void PoolShard::on_open_failed(BackendConnection& connection, const ConnectFailure& failure) noexcept {
  const Settings& settings = host_.snapshot().settings();
  WaitQueue& queue = queues_[connection.server().hostgroup];
  --queue.opening;
  --connection.share()->opening;
  queue.not_before = loop_.now() + settings.connect_retries_delay;
  connection.share()->figures.connect_errors.add();
  stats_.backend_connect_errors.add();
  if (!failure.from_server && failure.code == kTransportUnsupported) stats_.backend_tls_failures.add();
  if (!out_of_connections(failure) && !failure.ours) {
    connection.server().health().note_connect_error(loop_.now(), failure.code, settings, failure.message);
  }
  const Server& server = connection.server();
  if (!failure.from_server && !failure.ours && !failure.of_account && is_name(server.hostname, server.port))
    host_.on_unreachable(server);
  log_failure(connection, failure);
  queue.last_failure = {
      .text = fmt::format("{} {}", failure.code, failure.message),
      .personal = failure.refused() || failure.message.contains(quoted(connection.requested_user())),
      .user = connection.requested_user(),
      .schema = connection.requested_schema(),
      .at = loop_.now()};
  if (!fail_front(queue, connection, failure)) {
    host_.on_unseen_failure(connection.requested_user(), connection.requested_schema(), failure);
  }
  drop(connection);
}

void PoolShard::log_failure(const BackendConnection& connection, const ConnectFailure& failure) {
  std::int64_t earlier = 0;
  if (!failure_log_.allow(loop_.now(), &earlier)) return;
  log::warn("cannot connect to server", {{"server", connection.server().name},
                                         {"user", connection.requested_user()},
                                         {"code", failure.code},
                                         {"error", failure.message},
                                         {"earlier", earlier}});
}

// Whose attempt was it? The first waiter's with the same account: attempts are not promised to anyone. True:
// he is told.
bool PoolShard::fail_front(WaitQueue& queue, const BackendConnection& connection,
                           const ConnectFailure& failure) {
  const bool refused = failure.refused();
  for (PoolWaiter* waiter = queue.front(); waiter != nullptr; waiter = WaitQueue::after(*waiter)) {
    if (waiter->needs().credentials->user != connection.requested_user()) continue;
    // "Unknown database" is an answer to those who named it.
    if (refused && waiter->needs().wants->schema() != connection.requested_schema()) continue;
    if (out_of_connections(failure)) return false;  // its own deadline bounds the wait
    ++waiter->failures_;
    if (!refused && waiter->failures_ <= host_.snapshot().settings().connect_retries_on_failure) return false;
    queue.remove(*waiter);
    --waiting_;
    stats_.pool_failures.add();
    waiter->on_no_connection(failure);
    return true;
  }
  return false;
}

std::uint64_t PoolShard::kill_on_server(const BackendConnection& connection, const Credentials& credentials,
                                        ServerKill::What what, std::uint32_t for_session) {
  if (waiting_kills_.size() >= kMaxWaitingKills) {
    log::warn("too many statements to be killed at a time", {{"server", connection.server().name}});
    return 0;
  }
  (what == ServerKill::query ? stats_.queries_killed : stats_.connections_killed).add();
  ConnectRequest request;
  request.credentials = connection.share()->refused.in_order(credentials);
  request.want = kAskedOfServers;
  request.attributes = own_attributes();
  ServerKillOwner& owner = *this;
  ServerKill::Order order{.server = connection.server_pointer(),
                          .address = connection.address(),
                          .thread_id = connection.established().connection_id,
                          .what = what,
                          .ticket = ++kill_tickets_,
                          .for_session = for_session};
  waiting_kills_.push_back(std::make_unique<ServerKill>(loop_, owner, std::move(order), std::move(request)));
  start_kills();
  return kill_tickets_;
}

// They have the time of all attempts to connect: nobody waits for most of them, and a server that is busy
// with KILLs (MariaDB lets nobody in while one waits for its victim) must not make them vain.
void PoolShard::start_kills() {
  while (!waiting_kills_.empty() && kills_.size() < kMaxKills) {
    kills_.push_back(std::move(waiting_kills_.front()));
    waiting_kills_.pop_front();
    kills_.back()->start(host_.snapshot().settings().connect_timeout_server_max);
  }
}

bool PoolShard::call_off_kill(std::uint64_t ticket) {
  const auto is_it = [ticket](const auto& owned) { return owned->order().ticket == ticket; };
  if (std::erase_if(waiting_kills_, is_it) != 0) return true;
  const auto place = std::ranges::find_if(kills_, is_it);
  return place == kills_.end() || (*place)->call_off();
}

void PoolShard::on_kill_ended(ServerKill& kill) noexcept {
  const auto place = std::ranges::find(kills_, &kill, [](const auto& owned) { return owned.get(); });
  ended_kills_.push_back(std::move(*place));
  kills_.erase(place);
  loop_.at_turn_end(*this);
  if (auto again = kill.with_other_password()) {
    waiting_kills_.push_front(std::move(again));
    return start_kills();
  }
  start_kills();
  const ServerKill::Order& order = kill.order();
  if (order.for_session != 0) host_.on_kill_ended(order.for_session, order.ticket);
}

void PoolShard::mark_waiting(const Hostgroup& hostgroup, const WaitQueue& queue) {
  for (const auto& server : hostgroup.servers) {
    if (usable(*server, loop_.now())) server->slots().set_waiting(worker_, queue.front()->waiting_since());
  }
  // What others free from now on comes to us; what lies idle with them must be asked for.
  if (loop_.now() - called_others_at_ < kCallOthersMs) return;
  called_others_at_ = loop_.now();
  host_.wake_others();
}

void PoolShard::clear_waiting(const Hostgroup& hostgroup) {
  for (const auto& server : hostgroup.servers) {
    if (server->slots().waiting_since(worker_) != kNever) server->slots().clear_waiting(worker_);
  }
}

}  // namespace weir
