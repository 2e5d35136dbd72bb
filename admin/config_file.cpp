#include "admin/config_file.hpp"

#include <fmt/format.h>
#include <libconfig.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "router/config/nearest.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

using namespace std::string_view_literals;

// Sections of ProxySQL that hold nothing of ours.
constexpr std::array kUnusedSections{
    "mysql_ldap_mapping"sv, "mysql_collations"sv,       "pgsql_servers"sv,
    "pgsql_users"sv,        "pgsql_query_rules"sv,      "pgsql_variables"sv,
    "ldap_variables"sv,     "sqliteserver_variables"sv, "clickhouse_variables"sv,
};

// Settings of ProxySQL's process. Those without a field have no effect.
struct ProcessSetting {
  std::string_view name;
  std::string ProcessSettings::* field = nullptr;
};
constexpr std::array kProcessSettings{
    ProcessSetting{"datadir", &ProcessSettings::datadir},
    ProcessSetting{"errorlog", &ProcessSettings::errorlog},
    ProcessSetting{"pidfile", &ProcessSettings::pidfile},
    ProcessSetting{"uuid"},
    ProcessSetting{"restart_on_missing_heartbeats"},
    ProcessSetting{"execute_on_exit_failure"},
    ProcessSetting{"cluster_sync_interfaces"},
    ProcessSetting{"ldap_auth_plugin"},
    ProcessSetting{"web_interface_plugin"},
    ProcessSetting{"sqlite3_plugin"},
};

std::string_view kind_of(const config_setting_t* value) {
  switch (config_setting_type(value)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
      return "an integer";
    case CONFIG_TYPE_FLOAT:
      return "a number with a fraction";
    case CONFIG_TYPE_STRING:
      return "text";
    case CONFIG_TYPE_BOOL:
      return "true or false";
    case CONFIG_TYPE_GROUP:
      return "a group { ... }";
    case CONFIG_TYPE_LIST:
      return "a list ( ... )";
    case CONFIG_TYPE_ARRAY:
      return "an array [ ... ]";
    default:
      return "nothing";
  }
}

std::string_view name_of(const config_setting_t* setting) {
  const char* name = config_setting_name(setting);
  return name == nullptr ? std::string_view{} : name;
}

class FileReader {
 public:
  FileReader(ConfigFile& result, std::string path) : result_(result), path_(std::move(path)) {}

  void read(const config_setting_t* root) {
    for (int i = 0; i < config_setting_length(root); ++i) {
      read_section(config_setting_get_elem(root, static_cast<unsigned>(i)));
    }
  }

  void complain(std::string where, std::string_view table, std::size_t row, std::string_view column,
                Severity severity, std::string text) {
    result_.complaints.push_back(
        {std::string(table), row, std::string(column), std::move(text), severity, std::move(where)});
  }

 private:
  std::string where(const config_setting_t* setting) const {
    const char* file = config_setting_source_file(setting);
    return fmt::format("{}:{}", file == nullptr ? path_ : file, config_setting_source_line(setting));
  }
  void error(const config_setting_t* at, std::string_view table, std::size_t row, std::string_view column,
             std::string text) {
    complain(where(at), table, row, column, Severity::error, std::move(text));
  }
  void warn(const config_setting_t* at, std::string_view table, std::size_t row, std::string_view column,
            std::string text) {
    complain(where(at), table, row, column, Severity::warning, std::move(text));
  }

  void read_section(const config_setting_t* section);
  void read_process_setting(const config_setting_t* value, const ProcessSetting& setting);
  void unknown_section(const config_setting_t* section);
  void read_variables(const config_setting_t* section, std::string_view prefix);
  void read_variable(const config_setting_t* value, std::string_view prefix);
  template <class Row>
  void read_table(const config_setting_t* section, const TableSpec<Row>& spec, std::vector<Row>& rows);
  template <class Row>
  void read_row(const config_setting_t* group, const TableSpec<Row>& spec, std::vector<Row>& rows);
  template <class Row>
  void read_column(const config_setting_t* value, const TableSpec<Row>& spec, std::size_t number, Row& row);
  template <class Row>
  void expect_required(const config_setting_t* group, const TableSpec<Row>& spec, std::size_t number);

  ConfigFile& result_;
  const std::string path_;
};

