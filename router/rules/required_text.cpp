#include "router/rules/required_text.hpp"

#include <algorithm>
#include <limits>

namespace weir {
namespace {

using Texts = std::vector<std::string>;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// How good a set is: as the shortest of its texts, because each of them may be the one that occurs.
std::size_t quality(const Texts& texts) {
  std::size_t shortest = std::numeric_limits<std::size_t>::max();
  for (const std::string& text : texts) shortest = std::min(shortest, text.size());
  return texts.empty() ? 0 : shortest;
}

// Reads an expression as PCRE2 does, as far as that is simple; at anything else it gives up.
class ExpressionReader {
 public:
  ExpressionReader(std::string_view expression, PatternOptions options)
      : rest_(expression), options_(options) {}

  Texts read() {
    Texts texts = alternatives(0);
    if (gave_up_ || !rest_.empty()) texts.clear();
    return texts;
  }

 private:
  static constexpr int kMaxDepth = 32;
  static constexpr std::size_t kMaxTexts = 16;

  enum class Repeat : std::uint8_t { once, at_least_once, optional };

  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  Texts give_up() {
    gave_up_ = true;
    rest_ = {};
    return {};
  }

  // a|b|c: what one of them requires, if each requires something.
  Texts alternatives(int depth) {
    if (depth > kMaxDepth) return give_up();
    Texts all;
    bool known = true;
    do {
      Texts one = sequence(depth);
      known = known && !one.empty();
      all.insert(all.end(), one.begin(), one.end());
    } while (take("|"));
    if (!known || all.size() > kMaxTexts) all.clear();
    return all;
  }

  // Atoms up to | or ) or the end: the best of what they require.
  Texts sequence(int depth) {
    Texts best;
    std::string run;
    const auto end_run = [&] {
      if (run.size() > quality(best)) best = {run};
      run.clear();
    };
    while (!gave_up_ && !rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      if (rest_[0] == '(') {
        end_run();
        Texts group = parentheses(depth);
        if (repeat() != Repeat::optional && quality(group) > quality(best)) best = std::move(group);
        continue;
      }
      const int c = atom();
      const Repeat repeated = repeat();
      if (c >= 0 && repeated != Repeat::optional) run += lower(static_cast<char>(c));
      if (c < 0 || repeated != Repeat::once) end_run();
    }
    end_run();
    return best;
  }

  // One character that stands for itself, or -1 for anything else that is understood.
  int atom() {
    const char c = rest_[0];
    if (c == '\\') return escape();
    if (c == '[') return character_class();
    if (c == '{') return give_up(), -1;
    rest_.remove_prefix(1);
    if (c == '.' || c == '^' || c == '$') return -1;
    return literal(c);
  }

  // Beyond ASCII, letter case makes k and s equal to others.
  int literal(char c) const {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    const bool folds = !ascii || lower(c) == 'k' || lower(c) == 's';
    return options_.like_re2 && folds ? -1 : static_cast<unsigned char>(c);
  }

  int escape() {
    if (rest_.size() < 2) return give_up(), -1;
    const char c = rest_[1];
    rest_.remove_prefix(2);
    if (is_digit(c)) {
      while (!rest_.empty() && is_digit(rest_[0])) rest_.remove_prefix(1);
      return -1;
    }
    if (std::string_view("dDwWsSbBAzZGhHvVRXnrtfea").find(c) != std::string_view::npos) return -1;
    const bool letter = lower(c) >= 'a' && lower(c) <= 'z';
    if (letter || static_cast<unsigned char>(c) >= 0x80) return give_up(), -1;
    return literal(c);
  }

  // [...], which stands for one character that we do not know.
  int character_class() {
    rest_.remove_prefix(1);
    take("^");
    take("]");
    while (!rest_.empty() && rest_[0] != ']') {
      if (take("[:") || take("[.") || take("[=")) {
        const std::size_t close = rest_.find(":]");
        if (close == std::string_view::npos) return give_up(), -1;
        rest_.remove_prefix(close + 2);
      } else {
        if (rest_.starts_with("\\Q") || rest_.starts_with("\\E")) return give_up(), -1;
        rest_.remove_prefix(std::min<std::size_t>(rest_[0] == '\\' ? 2 : 1, rest_.size()));
      }
    }
    if (!take("]")) give_up();
    return -1;
  }

  // Every kind of group whose meaning is that of its contents.
  Texts parentheses(int depth) {
    rest_.remove_prefix(1);
    if (rest_.starts_with('*')) return give_up();
    bool contents_count = true;
    if (take("?")) {
      if (take("=") || take("!") || take("<=") || take("<!")) {
        contents_count = false;
      } else if (take("P<") || take("<") || take("'")) {
        const std::size_t close = rest_.find_first_of(">'");
        if (close == std::string_view::npos) return give_up();
        rest_.remove_prefix(close + 1);
      } else if (!take(">")) {
        while (!rest_.empty() && std::string_view("ism-").find(rest_[0]) != std::string_view::npos)
          rest_.remove_prefix(1);
        if (take(")")) return {};  // (?i): letter case does not matter here anyway
        if (!take(":")) return give_up();
      }
    }
    Texts inside = alternatives(depth + 1);
    if (!take(")")) return give_up();
    return contents_count ? inside : Texts{};
  }

  // What follows an atom: ?, *, +, {n}, {n,}, {n,m}, each perhaps with ? or + behind it.
  Repeat repeat() {
    Repeat repeated = Repeat::once;
    if (take("?") || take("*")) {
      repeated = Repeat::optional;
    } else if (take("+")) {
      repeated = Repeat::at_least_once;
    } else if (rest_.starts_with('{')) {
      const std::size_t close = rest_.find('}');
      if (close == std::string_view::npos || rest_.size() < 2 || !is_digit(rest_[1]) ||
          rest_.substr(1, close - 1).find_first_not_of("0123456789,") != std::string_view::npos) {
        give_up();
        return Repeat::optional;
      }
      const std::size_t first = rest_.find_first_not_of('0', 1);
      const bool none = !is_digit(rest_[first]);  // {0,5}
      repeated = none ? Repeat::optional : Repeat::at_least_once;
      rest_.remove_prefix(close + 1);
    } else {
      return repeated;
    }
    if (!take("?")) take("+");
    return repeated;
  }

  std::string_view rest_;
  PatternOptions options_;
  bool gave_up_ = false;
};

}  // namespace

std::vector<std::string> required_text(std::string_view expression, PatternOptions options) {
  return ExpressionReader(expression, options).read();
}

}  // namespace weir
