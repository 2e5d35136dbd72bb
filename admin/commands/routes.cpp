// EXPLAIN ROUTE: the same rows as on the clients' port, for any user.
#include "admin/commands/topics.hpp"
#include "admin/refusals.hpp"
#include "router/query/local_statement.hpp"

namespace weir::commands {
namespace {

constexpr std::string_view kUsage =
    "near \"ROUTE\": syntax error: EXPLAIN ROUTE FOR USER 'user' [SCHEMA 'schema'] [FROM 'client address'] "
    "statement; clients ask for EXPLAIN ROUTE statement about their own sessions";

// All that stands behind the last option: a comment in front of the statement is part of it.
std::string_view statement_behind_options(const CommandCall& call) {
  std::string_view last = call.captures["user"];
  for (const std::string_view name : {"schema", "client"}) {
    if (call.captures[name].data() != nullptr) last = call.captures[name];
  }
  auto from = static_cast<std::size_t>(last.data() + last.size() - call.sql.data());
  if (from < call.sql.size() && std::string_view("'\"`").contains(call.sql[from])) ++from;
  return without_blanks_before(call.sql.substr(from));
}

bool is_option(std::string_view sql) {
  const Token first = Lexer(sql, {}).next();
  return equals_caseless(first.text, "schema") || equals_caseless(first.text, "from");
}

}  // namespace

Reply explain_route(CommandCall& call) {
  const Captures& captures = call.captures;
  if (captures["user"].data() == nullptr || is_option(captures["sql"]))
    return refuse(AdminError::syntax, kUsage);
  if (!call.tools.explain_route) return refuse(AdminError::not_supported, "this process routes nothing");
  RouteQuestion question{.user = captures["user"], .client_address = captures["client"], .sql = {}};
  if (captures["schema"].data() != nullptr) question.schema = captures["schema"];
  question.sql = statement_behind_options(call);
  const auto trace = call.tools.explain_route(question);
  if (!trace) return refuse(AdminError::other, trace.error());
  Rows rows{{"step", "what", "outcome", "reason"}};
  for (const RouteStep& step : trace->steps())
    rows.rows.push_back({step.step, step.what, step.outcome, step.reason});
  return rows;
}

}  // namespace weir::commands
