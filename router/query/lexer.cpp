#include "router/query/lexer.hpp"

#include <array>

#include "router/query/byte_search.hpp"

namespace weir {
namespace {

// Classes up to `digit` continue a name; those from `dash` on may begin a comment.
enum class ByteClass : std::uint8_t {
  name,
  digit,
  blank,
  single,  // a symbol that is always a token of its own: ( ) , ;
  symbol,
  control,
  quote,
  backquote,
  at,
  dash,
  hash,
  slash,
  star
};

constexpr std::array<ByteClass, 256> kClasses = [] {
  std::array<ByteClass, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    ByteClass k = ByteClass::symbol;
    if (c < 0x20 || c == 0x7f) k = ByteClass::control;
    if (c == ' ' || (c >= '\t' && c <= '\r')) k = ByteClass::blank;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c >= 0x80)
      k = ByteClass::name;
    if (c >= '0' && c <= '9') k = ByteClass::digit;
    if (c == '(' || c == ')' || c == ',' || c == ';') k = ByteClass::single;
    if (c == '\'' || c == '"') k = ByteClass::quote;
    if (c == '`') k = ByteClass::backquote;
    if (c == '@') k = ByteClass::at;
    if (c == '-') k = ByteClass::dash;
    if (c == '#') k = ByteClass::hash;
    if (c == '/') k = ByteClass::slash;
    if (c == '*') k = ByteClass::star;
    classes[c] = k;
  }
  return classes;
}();

ByteClass class_of(char c) {
  return kClasses[static_cast<unsigned char>(c)];
}
bool in_name(char c) {
  return class_of(c) <= ByteClass::digit;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

bool within(unsigned char c, unsigned char low, unsigned char high) {
  return c >= low && c <= high;
}

// Do these bytes make one two-byte character? Four-byte characters of gb18030 need no care: their second and
// fourth bytes are digits.
bool is_pair(Multibyte multibyte, char first, char second) {
  const auto lead = static_cast<unsigned char>(first);
  const auto trail = static_cast<unsigned char>(second);
  if (lead < 0x80) return false;
  switch (multibyte) {
    case Multibyte::none:
      return false;
    case Multibyte::big5:
      return within(lead, 0xa1, 0xf9) && (within(trail, 0x40, 0x7e) || within(trail, 0xa1, 0xfe));
    case Multibyte::gbk:
    case Multibyte::gb18030:
      return within(lead, 0x81, 0xfe) && within(trail, 0x40, 0xfe) && trail != 0x7f;
    case Multibyte::sjis:
      return (within(lead, 0x81, 0x9f) || within(lead, 0xe0, 0xfc)) && within(trail, 0x40, 0xfc) &&
             trail != 0x7f;
  }
  return false;
}

// Of a comment /*!NNNNN: other numbers of digits are read in as many ways as there are servers.
bool is_code_to_all(std::string_view version) {
  return version.empty() || (version.size() == 5 && version < "50700");
}

// Length of the operator at `at`, of which `left` bytes remain.
std::size_t operator_length(const char* at, std::size_t left) {
  if (left < 2) return 1;
  const char second = at[1];
  switch (*at) {
    case '<':
      if (left > 2 && second == '=' && at[2] == '>') return 3;
      return second == '=' || second == '>' || second == '<' ? 2 : 1;
    case '>':
      return second == '=' || second == '>' ? 2 : 1;
    case ':':
    case '!':
      return second == '=' ? 2 : 1;
    case '&':
    case '|':
      return second == *at ? 2 : 1;
    case '-':
      if (second != '>') return 1;
      return left > 2 && at[2] == '>' ? 3 : 2;
    default:
      return 1;
  }
}

}  // namespace

Multibyte multibyte_of(std::string_view charset) {
  const std::string_view name = charset.substr(0, charset.find('_'));
  if (equals_caseless(name, "big5")) return Multibyte::big5;
  if (equals_caseless(name, "gbk")) return Multibyte::gbk;
  if (equals_caseless(name, "gb18030")) return Multibyte::gb18030;
  if (equals_caseless(name, "sjis") || equals_caseless(name, "cp932")) return Multibyte::sjis;
  return Multibyte::none;
}

bool equals_caseless(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[i]) return false;
  }
  return true;
}

std::string_view without_quotes(std::string_view name) {
  if (name.size() < 2 || name.front() != name.back()) return name;
  const char quote = name.front();
  return quote == '`' || quote == '"' || quote == '\'' ? name.substr(1, name.size() - 2) : name;
}

// Everything of the token but its word and symbol, from where the scan stands.
void Lexer::finish(Token& token, TokenKind kind, const char* from) const {
  token.kind = kind;
  token.conditional = conditional_;
  token.text = {from, static_cast<std::size_t>(at_ - from)};
  token.position = static_cast<std::size_t>(from - begin_);
}

