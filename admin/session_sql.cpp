#include "admin/session_sql.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "admin/quoting.hpp"
#include "admin/refusals.hpp"
#include "admin/variable_names.hpp"
#include "router/query/lexer.hpp"

namespace weir {
namespace {

// How SQLite says what MySQL has a code for: the first text that stands in the message.
struct MessageRow {
  std::string_view text;
  AdminError error;
};
constexpr std::array kMessages = {
    MessageRow{"no such table", AdminError::unknown_table},
    MessageRow{"no such column", AdminError::unknown_column},
    MessageRow{"has no column named", AdminError::unknown_column},
    MessageRow{"no such function", AdminError::unknown_function},
    MessageRow{"unknown database", AdminError::unknown_database},
    MessageRow{"columns but", AdminError::wrong_column_count},
    MessageRow{"values for", AdminError::wrong_column_count},
    MessageRow{"syntax error", AdminError::syntax},
    MessageRow{"incomplete input", AdminError::syntax},
    MessageRow{"unrecognized token", AdminError::syntax},
    MessageRow{"CHECK constraint", AdminError::check_violated},
    MessageRow{"UNIQUE constraint", AdminError::duplicate_key},
    MessageRow{"NOT NULL constraint", AdminError::null_refused},
    MessageRow{"readonly database", AdminError::read_only},
    MessageRow{"may not be modified", AdminError::read_only},
    MessageRow{"interrupted", AdminError::interrupted},
    MessageRow{"out of memory", AdminError::out_of_memory},
};

Caller caller_of(const AdminSession& session) {
  return session.stats_only ? Caller::stats : Caller::admin;
}

// By the statement itself, and not by a mode of the database: such a mode could fail to be left.
void require_writable(CommandTools& tools, const SqlStatement& statement) {
  if (statement.reads_only() || !tools.read_only || !tools.read_only()) return;
  throw SqlError(1, "attempt to write a readonly database");
}

bool writes(const Token& token) {
  return token.is_any({Word::insert, Word::replace, Word::update, Word::delete_});
}

// Whether `module` moves what a write to `table` has changed. Of the variables, the statement tells by their
// names.
bool moves(const Module& module, std::string_view table, std::string_view sql) {
  if (module.variable_prefix.empty()) return has_table(module, table);
  return table == "global_variables" && sql.contains(module.variable_prefix);
}

// Says it of every write, without a look at what runs: who fills a table row by row must not pay for a
// comparison of layers each time. SHOW CONFIG DIFF compares.
void note_pending_change(AdminSession& session, std::string_view name, std::string_view sql) {
  const std::string table = lower_case(name);  // INSERT INTO MySQL_users
  std::string commands;
  for (const Module& module : modules()) {
    if (!moves(module, table, sql)) continue;
    commands += (commands.empty() ? "LOAD " : " or LOAD ") + std::string(module.name) + " TO RUNTIME";
  }
  if (commands.empty()) return;
  session.warnings.push_back({.table = table,
                              .column = {},
                              .text = "changed in memory only; " + commands + " puts it in force",
                              .severity = Severity::note});
}

// An UPDATE or DELETE of global_variables that met no row: tells which of its texts was meant to be a
// variable.
void warn_of_unknown_variables(AdminSession& session, std::string_view sql) {
  Lexer lexer(sql, {});
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind != TokenKind::string) continue;
    const std::string_view name = without_quotes(token.text);
    if (!looks_like_variable(name)) continue;
    if (auto problem = unknown_variable(name)) {
      session.warnings.push_back(
          {.table = "global_variables", .column = {}, .text = *problem, .severity = Severity::warning});
    }
  }
}

void comment_on_write(AdminSession& session, std::string_view sql, std::uint64_t changed) {
  const WrittenTable target = written_table(sql);
  if (target.table.empty() || !(target.schema.empty() || equals_caseless(target.schema, "main"))) return;
  if (changed > 0) {
    note_pending_change(session, target.table, sql);
  } else if (equals_caseless(target.table, "global_variables")) {
    warn_of_unknown_variables(session, sql);
  }
}

