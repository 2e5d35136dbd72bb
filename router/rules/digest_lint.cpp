#include "router/rules/digest_lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace weir {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Takes from an expression the texts that every match contains, one next to the other in `texts()`: \s stands
// in them as a blank, \d and [0-9] as 0.
class CertainTexts {
 public:
  explicit CertainTexts(std::string_view expression) : rest_(expression) {
    while (!rest_.empty() && known_) take_part();
    end_text();
    if (!known_) texts_.clear();
  }

  const std::vector<std::string>& texts() const { return texts_; }

 private:
  enum class Repeat { once, repeated, optional };
  static constexpr int kUnknown = -1;
  static constexpr int kNoWidth = -2;

  void end_text() {
    if (!text_.empty()) texts_.push_back(std::move(text_));
    text_.clear();
  }

  void take_part() {
    if (rest_[0] == '|' || rest_[0] == ')') {  // one of several
      known_ = false;
      return;
    }
    const int c = part();
    if (c == kNoWidth) return;
    const Repeat repeat = take_repeat();
    if (c == ' ' && repeat == Repeat::optional) return;  // what stands around it may be one text
    if (c == kUnknown || repeat == Repeat::optional) return end_text();
    text_ += static_cast<char>(c);
    if (repeat == Repeat::once) return;
    end_text();
    text_ += static_cast<char>(c);  // the last of them
  }

  // The character that it stands for.
  int part() {
    const char c = rest_[0];
    if (c == '(') return skip_group();
    if (c == '[') return skip_class();
    rest_.remove_prefix(1);
    if (c == '^' || c == '$') return kNoWidth;
    if (c == '.') return kUnknown;
    if (c != '\\' || rest_.empty()) return static_cast<unsigned char>(c);
    const char escaped = rest_[0];
    rest_.remove_prefix(1);
    switch (escaped) {
      case 's':
        return ' ';
      case 'd':
        return '0';
      case 'n':
      case 'r':
      case 't':
        return '\t';
      case 'b':
      case 'B':
        return kNoWidth;
      default:
        if (escaped == 'Q') known_ = false;
        return is_word(escaped) ? kUnknown : static_cast<unsigned char>(escaped);
    }
  }

  int skip_class() {
    constexpr std::string_view kDigit = "[0-9]";
    const bool digit = rest_.starts_with(kDigit);
    std::size_t at = rest_.starts_with("[^") ? 2 : 1;
    if (at < rest_.size() && rest_[at] == ']') ++at;
    while (at < rest_.size() && rest_[at] != ']') at += rest_[at] == '\\' ? 2 : 1;
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return digit ? '0' : kUnknown;
  }

  // Whatever is in it: its alternatives, and what looks ahead.
  int skip_group() {
    const std::size_t options_end = rest_.starts_with("(?") ? rest_.find_first_of(":)=!<>|") : 0;
    if (options_end != std::string_view::npos && rest_.substr(0, options_end).contains('x')) known_ = false;
    std::size_t depth = 0;
    while (!rest_.empty()) {
      if (rest_[0] == '[') {
        skip_class();
        continue;
      }
      const char c = rest_[0];
      rest_.remove_prefix(std::min<std::size_t>(c == '\\' ? 2 : 1, rest_.size()));
      if (c == '(') ++depth;
      if (c == ')' && --depth == 0) break;
    }
    return kUnknown;
  }

  Repeat take_repeat() {
    if (rest_.empty() || !std::string_view("*+?{").contains(rest_[0])) return Repeat::once;
    const char c = rest_[0];
    const bool counted = c == '{' && rest_.size() > 1 && is_digit(rest_[1]);
    if (c == '{' && !counted) return Repeat::once;
    const bool may_be_none = c == '*' || c == '?' || (counted && rest_[1] == '0');
    const std::size_t end = counted ? rest_.find('}') : 0;
    rest_.remove_prefix(std::min(end == std::string_view::npos ? rest_.size() : end + 1, rest_.size()));
    if (!rest_.empty() && (rest_[0] == '?' || rest_[0] == '+')) rest_.remove_prefix(1);
    return may_be_none ? Repeat::optional : Repeat::repeated;
  }

  std::string_view rest_;
  std::string text_;
  std::vector<std::string> texts_;
  bool known_ = true;
};

// A number that is no part of a name: behind a blank, an operator, a comma or a parenthesis.
bool has_number(std::string_view text) {
  constexpr std::string_view kBeforeNumbers = " =<>,(+-*/%";
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (!is_digit(text[at]) || !kBeforeNumbers.contains(text[at - 1])) continue;
    const auto end = std::ranges::find_if_not(text.substr(at), is_digit);
    if (end == text.end() || !is_word(*end)) return true;
  }
  return false;
}

bool has_quotes(std::string_view text) {
  return text.find_first_of("'\"") != std::string_view::npos;
}

bool has_comment(std::string_view text) {
  return text.contains("/*") || text.contains("-- ") || text.contains('#');
}

bool has_odd_blanks(std::string_view text) {
  return text.contains("  ") || text.find_first_of("\t\n\r") != std::string_view::npos;
}

}  // namespace

std::vector<std::string> remarks_on_digest_expression(std::string_view expression,
                                                      const DigestOptions& options) {
  std::vector<std::string> remarks;
  const CertainTexts certain(expression);
  const auto remark = [&](auto holds, std::string_view what) {
    if (!std::ranges::any_of(certain.texts(), holds)) return;
    remarks.push_back(fmt::format(
        "'{}' fits no digest: {}; match_pattern is about the statement as it was sent", expression, what));
  };
  remark(has_quotes, "digests have a ? in the place of a string");
  const auto any_digit = [](std::string_view text) { return std::ranges::any_of(text, is_digit); };
  if (options.no_digits)
    remark(any_digit, "digests have a ? in the place of digits (mysql-query_digests_no_digits)");
  else
    remark(has_number, "digests have a ? in the place of a number");
  if (!options.keep_comment)
    remark(has_comment, "digests have no comments (mysql-query_digests_keep_comment)");
  remark(has_odd_blanks, "digests have one blank where statements have several, tabs or new lines");
  return remarks;
}

}  // namespace weir