void Lexer::read(Token& token) {
  token.word = Word::none;
  token.symbol = 0;
  while (at_ != end_ && class_of(*at_) == ByteClass::blank) ++at_;
  if (at_ == end_) return read_end(token);
  const ByteClass first = class_of(*at_);
  if (first == ByteClass::name) return lex_word(token);
  if (first == ByteClass::single) return lex_single(token);
  return read_rarer(token);
}

// Anything but a word, from behind the blanks; comments may come first.
void Lexer::read_rarer(Token& token) {
  for (; at_ != end_; ++at_) {
    const char c = *at_;
    switch (class_of(c)) {
      case ByteClass::name:
        return lex_word(token);
      case ByteClass::single:
        return lex_single(token);
      case ByteClass::digit:
        return lex_number(token);
      case ByteClass::blank:
        break;
      case ByteClass::quote:
        return lex_quoted(token, at_,
                          c == '"' && mode_.ansi_quotes ? TokenKind::quoted_name : TokenKind::string);
      case ByteClass::backquote:
        return lex_quoted(token, at_, TokenKind::quoted_name);
      case ByteClass::at:
        return lex_at(token);
      case ByteClass::control:
        malformed_ = true;
        return lex_symbol(token);
      case ByteClass::symbol:
        return lex_symbol(token);
      case ByteClass::dash:
      case ByteClass::hash:
      case ByteClass::slash:
      case ByteClass::star:
        if (!skip_comment()) return lex_symbol(token);
        --at_;  // the loop steps over the comment's last byte
        break;
    }
  }
  read_end(token);
}

bool Lexer::skip_values() {
  if (conditional_) return false;
  const char* behind_comma = at_;
  bool parenthesis = false;
  const bool was_malformed = malformed_;
  while (at_ != end_ && *at_ != ';') {
    const ByteClass first = class_of(*at_);
    if (first == ByteClass::single || first == ByteClass::blank) {
      const char c = *at_++;
      if (c == ',') behind_comma = at_;
      parenthesis |= c == '(' || c == ')';
    } else if (first == ByteClass::digit) {
      while (at_ != end_ && is_digit(*at_)) ++at_;
      if (at_ != end_ && class_of(*at_) != ByteClass::single && class_of(*at_) != ByteClass::blank) break;
    } else if (*at_ == '\'') {
      skip_quoted('\'');
    } else {
      break;
    }
  }
  at_ = behind_comma;
  malformed_ = was_malformed;  // what follows the last comma is read again
  return parenthesis;
}

void Lexer::read_end(Token& token) {
  if (conditional_) malformed_ = true;
  finish(token, TokenKind::end, at_);
}

// At one of - # / *: skips the comment, or the start or end of a conditional one; false if it is an operator.
bool Lexer::skip_comment() {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const char second = rest.size() > 1 ? rest[1] : '\0';
  if (rest[0] == '#' ||
      (rest[0] == '-' && second == '-' &&
       (rest.size() == 2 || static_cast<unsigned char>(rest[2]) <= ' ' || rest[2] == '\x7f'))) {
    const std::size_t newline = rest.find('\n');
    if (conditional_ && rest.substr(0, newline).find("*/") != std::string_view::npos) malformed_ = true;
    at_ = newline == std::string_view::npos ? end_ : at_ + newline + 1;
    return true;
  }
  if (rest[0] == '*' && second == '/' && conditional_) {
    conditional_ = false;
    at_ += 2;
    return true;
  }
  if (rest[0] != '/' || second != '*') return false;
  if (rest.starts_with("/*!") || rest.starts_with("/*M!")) {
    if (conditional_) malformed_ = true;  // servers do not agree on nesting
    conditional_ = true;
    const bool any_family = rest[2] == '!';
    at_ += any_family ? 3 : 4;
    const char* const version = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    if (!any_family || !is_code_to_all({version, at_})) in_doubt_ = true;
    return true;
  }
  const std::size_t close = rest.find("*/", 2);
  if (close == std::string_view::npos || conditional_) malformed_ = true;
  if (first_comment_.data() == nullptr && !rest.substr(2).starts_with('+'))
    first_comment_ = rest.substr(2, close == std::string_view::npos ? close : close - 2);
  at_ = close == std::string_view::npos ? end_ : at_ + close + 2;
  return true;
}

// A word; or a literal that begins like one: x'4D', b'01', N'text'.
void Lexer::lex_word(Token& token) {
  const char* const from = at_;
  const char* at = from;
  if (mode_.multibyte == Multibyte::none) {
    while (at != end_ && in_name(*at)) ++at;
  } else {
    at = end_of_name(at);
  }
  at_ = at;
  if (at - from == 1 && at != end_ && *at == '\'') {
    const char prefix = static_cast<char>(*from | 0x20);
    if (prefix == 'x' || prefix == 'b') return lex_quoted(token, from, TokenKind::number);
    if (prefix == 'n') return lex_quoted(token, from, TokenKind::string);
  }
  finish(token, TokenKind::word, from);
  token.word = find_word(token.text);
}

