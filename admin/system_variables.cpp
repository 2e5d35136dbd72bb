#include "admin/system_variables.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "admin/client_queries.hpp"
#include "admin/quoting.hpp"
#include "protocol/base/number_text.hpp"
#include "router/config/variables.hpp"
#include "router/query/lexer.hpp"
#include "router/session/variables.hpp"

namespace weir {
namespace {

// The value of a configuration variable in memory, or its default where there is no row.
std::string configured(Store& store, std::string_view name) {
  const Rows found = store.rows("SELECT variable_value FROM main.global_variables WHERE variable_name = " +
                                quoted_text(name));
  if (!found.rows.empty() && found.rows[0][0]) return *found.rows[0][0];
  const Variable* variable = find_variable(name);
  return variable == nullptr ? std::string{} : default_text(*variable);
}

std::string wait_timeout_s(Store& store) {
  const std::string text = configured(store, "mysql-wait_timeout");
  return fmt::format("{}", to_integer<std::int64_t>(text).value_or(0) / 1000);
}

std::string max_allowed_packet(Store& store) {
  return configured(store, "mysql-max_allowed_packet");
}

std::string read_only(Store& store) {
  return equals_caseless(configured(store, "admin-read_only"), "true") ? "1" : "0";
}

std::string hostname(Store&) {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

struct SystemVariable {
  std::string_view name;
  std::string_view value;                    // if it is always the same
  std::string (*current)(Store&) = nullptr;  // otherwise
};

// Sorted by name. The texts are what drivers and tools expect of a server that is UTF-8 throughout, commits
// each statement by itself, and takes a backslash for itself.
constexpr std::array kSystemVariables = {
    SystemVariable{"auto_increment_increment", "1"},
    SystemVariable{"auto_increment_offset", "1"},
    SystemVariable{"autocommit", "1"},
    SystemVariable{"character_set_client", "utf8"},
    SystemVariable{"character_set_connection", "utf8"},
    SystemVariable{"character_set_database", "utf8"},
    SystemVariable{"character_set_results", "utf8"},
    SystemVariable{"character_set_server", "utf8"},
    SystemVariable{"character_set_system", "utf8"},
    SystemVariable{"collation_connection", "utf8_general_ci"},
    SystemVariable{"collation_database", "utf8_general_ci"},
    SystemVariable{"collation_server", "utf8_general_ci"},
    SystemVariable{"default_storage_engine", "SQLite"},
    SystemVariable{"error_count", "0"},
    SystemVariable{"event_scheduler", "OFF"},
    SystemVariable{"foreign_key_checks", "0"},
    SystemVariable{"have_query_cache", "NO"},
    SystemVariable{"hostname", "", hostname},
    SystemVariable{"init_connect", ""},
    SystemVariable{"interactive_timeout", "", wait_timeout_s},
    SystemVariable{"last_insert_id", "0"},
    SystemVariable{"lc_messages", "en_US"},
    SystemVariable{"license", ""},
    SystemVariable{"local_infile", "0"},
    SystemVariable{"lower_case_file_system", "OFF"},
    SystemVariable{"lower_case_table_names", "1"},
    SystemVariable{"max_allowed_packet", "", max_allowed_packet},
    SystemVariable{"net_buffer_length", "16384"},
    SystemVariable{"net_read_timeout", "30"},
    SystemVariable{"net_write_timeout", "60"},
    SystemVariable{"performance_schema", "0"},
    SystemVariable{"protocol_version", "10"},
    SystemVariable{"query_cache_size", "0"},
    SystemVariable{"query_cache_type", "OFF"},
    SystemVariable{"read_only", "", read_only},
    SystemVariable{"sql_auto_is_null", "0"},
    SystemVariable{"sql_mode", "NO_BACKSLASH_ESCAPES"},
    SystemVariable{"sql_notes", "1"},
    SystemVariable{"sql_quote_show_create", "1"},
    SystemVariable{"sql_safe_updates", "0"},
    SystemVariable{"sql_select_limit", "18446744073709551615"},
    SystemVariable{"system_time_zone", "UTC"},
    SystemVariable{"time_zone", "SYSTEM"},
    SystemVariable{"transaction_isolation", "SERIALIZABLE"},
    SystemVariable{"transaction_read_only", "0"},
    SystemVariable{"tx_isolation", "SERIALIZABLE"},
    SystemVariable{"tx_read_only", "0"},
    SystemVariable{"unique_checks", "1"},
    SystemVariable{"version", kCompatibleVersion},
    SystemVariable{"version_comment", kVersionComment},
    SystemVariable{"version_compile_machine", "x86_64"},
    SystemVariable{"version_compile_os", "Linux"},
    SystemVariable{"wait_timeout", "", wait_timeout_s},
    SystemVariable{"warning_count", "0"},
};
static_assert(std::ranges::is_sorted(kSystemVariables, {}, &SystemVariable::name));

// "x" of global.x, session.x, local.x, and of `x`.
std::string_view without_scope(std::string_view name) {
  for (const std::string_view scope : {"global.", "session.", "local."}) {
    if (name.size() > scope.size() && equals_caseless(name.substr(0, scope.size()), scope)) {
      name.remove_prefix(scope.size());
      break;
    }
  }
  return without_quotes(name);
}

const SystemVariable* find_row(std::string_view name) {
  const auto row = std::ranges::find_if(kSystemVariables, [name](const SystemVariable& variable) {
    return equals_caseless(name, variable.name);
  });
  return row == kSystemVariables.end() ? nullptr : &*row;
}

std::string value_of(Store& store, const SystemVariable& variable) {
  return variable.current == nullptr ? std::string(variable.value) : variable.current(store);
}

// A reader of statistics learns no accounts.
bool is_secret(std::string_view variable_name) {
  return variable_name.contains("password") || variable_name.contains("credentials");
}

}  // namespace

Cell system_variable(Store& store, const AdminSession& session, std::string_view name) {
  name = without_scope(name);
  if (const SystemVariable* row = find_row(name)) return value_of(store, *row);
  for (const std::string_view prefix : {"", "mysql-", "admin-"}) {
    const Variable* variable = find_variable(std::string(prefix) + std::string(name));
    if (variable == nullptr) continue;
    if (session.stats_only && is_secret(variable->name)) return std::nullopt;
    return configured(store, variable->name);
  }
  const Rows counter = store.rows(
      "SELECT Variable_Value FROM stats.stats_mysql_global WHERE Variable_Name = " + quoted_text(name) +
      " COLLATE NOCASE");
  return counter.rows.empty() ? std::nullopt : counter.rows[0][0];
}

std::vector<Row> system_variables(Store& store) {
  std::vector<Row> rows;
  for (const SystemVariable& variable : kSystemVariables)
    rows.push_back({std::string(variable.name), value_of(store, variable)});
  return rows;
}

bool is_session_variable(std::string_view name) {
  name = without_scope(name);
  return find_row(name) != nullptr || find_tracked_variable(name).has_value();
}

}  // namespace weir
