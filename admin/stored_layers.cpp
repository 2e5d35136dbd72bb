#include "admin/stored_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "admin/config_file.hpp"
#include "admin/config_tables.hpp"
#include "admin/table_sql.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

Complaint general(std::string text, Severity severity = Severity::error) {
  return {.table = {}, .row = 0, .column = {}, .text = std::move(text), .severity = severity};
}

Moved refused(std::string text) {
  return {.rows = 0, .complaints = {general(std::move(text))}};
}

// What a complaint says, whichever number its row has.
using Said = std::tuple<std::string_view, std::string_view, std::string_view, std::string_view, Severity>;
Said said(const Complaint& complaint) {
  return {complaint.table, complaint.key, complaint.column, complaint.text, complaint.severity};
}
std::set<Said> said(const Complaints& complaints) {
  std::set<Said> all;
  for (const Complaint& complaint : complaints) all.insert(said(complaint));
  return all;
}

// The rows that complaints of reading them are about.
void name_rows(Complaints& complaints, const Tables& tables) {
  for_each_table(tables, [&](const auto& spec, const auto& rows) {
    for (Complaint& complaint : complaints) {
      if (complaint.table != spec.name || complaint.row == 0 || complaint.row > rows.size()) continue;
      complaint.key = key_text(spec, rows[complaint.row - 1]);
    }
  });
}

// "DELETE FROM main.global_variables WHERE ..." of the rows with a prefix.
std::string of_prefix(std::string_view prefix) {
  return fmt::format("substr(variable_name, 1, {}) = '{}'", prefix.size(), prefix);
}

}  // namespace

Moved StoredLayers::move(const Module& module, Layer from, Layer to) {
  try {
    if (from == Layer::memory && to == Layer::runtime) return memory_to_runtime(module);
    if (from == Layer::runtime && to == Layer::memory) return runtime_to_memory(module);
    if (from == Layer::memory && to == Layer::disk) return memory_to_disk(module);
    if (from == Layer::disk && to == Layer::memory) return disk_to_memory(module);
    if (from == Layer::config_file && to == Layer::memory) return file_to_memory(module);
  } catch (const SqlError& error) {
    return refused(error.what());
  }
  return refused(fmt::format("nothing moves from {} to {}", to_text(from), to_text(to)));
}

// ---- runtime

Moved StoredLayers::memory_to_runtime(const Module& module) {
  const auto current = target_.snapshot();
  Tables tables = current->tables();
  Settings settings = current->settings();
  Moved moved;
  for_each_table(tables, [&](const auto& spec, auto& rows) {
    if (!has_table(module, spec.name)) return;
    rows = read_rows(store_, "main", spec, moved.complaints);
    moved.rows += rows.size();
  });
  if (!module.variable_prefix.empty()) {
    moved.rows += read_variables(store_, "main", module.variable_prefix, settings, moved.complaints);
  }
  return publish(std::move(tables), std::move(settings), std::move(moved), module);
}

Moved StoredLayers::load_user(std::string_view username) {
  const Module* module = find_module("MYSQL USERS");
  const auto current = target_.snapshot();
  Tables tables = current->tables();
  Moved moved;
  const auto removed =
      std::erase_if(tables.users, [&](const UserRow& row) { return row.username == username; });
  try {
    Complaints found;
    const auto rows = read_rows(store_, "main", kUsersTable, found);
    for (const UserRow& row : rows) {
      if (row.username == username) tables.users.push_back(row);
      moved.rows += row.username == username ? 1 : 0;
    }
    for (Complaint& complaint : found) {
      if (rows[complaint.row - 1].username == username) moved.complaints.push_back(std::move(complaint));
    }
  } catch (const SqlError& error) {
    return refused(error.what());
  }
  if (moved.rows + removed == 0) {
    return {.rows = 0,
            .complaints = {general(fmt::format("there is no user '{}', in memory or at runtime", username),
                                   Severity::warning)}};
  }
  return publish(std::move(tables), current->settings(), std::move(moved), *module);
}

Moved StoredLayers::publish(Tables tables, Settings settings, Moved moved, const Module& module) {
  name_rows(moved.complaints, tables);
  if (moved.failed()) return moved;
  const auto before = target_.snapshot();
  auto loaded = target_.load(std::move(tables), std::move(settings));
  Complaints found = loaded ? (*loaded)->warnings() : std::move(loaded.error());
  // What was known before, about rows that have not moved, is not said again.
  const std::set<Said> known = said(before->warnings());
  std::erase_if(found, [&](const Complaint& complaint) {
    const bool ours = has_table(module, complaint.table) ||
                      (!module.variable_prefix.empty() && complaint.table == kVariablesTable.name &&
                       complaint.column.starts_with(module.variable_prefix));
    return !ours && known.contains(said(complaint));
  });
  moved.complaints.insert(moved.complaints.end(), found.begin(), found.end());
  if (moved.failed()) return moved;
  const auto now = target_.snapshot();
  if (module.revives_servers) {
    for (const Hostgroup& hostgroup : now->hostgroups()) {
      for (const auto& server : hostgroup.servers) server->health().note_reload();
    }
  }
  // What came into force may be something else: a collation, for one, is made to fit the character set.
  if (!module.variable_prefix.empty()) {
    SqlTransaction transaction(store_);
    write_variables(store_, "main", module.variable_prefix, now->settings());
    transaction.commit();
  }
  return moved;
}

