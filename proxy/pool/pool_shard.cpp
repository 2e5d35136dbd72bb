#include "proxy/pool/pool_shard.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/wire/error_codes.hpp"
#include "router/backend/balance.hpp"
#include "router/backend/server_reasons.hpp"
#include "router/config/longest_wait.hpp"

namespace weir {
namespace {

constexpr Millis kHousekeepingMs = 1000;
constexpr Millis kWaitingTickMs = 20;    // how often waiters look whether a server has come back
constexpr Millis kRecentMs = 10'000;     // a failure as long before a wait may be why it is in vain
constexpr Millis kSurplusIdleMs = 5000;  // a connection beyond free_connections_pct is kept this long
// An idle connection that has not been used for this long is looked at before it is leased: the server may
// have closed it in this very turn, and a write could not be sent again.
constexpr Millis kLookAfterMs = 100;

// Whether `failure` may be why the waiter gets nothing, and is for its ears.
bool concerns(const LastFailure& failure, const PoolWaiter& waiter) {
  if (failure.text.empty() || failure.at < waiter.waiting_since() - kRecentMs) return false;
  const PoolNeeds& needs = waiter.needs();
  return !failure.personal ||
         (failure.user == needs.credentials->user && failure.schema == needs.wants->schema());
}

}  // namespace

PoolShard::PoolShard(Loop& loop, std::size_t worker, PoolHost& host, WorkerStats& stats)
    : loop_(loop),
      worker_(worker),
      host_(host),
      stats_(stats),
      tick_(loop.deadlines(), *this),
      random_state_(0x9e3779b97f4a7c15ull * (worker + 1)) {}

// A server may outlive the shard, and another shard take its number.
PoolShard::~PoolShard() {
  forget_unused();  // servers that went with their last connection
  for (auto& [state, share] : shares_) share.figures.connections_idle.subtract(share.idle.size());
  for (const Hostgroup& hostgroup : host_.snapshot().hostgroups()) clear_waiting(hostgroup);
}

// xorshift64*: the balance of a hostgroup needs no better generator.
double PoolShard::random() {
  random_state_ ^= random_state_ >> 12;
  random_state_ ^= random_state_ << 25;
  random_state_ ^= random_state_ >> 27;
  return static_cast<double>((random_state_ * 0x2545f4914f6cdd1dull) >> 11) * 0x1.0p-53;
}

Lease PoolShard::acquire(PoolWaiter& waiter) {
  PoolNeeds& needs = waiter.needs();
  const Instant now = loop_.now();
  stats_.pool_requests.add();
  for (;;) {
    const Hostgroup* hostgroup = host_.snapshot().find_hostgroup(needs.hostgroup);
    const Server* server = hostgroup == nullptr ? nullptr : choose(*hostgroup, now, random());
    if (server == nullptr && needs.fallback_hostgroup >= 0) {
      needs.hostgroup = std::exchange(needs.fallback_hostgroup, -1);
      stats_.reader_fallbacks.add();
      continue;
    }
    // Those who wait already come first.
    if (server == nullptr || (waiting_ > 0 && find_queue(needs.hostgroup) != nullptr)) break;
    BackendConnection* connection = find_idle_on(*server, needs, Suits::exactly_or_synced);
    if (connection == nullptr && server->slots().used() >= server->max_connections) {
      connection = find_idle(*hostgroup, needs);
    }
    if (connection == nullptr) {
      enqueue(waiter);
      // The weights chose this server, so it gets its share of connections even if the waiter is soon served
      // by another.
      open_on(*server, needs);
      return {};
    }
    stats_.pool_hits.add();
    return lease(*connection, waiter.backend_user());
  }
  enqueue(waiter);
  return {};
}

void PoolShard::enqueue(PoolWaiter& waiter) {
  stats_.pool_waits.add();
  queues_[waiter.needs().hostgroup].push(waiter, loop_.now());
  ++waiting_;
  loop_.at_turn_end(*this);
}

std::string PoolShard::why_none(const PoolWaiter& waiter) const {
  const int hostgroup_id = waiter.needs().hostgroup;
  const Hostgroup* hostgroup = host_.snapshot().find_hostgroup(hostgroup_id);
  if (hostgroup == nullptr) return "it has no server";
  std::string why = explain_servers(*hostgroup, loop_.now());
  const auto queue = queues_.find(hostgroup_id);
  if (queue == queues_.end()) return why;
  if (queue->second.opening > 0) why += fmt::format("; {} being connected to", queue->second.opening);
  if (concerns(queue->second.last_failure, waiter))
    why += "; last failure: " + queue->second.last_failure.text;
  return why;
}

void PoolShard::cancel(PoolWaiter& waiter) {
  if (!waiter.queued()) return;
  WaitQueue& queue = queues_[waiter.needs().hostgroup];
  queue.remove(waiter);
  --waiting_;
  stats_.pool_failures.add();
  if (queue.empty()) loop_.at_turn_end(*this);  // its mark for other workers has to go
}

Lease PoolShard::lease(BackendConnection& connection, BackendUser& user) {
  remove_idle(connection);
  connection.share()->figures.take_into_use();
  stats_.pool_served.add();
  connection.lease_to(user);
  return {*this, connection};
}

void PoolShard::give_back(BackendConnection& connection) {
  // What is still to be sent belongs to the session that is gone.
  if (connection.stage() != BackendConnection::Stage::leased || connection.channel().queued_bytes() > 0) {
    return discard(connection);
  }
  connection.share()->figures.connections_used.subtract();
  stats_.pool_returns.add();
  connection.return_from_lease(loop_.now());
  make_idle(connection);
}

// As give_back(), but others get it only when its transaction has ended.
void PoolShard::roll_back(BackendConnection& connection) {
  if (connection.stage() != BackendConnection::Stage::leased || connection.channel().queued_bytes() > 0 ||
      connection.share()->draining || connection.retired()) {
    return discard(connection);
  }
  connection.share()->figures.connections_used.subtract();
  stats_.pool_returns.add();
  connection.return_from_lease(loop_.now());
  connection.roll_back(host_.snapshot().settings().connect_timeout_server, loop_.now());
}

void PoolShard::discard(BackendConnection& connection) {
  connection.share()->figures.connections_used.subtract();
  drop(connection);
}

void PoolShard::make_idle(BackendConnection& connection) {
  ServerShare& share = *connection.share();
  if (share.draining || connection.retired()) return drop(connection);
  share.idle.push_back(&connection);
  share.figures.connections_idle.add();
  if (!tick_.is_set()) set_tick(loop_.now() + kHousekeepingMs);
  if (waiting_ > 0 || connection.server().slots().anyone_waiting()) loop_.at_turn_end(*this);
}

void PoolShard::remove_idle(BackendConnection& connection) {
  ServerShare& share = *connection.share();
  std::vector<BackendConnection*>& idle = share.idle;
  // Usually the last: the most recently used is taken first.
  for (std::size_t i = idle.size(); i-- > 0;) {
    if (idle[i] != &connection) continue;
    idle.erase(idle.begin() + static_cast<std::ptrdiff_t>(i));
    share.figures.connections_idle.subtract();
    return;
  }
}

BackendConnection* PoolShard::find_idle_on(const Server& server, const PoolNeeds& needs, Suits suits) {
  const auto share = shares_.find(server.state.get());
  if (share == shares_.end()) return nullptr;
  const std::vector<BackendConnection*>& idle = share->second.idle;
  const SyncCost limit = suits == Suits::exactly_or_synced ? SyncCost::statement : SyncCost::change_user;
  const Instant now = loop_.now();
  BackendConnection* best = nullptr;
  SyncCost best_cost = SyncCost::change_user;
  for (std::size_t i = idle.size(); i-- > 0;) {
    BackendConnection& candidate = *idle[i];
    if (!candidate.suits(needs.key)) continue;
    const SyncCost cost = sync_cost(candidate.has(), *needs.wants, needs.carry);
    if (cost > limit || (best != nullptr && cost >= best_cost)) continue;
    if (now - candidate.checked_at() > kLookAfterMs && !candidate.channel().silent())
      continue;  // about to be told
    best = &candidate;
    best_cost = cost;
    if (cost == SyncCost::none) break;
  }
  return best;
}

BackendConnection* PoolShard::find_idle(const Hostgroup& hostgroup, const PoolNeeds& needs) {
  // The weights decide among the servers that have something idle; any other is better than waiting.
  const Server* first = choose(hostgroup, loop_.now(), random(), [&](const Server& server) {
    const auto share = shares_.find(server.state.get());
    return share != shares_.end() && !share->second.idle.empty();
  });
  if (first == nullptr) return nullptr;
  if (auto* connection = find_idle_on(*first, needs, Suits::even_by_change_of_user)) return connection;
  for (const auto& server : hostgroup.servers) {
    if (server.get() == first || !usable(hostgroup, *server, loop_.now())) continue;
    if (auto* connection = find_idle_on(*server, needs, Suits::even_by_change_of_user)) return connection;
  }
  return nullptr;
}

void PoolShard::on_turn_end() noexcept {
  dropped_.clear();
  ended_kills_.clear();
  for (auto& [hostgroup, queue] : queues_) serve(hostgroup, queue);
  for (auto& [state, share] : shares_) {
    while (!share.idle.empty() && give_to_older_waiter(*share.idle.back(), nullptr)) {
    }
  }
  if (!holders_.empty()) ask_holders_for_others();
  if (waiting_ > 0) set_tick(loop_.now() + kWaitingTickMs);
  if (forgettable_) forget_unused();
}

void PoolShard::serve(int hostgroup_id, WaitQueue& queue) {
  const Hostgroup* hostgroup = host_.snapshot().find_hostgroup(hostgroup_id);
  if (!queue.empty() && (hostgroup == nullptr || choose(*hostgroup, loop_.now(), 0) == nullptr)) {
    move_to_fallback(queue);
  }
  if (!queue.empty() && (hostgroup == nullptr || !worth_waiting(*hostgroup, loop_.now(), loop_.now()))) {
    refuse_the_hopeless(hostgroup_id, queue);
  }
  if (hostgroup == nullptr) return;
  while (PoolWaiter* waiter = queue.front()) {
    BackendConnection* connection = find_idle(*hostgroup, waiter->needs());
    if (connection == nullptr) break;
    if (give_to_older_waiter(*connection, waiter)) continue;
    deliver(*connection, *waiter, queue);
  }
  if (queue.empty()) return clear_waiting(*hostgroup);
  open_for_waiters(*hostgroup, queue);
  if (!holders_.empty() && !queue.empty()) ask_holders(*hostgroup, queue);
}

// One for each waiter for whom nothing else is on its way.
void PoolShard::ask_holders(const Hostgroup& hostgroup, const WaitQueue& queue) {
  std::size_t coming = queue.opening;
  for (const auto& server : hostgroup.servers) {
    const auto share = shares_.find(server->state.get());
    if (share != shares_.end()) coming += static_cast<std::size_t>(share->second.asked_back);
  }
  for (const auto& server : hostgroup.servers) {
    const auto share = shares_.find(server->state.get());
    if (share == shares_.end() || !usable(hostgroup, *server, loop_.now())) continue;
    while (coming < queue.size() && holders_.ask(share->second)) ++coming;
  }
}

// Sessions of other workers wait, too: one at a time, for what comes back goes to one of them.
void PoolShard::ask_holders_for_others() {
  for (auto& [state, share] : shares_) {
    if (share.idle.empty() && share.asked_back == 0 && state->slots.anyone_waiting() &&
        state->slots.oldest_waiting_worker(worker_)) {
      holders_.ask(share);
    }
  }
}

void PoolShard::offer(Holder& holder, BackendConnection& connection) {
  holders_.offer(holder, connection);
  if (waiting_ > 0 || connection.server().slots().anyone_waiting()) loop_.at_turn_end(*this);
}

// No server of their hostgroup can serve: waiters that may go elsewhere do, and keep their place in time.
void PoolShard::move_to_fallback(WaitQueue& queue) {
  PoolWaiter* next = nullptr;
  for (PoolWaiter* waiter = queue.front(); waiter != nullptr; waiter = next) {
    next = WaitQueue::after(*waiter);
    if (waiter->needs().fallback_hostgroup < 0) continue;
    const Instant since = waiter->waiting_since();
    queue.remove(*waiter);
    waiter->needs().hostgroup = std::exchange(waiter->needs().fallback_hostgroup, -1);
    stats_.reader_fallbacks.add();
    queues_[waiter->needs().hostgroup].push(*waiter, since);
    loop_.at_turn_end(*this);
  }
}

// Waiters for whom no server can come in time are told now rather than then.
void PoolShard::refuse_the_hopeless(int hostgroup_id, WaitQueue& queue) {
  const Hostgroup* hostgroup = host_.snapshot().find_hostgroup(hostgroup_id);
  if (may_be_filled(host_.snapshot(), hostgroup_id)) return;
  PoolWaiter* next = nullptr;
  for (PoolWaiter* waiter = queue.front(); waiter != nullptr; waiter = next) {
    next = WaitQueue::after(*waiter);
    const bool hopes = hostgroup != nullptr && worth_waiting(*hostgroup, loop_.now(), waiter->needs().until);
    if (hopes) continue;
    const ErrorSpec& spec =
        error_spec(hostgroup == nullptr ? ProxyError::hostgroup_empty : ProxyError::no_backend_usable);
    const std::string why = why_none(*waiter);
    queue.remove(*waiter);
    --waiting_;
    stats_.pool_failures.add();
    waiter->on_no_connection(
        {spec.code, std::string(spec.sqlstate), error_text(spec.error, hostgroup_id, why), false});
  }
}

void PoolShard::deliver(BackendConnection& connection, PoolWaiter& waiter, WaitQueue& queue) {
  queue.remove(waiter);
  --waiting_;
  waiter.on_connection(lease(connection, waiter.backend_user()));
}

bool PoolShard::give_to_older_waiter(BackendConnection& connection, const PoolWaiter* mine) {
  const ServerSlots& slots = connection.server().slots();
  if (!slots.anyone_waiting()) return false;
  const auto other = slots.oldest_waiting_worker(worker_);
  if (!other || (mine != nullptr && slots.waiting_since(*other) >= mine->waiting_since())) return false;
  hand_over(connection, *other);
  return true;
}

void PoolShard::hand_over(BackendConnection& connection, std::size_t worker) {
  const std::shared_ptr<const Server> server = connection.server_pointer();
  const int fd = connection.detach();
  if (fd < 0) return drop(connection);
  // The other marks itself again if this connection does not end its waiting.
  server->slots().clear_waiting(worker);
  remove_idle(connection);
  stats_.backend_connections_handed_over.add();
  leave_share(connection);
  host_.hand_over(worker, fd, connection.take_facts());
  const auto place = connections_.find(&connection);
  connection.close();
  dropped_.push_back(std::move(place->second));
  connections_.erase(place);
  loop_.at_turn_end(*this);
}

void PoolShard::adopt(int fd, ConnectionFacts facts) {
  BackendOwner& owner = *this;
  auto connection = std::make_unique<BackendConnection>(loop_, owner, std::move(facts));
  BackendConnection& adopted = *connection;
  connections_.emplace(&adopted, std::move(connection));
  // It may have been on its way here while the configuration changed.
  follow_configuration(adopted, host_.snapshot().find_server(*adopted.server().state));
  join_share(adopted);
  if (is_elsewhere(adopted) || adopted.speaks_otherwise()) adopted.retire();
  adopted.adopt(fd);
  make_idle(adopted);
  loop_.at_turn_end(*this);
}

// Ends a connection of this shard, whatever it was doing. It is destroyed at the end of the turn, for we may
// be inside one of its events; its permit is free by then, and whoever waits for one is told.
void PoolShard::drop(BackendConnection& connection) {
  const auto place = connections_.find(&connection);
  if (place == connections_.end()) return;
  stats_.pool_discards.add();
  remove_idle(connection);
  leave_share(connection);
  const std::shared_ptr<const Server> server = connection.server_pointer();
  connection.close();
  {
    const SlotPermit released = std::move(connection.take_facts().permit);
  }
  dropped_.push_back(std::move(place->second));
  connections_.erase(place);
  loop_.at_turn_end(*this);
  wake_waiters(*server->state);
}

void PoolShard::wake_waiters(const ServerState& state) {
  if (!state.slots.anyone_waiting()) return;
  if (const auto other = state.slots.oldest_waiting_worker(worker_)) host_.wake(*other);
}

void PoolShard::on_idle_ended(BackendConnection& connection) noexcept {
  stats_.backend_connections_lost.add();
  drop(connection);
}

void PoolShard::on_idle_again(BackendConnection& connection) noexcept {
  make_idle(connection);
}

void PoolShard::set_tick(Instant due) {
  if (!tick_.is_set() || due < tick_.due()) tick_.set(due);
}

void PoolShard::on_deadline() noexcept {
  const Instant now = loop_.now();
  if (now >= next_housekeeping_) {
    next_housekeeping_ = now + kHousekeepingMs;
    housekeeping(now);
  }
  if (!connections_.empty()) set_tick(next_housekeeping_);
  if (waiting_ > 0) loop_.at_turn_end(*this);
}

bool PoolShard::outlived(const BackendConnection& connection, std::size_t idle, Instant now) const {
  const Settings& settings = host_.snapshot().settings();
  if (settings.connection_max_age_ms > 0 && now - connection.opened_at() > settings.connection_max_age_ms)
    return true;
  const Hostgroup* hostgroup = host_.snapshot().find_hostgroup(connection.server().hostgroup);
  if (hostgroup == nullptr) return true;
  const auto kept = static_cast<std::size_t>(
      std::max<std::int64_t>(1, connection.server().max_connections * hostgroup->free_connections_pct / 100));
  return idle > kept && now - connection.idle_since() > kSurplusIdleMs;
}

void PoolShard::housekeeping(Instant now) {
  const Settings& settings = host_.snapshot().settings();
  std::vector<BackendConnection*> old;
  std::vector<BackendConnection*> silent;
  for (const auto& [state, share] : shares_) {
    std::size_t idle = share.idle.size();
    for (BackendConnection* connection : share.idle) {  // least recently used first
      if (outlived(*connection, idle, now)) {
        old.push_back(connection);
        --idle;
      } else if (now - connection->checked_at() > settings.ping_interval_server_msec) {
        silent.push_back(connection);
      }
    }
  }
  for (BackendConnection* connection : old) drop(*connection);
  for (BackendConnection* connection : silent) {
    remove_idle(*connection);
    connection->ping(settings.ping_timeout_server, now + 3 * settings.ping_interval_server_msec, now);
  }
  trim_surplus();
}

void PoolShard::close_idle() {
  std::vector<BackendConnection*> all;
  for (const auto& [state, share] : shares_) all.insert(all.end(), share.idle.begin(), share.idle.end());
  for (BackendConnection* connection : all) drop(*connection);
}

std::size_t PoolShard::idle_connections() const {
  std::size_t count = 0;
  for (const auto& [state, share] : shares_) count += share.idle.size();
  return count;
}

}  // namespace weir
