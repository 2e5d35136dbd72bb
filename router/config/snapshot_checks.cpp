// What a configuration must fulfil beyond the bounds of its columns.
#include <fmt/format.h>

#include <algorithm>

#include "protocol/wire/charsets.hpp"
#include "router/config/hostgroup_pairs.hpp"
#include "router/config/json_text.hpp"
#include "router/config/nearest.hpp"
#include "router/config/snapshot_builder.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

// The columns of a table that nothing acts on, and what they are by default.
template <class Row>
class UnusedColumns {
 public:
  explicit UnusedColumns(const TableSpec<Row>& spec) : table_(spec.name) {
    const Row fresh{};
    for (const Column<Row>& column : spec.columns) {
      if (column.unused) columns_.push_back({&column, read_column(fresh, column)});
    }
  }
  void warn_of(const Row& row, std::size_t number, Complaints& complaints) const {
    for (const auto& [column, initial] : columns_) {
      const auto value = read_column(row, *column);
      if (value == initial || !value || *value == *column->unused) continue;
      complaints.push_back({std::string(table_), number, std::string(column->name),
                            "has no effect in this version", Severity::warning});
    }
  }

 private:
  std::string_view table_;
  std::vector<std::pair<const Column<Row>*, std::optional<std::string>>> columns_;
};

// Keys of JSON objects, in columns that something acts on.
template <class Row>
void warn_of_unknown_keys(const TableSpec<Row>& spec, const Row& row, std::size_t number,
                          Complaints& complaints) {
  for (const Column<Row>& column : spec.columns) {
    if (!column.allowed.json || column.allowed.words.empty()) continue;
    const std::string text = read_column(row, column).value_or("");
    if (text.empty()) continue;
    const auto object = parse_json(text);
    if (!object) continue;  // empty, or complained of already
    for (const auto& [key, value] : object->members) {
      if (std::ranges::find(column.allowed.words, key) != column.allowed.words.end()) continue;
      complaints.push_back(
          {std::string(spec.name), number, std::string(column.name),
           fmt::format("'{}' is not known and ignored{}", key, hint(key, column.allowed.words)),
           Severity::warning});
    }
  }
}

}  // namespace

void SnapshotBuilder::error(std::string_view table, std::size_t row, std::string_view column,
                            std::string text) {
  complaints_.push_back({std::string(table), row, std::string(column), std::move(text), Severity::error, {}});
}

void SnapshotBuilder::warn(std::string_view table, std::size_t row, std::string_view column,
                           std::string text) {
  complaints_.push_back(
      {std::string(table), row, std::string(column), std::move(text), Severity::warning, {}});
}

template <class Row>
void SnapshotBuilder::check_rows_of(const TableSpec<Row>& spec, const std::vector<Row>& rows,
                                    Complaints& complaints) const {
  for (std::size_t i = 0; i < rows.size(); ++i) validate_row(spec, rows[i], i + 1, complaints);
  validate_keys(spec, std::span<const Row>(rows), complaints);
  if (!spec.unused.empty() && !rows.empty()) {
    const auto verb = rows.size() == 1 ? " is" : "s are";
    complaints.push_back({std::string(spec.name), 0, "",
                          fmt::format("{} row{} kept, and {}", rows.size(), verb, spec.unused),
                          Severity::warning});
    return;
  }
  const UnusedColumns<Row> unused(spec);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if constexpr (requires { rows[i].active; }) {
      if (!rows[i].active) continue;
    }
    unused.warn_of(rows[i], i + 1, complaints);
    warn_of_unknown_keys(spec, rows[i], i + 1, complaints);
  }
}

// Rows that were checked before are as good as they were.
void SnapshotBuilder::check_rows() {
  for_each_table(tables_, [&](const auto& spec, const auto& rows) {
    Complaints& complaints = row_warnings_[spec.name];
    if (unchanged({spec.name})) {
      complaints = previous_->row_warnings_.at(spec.name);
    } else {
      check_rows_of(spec, rows, complaints);
    }
    complaints_.insert(complaints_.end(), complaints.begin(), complaints.end());
  });
}

void SnapshotBuilder::check_settings() {
  for (const Variable& variable : all_variables()) {
    if (variable.effect == TakesEffect::at_restart && previous_ != nullptr &&
        variable_text(settings_, variable) != variable_text(previous_->settings(), variable)) {
      warn("global_variables", 0, variable.name,
           "takes effect after PROXYSQL STOP and PROXYSQL START, or a restart");
    }
    if (has_effect(variable) || variable_text(settings_, variable) == default_text(variable)) continue;
    warn("global_variables", 0, variable.name, lack_of_effect(variable));
  }
  check_query_log();
}

void SnapshotBuilder::check_query_log() {
  if (!settings_.eventslog_filename.empty()) {
    if (settings_.eventslog_format != 1) return;
    return warn("global_variables", 0, "mysql-eventslog_format",
                "1: the query log is lines of JSON, as with 2");
  }
  const auto wants_lines = [](const QueryRuleRow& row) { return row.active && row.log.value_or(0) == 1; };
  if (std::ranges::none_of(tables_.query_rules, wants_lines)) return;
  warn("global_variables", 0, "mysql-eventslog_filename",
       "is empty: there is no query log, although a rule has log=1");
}

void SnapshotBuilder::reconcile_charset() {
  const Collation* collation = find_collation(settings_.default_collation_connection);
  const Charset* charset = find_charset(settings_.default_charset);
  if (collation == nullptr || charset == nullptr || collation->charset == charset) return;
  const Variable* row = find_variable("mysql-default_collation_connection");
  const Collation* fitting = find_collation(charset->default_collation);
  if (fitting != nullptr && settings_.default_collation_connection == default_text(*row)) {
    std::string name(fitting->name);  // only the character set was set
    if (settings_.default_charset == "utf8" && name.starts_with("utf8mb3")) name.erase(4, 3);
    settings_.default_collation_connection = std::move(name);
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
    if (row.use_ssl && !settings_.have_ssl) {
      warn(table, i + 1, "use_ssl",
           "mysql-have_ssl is false: clients cannot log in as '" + row.username + "', but by a Unix socket");
    }
    check_user_attributes(row, i + 1);
  }
}

void SnapshotBuilder::check_user_attributes(const UserRow& row, std::size_t number) {
  Complaints found;
  const UserAttributes attributes = parse_user_attributes(row.attributes, found);
  const bool has_additional = !parse_additional_password(row.attributes, found).empty();
  for (Complaint& complaint : found) {
    complaint.table = kUsersTable.name;
    complaint.row = number;
    complaint.column = "attributes";
    complaints_.push_back(std::move(complaint));
  }
  if (has_additional && row.password.value_or("").empty())
    error(kUsersTable.name, number, "attributes", "'additional_password' needs a password beside it");
  if (!row.frontend || !attributes.auto_rw_split.value_or(settings_.auto_rw_split)) return;
  const auto pairs = hostgroup_pairs(tables_);
  const auto has = [&](int HostgroupPair::* role) {
    return std::ranges::find(pairs, row.default_hostgroup, role) != pairs.end();
  };
  if (!has(&HostgroupPair::reader) || has(&HostgroupPair::writer)) return;
  warn(kUsersTable.name, number, "default_hostgroup",
       fmt::format(
           "{} is the reader of a pair: writes go there, too, for automatic splitting needs the writer "
           "here (attributes {{\"auto_rw_split\":false}} say that this is meant)",
           row.default_hostgroup));
}

}  // namespace weir
