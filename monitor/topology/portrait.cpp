#include "monitor/topology/portrait.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weir {
namespace {

using Forms = std::span<const std::string_view>;

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lowered;
}

// ---- variables

// A name that a server does not know is a row less.
constexpr std::array<std::string_view, 1> kVariablesForms{
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'version_comment', 'hostname', 'port', "
    "'datadir', "
    "'server_id', 'server_uuid', 'server_uid', 'read_only', 'super_read_only', 'log_bin', "
    "'log_slave_updates', "
    "'log_replica_updates', 'binlog_format', 'auto_increment_increment', 'auto_increment_offset', "
    "'gtid_mode', "
    "'gtid_executed', 'gtid_current_pos', 'slave_skip_errors', 'replica_skip_errors', 'slave_net_timeout', "
    "'replica_net_timeout', 'relay_log_purge', 'wait_timeout', 'max_allowed_packet', 'report_host', "
    "'rpl_semi_sync_master_enabled', 'rpl_semi_sync_source_enabled', 'rpl_semi_sync_slave_enabled', "
    "'rpl_semi_sync_replica_enabled', 'wsrep_on', 'group_replication_group_name')"};
constexpr std::array<std::string_view, 1> kStatusForms{
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_master_status', "
    "'Rpl_semi_sync_source_status', "
    "'Rpl_semi_sync_master_clients', 'Rpl_semi_sync_source_clients', 'Rpl_semi_sync_slave_status', "
    "'Rpl_semi_sync_replica_status')"};

void read_named(const SimpleQuery& answer, ServerPortrait::Named& named) {
  for (const SimpleQuery::Row& row : answer.rows()) {
    if (row.size() == 2 && row[0] && row[1]) named[lower(*row[0])] = *row[1];
  }
}
void read_variables(const SimpleQuery& answer, ServerPortrait& portrait) {
  read_named(answer, portrait.variables);
}
void read_status(const SimpleQuery& answer, ServerPortrait& portrait) {
  read_named(answer, portrait.status);
}

// ---- clock

constexpr std::array<std::string_view, 1> kClockForms{"SELECT UNIX_TIMESTAMP(SYSDATE(6)) AS now_s"};

void read_clock(const SimpleQuery& answer, ServerPortrait& portrait) {
  portrait.server_time_s = to_number(answer.find_value(0, "now_s"));
}

// ---- who replicates

void read_links(const SimpleQuery& answer, ServerPortrait& portrait) {
  portrait.links = to_links(answer, LinkDetail::all);
}

constexpr std::array<std::string_view, 2> kReplicasForms{"SHOW REPLICAS", "SHOW SLAVE HOSTS"};

std::uint32_t to_id(std::optional<std::string_view> text) {
  const double value = to_number(text).value_or(0);
  return value < 0 || value > 4294967295.0 ? 0 : static_cast<std::uint32_t>(value);
}

void read_replicas(const SimpleQuery& answer, ServerPortrait& portrait) {
  for (std::size_t row = 0; row < answer.rows().size(); ++row) {
    ListedReplica& replica = portrait.listed.emplace_back();
    replica.server_id = to_id(answer.find_value(row, "Server_id"));
    const auto new_name = answer.find_value(row, "Replica_UUID");
    replica.uuid = new_name ? *new_name : answer.find_value(row, "Slave_UUID").value_or("");
    const std::uint32_t port = to_id(answer.find_value(row, "Port"));
    replica.host = {std::string(answer.find_value(row, "Host").value_or("")),
                    static_cast<std::uint16_t>(port == 0 || port > 65535 ? 3306 : port)};
  }
}

// A replica without report_host is listed without a name; its connection has one.
constexpr std::array<std::string_view, 1> kDumpForms{
    "SELECT HOST AS host FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"};

void read_dumps(const SimpleQuery& answer, ServerPortrait& portrait) {
  for (std::size_t row = 0; row < answer.rows().size(); ++row) {
    std::string address(answer.find_value(row, "host").value_or(""));
    address.resize(std::min(address.size(), address.rfind(':')));
    if (!address.empty() &&
        std::ranges::find(portrait.dump_addresses, address) == portrait.dump_addresses.end())
      portrait.dump_addresses.push_back(std::move(address));
  }
}

bool has_nameless_replicas(const ServerPortrait& portrait) {
  return portrait.find_refused("replicas") != nullptr ||
         std::ranges::any_of(portrait.listed, [](const auto& replica) { return replica.host.name.empty(); });
}

// ---- positions

constexpr std::array<std::string_view, 2> kLogForms{"SHOW BINARY LOG STATUS", "SHOW MASTER STATUS"};

void read_log(const SimpleQuery& answer, ServerPortrait& portrait) {
  if (answer.rows().empty()) return;
  portrait.log_position = fmt::format("{}:{}", answer.find_value(0, "File").value_or(""),
                                      answer.find_value(0, "Position").value_or(""));
  for (const char* column : {"Binlog_Do_DB", "Binlog_Ignore_DB"}) {
    const auto value = answer.find_value(0, column);
    if (value && !value->empty()) portrait.log_filters.push_back(fmt::format("{}={}", column, *value));
  }
}

void read_position(const SimpleQuery& answer, ServerPortrait& portrait) {
  portrait.position = to_position(answer);
}

bool always(const ServerPortrait&) {
  return true;
}

const std::array kQuestions{
    PortraitQuestion{"variables", kVariablesForms, read_variables, always},
    PortraitQuestion{"clock", kClockForms, read_clock, always},
    PortraitQuestion{"replication", replication_status_forms(), read_links, always},
    PortraitQuestion{"replicas", kReplicasForms, read_replicas, always},
    PortraitQuestion{"process list", kDumpForms, read_dumps, has_nameless_replicas},
    PortraitQuestion{"binary log", kLogForms, read_log, always},
    PortraitQuestion{"semi-sync", kStatusForms, read_status, always},
    PortraitQuestion{"position", position_forms(), read_position, always},
};

}  // namespace

std::string_view ServerPortrait::variable(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names) {
    if (const auto found = variables.find(name); found != variables.end()) return found->second;
  }
  return {};
}

bool ServerPortrait::on(std::initializer_list<std::string_view> names) const {
  const std::string_view value = variable(names);
  return !value.empty() && value != "OFF" && value != "0" && value != "NO";
}

std::optional<std::int64_t> ServerPortrait::number(std::initializer_list<std::string_view> names) const {
  const auto value = to_number(variable(names));
  return value ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

bool ServerPortrait::mariadb() const {
  return variable({"version"}).contains("MariaDB") || variable({"version_comment"}).contains("MariaDB");
}

std::uint32_t ServerPortrait::server_id() const {
  return to_id(variable({"server_id"}));
}

// Copied servers may have the same ids, but not at the same place of the same machine.
std::string ServerPortrait::identity() const {
  if (variables.empty()) return {};
  return fmt::format("{} {} {}:{} {} {}", variable({"server_uuid"}), variable({"server_uid"}),
                     variable({"hostname"}), variable({"port"}), variable({"datadir"}),
                     variable({"server_id"}));
}

const RefusedQuestion* ServerPortrait::find_refused(std::string_view question) const {
  const auto found = std::ranges::find(refused, question, &RefusedQuestion::question);
  return found == refused.end() ? nullptr : &*found;
}

std::span<const PortraitQuestion> portrait_questions() {
  return kQuestions;
}

const PortraitQuestion& position_question() {
  return *std::ranges::find(kQuestions, std::string_view("position"), &PortraitQuestion::name);
}

}  // namespace weir
