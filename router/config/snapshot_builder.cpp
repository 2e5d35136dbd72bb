#include "router/config/snapshot_builder.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "router/config/newcomers.hpp"
#include "router/config/servers_part.hpp"
#include "router/query/digest.hpp"

namespace weir {
namespace {

// A user's two halves may come from one row or from two.
void merge_user(User& user, const UserRow& row) {
  Complaints told;  // by check_users()
  user.username = row.username;
  if (row.backend) {
    user.backend = true;
    user.backend_password = row.password.value_or("");
    user.backend_additional_password = parse_additional_password(row.attributes, told);
  }
  if (!row.frontend) return;
  user.frontend = true;
  user.use_ssl = row.use_ssl;
  user.password = row.password.value_or("");
  user.additional_password = parse_additional_password(row.attributes, told);
  user.default_hostgroup = static_cast<int>(row.default_hostgroup);
  user.default_schema = row.default_schema.value_or("");
  user.transaction_persistent = row.transaction_persistent;
  user.fast_forward = row.fast_forward;
  user.max_connections = row.max_connections;
  user.attributes = parse_user_attributes(row.attributes, told);
}

Account account_of(const User& user) {
  Account account{.name = user.username, .secrets = {}, .must_use_tls = user.use_ssl};
  account.secrets.push_back({parse_stored_secret(user.password)});
  if (!user.additional_password.empty())
    account.secrets.push_back({parse_stored_secret(user.additional_password)});
  return account;
}

FastRouting fast_routing(std::span<const FastRoutingRow> rows) {
  FastRouting routing;
  for (const FastRoutingRow& row : rows) {
    routing.insert(row.username, row.schemaname, row.flag_in, static_cast<int>(row.destination_hostgroup));
  }
  return routing;
}

}  // namespace

SnapshotBuilder::SnapshotBuilder(Tables tables, Settings settings, std::shared_ptr<const Snapshot> previous)
    : tables_(std::move(tables)), settings_(std::move(settings)), previous_(std::move(previous)) {
  if (!previous_) return;
  for_each_table_of_both(tables_, previous_->tables(),
                         [&](const auto& spec, const auto& rows, const auto& before) {
                           if (rows == before) unchanged_.insert(spec.name);
                         });
}

bool SnapshotBuilder::unchanged(std::initializer_list<std::string_view> tables) const {
  return std::ranges::all_of(tables, [&](std::string_view table) { return unchanged_.contains(table); });
}

void SnapshotBuilder::name_rows() {
  std::map<std::string_view, std::vector<Complaint*>> by_table;
  for (Complaint& complaint : complaints_) {
    if (complaint.row != 0) by_table[complaint.table].push_back(&complaint);
  }
  for_each_table(tables_, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    for (Complaint* complaint : by_table[spec.name]) {
      if (complaint->row <= rows.size()) complaint->key = key_text(spec, rows[complaint->row - 1]);
    }
  });
}

Result<std::shared_ptr<const Snapshot>, Complaints> SnapshotBuilder::build(ServerStates& states) {
  check_rows();
  check_settings();
  reconcile_charset();
  check_servers();
  check_users();
  check_roles();
  check_memberships();
  check_hostgroup_settings();
  check_references();
  const bool same_rules = unchanged({kQueryRulesTable.name, kFastRoutingTable.name});
  check_unless(same_rules, "rules", [&] {
    check_chains();
    check_shadowed_rules();
    check_patterns();
  });
  const bool same_digests = same_rules && digest_options(previous_->settings()) == digest_options(settings_);
  check_unless(same_digests, "digest expressions", [&] { check_digest_expressions(); });
  const bool same_users = same_rules && unchanged({kUsersTable.name});
  check_unless(same_users, "users of rules", [&] { check_rule_users(); });
  auto rules = rules_part();
  const bool same_pairs = unchanged(
      {kReplicationHostgroupsTable.name, kGroupReplicationHostgroupsTable.name, kGaleraHostgroupsTable.name});
  const bool same_routes = same_users && rules == previous_->rules_ && same_pairs;
  check_unless(same_routes, "routes", [&] {
    check_locking_reads(rules->rules);
    check_writes_to_readers(rules->rules);
  });
  name_rows();
  const bool refused =
      std::ranges::any_of(complaints_, [](const Complaint& c) { return c.severity == Severity::error; });
  if (refused) return std::unexpected(std::move(complaints_));

  std::shared_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->version_ = previous_ ? previous_->version() + 1 : 1;
  snapshot->rules_ = std::move(rules);
  snapshot->users_ = users_part();
  const auto overlay = this->overlay();
  snapshot->servers_ = servers_part(*overlay, states);
  snapshot->overlay_ = overlay;
  const bool same_servers =
      previous_ && snapshot->servers_ == previous_->servers_ && overlay == previous_->overlay_;
  snapshot->loaded_as_ = same_servers ? previous_->loaded_as_ : snapshot->version_;
  const bool same_settings = previous_ && previous_->settings() == settings_;
  snapshot->settings_ =
      same_settings ? previous_->settings_ : std::make_shared<const Settings>(std::move(settings_));
  bool same_tables = previous_ != nullptr;
  for_each_table(tables_, [&](const auto& spec, const auto&) { same_tables &= unchanged({spec.name}); });
  snapshot->tables_ = same_tables ? previous_->tables_ : std::make_shared<const Tables>(std::move(tables_));
  snapshot->warnings_ = std::move(complaints_);
  snapshot->row_warnings_ = std::move(row_warnings_);
  return snapshot;
}