void FileReader::read_section(const config_setting_t* section) {
  const std::string_view name = name_of(section);
  if (name == "mysql_variables") return read_variables(section, "mysql-");
  if (name == "admin_variables") return read_variables(section, "admin-");
  bool known = false;
  for_each_table(result_.tables, [&](const auto& spec, auto& rows) {
    if (name != spec.name && (spec.section.empty() || name != spec.section)) return;
    known = true;
    read_table(section, spec, rows);
  });
  if (known) return;
  const auto setting = std::ranges::find(kProcessSettings, name, &ProcessSetting::name);
  if (setting != kProcessSettings.end()) return read_process_setting(section, *setting);
  if (std::ranges::find(kUnusedSections, name) == kUnusedSections.end()) return unknown_section(section);
  if (!config_setting_is_aggregate(section) || config_setting_length(section) > 0) {
    warn(section, name, 0, "", "has no effect in this version");
  }
}

void FileReader::read_process_setting(const config_setting_t* value, const ProcessSetting& setting) {
  if (setting.field == nullptr) return warn(value, "", 0, setting.name, "has no effect in this version");
  const char* text = config_setting_get_string(value);
  if (text == nullptr || *text == '\0') {
    return error(value, "", 0, setting.name, fmt::format("is {}; a path is needed", kind_of(value)));
  }
  result_.process.*setting.field = text;
}

void FileReader::unknown_section(const config_setting_t* section) {
  std::vector<std::string_view> known{"mysql_variables", "admin_variables"};
  for_each_table(result_.tables, [&](const auto& spec, auto&) { known.push_back(spec.name); });
  known.insert(known.end(), kUnusedSections.begin(), kUnusedSections.end());
  for (const ProcessSetting& setting : kProcessSettings) known.push_back(setting.name);
  warn(section, "", 0, name_of(section), "is not known and ignored" + hint(name_of(section), known));
}

void FileReader::read_variables(const config_setting_t* section, std::string_view prefix) {
  if (config_setting_type(section) != CONFIG_TYPE_GROUP) {
    return error(section, name_of(section), 0, "",
                 fmt::format("is {}; a group is needed: {} = {{ ... }}", kind_of(section), name_of(section)));
  }
  for (int i = 0; i < config_setting_length(section); ++i) {
    read_variable(config_setting_get_elem(section, static_cast<unsigned>(i)), prefix);
  }
}

void FileReader::read_variable(const config_setting_t* value, std::string_view prefix) {
  constexpr std::string_view kTable = "global_variables";
  std::string name(name_of(value));
  if (!name.starts_with(prefix)) name.insert(0, prefix);  // ProxySQL wants it without, people write it with
  if (is_retired_variable(name)) return warn(value, kTable, 0, name, "no longer exists and is ignored");
  const Variable* variable = find_variable(name);
  if (variable == nullptr) {
    std::vector<std::string_view> known;
    for (const Variable& other : all_variables()) known.push_back(other.name);
    return warn(value, kTable, 0, name, "is not known and ignored" + hint(name, known));
  }
  std::string text;
  switch (config_setting_type(value)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
      text = std::to_string(config_setting_get_int64(value));
      break;
    case CONFIG_TYPE_BOOL:
      text = config_setting_get_bool(value) != 0 ? "true" : "false";
      break;
    case CONFIG_TYPE_STRING:
      text = config_setting_get_string(value);
      break;
    default:
      return error(value, kTable, 0, name,
                   fmt::format("is {}; allowed are an integer, true or false, and text in double quotes",
                               kind_of(value)));
  }
  const auto set = set_variable(result_.settings, name, text);
  if (!set) return error(value, kTable, 0, name, set.error());
  result_.variables[std::string(variable->name)] = variable_text(result_.settings, *variable);
}

template <class Row>
void FileReader::read_table(const config_setting_t* section, const TableSpec<Row>& spec,
                            std::vector<Row>& rows) {
  const bool empty_array = config_setting_is_array(section) && config_setting_length(section) == 0;
  if (!config_setting_is_list(section) && !empty_array) {
    return error(section, spec.name, 0, "",
                 fmt::format("is {}; a list of groups is needed: {} = ( {{ ... }}, {{ ... }} )",
                             kind_of(section), spec.name));
  }
  for (int i = 0; i < config_setting_length(section); ++i) {
    read_row(config_setting_get_elem(section, static_cast<unsigned>(i)), spec, rows);
  }
}

