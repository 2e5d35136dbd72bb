// The shapes of admin commands, matched on tokens: white space, letter case, comments, and semicolons at the
// end never matter.
//
// A pattern is words, and
//   A|B        one of them
//   [...]      may be missing; if it is there, no placeholder takes it
//   <name>     whatever stands up to the next blank, or one quoted text (given without its quotes)
//   x<name>    the same, if it begins with x
//   <name...>  one or more tokens, as they stand; at the end of a pattern: all that remains
// Pure; nothing is copied.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "router/query/lexer.hpp"

namespace weir {

// A statement cut into tokens, the first kTokens of them: patterns are short, statements may be long. Views
// into `sql`.
class CommandText {
 public:
  static constexpr std::size_t kTokens = 64;

  explicit CommandText(std::string_view sql);

  std::string_view sql() const { return sql_; }  // without blanks and semicolons around it
  std::size_t size() const { return tokens_.size(); }
  bool complete() const { return complete_; }  // there are no more tokens than size()
  const Token& token(std::size_t i) const { return tokens_[i]; }
  // The statement from token `first` to token `last` (included), as it stands.
  std::string_view text(std::size_t first, std::size_t last) const;
  std::string_view rest(std::size_t first) const;
  // No blank or comment stands between token i and the one before it.
  bool touches(std::size_t i) const;

 private:
  std::string_view sql_;
  std::vector<Token> tokens_;
  bool complete_ = true;
};

// What the placeholders of a pattern stood for.
class Captures {
 public:
  void add(std::string_view name, std::string_view text) { captured_.emplace_back(name, text); }
  // Empty if an optional part was missing.
  std::string_view operator[](std::string_view name) const;
  void shrink(std::size_t size) { captured_.resize(size); }
  std::size_t size() const { return captured_.size(); }

 private:
  std::vector<std::pair<std::string_view, std::string_view>> captured_;
};

class CommandPattern {
 public:
  // `pattern` must be well formed and outlive this.
  explicit CommandPattern(std::string_view pattern);
  // Whether `text` as a whole is such a command.
  bool matches(const CommandText& text, Captures& captures) const;
  // The first word of every form: "SHOW".
  std::string_view first_word() const { return forms_.front().front().text; }

 private:
  enum class Kind { words, one, several };
  struct Element {
    Kind kind = Kind::words;
    std::string_view text;       // the words, or the prefix of a placeholder
    std::string_view capture{};  // the name of a placeholder
  };
  using Form = std::vector<Element>;  // without optional parts

  void expand(std::string_view pattern, Form form);
  static Element element(std::string_view word);
  static bool matches_from(const Form& form, std::size_t element, const CommandText& text, std::size_t token,
                           Captures& captures);

  std::vector<Form> forms_;
};

}  // namespace weir
