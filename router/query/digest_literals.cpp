#include <algorithm>
#include <array>
#include <cstring>

#include "router/query/byte_search.hpp"
#include "router/query/digest_stages.hpp"

namespace weir::digest {
namespace {

// What the scan has to do at a byte. Sorts up to `digit` continue a name; `plain`, `marker` and `odd` are
// copied as they are. What makes a query not plain (DigestShape) begins with an `odd` byte, or is told by who
// looks at it.
enum class Sort : std::uint8_t {
  name,
  digit,
  plain,
  marker,
  odd,
  blank,
  quote,
  hash,
  dash,
  slash,
  star,
  sign,
  opening,
  closing,
  comma
};

constexpr std::array<Sort, 256> kSorts = [] {
  std::array<Sort, 256> sorts{};
  for (unsigned c = 0; c < 256; ++c) {
    Sort s = Sort::odd;
    if (c == '=' || c == '<' || c == '>' || c == '!' || c == '.') s = Sort::plain;
    if (c == '?') s = Sort::marker;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$') s = Sort::name;
    if (c >= '0' && c <= '9') s = Sort::digit;
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') s = Sort::blank;
    if (c == '\'' || c == '"') s = Sort::quote;
    if (c == '#') s = Sort::hash;
    if (c == '-') s = Sort::dash;
    if (c == '/') s = Sort::slash;
    if (c == '*') s = Sort::star;
    if (c == '+' || c == '%') s = Sort::sign;
    if (c == '(') s = Sort::opening;
    if (c == ')') s = Sort::closing;
    if (c == ',') s = Sort::comma;
    sorts[c] = s;
  }
  return sorts;
}();

Sort sort_of(char c) {
  return kSorts[static_cast<unsigned char>(c)];
}
bool in_name(char c) {
  return sort_of(c) <= Sort::digit;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_blank(char c) {
  return sort_of(c) == Sort::blank;
}

// The kinds of literals, as DigestShape has them.
enum class Literal : std::uint8_t { number, string, marker };

// A quote behind anything else may belong to it: N'text', x'4D', _utf8'text'.
bool may_precede_string(char c) {
  return is_blank(c) || c == '(' || c == ',' || c == '=' || c == '<' || c == '>';
}

bool is_null(std::string_view name) {
  return name.size() == 4 && (name[0] | 0x20) == 'n' && (name[1] | 0x20) == 'u' && (name[2] | 0x20) == 'l' &&
         (name[3] | 0x20) == 'l';
}

// A name as the options want it; returns its new end. Not a member, so that the scan's can live in registers.
char* edit_name(char* from, char* end, const DigestOptions& options) {
  if (options.replace_null && is_null({from, static_cast<std::size_t>(end - from)})) {
    *from = '?';
    return from + 1;
  }
  if (options.lowercase) {
    for (char* c = from; c != end; ++c) {
      if (*c >= 'A' && *c <= 'Z') *c = static_cast<char>(*c | 0x20);
    }
  }
  return end;
}

class LiteralScan {
 public:
  LiteralScan(std::string_view sql, const DigestOptions& options, char* out)
      : source_(sql.data()),
        at_(source_),
        end_(at_ + sql.size()),
        begin_(out),
        out_(out),
        options_(options) {}

  Draft run() {
    while (at_ != end_) step();
    draft_.size = written();
    return draft_;
  }

 private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  void step() {
    switch (sort_of(*at_)) {
      case Sort::name:
        return copy_name();
      case Sort::blank:
        ++at_;
        return put_blank();
      case Sort::digit:
        return replace_number();
      case Sort::quote:
        return replace_string();
      case Sort::marker:
        note_literal(Literal::marker);
        *out_++ = *at_++;
        return;
      case Sort::odd:
        note_odd();
        *out_++ = *at_++;
        return;
      case Sort::plain:
        *out_++ = *at_++;
        return;
      case Sort::opening:
        draft_.has_list = true;
        copy_separator(options_.keep_comment);
        return drop_blanks();
      case Sort::closing:
        draft_.has_list = true;
        return copy_separator(follows_blank());
      case Sort::comma:
        copy_separator(follows_blank());
        return drop_blanks();
      case Sort::sign:
        note_odd();
        return copy_spaced();
      case Sort::hash:
        note_odd();
        return options_.keep_comment ? copy_line() : skip_hash();
      case Sort::dash:
        note_odd();
        if (left() > 2 && at_[1] == '-' && is_blank(at_[2])) {
          return options_.keep_comment ? copy_line() : skip_line();
        }
        return copy_spaced();
      case Sort::slash:
        note_odd();
        if (left() > 1 && at_[1] == '*') return comment();
        return copy_spaced();
      case Sort::star:
        if (in_version_comment_ && left() > 1 && at_[1] == '/') return end_version_comment();
        return copy_spaced();
    }
  }

  // Leading blanks vanish, others collapse. In place: there is one for each word.
  [[gnu::always_inline]] void put_blank() {
    if (out_ == begin_ || out_[-1] == ' ') return;
    if (out_ == sealed_) return note_dropped();
    *out_++ = ' ';
  }

  // A byte that makes the second stage look at what surrounds it.
  void copy_spaced() {
    note_spacing();
    *out_++ = *at_++;
  }

  // A parenthesis or comma, which needs the second stage for the blank before it, or where comments are kept.
  void copy_separator(bool spaced) {
    if (spaced) note_spacing();
    *out_++ = *at_++;
  }
  bool follows_blank() const { return (out_ != begin_ && out_[-1] == ' ') || options_.keep_comment; }

  // Those behind what was just written.
  void drop_blanks() {
    sealed_ = out_;
    if (at_ == end_ || !is_blank(*at_)) return;
    note_dropped();
    do ++at_;
    while (at_ != end_ && is_blank(*at_));
  }

  void note_literal(Literal kind) {
    std::uint64_t& literals = draft_.shape.literals;
    if (literals >> (2 * DigestShape::kMaxLiterals) != 0) note_odd();
    literals = literals << 2 | static_cast<std::uint64_t>(kind);
  }
  void note_odd() { draft_.shape.plain = false; }
  char before() const { return at_ == source_ ? '\0' : at_[-1]; }

  void note_spacing() { draft_.needs_spacing_from = std::min(draft_.needs_spacing_from, written()); }
  void note_dropped() { draft_.first_dropped = std::min(draft_.first_dropped, written()); }
  std::size_t written() const { return static_cast<std::size_t>(out_ - begin_); }

  // A whole name, so that digits inside it are no numbers.
  void copy_name() {
    const char* at = at_;
    char* out = out_;
    do *out++ = *at++;
    while (at != end_ && in_name(*at));
    if (options_.lowercase || options_.replace_null) out = edit_name(out_, out, options_);
    at_ = at;
    out_ = out;
  }

  // 12, 1.5, 1e-3, 0xFF. Digits with other letters behind them are a name: 9t.
  void replace_number() {
    const char* const from = at_;
    const char* whole = from;
    while (whole != end_ && is_digit(*whole)) ++whole;
    const bool goes_on = whole != end_ && (in_name(*whole) || *whole == '.');
    if (!goes_on && before() != '.') {
      at_ = whole;
      note_literal(Literal::number);
      *out_++ = '?';
      return;
    }
    note_odd();
    if (left() > 1 && at_[0] == '0' && (at_[1] | 0x20) == 'x') {
      at_ += 2;
    } else {
      const char* at = from + 1;
      while (at != end_ && (is_digit(*at) || *at == '.')) ++at;
      at_ = at;
      if (at_ != end_ && (*at_ | 0x20) == 'e') {
        const char* exponent = at_ + 1;
        if (exponent != end_ && (*exponent == '+' || *exponent == '-')) ++exponent;
        if (exponent != end_ && is_digit(*exponent)) {
          at_ = exponent;
          while (at_ != end_ && is_digit(*at_)) ++at_;
        }
      }
    }
    const bool hex = at_ - from == 2 && (from[1] | 0x20) == 'x';
    while (hex && at_ != end_ && (is_digit(*at_) || ((*at_ | 0x20) >= 'a' && (*at_ | 0x20) <= 'f'))) ++at_;
    if (at_ != end_ && in_name(*at_)) {
      at_ = from;
      return copy_name();
    }
    *out_++ = '?';
  }

  // To the closing quote; doubled quotes and backslashes escape. What is never closed leaves nothing.
  void replace_string() {
    const char quote = *at_;
    const char* at = at_ + 1;
    bool simple = quote == '\'' && may_precede_string(before());
    while ((at = find_either(at, end_, quote, '\\')) != end_) {
      const bool more = end_ - at > 1;
      if (*at == '\\') {
        simple = false;
        at += more ? 2 : 1;
      } else if (more && at[1] == quote) {
        simple = false;
        at += 2;
      } else {
        at_ = at + 1;
        if (simple) note_literal(Literal::string);
        if (!simple) note_odd();
        *out_++ = '?';
        return;
      }
    }
    note_odd();
    at_ = end_;
  }

  void skip_line() {
    const void* newline = std::memchr(at_, '\n', left());
    at_ = newline == nullptr ? end_ : static_cast<const char*>(newline) + 1;
    put_blank();
  }

  // Recorded: of "# c" at the very end only the sign vanishes, of "# end" everything does.
  void skip_hash() {
    if (left() <= 3 && std::memchr(at_, '\n', left()) == nullptr) {
      ++at_;
      return;
    }
    skip_line();
  }

  void copy_line() {
    while (at_ != end_ && *at_ != '\n') *out_++ = *at_++;
  }

  // At /*. An ordinary comment becomes a blank. A version comment loses its frame; if it is not closed, all
  // is lost.
  void comment() {
    const std::string_view rest(at_, left());
    const std::size_t close = rest.find("*/", 2);
    const bool version = rest.size() > 2 && rest[2] == '!';
    if (close == std::string_view::npos) {
      at_ = end_;
      return;
    }
    if (options_.keep_comment && !version) {
      std::memcpy(out_, at_, close + 2);
      out_ += close + 2;
      at_ += close + 2;
      return;
    }
    if (!version) {
      at_ += close + 2;
      put_blank();
      return;
    }
    at_ += 3;
    while (is_digit(*at_)) ++at_;
    in_version_comment_ = true;
    put_blank();
  }

  void end_version_comment() {
    at_ += 2;
    in_version_comment_ = false;
    put_blank();
  }

  const char* source_;
  const char* at_;
  const char* end_;
  char* begin_;
  char* out_;
  const char* sealed_ = nullptr;  // no blank is written here
  const DigestOptions& options_;
  Draft draft_;
  bool in_version_comment_ = false;
};

}  // namespace

Draft replace_literals(std::string_view sql, const DigestOptions& options, char* out) {
  return LiteralScan(sql, options, out).run();
}

}  // namespace weir::digest
