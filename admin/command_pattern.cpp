#include "admin/command_pattern.hpp"

#include "protocol/base/check.hpp"

namespace weir {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";

std::string_view trimmed(std::string_view sql) {
  const auto first = sql.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  sql.remove_prefix(first);
  while (!sql.empty() && (sql.back() == ';' || kBlanks.contains(sql.back()))) sql.remove_suffix(1);
  return sql;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

// `words` is "A|B|C".
bool is_one_of(std::string_view text, std::string_view words) {
  while (true) {
    const auto end = words.find('|');
    if (same(text, words.substr(0, end))) return true;
    if (end == std::string_view::npos) return false;
    words.remove_prefix(end + 1);
  }
}

bool quoted(const Token& token) {
  return token.kind == TokenKind::string || token.kind == TokenKind::quoted_name;
}

}  // namespace

CommandText::CommandText(std::string_view sql) : sql_(trimmed(sql)) {
  Lexer lexer(sql_, {.no_backslash_escapes = true});  // as SQLite has it
  while (true) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::end) return;
    if (tokens_.size() == kTokens) break;
    tokens_.push_back(token);
  }
  complete_ = false;
}

std::string_view CommandText::text(std::size_t first, std::size_t last) const {
  const std::size_t from = tokens_[first].position;
  return sql_.substr(from, tokens_[last].position + tokens_[last].text.size() - from);
}

std::string_view CommandText::rest(std::size_t first) const {
  return sql_.substr(tokens_[first].position);
}

bool CommandText::touches(std::size_t i) const {
  return i > 0 && tokens_[i - 1].position + tokens_[i - 1].text.size() == tokens_[i].position;
}

std::string_view Captures::operator[](std::string_view name) const {
  for (const auto& [captured, text] : captured_) {
    if (captured == name) return text;
  }
  return {};
}

CommandPattern::CommandPattern(std::string_view pattern) {
  expand(pattern, {});
}

CommandPattern::Element CommandPattern::element(std::string_view word) {
  const auto open = word.find('<');
  if (open == std::string_view::npos) return {.text = word};
  std::string_view name = word.substr(open + 1, word.size() - open - 2);
  const bool several = name.ends_with("...");
  if (several) name.remove_suffix(3);
  return {several ? Kind::several : Kind::one, word.substr(0, open), name};
}

// Adds the forms that `form` followed by `pattern` has.
void CommandPattern::expand(std::string_view pattern, Form form) {
  while (true) {
    const auto first = pattern.find_first_not_of(' ');
    if (first == std::string_view::npos) {
      WEIR_CHECK(!form.empty(), "patterns are constants with at least one word");
      forms_.push_back(std::move(form));
      return;
    }
    pattern.remove_prefix(first);
    if (pattern.front() == '[') {
      int depth = 0;
      std::size_t end = 0;
      do {
        WEIR_CHECK(end < pattern.size(), "brackets of constant patterns are closed");
        depth += pattern[end] == '[' ? 1 : pattern[end] == ']' ? -1 : 0;
        ++end;
      } while (depth > 0);
      const std::string_view inner = pattern.substr(1, end - 2);
      pattern.remove_prefix(end);
      Form with = form;
      for (std::string_view words = inner; !words.empty();) {
        const auto length = std::min(words.find(' '), words.size());
        if (length > 0) with.push_back(element(words.substr(0, length)));
        words.remove_prefix(std::min(length + 1, words.size()));
      }
      expand(pattern, std::move(with));
      continue;
    }
    const auto length = std::min(pattern.find_first_of(" ["), pattern.size());
    form.push_back(element(pattern.substr(0, length)));
    pattern.remove_prefix(length);
  }
}

bool CommandPattern::matches(const CommandText& text, Captures& captures) const {
  for (const Form& form : forms_) {
    captures.shrink(0);
    if (matches_from(form, 0, text, 0, captures)) return true;
  }
  captures.shrink(0);
  return false;
}

bool CommandPattern::matches_from(const Form& form, std::size_t at, const CommandText& text,
                                  std::size_t token, Captures& captures) {
  if (at == form.size()) return token == text.size() && text.complete();
  if (token == text.size()) return false;
  const Element& element = form[at];
  if (element.kind == Kind::words) {
    return is_one_of(text.token(token).text, element.text) &&
           matches_from(form, at + 1, text, token + 1, captures);
  }
  if (element.kind == Kind::several && at + 1 == form.size()) {
    captures.add(element.capture, text.rest(token));
    return true;
  }
  const bool alone = token + 1 == text.size() || !text.touches(token + 1);
  if (element.kind == Kind::one && alone && quoted(text.token(token)) && element.text.empty()) {
    captures.add(element.capture, without_quotes(text.token(token).text));
    return matches_from(form, at + 1, text, token + 1, captures);
  }
  std::size_t last = token;
  if (element.kind == Kind::one) {
    while (last + 1 < text.size() && text.touches(last + 1)) ++last;
    std::string_view run = text.text(token, last);
    if (!run.starts_with(element.text) || run.size() == element.text.size()) return false;
    captures.add(element.capture, run.substr(element.text.size()));
    return matches_from(form, at + 1, text, last + 1, captures);
  }
  const std::size_t size = captures.size();
  for (; last < text.size(); ++last) {
    captures.shrink(size);
    captures.add(element.capture, text.text(token, last));
    if (matches_from(form, at + 1, text, last + 1, captures)) return true;
  }
  return false;
}

}  // namespace weir