bool nothing_but_blanks(std::string_view text) {
  Lexer lexer(text, {});
  Token token = lexer.next();
  while (token.is(';')) token = lexer.next();
  return token.kind == TokenKind::end;
}

SqlStatement prepare_one(CommandTools& tools, AdminSession& session, std::string_view sql) {
  std::string_view rest;
  SqlStatement statement = tools.store.prepare(sql, &rest, caller_of(session));
  if (!nothing_but_blanks(rest)) {
    throw SqlError(1,
                   "near \"" + std::string(rest.substr(0, 20)) + "\": syntax error: one statement at a time");
  }
  return statement;
}

}  // namespace

Refusal refusal_of(const SqlError& error, const AdminSession& session) {
  const std::string_view message = error.what();
  if (error.is_refused()) {
    if (session.stats_only)
      return refuse(AdminError::not_allowed, "Command not allowed: " + std::string(message));
    return refuse(AdminError::not_supported, message);
  }
  if (error.is_busy()) return refuse(AdminError::locked, message);
  if (error.is_full()) return refuse(AdminError::disk_full, message);
  for (const MessageRow& row : kMessages) {
    if (message.contains(row.text)) return refuse(row.error, message);
  }
  return refuse(AdminError::other, message);
}

WrittenTable written_table(std::string_view sql) {
  Lexer lexer(sql, {});
  Token token = lexer.next();
  if (token.is(Word::with)) {  // the statement proper follows the last of its CTEs
    for (int depth = 0; token.kind != TokenKind::end && !(depth == 0 && writes(token));
         token = lexer.next()) {
      if (token.symbol == '(') ++depth;
      if (token.symbol == ')') --depth;
    }
  }
  if (!writes(token)) return {};
  token = lexer.next();
  if (token.is(Word::or_)) {  // INSERT OR REPLACE
    lexer.next();
    token = lexer.next();
  }
  if (token.is_any({Word::into, Word::from})) token = lexer.next();
  const std::string_view first = without_quotes(token.text);
  if (!lexer.next().is('.')) return {{}, first};
  return {first, without_quotes(lexer.next().text)};
}

Reply run_sql(CommandTools& tools, AdminSession& session, std::string_view sql,
              std::span<const Cell> parameters) {
  try {
    SqlStatement statement = prepare_one(tools, session, sql);
    require_writable(tools, statement);
    if (static_cast<std::size_t>(statement.parameters()) != parameters.size()) {
      return refuse(AdminError::other, "the statement has " + std::to_string(statement.parameters()) +
                                           " parameters, and " + std::to_string(parameters.size()) +
                                           " were given");
    }
    for (std::size_t i = 0; i < parameters.size(); ++i)
      statement.bind(static_cast<int>(i + 1), parameters[i]);
    if (statement.columns() > 0) return tools.store.rows(statement, session.most_result_bytes);
    const std::uint64_t before = tools.store.total_changes();
    statement.step();
    const bool changed = tools.store.total_changes() != before;
    Done done{.affected_rows = changed ? tools.store.changes() : 0};
    comment_on_write(session, sql, done.affected_rows);
    return done;
  } catch (const SqlError& error) {
    return refusal_of(error, session);
  }
}

Result<PreparedShape, Refusal> prepare_sql(CommandTools& tools, AdminSession& session, std::string_view sql) {
  try {
    const SqlStatement statement = prepare_one(tools, session, sql);
    PreparedShape shape{.parameters = static_cast<std::uint16_t>(statement.parameters())};
    for (int i = 0; i < statement.columns(); ++i) shape.columns.push_back(statement.column_name(i));
    return shape;
  } catch (const SqlError& error) {
    return std::unexpected(refusal_of(error, session));
  }
}

}  // namespace weir
