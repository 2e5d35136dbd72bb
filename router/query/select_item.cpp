#include "router/query/select_item.hpp"

#include <algorithm>

namespace weir {
namespace {

// Behind these an operand follows, or the rest of an operator: never a column's name.
constexpr std::string_view kOfExpressions[] = {
    "and",    "as", "at",       "between", "binary", "case",   "collate", "div",
    "escape", "in", "interval", "is",      "like",   "member", "mod",     "not",
    "of",     "or", "over",     "regexp",  "rlike",  "sounds", "xor",
};

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0u) == 0x80;
}

// Bytes of the character that begins here. Of what is no UTF-8, one.
std::size_t character_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  if (text.size() < bytes) return 1;
  return std::ranges::all_of(text.substr(1, bytes - 1), is_continuation) ? bytes : 1;
}

bool opens(const Token& token) {
  if (token.kind != TokenKind::word) return false;
  constexpr std::string_view kWords[] = {"interval", "date", "time", "timestamp", "n"};
  return token.text.starts_with('_') || std::ranges::any_of(kWords, [&](std::string_view word) {
           return equals_caseless(token.text, word);
         });
}

}  // namespace

SelectItem::End SelectItem::end_of(const Token& token) {
  switch (token.kind) {
    case TokenKind::symbol:
      return End::operation;
    case TokenKind::word:
      for (const std::string_view word : kOfExpressions) {
        if (equals_caseless(token.text, word)) return End::operation;
      }
      return End::name;
    case TokenKind::quoted_name:
    case TokenKind::string:
      return End::name;
    case TokenKind::end:
    case TokenKind::number:
    case TokenKind::parameter:
    case TokenKind::user_variable:
    case TokenKind::system_variable:
      return End::operand;
  }
  return End::operand;
}

void SelectItem::add(const Token& token, End end) {
  if (tokens_++ == 0) begin_ = token.position;
  end_ = token.position + token.text.size();
  before_ = last_;
  last_ = end;
  has_as_ = has_as_ || token.is(Word::as);
  is_open_ = is_open_ || opens(token);
}

bool SelectItem::has_name() const {
  return has_as_ || (last_ == End::name && ends_operand(before_));
}

std::string column_name_of(std::string_view expression) {
  constexpr std::size_t kLongest = 255;
  std::string name = "`";
  std::size_t length = 0;
  while (!expression.empty()) {
    const std::size_t bytes = character_bytes(expression);
    const std::string_view character = bytes == 4 ? std::string_view("?") : expression.substr(0, bytes);
    if ((length += character.size()) > kLongest) break;
    if (character == "`") name += '`';
    name += character;
    expression.remove_prefix(bytes);
  }
  return name += '`';
}

}  // namespace weir
