// What the command line means, in rows of the configuration tables.
#include <algorithm>

#include "proxy/options.hpp"

namespace weir {
namespace {

constexpr std::int64_t kWriterHostgroup = 0;
constexpr std::int64_t kReaderHostgroup = 1;

void add_server(std::vector<ServerRow>& rows, std::int64_t hostgroup, const BackendOption& backend) {
  ServerRow row;
  row.hostgroup_id = hostgroup;
  row.hostname = backend.address.host;
  row.port = backend.address.port;
  row.weight = backend.weight.value_or(row.weight);
  const auto same = [&](const ServerRow& other) {
    return other.hostgroup_id == row.hostgroup_id && other.hostname == row.hostname && other.port == row.port;
  };
  const auto known = std::ranges::find_if(rows, same);
  if (known == rows.end()) {
    rows.push_back(std::move(row));
  } else {
    known->weight = backend.weight.value_or(known->weight);
  }
}

// The hostgroup of readers beside hostgroup 0: the file's, or 1.
std::int64_t reader_hostgroup(std::vector<ReplicationHostgroupRow>& pairs) {
  const auto known = std::ranges::find(pairs, kWriterHostgroup, &ReplicationHostgroupRow::writer_hostgroup);
  if (known != pairs.end()) return known->reader_hostgroup;
  ReplicationHostgroupRow row;
  row.writer_hostgroup = kWriterHostgroup;
  row.reader_hostgroup = kReaderHostgroup;
  pairs.push_back(row);
  return kReaderHostgroup;
}

// Replaces the password and the hostgroup of a known user, or adds one.
void add_user(std::vector<UserRow>& rows, const AccountOption& account) {
  bool known = false;
  for (UserRow& row : rows) {
    if (row.username != account.name) continue;
    row.password = account.password;
    row.default_hostgroup = kWriterHostgroup;
    row.active = true;
    known = true;
  }
  if (known) return;
  UserRow row;
  row.username = account.name;
  row.password = account.password;
  rows.push_back(std::move(row));
}

std::string list_of(const std::vector<Endpoint>& endpoints) {
  std::string text;
  for (const Endpoint& endpoint : endpoints) text += (text.empty() ? "" : ";") + endpoint.text();
  return text;
}

}  // namespace

void apply_options(const Options& options, Tables& tables, Settings& settings) {
  for (const BackendOption& writer : options.writers) add_server(tables.servers, kWriterHostgroup, writer);
  if (!options.readers.empty()) {
    const std::int64_t hostgroup = reader_hostgroup(tables.replication_hostgroups);
    for (const BackendOption& reader : options.readers) add_server(tables.servers, hostgroup, reader);
  }
  if (options.names_backends()) settings.auto_rw_split = true;
  for (const AccountOption& user : options.users) add_user(tables.users, user);
  if (options.monitor_user) {
    settings.monitor_username = options.monitor_user->name;
    settings.monitor_password = options.monitor_user->password;
  }
  if (!options.listen.empty()) settings.interfaces = list_of(options.listen);
  if (!options.admin_listen.empty()) settings.admin_interfaces = list_of(options.admin_listen);
  if (options.threads) settings.threads = *options.threads;
  if (options.no_monitor) settings.monitor_enabled = false;
}

}  // namespace weir
