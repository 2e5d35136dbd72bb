#include "admin/sql_executor.hpp"

#include "admin/client_queries.hpp"
#include "admin/information_schema.hpp"
#include "admin/refusals.hpp"
#include "admin/session_sql.hpp"
#include "admin/sql_functions.hpp"

namespace weir {
namespace {

bool may_run(const AdminCommand& command, const AdminSession& session) {
  return !session.stats_only || command.access == CommandAccess::everyone;
}

Reply run_command(CommandTools& tools, AdminSession& session, const FoundCommand& found,
                  std::string_view sql) {
  if (!may_run(*found.command, session)) {
    return refuse(AdminError::not_allowed,
                  "Command not allowed: accounts of admin-stats_credentials read statistics only");
  }
  CommandCall call{tools, session, found.captures, sql};
  return found.command->run(call);
}

Reply answer(CommandTools& tools, AdminSession& session, std::string_view sql,
             std::span<const Cell> parameters) {
  ClientQueryContext context{
      session, tools.store, [&](std::string_view text) { return run_sql(tools, session, text, parameters); }};
  if (auto reply = answer_client_query(context, sql)) return std::move(*reply);
  const CommandText text(sql);
  if (text.size() == 0) return refuse(AdminError::empty_statement, "Query was empty");
  if (const FoundCommand found = find_command(sql); found.command != nullptr) {
    return run_command(tools, session, found, text.sql());
  }
  return run_sql(tools, session, sql, parameters);
}

}  // namespace

SqlExecutor::SqlExecutor(CommandTools tools) : tools_(std::move(tools)) {
  add_information_schema(tools_.store);
  add_admin_functions(tools_.store);
}

Reply SqlExecutor::run(AdminSession& session, std::string_view sql, std::span<const Cell> parameters) {
  if (!asks_for_warnings(sql)) session.warnings.clear();
  try {
    return answer(tools_, session, sql, parameters);
  } catch (const SqlError& error) {
    return refusal_of(error, session);
  } catch (const std::exception& error) {
    return refuse(AdminError::other, error.what());
  }
}

// Clients' questions are answered to learn their shape; what they would run as SQL is prepared instead.
Result<PreparedShape, Refusal> SqlExecutor::prepare(AdminSession& session, std::string_view sql) {
  session.warnings.clear();
  try {
    Result<PreparedShape, Refusal> shape = PreparedShape{};
    bool is_sql = false;
    ClientQueryContext context{session, tools_.store, [&](std::string_view text) -> Reply {
                                 is_sql = true;
                                 shape = prepare_sql(tools_, session, text);
                                 return Done{};
                               }};
    const auto reply = answer_client_query(context, sql);
    if (is_sql) return shape;
    if (reply) {
      if (const Rows* rows = std::get_if<Rows>(&*reply)) shape->columns = rows->columns;
      return shape;
    }
    if (find_command(sql).command != nullptr) return shape;
    return prepare_sql(tools_, session, sql);
  } catch (const std::exception& error) {
    return std::unexpected(refuse(AdminError::other, error.what()));
  }
}

}  // namespace weir
