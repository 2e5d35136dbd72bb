// What a configuration must fulfil beyond the bounds of its columns.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "protocol/wire/charsets.hpp"
#include "router/config/snapshot_builder.hpp"
#include "router/config/variables.hpp"

namespace weir {

void SnapshotBuilder::error(std::string_view table, std::size_t row, std::string_view column,
                            std::string text) {
  complaints_.push_back({std::string(table), row, std::string(column), std::move(text), Severity::error, {}});
}

void SnapshotBuilder::warn(std::string_view table, std::size_t row, std::string_view column,
                           std::string text) {
  complaints_.push_back(
      {std::string(table), row, std::string(column), std::move(text), Severity::warning, {}});
}

bool SnapshotBuilder::has_server(std::int64_t hostgroup) const {
  return std::ranges::any_of(tables_.servers,
                             [&](const ServerRow& row) { return row.hostgroup_id == hostgroup; });
}

void SnapshotBuilder::check_settings() {
  for (const Variable& variable : all_variables()) {
    if (has_effect(variable) || variable_text(settings_, variable) == default_text(variable)) continue;
    warn("global_variables", 0, variable.name, "is known and kept, but has no effect in this version");
  }
}

void SnapshotBuilder::reconcile_charset() {
  const Collation* collation = find_collation(settings_.default_collation_connection);
  const Charset* charset = find_charset(settings_.default_charset);
  if (collation == nullptr || charset == nullptr || collation->charset == charset) return;
  const Variable* row = find_variable("mysql-default_collation_connection");
  const Collation* fitting = find_collation(charset->default_collation);
  if (fitting != nullptr && settings_.default_collation_connection == default_text(*row)) {
    settings_.default_collation_connection = std::string(fitting->name);  // only the character set was set
    return;
  }
  warn("global_variables", 0, "mysql-default_charset",
       fmt::format("'{}' does not fit mysql-default_collation_connection '{}'; '{}' is used", charset->name,
                   collation->name, collation->charset->name));
  settings_.default_charset = std::string(collation->charset->name);
}

void SnapshotBuilder::check_servers() {
  const std::string_view table = kServersTable.name;
  for (std::size_t i = 0; i < tables_.servers.size(); ++i) {
    const ServerRow& row = tables_.servers[i];
    const bool is_path = row.hostname.starts_with('/');
    if (row.hostname.empty()) error(table, i + 1, "hostname", "may not be empty");
    if (row.port == 0 && !row.hostname.empty() && !is_path) {
      error(table, i + 1, "port", "0 needs the path of a Unix socket, beginning with /, as hostname");
    }
    if (row.port != 0 && is_path)
      error(table, i + 1, "port", "must be 0 if hostname is the path of a Unix socket");
    // Passwords and rows would travel in clear although someone asked for the contrary.
    if (row.use_ssl) error(table, i + 1, "use_ssl", "this version has no TLS towards servers; 0 is allowed");
    if (row.compression) warn(table, i + 1, "compression", "has no effect in this version");
    if (row.max_replication_lag > 0)
      warn(table, i + 1, "max_replication_lag", "has no effect in this version");
  }
}

void SnapshotBuilder::check_users() {
  const std::string_view table = kUsersTable.name;
  for (std::size_t i = 0; i < tables_.users.size(); ++i) {
    const UserRow& row = tables_.users[i];
    if (row.username.empty()) error(table, i + 1, "username", "may not be empty");
    if (!row.active) continue;
    if (row.default_hostgroup < 0)
      warn(table, i + 1, "default_hostgroup", "is negative: the row is not loaded");
    if (row.use_ssl) {
      warn(table, i + 1, "use_ssl",
           "this version has no TLS: clients cannot log in as '" + row.username + "'");
    }
    if (row.fast_forward) warn(table, i + 1, "fast_forward", "has no effect in this version");
  }
}

void SnapshotBuilder::check_replication() {
  std::set<std::int64_t> writers, readers;
  for (const ReplicationHostgroupRow& row : tables_.replication_hostgroups) {
    writers.insert(row.writer_hostgroup);
    readers.insert(row.reader_hostgroup);
  }
  for (std::size_t i = 0; i < tables_.replication_hostgroups.size(); ++i) {
    const ReplicationHostgroupRow& row = tables_.replication_hostgroups[i];
    if (readers.contains(row.writer_hostgroup) && row.reader_hostgroup != row.writer_hostgroup) {
      error(kReplicationHostgroupsTable.name, i + 1, "writer_hostgroup",
            fmt::format("{} is the reader_hostgroup of another row; a hostgroup is one or the other",
                        row.writer_hostgroup));
    }
  }
}

// A hostgroup without servers is legal (they may be loaded later), and the most common mistake of newcomers.
void SnapshotBuilder::check_references() {
  const auto expect_servers = [&](std::string_view table, std::size_t row, std::string_view column,
                                  std::int64_t id) {
    if (id >= 0 && !has_server(id)) warn(table, row, column, fmt::format("hostgroup {} has no server", id));
  };
  for (std::size_t i = 0; i < tables_.users.size(); ++i) {
    const UserRow& row = tables_.users[i];
    if (row.active) expect_servers(kUsersTable.name, i + 1, "default_hostgroup", row.default_hostgroup);
  }
  for (std::size_t i = 0; i < tables_.query_rules.size(); ++i) {
    const QueryRuleRow& row = tables_.query_rules[i];
    if (row.active && row.destination_hostgroup) {
      expect_servers(kQueryRulesTable.name, i + 1, "destination_hostgroup", *row.destination_hostgroup);
    }
  }
  for (std::size_t i = 0; i < tables_.replication_hostgroups.size(); ++i) {
    const ReplicationHostgroupRow& row = tables_.replication_hostgroups[i];
    expect_servers(kReplicationHostgroupsTable.name, i + 1, "writer_hostgroup", row.writer_hostgroup);
    expect_servers(kReplicationHostgroupsTable.name, i + 1, "reader_hostgroup", row.reader_hostgroup);
  }
}

}  // namespace weir
