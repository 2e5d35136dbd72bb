#include "router/rules/repeats.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace weir {
namespace {

// Each ? may double the ways through an expression, and each group multiply them by its alternatives. Of a
// long list few begin alike.
constexpr std::uint64_t kFewWays = 256;
constexpr std::uint64_t kMostOfGroup = 16;

// Whether each [ begins a class, and that ends at the first ] or the second.
bool classes_are_plain(std::string_view expression) {
  constexpr std::array<std::string_view, 10> kTroubles = {"\\Q", "\\E", "\\c", "#",   "xx",
                                                          "[:",  "[.",  "[=",  "(?C", "(?["};
  return std::ranges::none_of(kTroubles, [&](std::string_view t) { return expression.contains(t); });
}

class RepeatReader {
 public:
  explicit RepeatReader(std::string_view expression)
      : rest_(expression), knows_classes_(classes_are_plain(expression)) {}

  Repeats read() {
    while (!rest_.empty()) {
      const char c = take();
      if (c == '\\') {
        read_escape();
        last_ = before_ = 'a';
        continue;
      }
      if (c == '*' || c == '+') read_repeat(c);
      if (c == '?') read_question_mark();
      // A brace may stand for itself, and so before a repeat; # may begin a comment, in (?x).
      if (c == '{' || c == '}' || c == '#') dear_ = true;
      read_structure(c);
      before_ = c;
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') last_ = c;
    }
    while (!groups_.empty()) close_group();
    if (dear_ || repeats_ > 1 || ways_ > kFewWays) {
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

  // Groups and their alternatives, and classes.
  void read_structure(char c) {
    if (in_class_) {
      in_class_ = c != ']';
      return;
    }
    if (c == '[' && knows_classes_) {
      in_class_ = true;
      if (rest_.starts_with('^')) take();
      if (rest_.starts_with(']')) take();
    }
    if (c == '(') groups_.push_back(1);
    if (c == '|' && knows_classes_) ++groups_.back();
    if (c == '|' && !knows_classes_) multiply_ways(2);
    if (c == ')' && groups_.size() > 1) close_group();
  }

  void close_group() {
    multiply_ways(std::min(groups_.back(), kMostOfGroup));
    groups_.pop_back();
  }

  void multiply_ways(std::uint64_t by) { ways_ = std::min(ways_ * by, kFewWays + 1); }

  bool behind_quantifier() const {
    return before_ == '*' || before_ == '+' || before_ == '?' || before_ == '}';
  }

  void read_repeat(char c) {
    if (c == '*' && before_ == '(') {
      const bool look_around = !rest_.empty() && rest_.front() >= 'a' && rest_.front() <= 'z';
      dear_ = dear_ || look_around || in_class_;
      if (!look_around && !in_class_) result_.needs_whole_search = true;
      return;
    }
    if (c == '+' && behind_quantifier()) return;  // possessive
    ++repeats_;
    dear_ = dear_ || last_ == ')';
  }

  void read_question_mark() {
    if (before_ == '(') {
      const char next = rest_.empty() ? '\0' : rest_.front();
      const bool flags_or_assertion = next == ':' || next == '=' || next == '!' || next == '<' ||
                                      next == '>' || next == '|' || next == '-' ||
                                      (next >= 'a' && next <= 'z');
      const bool calls = next == '-' && rest_.size() > 1 && rest_[1] >= '0' && rest_[1] <= '9';
      dear_ = dear_ || calls || !flags_or_assertion;
      return;
    }
    if (!behind_quantifier()) multiply_ways(2);
  }

  std::string_view rest_;
  Repeats result_;
  char last_ = '\0';    // before what is read now, but for blanks, which do not count in (?x)
  char before_ = '\0';  // right before it
  bool knows_classes_;
  bool in_class_ = false;
  std::vector<std::uint64_t> groups_{1};  // how many alternatives each has that is open, the whole first
  std::uint64_t ways_ = 1;
  int repeats_ = 0;
  bool dear_ = false;
};

}  // namespace

Repeats repeats_of(std::string_view expression) {
  return RepeatReader(expression).read();
}

}  // namespace weir
