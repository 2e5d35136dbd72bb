#include "router/session/held_names.hpp"

#include <algorithm>

#include "router/query/set_statement.hpp"

namespace weir {
namespace {

// Longest prepared text that is kept.
constexpr std::size_t kMaxText = 4096;

// Longest name of a lock that is kept; servers have 64 characters of up to 3 bytes.
constexpr std::size_t kMaxLockName = 256;

// Tokens of one statement, one ahead. What some servers skip is not to be trusted: see doubtful().
class Reader {
 public:
  Reader(std::string_view sql, LexMode mode) : lexer_(sql, mode) { advance(); }

  const Token& current() const { return current_; }
  void advance() { current_ = lexer_.next(); }
  bool at(std::string_view lower) const {
    return current_.kind == TokenKind::word && equals_caseless(current_.text, lower);
  }
  bool take(std::string_view lower) {
    if (!at(lower)) return false;
    advance();
    return true;
  }
  bool take(char symbol) {
    if (!current_.is(symbol)) return false;
    advance();
    return true;
  }
  bool take_one_of(std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [this](std::string_view word) { return take(word); });
  }
  // Nothing follows but perhaps a semicolon.
  bool at_end() {
    take(';');
    return current_.kind == TokenKind::end;
  }
  bool doubtful() const { return lexer_.in_doubt() || lexer_.malformed(); }

  // A plain name; empty, and nothing taken, if there is none.
  std::string_view name() {
    const bool quoted = current_.kind == TokenKind::quoted_name;
    if (!quoted && current_.kind != TokenKind::word) return {};
    const std::string_view text = without_quotes(current_.text);
    const bool plain = std::ranges::all_of(
        text, [](char c) { return c >= 0x20 && c < 0x7f && c != '`' && c != '"' && c != '\\' && c != '.'; });
    if (!plain) return {};
    advance();
    return text;
  }

  // [schema.]name as "schema.name"; empty if it is not plain.
  std::string table(std::string_view schema) {
    std::string_view name = this->name();
    if (!name.empty() && take('.')) {
      schema = name;
      name = this->name();
    }
    if (name.empty() || current_.is('.')) return {};
    return std::string(schema).append(1, '.').append(name);
  }

 private:
  Lexer lexer_;
  Token current_;
};

bool take_table_word(Reader& reader) {
  return reader.take_one_of({"table", "tables", "sequence"});
}

// The text of a string without introducer, in printable ASCII and without escapes.
bool literal(const Token& token, std::string& text) {
  return token.kind == TokenKind::string && (token.text.front() == '\'' || token.text.front() == '"') &&
         plain_text(token.text, text);
}

// The same for a statement's text, which may have lines and letters of all kinds.
std::optional<std::string> statement_text(const Token& token, LexMode mode) {
  if (token.kind != TokenKind::string || token.text.size() < 2 || token.text.size() > kMaxText) return {};
  const char quote = token.text.front();
  if ((quote != '\'' && quote != '"') || mode.multibyte != Multibyte::none) return {};
  std::string text;
  const std::string_view inner = token.text.substr(1, token.text.size() - 2);
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '\\' || inner[i] == '\0') return {};
    text += inner[i];
    if (inner[i] == quote) ++i;  // it is doubled
  }
  return text;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

// GET_LOCK('name', seconds), RELEASE_LOCK('name'), RELEASE_ALL_LOCKS(); false for anything else.
bool lock_call(Reader& reader, std::vector<LockCall>& calls) {
  LockCall call{LockCall::Does::take, {}};
  if (reader.take("release_all_locks")) {
    calls.push_back({LockCall::Does::release_all, {}});
    return reader.take('(') && reader.take(')');
  }
  if (reader.take("release_lock")) {
    call.does = LockCall::Does::release;
  } else if (!reader.take("get_lock")) {
    return false;
  }
  if (!reader.take('(') || !literal(reader.current(), call.name)) return false;
  if (call.name.size() > kMaxLockName) return false;
  reader.advance();
  if (call.does == LockCall::Does::take) {
    if (!reader.take(',')) return false;
    reader.take('-');
    if (reader.current().kind != TokenKind::number) return false;
    reader.advance();
  }
  calls.push_back(std::move(call));
  return reader.take(')');
}

void skip_alias(Reader& reader) {
  const bool as = reader.take("as");
  const TokenKind kind = reader.current().kind;
  const bool name = kind == TokenKind::quoted_name || kind == TokenKind::string ||
                    (kind == TokenKind::word && (as || reader.current().word == Word::none));
  if (name) reader.advance();
}

}  // namespace

