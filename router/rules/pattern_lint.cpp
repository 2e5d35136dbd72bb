#include "router/rules/pattern_lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <cctype>
#include <optional>

#include "router/query/lexer.hpp"
#include "router/rules/pattern.hpp"
#include "router/rules/repeats.hpp"

namespace weir {
namespace {

using Bytes256 = std::bitset<256>;  // which bytes an atom can stand for; none = not known

Bytes256 bytes_where(auto holds) {
  Bytes256 bytes;
  for (unsigned c = 0; c < 256; ++c) bytes[c] = holds(static_cast<unsigned char>(c));
  return bytes;
}

// \w, \d, \s and their contraries.
Bytes256 class_of_escape(char c) {
  const auto is_word = [](unsigned char b) { return std::isalnum(b) != 0 || b == '_'; };
  switch (c) {
    case 'w':
    case 'W':
      return c == 'w' ? bytes_where(is_word) : ~bytes_where(is_word);
    case 'd':
    case 'D':
      return c == 'd' ? bytes_where([](unsigned char b) { return std::isdigit(b) != 0; })
                      : bytes_where([](unsigned char b) { return std::isdigit(b) == 0; });
    case 's':
    case 'S':
      return c == 's' ? bytes_where([](unsigned char b) { return std::isspace(b) != 0; })
                      : bytes_where([](unsigned char b) { return std::isspace(b) == 0; });
    default:
      return std::isalnum(static_cast<unsigned char>(c)) != 0
                 ? Bytes256{}
                 : bytes_where([c](unsigned char b) { return b == static_cast<unsigned char>(c); });
  }
}

// What a sequence consists of, as far as it matters when the sequence is repeated.
struct Content {
  int fixed = 0;     // parts that must match, and not again and again
  int repeated = 0;  // parts that repeat without bound
  int parts = 0;
  Bytes256 last;         // of the last part
  Bytes256 must_repeat;  // of the parts with + so far
  bool apart = false;  // two of these have no byte in common: where one ends and the other begins is certain
};

// Walks over an expression and finds groups that repeat without bound and consist of nothing but repetition.
class RepetitionReader {
 public:
  explicit RepetitionReader(std::string_view expression) : whole_(expression), rest_(expression) {}

  // The position of the first such group, or nothing.
  std::optional<std::size_t> read() {
    alternatives(0);
    return found_;
  }

 private:
  static constexpr int kMaxDepth = 32;

  enum class Repeat { once, optional, unbounded, possessive };

  std::size_t position() const { return whole_.size() - rest_.size(); }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  // Up to ) or the end. True if the whole, repeated without bound, can match one text in many ways.
  bool alternatives(int depth) {
    bool ambiguous = false;
    std::vector<Bytes256> single;
    do {
      const Content content = sequence(depth);
      ambiguous = ambiguous || (content.fixed == 0 && content.repeated > 0 && !content.apart);
      if (content.parts != 1) continue;
      for (const Bytes256& other : single) ambiguous = ambiguous || (other & content.last).any();
      single.push_back(content.last);
    } while (take("|"));
    return ambiguous;
  }

  Content sequence(int depth) {
    Content content;
    while (!rest_.empty() && rest_[0] != '|' && rest_[0] != ')') {
      const std::size_t from = position();
      const bool is_group = rest_[0] == '(';
      bool ambiguous = false, counts = true;
      Bytes256 bytes;
      if (is_group) {
        ambiguous = group(depth, counts);
      } else {
        bytes = atom();
        counts = bytes.any();
      }
      const bool plus = rest_.starts_with('+');
      const Repeat repeated = repeat();
      if (ambiguous && repeated == Repeat::unbounded && !found_) found_ = from;
      if (!counts) continue;
      ++content.parts;
      content.last = bytes;
      if (plus && bytes.any()) {
        content.apart = content.apart || (content.must_repeat.any() && (content.must_repeat & bytes).none());
        content.must_repeat |= bytes;
      }
      content.repeated += repeated == Repeat::unbounded || (ambiguous && repeated == Repeat::once);
      content.fixed += !ambiguous && repeated == Repeat::once;
    }
    return content;
  }

  // A group in parentheses; look-arounds and options do not count as parts, and atomic groups do not go back.
  bool group(int depth, bool& counts) {
    rest_.remove_prefix(1);
    bool atomic = depth >= kMaxDepth;
    if (take("?")) {
      if (take("=") || take("!") || take("<=") || take("<!")) {
        counts = false;
      } else if (take(">")) {
        atomic = true;
      } else {
        while (!rest_.empty() && rest_[0] != ':' && rest_[0] != '>' && rest_[0] != '\'' && rest_[0] != ')')
          rest_.remove_prefix(1);
        if (!rest_.empty() && rest_[0] != ')') rest_.remove_prefix(1);
      }
    }
    const bool ambiguous = alternatives(depth + 1);
    take(")");
    return ambiguous && counts && !atomic;
  }

