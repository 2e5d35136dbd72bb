#include "admin/sample_config.hpp"

#include <fmt/format.h>

#include <string_view>
#include <variant>

#include "router/config/tables.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

constexpr std::size_t kWidth = 110;

// `text` as comment lines of at most kWidth bytes, broken between words.
std::string comment(std::string_view indent, std::string_view text) {
  const std::string begin = fmt::format("{}# ", indent);
  std::string lines, line = begin;
  while (!text.empty()) {
    const auto end = text.find_first_of(" \n");
    const std::string_view word = text.substr(0, end);
    if (line.size() > begin.size() && line.size() + 1 + word.size() > kWidth) {
      lines += line + "\n";
      line = begin;
    }
    line += fmt::format("{}{}", line.size() > begin.size() ? " " : "", word);
    if (end != std::string_view::npos && text[end] == '\n') {
      lines += line + "\n";
      line = begin;
    }
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines + line + "\n";
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

std::string variable_lines(const Variable& variable) {
  const std::string value = is_text(variable) ? quoted(default_text(variable)) : default_text(variable);
  const std::string_view name = variable.name.substr(variable.name.find('-') + 1);
  const bool settable = has_effect(variable) && !std::holds_alternative<FixedVariable>(variable.kind);
  const std::string_view mark = settable ? "" : "# ";
  return comment("    ", describe(variable)) + fmt::format("    {}{} = {}\n\n", mark, name, value);
}

// Those without effect are in comments.
std::string variables_section(std::string_view section, std::string_view prefix) {
  std::string text = fmt::format("{} =\n{{\n", section);
  for (const Variable& variable : all_variables()) {
    if (variable.name.starts_with(prefix)) text += variable_lines(variable);
  }
  text.pop_back();  // the blank line after the last
  return text + "}\n";
}

// The columns of a table, and an example, all in comments: the section itself stays empty.
template <class Row>
std::string table_section(const TableSpec<Row>& spec, std::string_view example) {
  std::string text = "\n" + comment("", spec.doc);
  if (!spec.unused.empty()) text += comment("", fmt::format("Rows are kept, and {}.", spec.unused));
  text += "#\n";
  const Row fresh{};
  for (const Column<Row>& column : spec.columns) {
    const auto initial = read_column(fresh, column);
    const std::string given = required_in_files(column.required) ? "always given"
                              : !initial                         ? "absent by default"
                              : initial->empty()                 ? "empty by default"
                                                                 : "default " + *initial;
    const std::string alias = column.alias.empty() ? "" : fmt::format(" or {}", column.alias);
    text += comment("", fmt::format("  {}{} ({}): {}", column.name, alias, given, documentation(column)));
  }
  return text + fmt::format("{} =\n(\n{})\n", spec.section.empty() ? spec.name : spec.section, example);
}

std::string_view example_of(std::string_view table) {
  if (table == "mysql_servers") {
    return "#   { address = \"10.0.0.1\", port = 3306, hostgroup = 0, max_connections = 200 },\n"
           "#   { address = \"10.0.0.2\", port = 3306, hostgroup = 1, weight = 2 },\n"
           "#   { address = \"/run/mysqld/mysqld.sock\", port = 0, hostgroup = 1 }\n";
  }
  if (table == "mysql_replication_hostgroups") {
    return "#   { writer_hostgroup = 0, reader_hostgroup = 1, comment = \"main cluster\" }\n";
  }
  if (table == "mysql_hostgroup_attributes") return "#   { hostgroup_id = 0, max_num_online_servers = 1 }\n";
  if (table == "mysql_users") {
    return "#   { username = \"app\", password = \"secret\", default_hostgroup = 0 }\n";
  }
  if (table == "mysql_query_rules") {
    return "#   { rule_id = 1, match_digest = \"^SELECT .* FOR UPDATE\", destination_hostgroup = 0, apply = "
           "1 },\n"
           "#   { rule_id = 2, match_digest = \"^SELECT\", destination_hostgroup = 1, apply = 1 }\n";
  }
  return {};
}

}  // namespace

std::string sample_config() {
  std::string text =
      comment(
          "",
          "Configuration of Weir, in ProxySQL's format. Printed by weir --print-config; every value is the "
          "default.\nCheck a file with: weir --check -c FILE") +
      "#\n" +
      comment("",
              "Times are milliseconds unless a name says otherwise. A table is a list of rows, with commas "
              "between rows and none after the last. Back-slashes in text are doubled.\nVariables of "
              "ProxySQL that "
              "have no effect in this version are in comments, and accepted.") +
      "\n" + variables_section("mysql_variables", "mysql-") + "\n" +
      variables_section("admin_variables", "admin-");
  const Tables none;
  for_each_table(none,
                 [&](const auto& spec, const auto&) { text += table_section(spec, example_of(spec.name)); });
  return text;
}

}  // namespace weir
