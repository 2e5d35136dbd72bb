#include "router/query/secret_text.hpp"

#include <algorithm>

namespace weir {
namespace {

// In lower case. IDENTIFIED BY and its misspellings, *_password, s3_secret_key, wsrep_sst_auth, and the URLs
// of FEDERATED tables, which have a password in them.
constexpr std::string_view kTelltales[] = {"passw", "pwd", "identif", "secret", "sst_auth", "mysql://"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool starts_with_telltale(std::string_view text) {
  return std::ranges::any_of(kTelltales, [&](std::string_view telltale) {
    return text.size() >= telltale.size() && equals_caseless(text.substr(0, telltale.size()), telltale);
  });
}

bool may_begin_telltale(char c) {
  const char small = lower(c);
  return small == 'p' || small == 'i' || small == 's' || small == 'm';
}

bool is_literal(const Token& token) {
  return token.kind == TokenKind::number || token.kind == TokenKind::string ||
         token.text.find_first_of("'\"") != std::string_view::npos;
}

}  // namespace

bool may_hold_secret(const Statement& statement, std::string_view sql) {
  if (statement.kind == StatementKind::admin) return true;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (may_begin_telltale(sql[i]) && starts_with_telltale(sql.substr(i))) return true;
  }
  return false;
}

void append_without_literals(std::string_view sql, LexMode mode, std::string& out) {
  Lexer lexer(sql, mode);
  std::size_t end = 0;  // of the token before
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (end != 0 && token.position > end) out += ' ';
    end = token.position + token.text.size();
    const bool literal = is_literal(token);
    if (literal && token.text.starts_with('@')) out += '@';
    out += literal ? std::string_view("?") : token.text;
    const bool doubtful = literal && token.text.find('\\') != std::string_view::npos;
    if (doubtful || lexer.malformed()) {
      out += " ...";
      return;
    }
  }
}

}  // namespace weir
