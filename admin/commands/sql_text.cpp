#include "admin/commands/sql_text.hpp"

namespace weir::commands {
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
