#include "router/query/local_statement.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "router/query/kill_statement.hpp"

namespace weir {
namespace {

using Kind = LocalStatement::Kind;

constexpr std::array<std::string_view, kLocalStatements> kNames = {
    "",
    "KILL",
    "CONNECTION_ID()",
    "ROW_COUNT()",
    "INTERNAL SESSION",
    "EXPLAIN ROUTE",
    "SHOW LAST ROUTE",
    "SHOW STATUS LIKE 'Ssl_...', 'Compression...'"};

// Nothing more, but for a semicolon.
bool at_end(Lexer& lexer) {
  Token token = lexer.next();
  if (token.is(';')) token = lexer.next();
  return token.kind == TokenKind::end;
}

bool is_word(const Token& token, std::string_view lower) {
  return token.kind == TokenKind::word && equals_caseless(token.text, lower);
}

// Of exactly SELECT name(), the call; empty for anything else.
std::string_view lone_call(std::string_view sql, std::string_view name, Lexer lexer) {
  if (!lexer.next().is(Word::select)) return {};
  const Token call = lexer.next();
  if (!equals_caseless(call.text, name) || !lexer.next().is('(')) return {};
  const Token close = lexer.next();
  if (!close.is(')') || !at_end(lexer)) return {};
  return sql.substr(call.position, close.position + 1 - call.position);
}

LocalStatement call_of(Kind kind, std::string_view call) {
  if (call.empty()) return {};
  return {.kind = kind, .call = call};
}

bool asks_internal_session(Lexer lexer) {
  const std::string_view product = lexer.next().text;
  if (!equals_caseless(product, "proxysql") && !equals_caseless(product, "weir")) return false;
  return equals_caseless(lexer.next().text, "internal") && equals_caseless(lexer.next().text, "session") &&
         at_end(lexer);
}

bool asks_last_route(Lexer lexer) {
  return is_word(lexer.next(), "show") && is_word(lexer.next(), "last") && is_word(lexer.next(), "route") &&
         at_end(lexer);
}

LocalStatement stream_status(Lexer lexer) {
  constexpr std::pair<std::string_view, std::string_view> kVariables[] = {
      {"ssl_cipher", "Ssl_cipher"},
      {"ssl_version", "Ssl_version"},
      {"compression", "Compression"},
      {"compression_algorithm", "Compression_algorithm"},
      {"compression_level", "Compression_level"}};
  if (!is_word(lexer.next(), "show")) return {};
  Token token = lexer.next();
  if (is_word(token, "session") || is_word(token, "local")) token = lexer.next();
  if (!is_word(token, "status") || !is_word(lexer.next(), "like")) return {};
  const Token pattern = lexer.next();
  if (pattern.kind != TokenKind::string || pattern.text.size() < 2 || !at_end(lexer)) return {};
  const std::string_view asked = pattern.text.substr(1, pattern.text.size() - 2);
  for (const auto& [lower, variable] : kVariables) {
    if (equals_caseless(asked, lower)) return {.kind = Kind::stream_status, .variable = variable};
  }
  return {};
}

LocalStatement explain_route(std::string_view sql, Lexer lexer) {
  if (!is_word(lexer.next(), "explain")) return {};
  const Token route = lexer.next();
  if (!is_word(route, "route")) return {};
  if (lexer.next().is('.')) return {};
  return {.kind = Kind::explain_route,
          .explained = without_blanks_before(sql.substr(route.position + route.text.size()))};
}

}  // namespace

LocalStatement look_for_local_statement(const Statement& statement, std::string_view sql, LexMode mode) {
  const Lexer lexer(sql, mode);
  if (statement.kind == StatementKind::kill) return {Kind::kill};
  if (statement.kind == StatementKind::explain) {
    const LocalStatement route = explain_route(sql, lexer);
    if (route.kind != Kind::none) return route;
  }
  if (statement.has(Trait::multi_statement) && hides_kill(sql, mode)) return {Kind::kill};
  if (statement.kind == StatementKind::show)
    return asks_last_route(lexer) ? LocalStatement{Kind::show_last_route} : stream_status(lexer);
  if (statement.kind == StatementKind::other && asks_internal_session(lexer)) return {Kind::internal_session};
  if (statement.has(Trait::connection_id))
    return call_of(Kind::connection_id, lone_call(sql, "connection_id", lexer));
  if (statement.has(Trait::calls_row_count))
    return call_of(Kind::row_count, lone_call(sql, "row_count", lexer));
  return {};
}

std::string_view without_blanks_before(std::string_view sql) {
  return sql.substr(std::min(sql.find_first_not_of(" \t\r\n\f\v"), sql.size()));
}

std::string_view to_text(LocalStatement::Kind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace weir
