#include "monitor/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "monitor/cluster_rows.hpp"
#include "monitor/replication_rows.hpp"
#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

bool always(const CheckReasons&) {
  return true;
}
bool in_a_pair(const CheckReasons& reasons) {
  return !reasons.check_type.empty();
}
bool replication_matters(const CheckReasons& reasons) {
  return reasons.limits_lag || reasons.compared;
}
bool is_compared(const CheckReasons& reasons) {
  return reasons.compared;
}
// Nobody would say otherwise that it stands still.
bool may_stand_still(const CheckReasons& reasons) {
  return !reasons.check_type.empty() && !reasons.limits_lag;
}
bool is_timed(const CheckReasons& reasons) {
  return reasons.timed;
}

bool in_galera(const CheckReasons& reasons) {
  return reasons.cluster == ClusterKind::galera;
}
bool in_a_group(const CheckReasons& reasons) {
  return reasons.cluster == ClusterKind::group_replication;
}

// ---- read_only

struct CheckType {
  std::string_view name;
  std::string_view expression;
};
constexpr std::array kCheckTypes{
    CheckType{"read_only", "@@global.read_only"},
    CheckType{"innodb_read_only", "@@global.innodb_read_only"},
    CheckType{"super_read_only", "@@global.super_read_only"},
    CheckType{"read_only|innodb_read_only", "@@global.read_only|@@global.innodb_read_only"},
    CheckType{"read_only&innodb_read_only", "@@global.read_only&@@global.innodb_read_only"},
};

std::vector<std::string> read_only_statement(const CheckReasons& reasons, const Settings&) {
  const auto type = std::ranges::find(kCheckTypes, reasons.check_type, &CheckType::name);
  const std::string_view expression =
      type == kCheckTypes.end() ? kCheckTypes[0].expression : type->expression;
  return {fmt::format("SELECT {} AS read_only", expression)};
}

// Anything but 0 is read-only: MariaDB 12 answers with words.
std::string read_read_only(const SimpleQuery& answer, Observation& seen) {
  const auto value = answer.find_value(0, "read_only");
  if (!value) return "the answer has no read_only";
  seen.read_only = *value != "0" && *value != "OFF";
  return {};
}

// ---- replication

std::vector<std::string> to_strings(std::span<const std::string_view> texts) {
  return {texts.begin(), texts.end()};
}

std::string quoted_table(std::string_view name) {
  const std::size_t dot = name.find('.');
  return fmt::format("`{}`.`{}`", name.substr(0, dot), name.substr(dot + 1));
}

std::vector<std::string> replication_statement(const CheckReasons& reasons, const Settings& settings) {
  if (settings.monitor_heartbeat_table.empty() || reasons.compared)
    return to_strings(replication_status_forms());
  return {fmt::format("SELECT TIMESTAMPDIFF(MICROSECOND, MAX(ts), SYSDATE(6)) AS heartbeat_age_us FROM {}",
                      quoted_table(settings.monitor_heartbeat_table))};
}

void add_source(const ReplicationLink& link, ReplicationReading& reading) {
  if (!link.source.name.empty()) reading.sources.push_back(link.source);
  reading.sql_stopped |= !link.sql.runs();
  reading.io_stopped |= !link.io.runs();
  for (const ReplicationThread* thread : {&link.sql, &link.io}) {
    if (reading.error.empty()) reading.error = thread->error;
  }
}

std::string read_heartbeat(const SimpleQuery& answer, ReplicationReading& reading) {
  const auto age_us = to_double(answer.find_value(0, "heartbeat_age_us").value_or(""));
  if (!age_us) return "the heartbeat table has no time";
  reading.replica = true;
  reading.lag_s = std::clamp(*age_us / 1e6, 0.0, kLargestNumber);
  return {};
}

std::string read_replication(const SimpleQuery& answer, Observation& seen) {
  ReplicationReading reading;
  const auto& columns = answer.columns();
  if (columns.size() == 1) {
    if (std::string problem = read_heartbeat(answer, reading); !problem.empty()) return problem;
    seen.replication = std::move(reading);
    return {};
  }
  bool any_null = false;
  double worst_s = 0;
  for (const ReplicationLink& link : to_links(answer, LinkDetail::state)) {
    add_source(link, reading);
    any_null |= !link.lag_s.has_value();
    worst_s = std::max(worst_s, link.lag_s.value_or(0));
  }
  reading.replica = !answer.rows().empty();
  if (reading.replica && !any_null) reading.lag_s = worst_s;
  seen.replication = std::move(reading);
  return {};
}

