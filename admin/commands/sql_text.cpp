#include "admin/commands/sql_text.hpp"

namespace weir::commands {
namespace {

std::string quoted(std::string_view text, char quote) {
  std::string result(1, quote);
  for (char c : text) {
    if (c == quote) result += quote;
    result += c;
  }
  return result + quote;
}

}  // namespace

std::string quoted_text(std::string_view text) {
  return quoted(text, '\'');
}

std::string quoted_name(std::string_view name) {
  return quoted(name, '"');
}

std::string filter(const CommandCall& call, std::string_view column) {
  if (const std::string_view like = call.captures["like"]; !like.empty()) {
    return " AND " + std::string(column) + " LIKE " + quoted_text(like) + " ESCAPE '\\'";
  }
  if (const std::string_view condition = call.captures["condition"]; !condition.empty()) {
    return " AND (" + std::string(condition) + "\n)";  // the end of the line ends a comment, if there is one
  }
  return {};
}

Reply query(CommandCall& call, std::string_view sql) {
  return run_sql(call.tools, call.session, sql);
}

}  // namespace weir::commands