// The same, where characters may have two bytes.
const char* Lexer::end_of_name(const char* at) const {
  while (at != end_ && in_name(*at)) at += end_ - at > 1 && is_pair(mode_.multibyte, at[0], at[1]) ? 2 : 1;
  return at;
}

// 12, 1.5, 1e-3, 0xFF; and names that begin with digits, which are legal: 2nd, 1e.
void Lexer::lex_number(Token& token) {
  const char* from = at_;
  bool whole = true;
  if (*at_ == '0' && end_ - at_ > 2 && at_[1] == 'x' && is_hex(at_[2])) {
    at_ += 2;
    while (at_ != end_ && is_hex(*at_)) ++at_;
  } else {
    while (at_ != end_ && is_digit(*at_)) ++at_;
    if (at_ != end_ && *at_ == '.') {
      whole = false;
      ++at_;
      while (at_ != end_ && is_digit(*at_)) ++at_;
    }
    const char* exponent = at_;
    if (exponent != end_ && (*exponent | 0x20) == 'e') {
      ++exponent;
      if (exponent != end_ && (*exponent == '+' || *exponent == '-')) ++exponent;
      if (exponent != end_ && is_digit(*exponent)) at_ = exponent;
      while (at_ != end_ && is_digit(*at_)) ++at_;
    }
  }
  if (at_ == end_ || !in_name(*at_) || !whole)
    return finish(token, TokenKind::number, from);  // "1.x": two tokens
  lex_word(token);
  finish(token, TokenKind::word, from);
  token.word = Word::none;
}

// `from` is where the token begins: at its quote or at the letter before it.
void Lexer::lex_quoted(Token& token, const char* from, TokenKind kind) {
  skip_quoted(*at_);
  finish(token, kind, from);
  if (conditional_ && token.text.find("*/") != std::string_view::npos) malformed_ = true;
}

// From the opening quote to behind the closing one. Doubled quotes stand for themselves; backslashes escape
// in strings, unless the session says otherwise, and never in names.
void Lexer::skip_quoted(char quote) {
  const bool name = quote == '`' || (quote == '"' && mode_.ansi_quotes);
  const bool escapes = !name && !mode_.no_backslash_escapes;
  if (mode_.multibyte != Multibyte::none) return skip_quoted_pairs(quote, escapes);
  const char* at = at_ + 1;
  while ((at = find_either(at, end_, quote, escapes ? '\\' : quote)) != end_) {
    const bool more = end_ - at > 1;
    if (*at != quote) {
      at += more ? 2 : 1;
    } else if (more && at[1] == quote) {
      at += 2;
    } else {
      at_ = at + 1;
      return;
    }
  }
  at_ = end_;
  malformed_ = true;
}

// The same, where characters may have two bytes.
void Lexer::skip_quoted_pairs(char quote, bool escapes) {
  ++at_;
  while (at_ != end_) {
    const char c = *at_;
    if (c == quote) {
      ++at_;
      if (at_ == end_ || *at_ != quote) return;
      ++at_;
    } else if (c == '\\' && escapes) {
      at_ += end_ - at_ > 1 ? 2 : 1;
    } else if (end_ - at_ > 1 && is_pair(mode_.multibyte, c, at_[1])) {
      at_ += 2;
    } else {
      ++at_;
    }
  }
  malformed_ = true;
}

void Lexer::lex_at(Token& token) {
  const char* from = at_++;
  if (at_ == end_ || *at_ != '@') {
    skip_variable_name();
    return finish(token, TokenKind::user_variable, from);
  }
  ++at_;
  skip_variable_name();  // takes dots, and with them @@session.x; a quoted part may precede a dot too
  while (at_ != end_ && *at_ == '.') {
    ++at_;
    skip_variable_name();
  }
  finish(token, TokenKind::system_variable, from);
}

void Lexer::skip_variable_name() {
  if (at_ == end_) return;
  if (class_of(*at_) == ByteClass::quote || class_of(*at_) == ByteClass::backquote) {
    skip_quoted(*at_);
    return;
  }
  while (at_ != end_ && (in_name(*at_) || *at_ == '.')) ++at_;
}

void Lexer::lex_single(Token& token) {
  const char* const from = at_++;
  finish(token, TokenKind::symbol, from);
  token.symbol = *from;
}

void Lexer::lex_symbol(Token& token) {
  const char* from = at_;
  const bool fraction = *at_ == '.' && end_ - at_ > 1 && is_digit(at_[1]) &&
                        (at_ == begin_ || (!in_name(at_[-1]) && at_[-1] != '`'));
  if (fraction) {
    ++at_;
    lex_number(token);
    finish(token, TokenKind::number, from);
    token.word = Word::none;
    return;
  }
  at_ += operator_length(at_, static_cast<std::size_t>(end_ - at_));
  finish(token, *from == '?' ? TokenKind::parameter : TokenKind::symbol, from);
  token.symbol = *from;
}

}  // namespace weir
