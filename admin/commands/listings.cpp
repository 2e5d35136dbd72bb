// SHOW of what tables hold: variables, counters, configuration, sessions, metrics.
#include "admin/client_queries.hpp"
#include "admin/commands/sql_text.hpp"
#include "admin/commands/topics.hpp"
#include "admin/refusals.hpp"

namespace weir::commands {
namespace {

// Stats accounts see the few variables that client libraries ask for: main has passwords.
std::string variables(const CommandCall& call, std::string_view prefix) {
  const std::string_view schema = call.session.stats_only ? "stats" : "main";
  return "SELECT variable_name AS Variable_name, variable_value AS Value FROM " + std::string(schema) +
         ".global_variables WHERE variable_name LIKE '" + std::string(prefix) + "%'" +
         filter(call, "variable_name") + " ORDER BY variable_name";
}

}  // namespace

Reply show_variables(CommandCall& call) {
  return query(call, variables(call, ""));
}

Reply show_global_variables(CommandCall& call) {
  const std::string_view like = call.captures["like"];
  if (equals_caseless(like, "read_only")) {
    const bool on = call.tools.read_only && call.tools.read_only();
    return Rows{{"Variable_name", "Value"}, {{"read_only", on ? "ON" : "OFF"}}};
  }
  if (equals_caseless(like, "version"))
    return Rows{{"Variable_name", "Value"}, {{"version", std::string(kCompatibleVersion)}}};
  return query(call, variables(call, ""));
}

Reply show_mysql_variables(CommandCall& call) {
  return query(call, variables(call, "mysql-"));
}

Reply show_admin_variables(CommandCall& call) {
  return query(call, variables(call, "admin-"));
}

Reply show_no_variables(CommandCall&) {
  return Rows{{"Variable_name", "Value"}};
}

Reply show_status(CommandCall& call) {
  return query(
      call,
      "SELECT Variable_Name AS Variable_name, Variable_Value AS Value FROM stats.stats_mysql_global WHERE 1" +
          filter(call, "Variable_Name") + " ORDER BY Variable_Name");
}

Reply show_users(CommandCall& call) {
  return query(call, "SELECT * FROM main.mysql_users");
}

Reply show_servers(CommandCall& call) {
  return query(call, "SELECT * FROM main.mysql_servers");
}

Reply show_server_status(CommandCall& call) {
  return query(call, "SELECT * FROM stats.stats_mysql_server_status");
}

Reply show_query_rules(CommandCall& call) {
  return query(call, "SELECT * FROM main.mysql_query_rules ORDER BY rule_id");
}

Reply show_processlist(CommandCall& call) {
  return query(call,
               "SELECT SessionID, user, db, hostgroup, command, time_ms, SUBSTR(info, 1, 100) AS info FROM "
               "stats.stats_mysql_processlist");
}

Reply show_full_processlist(CommandCall& call) {
  return query(call, "SELECT * FROM stats.stats_mysql_processlist");
}

Reply show_metrics(CommandCall& call) {
  if (!call.tools.metrics) return refuse(AdminError::not_supported, "this process has no metrics");
  return Rows{{"Data"}, {{call.tools.metrics()}}};
}

}  // namespace weir::commands
