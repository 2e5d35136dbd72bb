#include "admin/config_tables.hpp"

#include <fmt/format.h>

#include <map>

#include "admin/table_sql.hpp"
#include "router/config/nearest.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

void complain(Complaints& complaints, std::size_t row, std::string_view name, Severity severity,
              std::string text) {
  complaints.push_back({.table = std::string(kVariablesTable.name),
                        .row = row,
                        .column = std::string(name),
                        .text = std::move(text),
                        .severity = severity});
}

void read_variable(const VariableRow& row, std::size_t number, Settings& settings, Complaints& complaints) {
  const std::string& name = row.variable_name;
  const Variable* variable = find_variable(name);
  if (variable != nullptr && variable->name == name) {
    const auto set = set_variable(settings, name, row.variable_value);
    if (!set) complain(complaints, number, name, Severity::error, set.error());
    return;
  }
  if (is_retired_variable(name)) {
    return complain(complaints, number, name, Severity::warning, "no longer exists and is ignored");
  }
  std::vector<std::string_view> known;
  for (const Variable& other : all_variables()) known.push_back(other.name);
  complain(complaints, number, name, Severity::warning, "is not known and ignored" + hint(name, known));
}

}  // namespace

void create_config_tables(Store& store, std::string_view schema) {
  Tables tables;
  for_each_table(tables, [&](const auto& spec, const auto&) { create_table(store, schema, spec); });
  create_table(store, schema, kVariablesTable);
  if (schema != "main") return;
  create_table(store, schema, kCollationsTable);
  insert_rows(store, schema, kCollationsTable, std::span<const CollationRow>(collation_rows()));
}

void write_config_tables(Store& store, std::string_view schema, const Tables& tables,
                         const Settings& settings) {
  SqlTransaction transaction(store);
  for_each_table(tables, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    store.run(fmt::format("DELETE FROM {}.{}", schema, spec.name));
    insert_rows(store, schema, spec, std::span(rows));
  });
  store.run(fmt::format("DELETE FROM {}.{}", schema, kVariablesTable.name));
  write_variables(store, schema, "", settings);
  transaction.commit();
}

void read_config_tables(Store& store, std::string_view schema, Tables& tables, Settings& settings,
                        Complaints& complaints) {
  for_each_table(tables,
                 [&](const auto& spec, auto& rows) { rows = read_rows(store, schema, spec, complaints); });
  read_variables(store, schema, "", settings, complaints);
}

std::size_t read_variables(Store& store, std::string_view schema, std::string_view prefix, Settings& settings,
                           Complaints& complaints) {
  const auto rows = read_rows(store, schema, kVariablesTable, complaints);
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].variable_name.starts_with(prefix)) continue;
    read_variable(rows[i], i + 1, settings, complaints);
    ++count;
  }
  return count;
}

void write_variables(Store& store, std::string_view schema, std::string_view prefix,
                     const Settings& settings) {
  std::map<std::string, std::string, std::less<>> present;
  Complaints unused;
  for (VariableRow& row : read_rows(store, schema, kVariablesTable, unused)) {
    present.insert_or_assign(std::move(row.variable_name), std::move(row.variable_value));
  }
  std::vector<VariableRow> rows;
  for (const Variable& variable : all_variables()) {
    if (!variable.name.starts_with(prefix)) continue;
    std::string text = variable_text(settings, variable);
    const auto found = present.find(variable.name);
    const bool says_it = found != present.end() &&
                         (found->second == text || normal_text(variable.name, found->second) == text);
    if (says_it) continue;
    rows.push_back({std::string(variable.name), std::move(text)});
  }
  insert_rows(store, schema, kVariablesTable, std::span<const VariableRow>(rows));
}

std::string normal_text(std::string_view name, std::string_view text) {
  Settings settings;
  const Variable* variable = find_variable(name);
  if (variable == nullptr || !set_variable(settings, name, text)) return std::string(text);
  return variable_text(settings, *variable);
}

}  // namespace weir
