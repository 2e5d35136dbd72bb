#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "router/query/digest_stages.hpp"

namespace weir::digest {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool in_name(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
// What tighten() may drop: blanks and signs.
constexpr std::array<bool, 256> kMayVanish = [] {
  std::array<bool, 256> vanishing{};
  for (const char c : {' ', '+', '-'}) vanishing[static_cast<unsigned char>(c)] = true;
  return vanishing;
}();

bool is_operator(char c) {
  return c == '+' || c == '-' || c == '*' || c == '/' || c == '%';
}

// Is the sign at `text[i]` dropped, given what was written before it (`out`, `size` bytes), and whether that
// is all that stood there?
bool drops_sign(std::string_view text, std::size_t i, const char* out, std::size_t size, bool complete) {
  if (size == 0) return false;
  const char next = i + 1 < text.size() ? text[i + 1] : '\0';
  const char before = out[size - 1];
  const bool blank = before == ' ';
  // Recorded: once anything was dropped from the text, a sign between a name and a name stays: "a -b" becomes
  // "a b", but "a - b -c" becomes "a  b -c".
  if (blank && size > 1 && in_name(out[size - 2])) return next == '?' || next == ' ' || complete;
  const char left = blank && size > 1 ? out[size - 2] : before;
  return !in_name(left) && left != '?' && left != ')' && (next == '?' || next == ' ');
}

bool drops_blank(std::string_view text, std::size_t i, char before) {
  const char next = i + 1 < text.size() ? text[i + 1] : '\0';
  if (before == '(' || before == ',' || next == ')' || next == ',') return true;
  return (is_operator(before) && next == '?') || (before == '?' && is_operator(next));
}

}  // namespace

std::size_t tighten(std::span<char> buffer, const Draft& draft) {
  const std::size_t from = draft.needs_spacing_from;
  const std::string_view text(buffer.data(), buffer.size());
  char* out = buffer.data();
  std::size_t size = from > 1 ? from - 2 : 0;
  for (std::size_t i = size; i < text.size(); ++i) {
    const char c = text[i];
    if (!kMayVanish[static_cast<unsigned char>(c)]) {
      out[size++] = c;
      continue;
    }
    if (c == ' ' && size > 0 && drops_blank(text, i, out[size - 1])) continue;
    if (c != ' ' && drops_sign(text, i, out, size, size == i && draft.first_dropped > i)) {
      if (text.substr(i + 1).starts_with(" ?")) ++i;  // a - 5 becomes "a ?", but a - b "a  b"
      continue;
    }
    out[size++] = c;
  }
  return size;
}

std::size_t replace_digits(std::span<char> text) {
  std::size_t size = 0;
  bool in_run = false;
  for (const char c : text) {
    if (!is_digit(c)) {
      text[size++] = c;
    } else if (!in_run) {
      text[size++] = '?';
    }
    in_run = is_digit(c);
  }
  return size;
}

namespace {

// Do `length` values and commas follow each other anywhere? Most texts have none, so the search looks at
// every length-th byte and walks back from there.
bool has_run(std::span<const char> text, std::size_t length) {
  const auto in_run = [&](std::size_t at) { return text[at] == '?' || text[at] == ','; };
  for (std::size_t last = length - 1; last < text.size();) {
    std::size_t matched = 0;
    while (matched < length && in_run(last - matched)) ++matched;
    if (matched == length) return true;
    last += length - matched;
  }
  return false;
}

}  // namespace

std::size_t shorten_lists(std::span<char> text, int limit, DigestShape& shape) {
  const auto kept = static_cast<std::size_t>(limit);
  if (!has_run(text, 2 * kept + 3)) return text.size();
  std::size_t size = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c != '?' || depth <= 0 || (i > 0 && is_operator(text[i - 1]))) {
      text[size++] = text[i++];
      continue;
    }
    std::size_t length = 1;  // of the run: ?,?,? or ?,?,
    while (i + length < text.size() && text[i + length] == (length % 2 == 0 ? '?' : ',')) ++length;
    const bool closed = i + length < text.size() && text[i + length] == ')';
    std::size_t counted = closed ? length : length - length % 2;
    if (counted < 2 * kept + 3) {
      std::memmove(&text[size], &text[i], length);
      size += length;
    } else {
      const bool comma = length % 2 == 0;
      shape.plain = false;
      for (std::size_t k = 0; k < kept; ++k) {
        text[size++] = '?';
        text[size++] = ',';
      }
      std::memcpy(&text[size], "...", 3);
      size += 3;
      if (comma) text[size++] = ',';
    }
    i += length;
  }
  return size;
}

std::size_t shorten_groups(std::span<char> text, int limit, int groups) {
  if (std::string_view(text.data(), text.size()).find("...") == std::string_view::npos) return text.size();
  const std::size_t group = static_cast<std::size_t>(limit) * 2 + 5;  // (?,?,...)
  const auto is_group = [&](std::size_t at) {
    if (at + group > text.size() || text[at] != '(' || text[at + group - 1] != ')') return false;
    for (std::size_t k = 0; k < static_cast<std::size_t>(limit); ++k) {
      if (text[at + 1 + 2 * k] != '?' || text[at + 2 + 2 * k] != ',') return false;
    }
    return std::memcmp(&text[at + group - 4], "...", 3) == 0;
  };
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t count = 0, at = i;
    while (is_group(at)) {
      ++count;
      at += group;
      if (at >= text.size() || text[at] != ',') break;
      if (!is_group(at + 1)) break;
      ++at;
    }
    if (count == 0) {
      text[size++] = text[i++];
      continue;
    }
    const std::size_t kept = std::min(count, static_cast<std::size_t>(groups));
    const std::size_t bytes = kept < count ? kept * (group + 1) : at - i;
    std::memmove(&text[size], &text[i], bytes);
    size += bytes;
    if (kept < count) {
      std::memcpy(&text[size], "...", 3);
      size += 3;
    }
    i = at;
  }
  return size;
}

}  // namespace weir::digest
