// What command line clients, drivers, GUIs and exporters ask any MySQL server by themselves, on connect and
// later: rows {pattern, answer} in client_queries.cpp. Matched on tokens: letter case, white space and
// comments never matter.
//
// What is no such question, but SQL with a touch of MySQL in it (@@variables, NOW(), VERSION()), is
// translated for SQLite and run. Admin thread.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "admin/executor.hpp"
#include "admin/reply.hpp"
#include "admin/store.hpp"
#include "router/config/variables.hpp"

namespace weir {

inline constexpr std::string_view kVersionComment = "(Weir Admin Module)";

struct ClientQueryContext {
  AdminSession& session;
  Store& store;  // read for values of variables and for the shapes of tables
  // Runs SQL as this session may, with the parameters of the statement; errors become refusals.
  std::function<Reply(std::string_view sql)> run_sql;
};

// Nothing if `sql` is not ours to answer: it is SQL as it stands.
std::optional<Reply> answer_client_query(ClientQueryContext& context, std::string_view sql);

// SHOW WARNINGS and its like, which tell of the statement before: they leave session.warnings as they are.
bool asks_for_warnings(std::string_view sql);

}  // namespace weir
