#include "admin/statement_split.hpp"

#include <utility>

#include "router/query/lexer.hpp"

namespace weir {
namespace {

// As SQLite reads it, and as the status flag of the port tells clients to write it.
constexpr LexMode kMode{.no_backslash_escapes = true};

// `text` from behind the semicolons at its beginning, or nothing if nothing else is there.
std::string_view behind_semicolons(std::string_view text) {
  std::size_t begin = 0;
  Lexer lexer(text, kMode);
  Token token = lexer.next();
  for (; token.is(';'); token = lexer.next()) begin = token.position + 1;
  return token.kind == TokenKind::end ? std::string_view{} : text.substr(begin);
}

}  // namespace

std::string_view take_statement(std::string_view& text) {
  const std::string_view statement = behind_semicolons(text);
  if (statement.empty()) return std::exchange(text, {});
  Lexer lexer(statement, kMode);
  Token token = lexer.next();
  const bool creates = token.is(Word::create);
  while (token.kind != TokenKind::end && !token.is(';')) {
    if (creates && token.is(Word::trigger)) {
      text = {};
      return statement;
    }
    token = lexer.next();
  }
  text =
      behind_semicolons(statement.substr(token.kind == TokenKind::end ? statement.size() : token.position));
  return token.kind == TokenKind::end ? statement : statement.substr(0, token.position);
}

}  // namespace weir
