#include "monitor/cluster_rows.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string>

#include "monitor/replication_rows.hpp"

namespace weir {
namespace {

#define WEIR_GALERA_FORM(STATUS, VARIABLES)                                                  \
  "SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value FROM " STATUS                       \
  " WHERE VARIABLE_NAME IN ('wsrep_cluster_status', 'wsrep_local_state', "                   \
  "'wsrep_local_recv_queue') UNION ALL SELECT VARIABLE_NAME, VARIABLE_VALUE FROM " VARIABLES \
  " WHERE VARIABLE_NAME IN ('read_only', 'wsrep_desync', 'wsrep_reject_queries', "           \
  "'wsrep_sst_donor_rejects_queries', 'pxc_maint_mode')"

// MariaDB has performance_schema.global_status, but no such table of variables.
constexpr std::array<std::string_view, 2> kGaleraForms{
    WEIR_GALERA_FORM("information_schema.GLOBAL_STATUS", "information_schema.GLOBAL_VARIABLES"),
    WEIR_GALERA_FORM("performance_schema.global_status", "performance_schema.global_variables"),
};
#undef WEIR_GALERA_FORM

#define WEIR_GROUP_FORM(ROLE, QUEUES)                                                                   \
  "SELECT m.MEMBER_STATE AS member_state, " ROLE                                                        \
  " AS member_role, (SELECT COUNT(*) FROM "                                                             \
  "performance_schema.replication_group_members) AS members, (SELECT COUNT(*) FROM "                    \
  "performance_schema.replication_group_members WHERE MEMBER_STATE IN ('ONLINE', 'RECOVERING')) AS "    \
  "present, @@global.read_only | @@global.super_read_only AS read_only, (SELECT VARIABLE_VALUE FROM "   \
  "performance_schema.global_variables WHERE VARIABLE_NAME = 'group_replication_single_primary_mode') " \
  "AS single_primary, " QUEUES                                                                          \
  " AS transactions_behind FROM performance_schema.replication_group_members m LEFT JOIN "              \
  "performance_schema.replication_group_member_stats s USING (MEMBER_ID) WHERE MEMBER_ID = "            \
  "@@global.server_uuid"

// MySQL 5.7 has no column for the role.
constexpr std::array<std::string_view, 2> kGroupForms{
    WEIR_GROUP_FORM("m.MEMBER_ROLE",
                    "s.COUNT_TRANSACTIONS_IN_QUEUE + s.COUNT_TRANSACTIONS_REMOTE_IN_APPLIER_QUEUE"),
    WEIR_GROUP_FORM("IF((SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = "
                    "'group_replication_primary_member') IN ('', m.MEMBER_ID), 'PRIMARY', 'SECONDARY')",
                    "s.COUNT_TRANSACTIONS_IN_QUEUE"),
};
#undef WEIR_GROUP_FORM

// By their names in lower case: servers differ.
using Values = std::map<std::string, std::string, std::less<>>;

std::string lower(std::string_view text) {
  std::string low(text);
  std::ranges::transform(low, low.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return low;
}

Values values_of(const SimpleQuery& answer) {
  Values values;
  for (std::size_t row = 0; row < answer.rows().size(); ++row) {
    values[lower(answer.find_value(row, "name").value_or(""))] =
        lower(answer.find_value(row, "value").value_or(""));
  }
  return values;
}

std::string_view value_or(const Values& values, std::string_view name, std::string_view otherwise) {
  const auto found = values.find(name);
  return found == values.end() ? otherwise : std::string_view(found->second);
}

// Anything but these is read-only: MariaDB 12 answers with more words.
bool is_on(std::string_view value) {
  return value != "0" && value != "off";
}

std::int64_t number_or_zero(std::optional<std::string_view> text) {
  return std::max<std::int64_t>(0, static_cast<std::int64_t>(to_number(text).value_or(0)));
}

}  // namespace

std::span<const std::string_view> galera_forms() {
  return kGaleraForms;
}

std::optional<GaleraReading> to_galera_reading(const SimpleQuery& answer) {
  const Values values = values_of(answer);
  const bool told = values.contains("wsrep_local_state") && values.contains("wsrep_cluster_status") &&
                    values.contains("read_only");
  if (!told) return std::nullopt;
  GaleraReading reading;
  reading.primary = value_or(values, "wsrep_cluster_status", "") == "primary";
  reading.read_only = is_on(value_or(values, "read_only", "on"));
  reading.state = static_cast<int>(
      std::min<std::int64_t>(99, number_or_zero(value_or(values, "wsrep_local_state", "0"))));
  reading.recv_queue = number_or_zero(value_or(values, "wsrep_local_recv_queue", "0"));
  reading.desync = is_on(value_or(values, "wsrep_desync", "off"));
  reading.rejects_queries = value_or(values, "wsrep_reject_queries", "none") != "none";
  reading.donor_rejects_queries = is_on(value_or(values, "wsrep_sst_donor_rejects_queries", "off"));
  reading.maintenance = value_or(values, "pxc_maint_mode", "disabled") != "disabled";
  return reading;
}

std::span<const std::string_view> group_forms() {
  return kGroupForms;
}

GroupReading to_group_reading(const SimpleQuery& answer) {
  GroupReading reading;
  if (answer.rows().empty()) return reading;
  reading.state = std::string(answer.find_value(0, "member_state").value_or(""));
  reading.majority =
      2 * number_or_zero(answer.find_value(0, "present")) > number_or_zero(answer.find_value(0, "members"));
  reading.read_only = is_on(lower(answer.find_value(0, "read_only").value_or("1")));
  reading.primary = lower(answer.find_value(0, "member_role").value_or("")) == "primary";
  reading.single_primary = lower(answer.find_value(0, "single_primary").value_or("off")) == "on";
  reading.behind = number_or_zero(answer.find_value(0, "transactions_behind"));
  return reading;
}

}  // namespace weir
