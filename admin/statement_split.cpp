#include "admin/statement_split.hpp"

#include "router/query/lexer.hpp"

namespace weir {

std::vector<std::string_view> split_statements(std::string_view sql) {
  // As SQLite reads it, and as the status flag of the port tells clients to write it.
  Lexer lexer(sql, {.no_backslash_escapes = true});
  std::vector<std::string_view> statements;
  std::size_t begin = 0;
  bool any_token = false;
  Word first = Word::none;  // of the statement at hand
  for (;;) {
    const Token token = lexer.next();
    if (token.is(Word::trigger) && first == Word::create) return {sql};
    const bool at_end = token.kind == TokenKind::end;
    if (at_end || token.is(';')) {
      const std::size_t end = at_end ? sql.size() : token.position;
      if (any_token) statements.push_back(sql.substr(begin, end - begin));
      if (at_end) break;
      begin = token.position + 1;
      any_token = false;
    } else {
      if (!any_token) first = token.word;
      any_token = true;
    }
  }
  if (statements.empty()) statements.push_back(sql);
  return statements;
}

}  // namespace weir