std::optional<std::string> created_table(std::string_view sql, LexMode mode, std::string_view schema) {
  Reader reader(sql, mode);
  if (!reader.take("create")) return {};
  if (reader.take("or") && !reader.take("replace")) return {};
  if (!reader.take("temporary") || !take_table_word(reader)) return {};
  if (reader.take("if") && (!reader.take("not") || !reader.take("exists"))) return {};
  std::string name = reader.table(schema);
  if (name.empty() || reader.doubtful()) return {};
  return name;
}

std::vector<std::string> dropped_tables(std::string_view sql, LexMode mode, std::string_view schema) {
  Reader reader(sql, mode);
  std::vector<std::string> names;
  if (!reader.take("drop")) return names;
  reader.take("temporary");
  if (!reader.take_one_of({"table", "tables"})) return names;  // DROP SEQUENCE leaves a table of that name
  if (reader.take("if") && !reader.take("exists")) return names;
  do {
    std::string name = reader.table(schema);
    if (name.empty()) break;
    names.push_back(std::move(name));
  } while (reader.take(','));
  if (reader.doubtful()) names.clear();
  return names;
}

bool renames_tables(std::string_view sql, LexMode mode) {
  Reader reader(sql, mode);
  if (reader.at("rename")) return true;
  if (!reader.at("alter")) return false;
  while (reader.current().kind != TokenKind::end) {
    if (reader.at("rename")) return true;
    reader.advance();
  }
  return false;
}

std::optional<std::vector<LockCall>> lock_calls(std::string_view sql, LexMode mode) {
  Reader reader(sql, mode);
  std::vector<LockCall> calls;
  if (!reader.take_one_of({"select", "do"})) return {};
  do {
    if (!lock_call(reader, calls)) return {};
    skip_alias(reader);
  } while (reader.take(','));
  if (reader.take("from") && !reader.take("dual")) return {};
  if (!reader.at_end() || reader.doubtful()) return {};
  return calls;
}

std::optional<HandlerStep> handler_step(std::string_view sql, LexMode mode) {
  Reader reader(sql, mode);
  if (!reader.take("handler")) return {};
  HandlerStep step;
  step.name = reader.name();
  if (reader.take('.')) step.name = reader.name();
  if (step.name.empty()) return {};
  step.opens = reader.take("open");
  if (!step.opens) {
    if (!reader.take("close")) return {};
  } else if (!reader.at_end()) {
    reader.take("as");
    step.name = reader.name();
    if (step.name.empty()) return {};
  }
  if (!reader.at_end() || reader.doubtful()) return {};
  return step;
}

std::optional<PrepareStep> prepare_step(std::string_view sql, LexMode mode) {
  Reader reader(sql, mode);
  PrepareStep step;
  const bool executes = reader.take("execute");
  const bool prepares = !executes && reader.take("prepare");
  if (!executes && !prepares) {
    if (!reader.take_one_of({"deallocate", "drop"}) || !reader.take("prepare")) return {};
  }
  const bool immediate = executes && reader.take("immediate");
  if (!immediate) {
    step.name = lower(reader.name());
    if (step.name.empty()) return {};
  }
  if (prepares && !reader.take("from")) return {};
  if (prepares || immediate) {
    step.text = statement_text(reader.current(), mode);
    reader.advance();
    const bool whole = reader.at_end() || (immediate && reader.at("using"));
    if (!whole) step.text.reset();  // MariaDB: an expression
  }
  if (reader.doubtful()) return {};
  return step;
}

std::uint8_t table_locks_named(std::string_view sql, LexMode mode) {
  std::uint8_t locks = 0;
  const auto add = [&](TableLock lock) { locks |= static_cast<std::uint8_t>(lock); };
  Reader reader(sql, mode);
  if (reader.at("flush")) add(TableLock::global);
  if (reader.at("backup")) {
    add(TableLock::backup);
  } else if (reader.take_one_of({"lock", "unlock"})) {
    add(reader.at("instance") ? TableLock::instance : TableLock::tables);
  }
  return locks;
}

std::uint8_t table_locks_among(std::string_view sql, LexMode mode) {
  std::uint8_t locks =
      static_cast<std::uint8_t>(TableLock::tables) | static_cast<std::uint8_t>(TableLock::global);
  Reader reader(sql, mode);
  for (; reader.current().kind != TokenKind::end; reader.advance()) {
    if (reader.at("backup"))
      locks |= static_cast<std::uint8_t>(TableLock::instance) | static_cast<std::uint8_t>(TableLock::backup);
  }
  return locks;
}

}  // namespace weir
