// PoolShard: the servers have been loaded again, or stand elsewhere.
#include <algorithm>

#include "proxy/net/name_table.hpp"
#include "proxy/pool/pool_shard.hpp"
#include "router/backend/balance.hpp"

namespace weir {
namespace {

bool serves(const Server* server) {
  return server != nullptr && server->status == ServerStatus::online;
}

bool being_opened(BackendConnection::Stage stage) {
  using enum BackendConnection::Stage;
  return stage == resolving || stage == connecting || stage == logging_in;
}

bool in_use(BackendConnection::Stage stage) {
  return stage == BackendConnection::Stage::leased || stage == BackendConnection::Stage::changing_user;
}

// It was opened without TLS or compression, or with it, and its server's row says the contrary now.
bool speaks_otherwise(const BackendConnection& connection) {
  return !being_opened(connection.stage()) && connection.speaks_otherwise();
}

// Whether those who use a connection to it are to lose it.
bool cut_off(const Snapshot& snapshot, const Server& server) {
  return server.status == ServerStatus::offline_hard ||
         find_end(snapshot.overlay(), server.hostname, server.port) != nullptr;
}

}  // namespace

ServerShare& PoolShard::share_of(const Server& server) {
  const auto known = shares_.find(server.state.get());
  if (known != shares_.end()) return known->second;
  ServerShare& made =
      shares_.emplace(server.state.get(), ServerShare{server.figures().share(worker_), stats_}).first->second;
  made.draining = !serves(host_.snapshot().find_server(*server.state));
  return made;
}

void PoolShard::join_share(BackendConnection& connection) {
  ServerShare& share = share_of(connection.server());
  ++share.connections;
  connection.set_share(&share);
}

void PoolShard::leave_share(BackendConnection& connection) {
  ServerShare& share = *connection.share();
  if (--share.connections == 0 && share.draining) forgettable_ = true;
}

void PoolShard::forget_unused() {
  forgettable_ = false;
  std::erase_if(shares_,
                [](const auto& entry) { return entry.second.draining && entry.second.connections == 0; });
}

void PoolShard::follow_configuration(BackendConnection& connection, const Server* server) {
  if (server != nullptr) connection.set_server(server->shared_from_this());
}

// Nobody is to use this connection again; who uses it now may finish, unless its server is cut off.
void PoolShard::withdraw(BackendConnection& connection) {
  if (in_use(connection.stage())) {
    const Server& server = connection.server();
    if (cut_off(host_.snapshot(), server)) connection.break_off();
    return;
  }
  close_unused(connection);
}

void PoolShard::close_unused(BackendConnection& connection) {
  if (being_opened(connection.stage())) {
    --queues_[connection.server().hostgroup].opening;
    --connection.share()->opening;
  }
  drop(connection);
}

bool PoolShard::is_elsewhere(const BackendConnection& connection) const {
  return connection.address().is_tcp() &&
         loop_.names().is_elsewhere(connection.server().hostname, connection.address());
}

void PoolShard::on_names_changed() {
  std::vector<BackendConnection*> unused;
  for (auto& [connection, owned] : connections_) {
    if (!is_elsewhere(*connection)) continue;
    connection->retire();
    if (!in_use(connection->stage())) unused.push_back(connection);
  }
  for (BackendConnection* connection : unused) close_unused(*connection);
}

// Reads that wait for a server which does not answer the monitor, either, go to another one if there is one.
void PoolShard::leave_silent(BackendConnection& connection) {
  if (connection.stage() != BackendConnection::Stage::leased) return;
  const Hostgroup* hostgroup = host_.snapshot().find_hostgroup(connection.server().hostgroup);
  const bool has_others =
      hostgroup != nullptr && std::ranges::any_of(hostgroup->servers, [&](const auto& server) {
        return usable(*server, loop_.now());
      });
  if (has_others && connection.user_may_go_elsewhere()) connection.break_off();
}

void PoolShard::on_servers_changed(const Snapshot& before) {
  // Waiters mark the servers that they wait for now at the end of the turn.
  for (const Hostgroup& hostgroup : before.hostgroups()) clear_waiting(hostgroup);
  std::unordered_map<const ServerState*, const Server*> servers;
  for (const Hostgroup& hostgroup : host_.snapshot().hostgroups()) {
    for (const auto& server : hostgroup.servers) servers.emplace(server->state.get(), server.get());
  }
  const auto find = [&](const ServerState* state) {
    const auto found = servers.find(state);
    return found == servers.end() ? nullptr : found->second;
  };
  for (auto& [state, share] : shares_) share.draining = !serves(find(state));
  std::vector<BackendConnection*> withdrawn;
  std::vector<BackendConnection*> silent;
  for (auto& [connection, owned] : connections_) {
    const bool was_silent = connection->server().hold == Hold::silent;
    follow_configuration(*connection, find(connection->server().state.get()));
    if (speaks_otherwise(*connection)) connection->retire();
    if (connection->share()->draining || speaks_otherwise(*connection)) withdrawn.push_back(connection);
    if (!was_silent && connection->server().hold == Hold::silent) silent.push_back(connection);
  }
  // A user that is told may do anything with its own connection: what was dropped lives until the turn's end.
  for (BackendConnection* connection : withdrawn) {
    if (connection->stage() != BackendConnection::Stage::ended) withdraw(*connection);
  }
  for (BackendConnection* connection : silent) leave_silent(*connection);
  trim_surplus();
  std::erase_if(queues_, [&](const auto& entry) {
    const auto& [hostgroup, queue] = entry;
    return queue.empty() && queue.opening == 0 && host_.snapshot().find_hostgroup(hostgroup) == nullptr;
  });
  forgettable_ = true;
  loop_.at_turn_end(*this);
}

// A lower max_connections revokes no permit in use; what lies idle beyond it, longest unused first, goes.
void PoolShard::trim_surplus() {
  for (auto& [state, share] : shares_) {
    while (!share.idle.empty()) {
      BackendConnection& oldest = *share.idle.front();
      if (oldest.server().slots().used() <= oldest.server().max_connections) break;
      drop(oldest);
    }
  }
}

}  // namespace weir