std::vector<std::string> threads_statement(const CheckReasons&, const Settings&) {
  return to_strings(replication_status_forms());
}

// ---- transactions

std::vector<std::string> position_statement(const CheckReasons&, const Settings&) {
  return to_strings(position_forms());
}

std::string read_position(const SimpleQuery& answer, Observation& seen) {
  seen.position = to_position(answer);
  if (seen.position && !seen.position->empty()) return {};
  seen.position.reset();
  return "it has no GTIDs";
}

// ---- clusters

std::vector<std::string> galera_statement(const CheckReasons&, const Settings&) {
  return to_strings(galera_forms());
}
std::vector<std::string> group_statement(const CheckReasons&, const Settings&) {
  return to_strings(group_forms());
}

void set_member(MemberReading reading, Observation& seen) {
  seen.read_only = is_read_only(reading);
  seen.member = std::move(reading);
}

std::string read_galera(const SimpleQuery& answer, Observation& seen) {
  const auto reading = to_galera_reading(answer);
  if (!reading) return "it has no wsrep status: it is no member of a Galera cluster";
  set_member(*reading, seen);
  return {};
}

std::string read_group(const SimpleQuery& answer, Observation& seen) {
  set_member(to_group_reading(answer), seen);
  return {};
}

constexpr std::array<CheckSpec, kCheckKinds> kChecks{{
    {CheckKind::connect, "connect", CheckLane::connect, &Settings::monitor_connect_interval_ms,
     &Settings::monitor_connect_timeout_ms, always, nullptr, nullptr},
    {CheckKind::ping, "ping", CheckLane::state, &Settings::monitor_ping_interval_ms,
     &Settings::monitor_ping_timeout_ms, always, nullptr, nullptr},
    {CheckKind::read_only, "read_only", CheckLane::state, &Settings::monitor_read_only_interval_ms,
     &Settings::monitor_read_only_timeout_ms, in_a_pair, read_only_statement, read_read_only},
    {CheckKind::replication_lag, "replication_lag", CheckLane::replication,
     &Settings::monitor_replication_lag_interval_ms, &Settings::monitor_replication_lag_timeout_ms,
     replication_matters, replication_statement, read_replication},
    {CheckKind::position, "position", CheckLane::replication, &Settings::monitor_read_only_interval_ms,
     &Settings::monitor_replication_lag_timeout_ms, is_compared, position_statement, read_position},
    {CheckKind::timeline, "timeline", CheckLane::timeline, &Settings::monitor_gtid_interval_ms,
     &Settings::monitor_replication_lag_timeout_ms, is_timed, position_statement, read_position},
    {CheckKind::galera, "galera", CheckLane::state, &Settings::monitor_galera_interval_ms,
     &Settings::monitor_galera_timeout_ms, in_galera, galera_statement, read_galera},
    {CheckKind::group_replication, "group_replication", CheckLane::state,
     &Settings::monitor_group_interval_ms, &Settings::monitor_group_timeout_ms, in_a_group, group_statement,
     read_group},
    {CheckKind::threads, "replication_threads", CheckLane::replication,
     &Settings::monitor_replication_lag_interval_ms, &Settings::monitor_replication_lag_timeout_ms,
     may_stand_still, threads_statement, read_replication},
}};

}  // namespace

std::span<const CheckSpec> all_checks() {
  return kChecks;
}

const CheckSpec& check_spec(CheckKind kind) {
  return kChecks[static_cast<std::size_t>(kind)];
}

// MySQL: error message reference; MariaDB has the same numbers.
bool is_unknown_form(std::uint16_t code) {
  constexpr std::array<std::uint16_t, 6> kUnknown{
      1054,  // ER_BAD_FIELD_ERROR
      1064,  // ER_PARSE_ERROR
      1109,  // ER_UNKNOWN_TABLE, of information_schema
      1146,  // ER_NO_SUCH_TABLE
      1193,  // ER_UNKNOWN_SYSTEM_VARIABLE
      3167,  // ER_FEATURE_DISABLED_SEE_DOC: MySQL 5.7's information_schema
  };
  return std::ranges::find(kUnknown, code) != kUnknown.end();
}

}  // namespace weir
