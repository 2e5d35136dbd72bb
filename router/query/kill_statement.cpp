#include "router/query/kill_statement.hpp"

#include "protocol/base/number_text.hpp"
#include "router/query/set_statement.hpp"

namespace weir {
namespace {

bool is_word(const Token& token, std::string_view lower) {
  return token.kind == TokenKind::word && equals_caseless(token.text, lower);
}

}  // namespace

KillStatement parse_kill(std::string_view sql, LexMode mode) {
  Lexer lexer(sql, mode);
  KillStatement kill;
  lexer.next();  // KILL
  Token token = lexer.next();
  if (is_word(token, "hard") || is_word(token, "soft")) token = lexer.next();
  kill.query_only = is_word(token, "query");
  if (kill.query_only || is_word(token, "connection")) token = lexer.next();
  KillStatement::Target target = KillStatement::Target::not_supported;
  if (token.kind == TokenKind::parameter) {
    target = KillStatement::Target::parameter;
  } else if (is_word(token, "connection_id") && !token.conditional) {
    const bool call = lexer.next().is('(') && lexer.next().is(')');
    if (call) target = KillStatement::Target::own_session;
  } else if (token.kind == TokenKind::number && !token.conditional) {
    if (const auto id = to_integer<std::uint64_t>(token.text)) {
      kill.session_id = *id;
      target = KillStatement::Target::session;
    }
  }
  token = lexer.next();
  if (token.is(';')) token = lexer.next();
  if (token.kind != TokenKind::end) return {};
  kill.target = target;
  return kill;
}

bool hides_kill(std::string_view sql, LexMode mode) {
  Lexer lexer(sql, mode);
  Token before = lexer.next();
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.is(Word::kill) && begins_statement_after(before)) return true;
    before = token;
  }
  return false;
}

}  // namespace weir
