#include "admin/table_sql.hpp"

#include "admin/quoting.hpp"
#include "protocol/base/check.hpp"

namespace weir::table_sql {

std::string name_list(std::span<const std::string_view> names) {
  std::string list;
  for (std::string_view name : names) list += (list.empty() ? "" : ", ") + quoted_name(name);
  return list;
}

std::string renamed_ddl(std::string_view ddl, std::string_view name) {
  const auto parenthesis = ddl.find('(');
  WEIR_CHECK(parenthesis != std::string_view::npos, "a ddl lists columns");
  return fmt::format("CREATE TABLE {} {}", name, ddl.substr(parenthesis));
}

std::string key_text(std::span<const std::string_view> columns, std::span<const Cell> values) {
  std::string text;
  for (std::size_t i = 0; i < columns.size() && i < values.size(); ++i) {
    text += fmt::format("{}{}={}", i == 0 ? "" : ", ", columns[i], values[i].value_or("NULL"));
  }
  return text;
}

}  // namespace weir::table_sql