template <class Check>
void SnapshotBuilder::check_unless(bool same, std::string_view name, Check check) {
  const std::size_t before = complaints_.size();
  if (same) {
    const Complaints& found = previous_->row_warnings_.at(name);
    complaints_.insert(complaints_.end(), found.begin(), found.end());
  } else {
    check();
  }
  row_warnings_[name].assign(complaints_.begin() + static_cast<std::ptrdiff_t>(before), complaints_.end());
}

std::shared_ptr<const UsersPart> SnapshotBuilder::users_part() {
  if (unchanged({kUsersTable.name})) return previous_->users_;
  auto part = std::make_shared<UsersPart>();
  part->users.reserve(tables_.users.size());
  for (const UserRow& row : tables_.users) {
    if (row.active && row.default_hostgroup >= 0) merge_user(part->users[row.username], row);
  }
  std::vector<Account> accounts;
  for (auto& [name, user] : part->users) {
    user.account = account_of(user);
    if (user.frontend) accounts.push_back(user.account);
  }
  part->decoys = Decoys(accounts);
  return part;
}

std::shared_ptr<const RulesPart> SnapshotBuilder::rules_part() {
  const bool same = unchanged({kQueryRulesTable.name, kFastRoutingTable.name}) &&
                    previous_->settings().query_processor_regex == settings_.query_processor_regex;
  std::shared_ptr<const RulesPart> part = same ? previous_->rules_ : nullptr;
  if (!same) {
    auto fresh = std::make_shared<RulesPart>();
    auto compiled = RuleSet::compile(tables_.query_rules, fresh->warnings,
                                     {.like_re2 = settings_.query_processor_regex == 2},
                                     previous_ ? &previous_->rules() : nullptr);
    if (compiled) {
      compiled->set_fast_routing(fast_routing(tables_.fast_routing));
      fresh->rules = std::move(*compiled);
    }
    part = std::move(fresh);  // without rules if there is an error among the complaints
  }
  complaints_.insert(complaints_.end(), part->warnings.begin(), part->warnings.end());
  return part;
}

std::shared_ptr<const ServerOverlay> SnapshotBuilder::overlay() const {
  if (!previous_) return std::make_shared<const ServerOverlay>();
  auto held =
      hold_newcomers(*previous_->overlay_, previous_->servers_->rows, tables_, settings_.monitor_enabled);
  return held == *previous_->overlay_ ? previous_->overlay_
                                      : std::make_shared<const ServerOverlay>(std::move(held));
}

std::shared_ptr<const ServersPart> SnapshotBuilder::servers_part(const ServerOverlay& overlay,
                                                                 ServerStates& states) {
  const bool same_rows =
      unchanged({kServersTable.name, kReplicationHostgroupsTable.name, kGroupReplicationHostgroupsTable.name,
                 kGaleraHostgroupsTable.name, kHostgroupAttributesTable.name});
  // What a hostgroup takes from the global settings is copied into it.
  if (same_rows && previous_->settings().free_connections_pct == settings_.free_connections_pct &&
      previous_->settings().default_max_latency_ms == settings_.default_max_latency_ms) {
    return previous_->servers_;
  }
  auto part = make_servers_part(tables_, settings_, overlay, states);
  if (previous_) note_returns(*previous_->servers_, *part);
  if (same_rows) return part;
  for (const Hostgroup& hostgroup : part->hostgroups) {
    for (const auto& server : hostgroup.servers) server->health().note_reload();
  }
  return part;
}

std::shared_ptr<const Snapshot> SnapshotBuilder::overlaid(const Snapshot& previous, ServerOverlay overlay,
                                                          ServerStates& states) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot(previous));
  ++snapshot->version_;
  snapshot->overlay_ = std::make_shared<const ServerOverlay>(std::move(overlay));
  auto part = make_servers_part(previous.tables(), previous.settings(), snapshot->overlay(), states);
  note_returns(*previous.servers_, *part);
  snapshot->servers_ = std::move(part);
  return snapshot;
}

}  // namespace weir
