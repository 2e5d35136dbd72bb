#include "router/config/snapshot_builder.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "router/config/host_port.hpp"

namespace weir {
namespace {

ServerStatus parse_status(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (text == "SHUNNED") return ServerStatus::shunned;
  if (text == "OFFLINE_SOFT") return ServerStatus::offline_soft;
  if (text == "OFFLINE_HARD") return ServerStatus::offline_hard;
  return ServerStatus::online;
}

std::shared_ptr<const Server> make_server(const ServerRow& row, ServerStates& states) {
  auto server = std::make_shared<Server>();
  server->hostgroup = static_cast<int>(row.hostgroup_id);
  server->hostname = row.hostname;
  server->port = static_cast<std::uint16_t>(row.port);
  server->name = to_text(HostPort{server->hostname, server->port});
  server->status = parse_status(row.status);
  server->weight = row.weight;
  server->max_connections = row.max_connections;
  server->max_latency_ms = row.max_latency_ms;
  server->max_replication_lag = row.max_replication_lag;
  server->use_ssl = row.use_ssl;
  server->compression = row.compression;
  server->comment = row.comment;
  server->state = states.find_or_make(server->hostgroup, server->hostname, server->port);
  return server;
}

// A user's two halves may come from one row or from two.
void merge_user(User& user, const UserRow& row) {
  user.username = row.username;
  if (row.backend) {
    user.backend = true;
    user.backend_password = row.password.value_or("");
  }
  if (!row.frontend) return;
  user.frontend = !row.use_ssl;  // without TLS nobody can fulfil use_ssl
  user.use_ssl = row.use_ssl;
  user.password = row.password.value_or("");
  user.default_hostgroup = static_cast<int>(row.default_hostgroup);
  user.default_schema = row.default_schema.value_or("");
  user.transaction_persistent = row.transaction_persistent;
  user.fast_forward = row.fast_forward;
  user.max_connections = row.max_connections;
  user.attributes = row.attributes;
}

}  // namespace

SnapshotBuilder::SnapshotBuilder(Tables tables, Settings settings, std::shared_ptr<const Snapshot> previous)
    : tables_(std::move(tables)), settings_(std::move(settings)), previous_(std::move(previous)) {}

Result<std::shared_ptr<const Snapshot>, Complaints> SnapshotBuilder::build(ServerStates& states) {
  for_each_table(tables_, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) validate_row(spec, rows[i], i + 1, complaints_);
    validate_keys(spec, std::span<const Row>(rows), complaints_);
  });
  check_settings();
  reconcile_charset();
  check_servers();
  check_users();
  check_replication();
  check_references();
  auto rules = rules_part();
  const bool refused =
      std::ranges::any_of(complaints_, [](const Complaint& c) { return c.severity == Severity::error; });
  if (refused) return std::unexpected(std::move(complaints_));

  std::shared_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->version_ = previous_ ? previous_->version() + 1 : 1;
  snapshot->rules_ = std::move(rules);
  snapshot->users_ = users_part();
  snapshot->servers_ = servers_part(states);
  const bool same_settings = previous_ && previous_->settings() == settings_;
  snapshot->settings_ =
      same_settings ? previous_->settings_ : std::make_shared<const Settings>(std::move(settings_));
  snapshot->warnings_ = std::move(complaints_);
  return snapshot;
}

std::shared_ptr<const UsersPart> SnapshotBuilder::users_part() {
  if (previous_ && previous_->users_->rows == tables_.users) return previous_->users_;
  auto part = std::make_shared<UsersPart>();
  for (const UserRow& row : tables_.users) {
    if (row.active && row.default_hostgroup >= 0) merge_user(part->users[row.username], row);
  }
  part->rows = std::move(tables_.users);
  return part;
}

std::shared_ptr<const RulesPart> SnapshotBuilder::rules_part() {
  if (previous_ && previous_->rules_->rows == tables_.query_rules) return previous_->rules_;
  auto part = std::make_shared<RulesPart>();
  auto compiled = RuleSet::compile(tables_.query_rules, complaints_);
  if (!compiled) return nullptr;  // complained of
  part->rules = std::move(*compiled);
  part->rows = std::move(tables_.query_rules);
  return part;
}

std::map<int, Hostgroup> SnapshotBuilder::make_hostgroups(ServerStates& states) const {
  std::map<int, Hostgroup> hostgroups;
  for (const ServerRow& row : tables_.servers) {
    auto server = make_server(row, states);
    Hostgroup& hostgroup = hostgroups[server->hostgroup];
    hostgroup.id = server->hostgroup;
    hostgroup.free_connections_pct = settings_.free_connections_pct;
    hostgroup.servers.push_back(std::move(server));
  }
  for (const HostgroupAttributesRow& row : tables_.hostgroup_attributes) {
    const auto found = hostgroups.find(static_cast<int>(row.hostgroup_id));
    if (found == hostgroups.end()) continue;
    found->second.max_num_online_servers = row.max_num_online_servers;
    found->second.free_connections_pct = row.free_connections_pct;
    found->second.multiplex = row.multiplex;
  }
  return hostgroups;
}

std::shared_ptr<const ServersPart> SnapshotBuilder::servers_part(ServerStates& states) {
  const bool same_rows = previous_ && previous_->servers_->servers == tables_.servers &&
                         previous_->servers_->replication == tables_.replication_hostgroups &&
                         previous_->servers_->attributes == tables_.hostgroup_attributes;
  // What a hostgroup takes from the global settings is copied into it.
  if (same_rows && previous_->settings().free_connections_pct == settings_.free_connections_pct) {
    return previous_->servers_;
  }
  auto hostgroups = make_hostgroups(states);
  auto part = std::make_shared<ServersPart>();
  for (auto& [id, hostgroup] : hostgroups) {
    for (const auto& server : hostgroup.servers) {
      if (!same_rows) server->health().note_reload();
    }
    part->hostgroups.push_back(std::move(hostgroup));
  }
  for (const ReplicationHostgroupRow& row : tables_.replication_hostgroups) {
    part->pairs.push_back({static_cast<int>(row.writer_hostgroup), static_cast<int>(row.reader_hostgroup)});
  }
  std::ranges::sort(part->pairs, {}, &HostgroupPair::writer);
  part->servers = std::move(tables_.servers);
  part->replication = std::move(tables_.replication_hostgroups);
  part->attributes = std::move(tables_.hostgroup_attributes);
  return part;
}

}  // namespace weir