  Bytes256 atom() {
    const char c = rest_[0];
    if (c == '[') return character_class();
    rest_.remove_prefix(1);
    if (c == '^' || c == '$') return {};
    if (c == '.') return ~bytes_where([](unsigned char b) { return b == '\n'; });
    if (c == '\\' && !rest_.empty()) {
      const char escaped = rest_[0];
      rest_.remove_prefix(1);
      return class_of_escape(escaped);
    }
    Bytes256 either_case;
    either_case.set(static_cast<unsigned char>(std::tolower(static_cast<unsigned char>(c))));
    either_case.set(static_cast<unsigned char>(std::toupper(static_cast<unsigned char>(c))));
    return either_case;
  }

  Bytes256 character_class() {
    rest_.remove_prefix(1);
    const bool negated = take("^");
    Bytes256 bytes;
    for (bool first = true; !rest_.empty() && (first || rest_[0] != ']'); first = false) {
      const auto from = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      if (from == '\\' && !rest_.empty()) {
        bytes |= class_of_escape(rest_[0]);
        rest_.remove_prefix(1);
        continue;
      }
      unsigned char to = from;
      if (rest_.size() > 1 && rest_[0] == '-' && rest_[1] != ']') {
        to = static_cast<unsigned char>(rest_[1]);
        rest_.remove_prefix(2);
      }
      bytes |= bytes_where([=](unsigned char b) { return b >= from && b <= to; });
    }
    take("]");
    return negated ? ~bytes : bytes;
  }

  Repeat repeat() {
    Repeat repeated = Repeat::once;
    if (take("*") || take("+")) {
      repeated = Repeat::unbounded;
    } else if (take("?")) {
      repeated = Repeat::optional;
    } else if (rest_.size() > 1 && rest_[0] == '{' && std::isdigit(static_cast<unsigned char>(rest_[1]))) {
      const std::size_t close = std::min(rest_.find('}'), rest_.size() - 1);
      repeated = close > 0 && rest_[close - 1] == ',' ? Repeat::unbounded : Repeat::once;
      rest_.remove_prefix(close + 1);
    } else {
      return repeated;
    }
    if (take("+")) return Repeat::possessive;
    take("?");
    return repeated;
  }

  std::string_view whole_;
  std::string_view rest_;
  std::optional<std::size_t> found_;
};

// The position of a $ that follows FOR UPDATE.
std::optional<std::size_t> find_end_behind_update(std::string_view expression) {
  constexpr std::string_view kUpdate = "update";
  constexpr std::string_view kBetween = "\\s*+?; )";
  for (std::size_t at = 0; at + kUpdate.size() < expression.size(); ++at) {
    if (!equals_caseless(expression.substr(at, kUpdate.size()), kUpdate)) continue;
    const std::size_t end = expression.find_first_not_of(kBetween, at + kUpdate.size());
    const bool locks =
        at > 3 &&
        std::ranges::search(expression.substr(0, at), std::string_view("for"), {}, [](unsigned char c) {
          return std::tolower(c);
        }).size() > 0;
    if (locks && end != std::string_view::npos && expression[end] == '$') return end;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> remarks_on_pattern(std::string_view expression) {
  std::vector<std::string> remarks;
  if (const auto at = RepetitionReader(expression).read()) {
    remarks.push_back(fmt::format(
        "the group at position {} of '{}' repeats what repeats itself: on some texts a search takes "
        "exponential time; it is given up after a bounded effort, and the rule does not match",
        *at, expression));
  }
  const Repeats repeats = repeats_of(expression);
  if (repeats.needs_whole_search && repeats.number != Repeats::Number::none) {
    remarks.push_back(
        fmt::format("'{}' has \\G or a verb such as (*SKIP): a search cannot be interrupted, and may keep "
                    "all sessions of a worker waiting while it looks through a long statement",
                    expression));
  }
  if (const auto at = find_end_behind_update(expression)) {
    remarks.push_back(
        fmt::format("the $ at position {} of '{}' leaves out FOR UPDATE NOWAIT, FOR UPDATE SKIP LOCKED and "
                    "FOR UPDATE OF t",
                    *at, expression));
  }
  return remarks;
}

bool matches_everything(std::string_view expression) {
  constexpr std::size_t kLongest = 12;  // nobody writes it longer
  if (expression.size() > kLongest) return false;
  const auto pattern = Pattern::compile(expression, {});
  if (!pattern) return false;
  MatchContext context;
  return std::ranges::all_of(
      std::array<std::string_view, 5>{"\x01", "zq", "%7", "SELECT a FROM t", "( )"},
      [&](std::string_view text) { return pattern->search(text, context) == MatchOutcome::match; });
}

}  // namespace weir
