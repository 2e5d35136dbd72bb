// SQL bytes to tokens, in one pass and without memory of its own.
//
// Reads the dialects of MySQL 5.7-9 and MariaDB 10-12. Comments are skipped, hints (/*+ */) among them; what
// stands in a conditional comment (/*!NNNNN */, MariaDB's /*M!NNNNNN */) is delivered as code and marked,
// because whether a server runs it depends on that server. Any byte string may be lexed: what is not closed
// ends at the end, and malformed() says so. Positions and texts are views of the input and live as long as it
// does.
//
// MySQL: Reference Manual, "Language Structure". Not thread-safe; no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "router/query/function.hpp"
#include "router/query/word.hpp"

namespace weir {

// Client character sets in which the second byte of a character may be 0x5c, which is then no backslash.
// (cp932 is sjis here; both have the same lead bytes.)
enum class Multibyte : std::uint8_t { none, big5, gbk, gb18030, sjis };

// `charset` is a character set's or a collation's name: "gbk", "gbk_chinese_ci".
Multibyte multibyte_of(std::string_view charset);

// What of a session, and of its servers, decides how its text is read.
struct LexMode {
  bool ansi_quotes = false;           // sql_mode ANSI_QUOTES: "x" is a name
  bool no_backslash_escapes = false;  // sql_mode NO_BACKSLASH_ESCAPES
  Multibyte multibyte = Multibyte::none;
  ServerFamily family = ServerFamily::any;  // whose functions are known by name

  bool operator==(const LexMode&) const = default;
};

enum class TokenKind : std::uint8_t {
  end,
  word,             // a keyword or an unquoted name; `word` tells which
  quoted_name,      // `x`, or "x" under ANSI_QUOTES; text has the quotes
  string,           // 'x', "x", N'x'; text has the quotes (and the N)
  number,           // 1, 1.5e3, 0xFF, x'4D', b'01'
  user_variable,    // @x, @`x`, @'x', and a lone @; text has the @
  system_variable,  // @@x, @@session.x; text has everything
  parameter,        // ?
  symbol,           // one or more operator or punctuation characters: ( ) , ; . = := <=> && ...
};

struct Token {
  TokenKind kind = TokenKind::end;
  Word word = Word::none;    // of kind word: which keyword, or none for any other name
  char symbol = 0;           // of kind symbol: its first character; ':' only for :=
  bool conditional = false;  // stands in a conditional comment
  std::string_view text;
  std::size_t position = 0;  // offset of `text` in the input

  bool is(Word w) const { return word == w; }
  bool is_any(std::initializer_list<Word> words) const {
    for (const Word w : words) {
      if (word == w) return true;
    }
    return false;
  }
  bool is(char c) const { return symbol == c && text.size() == 1; }
};

class Lexer {
 public:
  Lexer(std::string_view sql, LexMode mode)
      : begin_(sql.data()), at_(sql.data()), end_(sql.data() + sql.size()), mode_(mode) {}

  // The next token; kind end from the end on. read() is the same without a copy.
  Token next() {
    Token token;
    read(token);
    return token;
  }
  void read(Token& token);

  // From behind a comma: skips plain numbers and strings, the parentheses and commas between them, and stays
  // behind the last of these commas; says whether it met a parenthesis. What is skipped could tell nothing
  // more about the statement, and is most of a long one.
  bool skip_values();

  // A string, name or comment was not closed so far, a control byte stood outside of them, or a string in a
  // conditional comment held what ends comments: servers might disagree with us about the tokens.
  bool malformed() const { return malformed_; }

  // A conditional comment so far is not code to every supported server: what stands in it may not be carried
  // out, and nobody is told. Below version 5.7 it is: MariaDB skips what is from there on meant for MySQL.
  bool in_doubt() const { return in_doubt_; }

  // The text between /* and */ of the first such comment so far that is neither hint nor code.
  std::string_view first_comment() const { return first_comment_; }

 private:
  [[gnu::noinline]] void read_rarer(Token& token);  // keeps read() free of its registers
  void read_end(Token& token);
  bool skip_comment();
  void lex_word(Token& token);
  const char* end_of_name(const char* at) const;
  void lex_number(Token& token);
  void lex_quoted(Token& token, const char* from, TokenKind kind);
  void lex_at(Token& token);
  void lex_single(Token& token);
  void lex_symbol(Token& token);
  void skip_quoted(char quote);
  void skip_quoted_pairs(char quote, bool escapes);
  void skip_variable_name();
  void finish(Token& token, TokenKind kind, const char* from) const;

  const char* begin_;
  const char* at_;
  const char* end_;
  LexMode mode_;
  std::string_view first_comment_;
  bool conditional_ = false;
  bool malformed_ = false;
  bool in_doubt_ = false;
};

// `name` without its quotes if it has any: `x` -> x, 'x' -> x. Doubled quotes inside stay doubled.
std::string_view without_quotes(std::string_view name);

// ASCII case-insensitive equality; `lower` is in lower case.
bool equals_caseless(std::string_view text, std::string_view lower);

}  // namespace weir
