#include "admin/config_text.hpp"

#include <fmt/format.h>

#include "admin/config_file.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

// A string of libconfig. Bytes above 127 stand for themselves.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (c == '\r') {
      result += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

// Integers beyond 32 bits need libconfig's suffix; SQLite's are the same without.
std::string integer(const std::string& digits) {
  constexpr std::size_t kDigitsOf32Bits = 9;
  return digits.size() > kDigitsOf32Bits ? digits + "L" : digits;
}

std::string variables_text(const Settings& settings, std::string_view prefix, std::string_view section) {
  std::string text;
  for (const Variable& variable : all_variables()) {
    const std::string value = variable_text(settings, variable);
    if (!variable.name.starts_with(prefix) || value == default_text(variable)) continue;
    text += fmt::format("    {}={}\n", variable.name.substr(prefix.size()),
                        is_text(variable)     ? quoted(value)
                        : is_number(variable) ? integer(value)
                                              : value);
  }
  return text.empty() ? text : fmt::format("{}=\n{{\n{}}}\n\n", section, text);
}

template <class Row>
std::string row_text(const TableSpec<Row>& spec, const Row& row) {
  const Row fresh = fresh_file_row<Row>();
  std::string text;
  for (const Column<Row>& column : spec.columns) {
    const auto value = read_column(row, column);
    if (column.required == Required::no && value == read_column(fresh, column)) continue;
    text += text.empty() ? "" : ", ";
    text += fmt::format("{}={}", column.name,
                        !value                   ? "[]"
                        : is_text_column(column) ? quoted(*value)
                                                 : integer(*value));
  }
  return fmt::format("    {{ {} }}", text);
}

}  // namespace

std::string config_text(const Tables& tables, const Settings& settings) {
  std::string text = variables_text(settings, "admin-", "admin_variables") +
                     variables_text(settings, "mysql-", "mysql_variables");
  for_each_table(tables, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    if (rows.empty()) return;
    std::string list;
    for (const Row& row : rows) list += (list.empty() ? "" : ",\n") + row_text(spec, row);
    text += fmt::format("{}=\n(\n{}\n)\n\n", spec.name, list);
  });
  return text;
}

}  // namespace weir