template <class Row>
void FileReader::read_row(const config_setting_t* group, const TableSpec<Row>& spec, std::vector<Row>& rows) {
  const std::size_t number = rows.size() + 1;
  if (!config_setting_is_group(group)) {
    return error(group, spec.name, number, "",
                 fmt::format("is {}; a group {{ ... }} is needed", kind_of(group)));
  }
  Row row = fresh_file_row<Row>();
  for (int i = 0; i < config_setting_length(group); ++i) {
    read_column(config_setting_get_elem(group, static_cast<unsigned>(i)), spec, number, row);
  }
  expect_required(group, spec, number);
  rows.push_back(std::move(row));
  result_.origins[{std::string(spec.name), number}] = where(group);
}

template <class Row>
void FileReader::expect_required(const config_setting_t* group, const TableSpec<Row>& spec,
                                 std::size_t number) {
  for (const Column<Row>& column : spec.columns) {
    if (!required_in_files(column.required)) continue;
    const auto given = [&](std::string_view name) {
      return !name.empty() && config_setting_get_member(group, std::string(name).c_str()) != nullptr;
    };
    if (given(column.name) || given(column.alias)) continue;
    const std::string other = column.alias.empty() ? "" : fmt::format(" (or {})", column.alias);
    error(group, spec.name, number, column.name, fmt::format("is missing{}; every row needs it", other));
  }
}

template <class Row>
void FileReader::read_column(const config_setting_t* value, const TableSpec<Row>& spec, std::size_t number,
                             Row& row) {
  const std::string_view name = name_of(value);
  const Column<Row>* column = find_column(spec, name);
  if (column == nullptr) {
    std::vector<std::string_view> known;
    for (const Column<Row>& other : spec.columns) known.push_back(other.name);
    return warn(value, spec.name, number, name, "is not known and ignored" + hint(name, known));
  }
  Result<void, std::string> set;
  const int type = config_setting_type(value);
  const bool is_text = is_text_column(*column);
  if (type == CONFIG_TYPE_STRING) {
    set = set_column(row, *column, std::string_view(config_setting_get_string(value)));
  } else if (!is_text && (type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64)) {
    set = set_column(row, *column, static_cast<std::int64_t>(config_setting_get_int64(value)));
  } else if (!is_text && type == CONFIG_TYPE_BOOL) {
    set = set_column(row, *column, static_cast<std::int64_t>(config_setting_get_bool(value)));
  } else if (type == CONFIG_TYPE_ARRAY && config_setting_length(value) == 0) {
    set = set_column_null(row, *column);
  } else {
    set = std::unexpected(
        fmt::format("is {}; {} is needed", kind_of(value), is_text ? "text in double quotes" : "an integer"));
  }
  if (!set) error(value, spec.name, number, column->name, set.error());
}

}  // namespace

bool ConfigFile::has_errors() const {
  return std::ranges::any_of(complaints, [](const Complaint& c) { return c.severity == Severity::error; });
}

void ConfigFile::locate(Complaints& found) const {
  for (Complaint& complaint : found) {
    const auto origin = origins.find({complaint.table, complaint.row});
    if (origin != origins.end()) complaint.where = origin->second;
  }
}

ConfigFile read_config_file(const std::string& path) {
  ConfigFile result;
  result.settings = defaults();
  FileReader reader(result, path);
  config_t config;
  config_init(&config);
  const std::unique_ptr<config_t, void (*)(config_t*)> closer(&config, config_destroy);
  const std::string directory = std::filesystem::path(path).parent_path();
  config_set_include_dir(&config, directory.empty() ? "." : directory.c_str());
  if (config_read_file(&config, path.c_str()) == CONFIG_TRUE) {
    reader.read(config_root_setting(&config));
    return result;
  }
  const int cause = errno;
  if (config_error_type(&config) == CONFIG_ERR_FILE_IO) {
    reader.complain(path, "", 0, "", Severity::error,
                    fmt::format("cannot be read: {}", std::strerror(cause)));
    return result;
  }
  const char* file = config_error_file(&config);
  reader.complain(
      fmt::format("{}:{}", file == nullptr ? path : file, config_error_line(&config)), "", 0, "",
      Severity::error,
      fmt::format("{} (is a comma missing between two rows, or a quote?)", config_error_text(&config)));
  return result;
}

}  // namespace weir
