#include "router/rules/repeats.hpp"

namespace weir {
namespace {

// Each ? may double the ways through an expression.
constexpr int kCheapOptions = 8;

class RepeatReader {
 public:
  explicit RepeatReader(std::string_view expression) : rest_(expression) {}

  Repeats read() {
    while (!rest_.empty()) {
      const char c = take();
      if (c == '\\') {
        read_escape();
        last_ = 'a';
        continue;
      }
      if (c == '*' || c == '+') read_repeat(c);
      if (c == '?') read_question_mark();
      // A brace may stand for itself, and so before a repeat; # may begin a comment, in (?x).
      if (c == '{' || c == '}' || c == '#') dear_ = true;
      // Blanks do not count in (?x).
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') last_ = c;
    }
    if (dear_ || repeats_ > 1 || options_ > kCheapOptions) {
      result_.number = Repeats::Number::several;
    } else if (repeats_ == 1) {
      result_.number = Repeats::Number::one;
    }
    return result_;
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void read_escape() {
    if (rest_.empty()) return;
    const char c = take();
    if (c == 'G') result_.needs_whole_search = true;
    // Back references and calls; \c may take a backslash along.
    dear_ = dear_ || (c >= '0' && c <= '9') || c == 'g' || c == 'k' || c == 'c' || c == 'X';
  }

  bool behind_quantifier() const { return last_ == '*' || last_ == '+' || last_ == '?' || last_ == '}'; }

  void read_repeat(char c) {
    if (c == '*' && last_ == '(') {
      result_.needs_whole_search = true;
      return;
    }
    if (c == '+' && behind_quantifier()) return;  // possessive
    ++repeats_;
    dear_ = dear_ || last_ == ')';
  }

  void read_question_mark() {
    if (last_ == '(') {
      const char next = rest_.empty() ? '\0' : rest_.front();
      const bool flags_or_assertion = next == ':' || next == '=' || next == '!' || next == '<' ||
                                      next == '>' || next == '|' || next == '-' ||
                                      (next >= 'a' && next <= 'z');
      const bool calls = next == '-' && rest_.size() > 1 && rest_[1] >= '0' && rest_[1] <= '9';
      dear_ = dear_ || calls || !flags_or_assertion;
      return;
    }
    options_ += !behind_quantifier();
  }

  std::string_view rest_;
  Repeats result_;
  char last_ = '\0';  // before what is read now
  int repeats_ = 0;
  int options_ = 0;
  bool dear_ = false;
};

}  // namespace

Repeats repeats_of(std::string_view expression) {
  return RepeatReader(expression).read();
}

}  // namespace weir
