#include "admin/start_layers.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "admin/config_tables.hpp"
#include "admin/table_sql.hpp"
#include "protocol/base/log.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

// True of a disk layer that was made and not filled: a start that got no further.
bool holds_nothing(Store& store, std::string_view schema) {
  const auto empty = [&](std::string_view table) {
    return store.rows(fmt::format("SELECT 1 FROM {}.{} LIMIT 1", schema, table)).rows.empty();
  };
  bool nothing = empty(kVariablesTable.name);
  Tables tables;
  for_each_table(tables, [&](const auto& spec, const auto&) { nothing = nothing && empty(spec.name); });
  return nothing;
}

bool reset_variable(Settings& settings, std::string_view name) {
  const Variable* variable = find_variable(name);
  if (variable == nullptr || variable_text(settings, *variable) == default_text(*variable)) return false;
  return set_variable(settings, name, default_text(*variable)).has_value();
}

// Takes out what `errors` are about. False if nothing was: they are about something else.
bool leave_out(const Complaints& errors, Tables& tables, Settings& settings) {
  std::map<std::string, std::set<std::size_t>, std::less<>> rows_of;
  bool changed = false;
  for (const Complaint& error : errors) {
    if (error.severity != Severity::error) continue;
    if (error.table == kVariablesTable.name) {
      changed |= reset_variable(settings, error.column);
    } else if (error.row > 0) {
      rows_of[error.table].insert(error.row);
    }
  }
  for_each_table(tables, [&](const auto& spec, auto& rows) {
    const auto found = rows_of.find(spec.name);
    if (found == rows_of.end()) return;
    std::size_t number = 0;
    changed |= std::erase_if(rows, [&](const auto&) { return found->second.contains(++number); }) > 0;
  });
  return changed;
}

}  // namespace

bool StartLayers::open(const Options& options, const std::string& datadir, const StartFile& file) {
  complaints_ = file.contents.complaints;
  if (file.contents.has_errors()) return false;
  try {
    create_config_tables(store_, "main");
    if (!open_disk(datadir, options.initial)) return false;
    if (!disk_ || holds_nothing(store_, "disk")) return begin_with_file(options, file);
    begin_with_disk(options, file);
  } catch (const SqlError& error) {
    fail(error.what());
  }
  return snapshot_ != nullptr;
}

bool StartLayers::open_disk(const std::string& datadir, bool initial) {
  if (datadir.empty()) {
    create_config_tables(store_, "disk");
    log::warn("there is no data directory (--datadir): SAVE ... TO DISK is refused");
    return true;
  }
  auto disk = DiskFile::open(store_, datadir, initial);
  if (!disk) {
    fail(disk.error());
    return false;
  }
  disk_.emplace(*std::move(disk));
  return true;
}

bool StartLayers::begin_with_file(const Options& options, const StartFile& file) {
  origin_ = file.path.empty() ? "command line" : file.path;
  Tables tables = file.contents.tables;
  Settings settings = file.contents.settings;
  apply_options(options, tables, settings);
  auto built = build_snapshot(tables, settings, states_, nullptr);
  Complaints found = built ? (*built)->warnings() : std::move(built.error());
  file.contents.locate(found);
  complaints_.insert(complaints_.end(), found.begin(), found.end());
  if (!built) return false;
  write_config_tables(store_, "main", tables, settings);
  if (disk_) keep_on_disk(file.contents.tables, file.contents.settings);
  snapshot_ = *built;
  return true;
}

void StartLayers::begin_with_disk(const Options& options, const StartFile& file) {
  origin_ = disk_->path();
  Tables tables;
  Settings settings = defaults();
  read_config_tables(store_, "disk", tables, settings, complaints_);
  write_config_tables(store_, "main", tables, settings);
  if (options.reload) {
    merge(file.contents);
    tables = {};
    settings = defaults();
    read_config_tables(store_, "main", tables, settings, complaints_);
    keep_on_disk(tables, settings);
  } else if (!file.path.empty()) {
    log::info("tables and variables are those of the data directory, not of the file",
              {{"used", disk_->path()}, {"not_used", file.path}, {"to_use_it", "--reload or --initial"}});
  }
  if (options.configures()) {
    apply_options(options, tables, settings);
    write_config_tables(store_, "main", tables, settings);
  }
  if (!build(std::move(tables), std::move(settings))) fail(disk_->path() + " holds nothing that could run");
}

// As LOAD ... FROM CONFIG of all modules: rows with the same key give way.
void StartLayers::merge(const ConfigFile& file) {
  SqlTransaction transaction(store_);
  for_each_table(file.tables, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    insert_rows(store_, "main", spec, std::span(rows));
  });
  std::vector<VariableRow> variables;
  for (const auto& [name, text] : file.variables) variables.push_back({name, text});
  insert_rows(store_, "main", kVariablesTable, std::span<const VariableRow>(variables));
  transaction.commit();
}

bool StartLayers::build(Tables tables, Settings settings) {
  for (;;) {
    auto built = build_snapshot(tables, settings, states_, nullptr);
    const Complaints& found = built ? (*built)->warnings() : built.error();
    for (const Complaint& complaint : found) {
      if (!built && complaint.severity != Severity::error) continue;  // it comes again with what is left
      complaints_.push_back(complaint);
      if (!built) complaints_.back().text += "; left out at runtime";
    }
    if (built) snapshot_ = *built;
    if (built || !leave_out(found, tables, settings)) return snapshot_ != nullptr;
  }
}

void StartLayers::keep_on_disk(const Tables& tables, const Settings& settings) {
  write_config_tables(store_, "disk", tables, settings);
  if (const auto kept = disk_->keep_good_copy(); !kept)
    complaints_.push_back(
        {.table = {}, .row = 0, .column = {}, .text = kept.error(), .severity = Severity::warning});
}

void StartLayers::fail(std::string text) {
  complaints_.push_back({.table = {}, .row = 0, .column = {}, .text = std::move(text)});
}

}  // namespace weir