Moved StoredLayers::runtime_to_memory(const Module& module) {
  const auto current = target_.snapshot();
  const Tables& tables = current->tables();
  Moved moved;
  SqlTransaction transaction(store_);
  for_each_table(tables, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    if (!has_table(module, spec.name)) return;
    store_.run(fmt::format("DELETE FROM main.{}", spec.name));
    insert_rows(store_, "main", spec, std::span(rows));
    moved.rows += rows.size();
  });
  if (!module.variable_prefix.empty()) {
    store_.run(fmt::format("DELETE FROM main.global_variables WHERE {}", of_prefix(module.variable_prefix)));
    write_variables(store_, "main", module.variable_prefix, current->settings());
  }
  transaction.commit();
  return moved;
}

// ---- disk

std::size_t StoredLayers::copy_tables(const Module& module, std::string_view from, std::string_view to) {
  std::size_t count = 0;
  const auto copy = [&](const auto& spec, const std::string& condition) {
    const std::string names = table_sql::name_list(column_names(spec));
    store_.run(fmt::format("DELETE FROM {}.{} WHERE {}", to, spec.name, condition));
    store_.run(fmt::format("INSERT INTO {0}.{1} ({2}) SELECT {2} FROM {3}.{1} WHERE {4} ORDER BY rowid", to,
                           spec.name, names, from, condition));
    count += store_.changes();
  };
  Tables tables;
  for_each_table(tables, [&](const auto& spec, const auto&) {
    if (has_table(module, spec.name)) copy(spec, "TRUE");
  });
  if (!module.variable_prefix.empty()) copy(kVariablesTable, of_prefix(module.variable_prefix));
  return count;
}

Moved StoredLayers::memory_to_disk(const Module& module) {
  if (disk_ == nullptr) return refused("Weir runs without a data directory (--datadir): nothing is saved");
  if (!disk_->usable()) return refused(disk_->path() + " could not be opened again: nothing is saved");
  Moved moved;
  try {
    SqlTransaction transaction(store_);
    moved.rows = copy_tables(module, "main", "disk");
    transaction.commit();
  } catch (const SqlError& error) {
    return refused(fmt::format("{} was not written: {}", disk_->path(), error.what()));
  }
  const auto kept = disk_->keep_good_copy();
  if (!kept) {
    moved.complaints.push_back(
        general("saved, but the copy of the last good state is older: " + kept.error(), Severity::warning));
  }
  return moved;
}

Moved StoredLayers::disk_to_memory(const Module& module) {
  if (disk_ == nullptr) {
    return refused("Weir runs without a data directory (--datadir): there is nothing on disk to load");
  }
  if (!disk_->usable()) return refused(disk_->path() + " could not be opened again: nothing to load");
  SqlTransaction transaction(store_);
  Moved moved{.rows = copy_tables(module, "disk", "main")};
  if (!module.variable_prefix.empty()) {
    const Settings initial = defaults();
    for (const Variable& variable : all_variables()) {
      if (!variable.name.starts_with(module.variable_prefix)) continue;
      SqlStatement statement = store_.prepare("INSERT OR IGNORE INTO main.global_variables VALUES (?, ?)");
      statement.bind(1, Cell(variable.name));
      statement.bind(2, Cell(variable_text(initial, variable)));
      statement.step();
    }
  }
  transaction.commit();
  return moved;
}

// ---- file

Moved StoredLayers::file_to_memory(const Module& module) {
  if (config_file_.empty()) return refused("no configuration file was found when Weir started");
  ConfigFile file = read_config_file(config_file_);
  if (file.has_errors()) return {.rows = 0, .complaints = std::move(file.complaints)};
  Moved moved{.rows = 0, .complaints = std::move(file.complaints)};
  SqlTransaction transaction(store_);
  for_each_table(file.tables, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    if (!has_table(module, spec.name)) return;
    insert_rows(store_, "main", spec, std::span<const Row>(rows));
    moved.rows += rows.size();
  });
  std::vector<VariableRow> variables;
  for (const auto& [name, text] : file.variables) {
    if (module.variable_prefix.empty() || !name.starts_with(module.variable_prefix)) continue;
    variables.push_back({name, text});
  }
  insert_rows(store_, "main", kVariablesTable, std::span<const VariableRow>(variables));
  moved.rows += variables.size();
  transaction.commit();
  return moved;
}

}  // namespace weir
