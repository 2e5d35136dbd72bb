#include "router/query/set_statement.hpp"

#include <array>
#include <optional>

namespace weir {
namespace {

// Words that are an expression though they look like a name: the server puts their value of the moment.
constexpr std::array<std::string_view, 14> kFunctionWords = {
    "current_date",   "current_role", "current_time", "current_timestamp", "current_user",  "localtime",
    "localtimestamp", "sysdate",      "utc_date",     "utc_time",          "utc_timestamp", "rownum",
    "sqlcode",        "sqlerrm"};

bool is_function_word(std::string_view word) {
  for (std::string_view known : kFunctionWords) {
    if (equals_caseless(word, known)) return true;
  }
  return false;
}

// A conditional comment is code only to some servers. True if the text has none, or is, as a whole, in one
// that every supported server runs: below version 5.7, which MariaDB runs too.
bool same_for_all_servers(std::string_view sql) {
  const std::size_t first = sql.find("/*!");
  if (first == std::string_view::npos && sql.find("/*M!") == std::string_view::npos) return true;
  if (first == std::string_view::npos || sql.find_first_not_of(" \t\r\n") != first) return false;
  if (sql.find("/*", first + 1) != std::string_view::npos) return false;
  int version = 0;
  std::size_t at = first + 3;
  for (; at < sql.size() && sql[at] >= '0' && sql[at] <= '9'; ++at) {
    version = version * 10 + (sql[at] - '0');
    if (version >= 50700) return false;
  }
  const std::size_t end = sql.find("*/", at);
  return end != std::string_view::npos &&
         sql.find_first_not_of(" \t\r\n;", end + 2) == std::string_view::npos;
}

class SetParser {
 public:
  SetParser(std::string_view sql, LexMode mode) : sql_(sql), lexer_(sql, mode) { advance(); }

  SetStatement run();

 private:
  bool statement();
  bool assignments();
  bool set_statement_for();
  bool assignment(bool first);
  bool special(bool first);
  bool names();
  bool character_set();
  bool transaction(SetScope scope);
  bool isolation_level(SetScope scope);
  bool role_or_account(SetTarget target);
  bool variable(SetScope scope);
  bool system_variable();
  bool user_variable();
  bool equals_value(Assignment assignment);
  void read_value(Assignment& assignment);
  ValueKind kind_of(const Token& first, const Token& second, int count) const;
  std::optional<SetScope> scope_word();

  void advance() { current_ = lexer_.next(); }
  bool at_word(std::string_view lower) const {
    return current_.kind == TokenKind::word && equals_caseless(current_.text, lower);
  }
  bool accept_word(std::string_view lower) {
    if (!at_word(lower)) return false;
    advance();
    return true;
  }
  bool accept_symbol(char c) {
    if (current_.kind != TokenKind::symbol || !current_.is(c)) return false;
    advance();
    return true;
  }
  bool at_equals() const {
    return current_.kind == TokenKind::symbol && (current_.is('=') || current_.text == ":=");
  }
  bool at_end() const { return current_.kind == TokenKind::end; }
  bool at_value_end() const {
    return at_end() || (current_.kind == TokenKind::symbol && (current_.is(',') || current_.is(';'))) ||
           (in_statement_for_ && at_word("for"));
  }
  bool at_name() const {
    return current_.kind == TokenKind::word || current_.kind == TokenKind::quoted_name ||
           current_.kind == TokenKind::string;
  }

  std::string_view sql_;
  Lexer lexer_;
  Token current_;
  SetStatement result_;
  SetScope carried_ = SetScope::session;  // by the last SESSION or GLOBAL, for names without one
  bool in_statement_for_ = false;
};

SetStatement SetParser::run() {
  const bool certain = same_for_all_servers(sql_);
  const bool whole = certain && statement();
  if (!whole || lexer_.malformed()) {
    const bool here = certain && !whole && !at_end();
    result_.not_understood = here ? sql_.substr(current_.position) : sql_;
    if (result_.not_understood.empty()) result_.not_understood = "SET";
  }
  return std::move(result_);
}

bool SetParser::statement() {
  if (!accept_word("set")) return false;
  if (at_word("statement")) return set_statement_for();
  if (!assignments()) return false;
  while (accept_symbol(';')) {
  }
  return at_end();
}

bool SetParser::assignments() {
  bool first = true;
  do {
    if (!assignment(first)) return false;
    first = false;
  } while (accept_symbol(','));
  return true;
}

// SET STATEMENT a = 1, b = 2 FOR body
bool SetParser::set_statement_for() {
  advance();
  in_statement_for_ = true;
  if (at_equals() || !assignments() || !at_word("for")) return false;
  advance();
  if (at_end()) return false;
  result_.body = sql_.substr(current_.position);
  return true;
}

bool SetParser::assignment(bool first) {
  if (current_.kind == TokenKind::user_variable) return user_variable();
  if (current_.kind == TokenKind::system_variable) return system_variable();
  if (current_.kind == TokenKind::quoted_name) return variable(carried_);
  if (current_.kind != TokenKind::word) return false;
  if (const std::optional<SetScope> scope = scope_word()) {
    if (at_word("transaction")) return first && transaction(*scope);
    carried_ = *scope;
    return variable(*scope);
  }
  return special(first);
}

// SESSION, GLOBAL and the like; not a variable of that name.
std::optional<SetScope> SetParser::scope_word() {
  if (accept_word("session") || accept_word("local")) return SetScope::session;
  if (accept_word("global") || accept_word("persist") || accept_word("persist_only")) return SetScope::global;
  return std::nullopt;
}

// What has a grammar of its own, or else a variable.
bool SetParser::special(bool first) {
  if (at_word("names")) return names();
  if (at_word("character") || at_word("char") || at_word("charset")) return character_set();
  if (first && at_word("transaction")) return transaction(SetScope::unscoped);
  if (first && at_word("role")) return role_or_account(SetTarget::role);
  if (first && (at_word("password") || at_word("default"))) return role_or_account(SetTarget::account);
  return variable(carried_);
}

// NAMES charset [COLLATE collation], NAMES DEFAULT
bool SetParser::names() {
  advance();
  if (!at_name()) return false;
  Assignment set{.target = SetTarget::names,
                 .kind = ValueKind::keyword,
                 .name = "NAMES",
                 .value = current_.text,
                 .collation = {}};
  if (at_word("default")) set.kind = ValueKind::default_;
  advance();
  if (accept_word("collate")) {
    if (!at_name()) return false;
    if (!at_word("default")) set.collation = current_.text;
    advance();
  }
  result_.assignments.push_back(set);
  return at_value_end();
}

// CHARACTER SET charset, CHARSET charset
bool SetParser::character_set() {
  const bool one_word = at_word("charset");
  advance();
  if (!one_word && !accept_word("set")) return false;
  if (!at_name()) return false;
  Assignment set{.target = SetTarget::character_set,
                 .kind = ValueKind::keyword,
                 .name = "CHARACTER SET",
                 .value = current_.text,
                 .collation = {}};
  if (at_word("default")) set.kind = ValueKind::default_;
  result_.assignments.push_back(set);
  advance();
  return at_value_end();
}

// TRANSACTION characteristic [, characteristic]
bool SetParser::transaction(SetScope scope) {
  advance();
  do {
    if (accept_word("isolation")) {
      if (!accept_word("level") || !isolation_level(scope)) return false;
    } else {
      if (!accept_word("read")) return false;
      const bool only = at_word("only");
      if (!only && !at_word("write")) return false;
      advance();
      result_.assignments.push_back({.target = SetTarget::access_mode,
                                     .scope = scope,
                                     .kind = ValueKind::number,
                                     .name = "TRANSACTION",
                                     .value = only ? "1" : "0",
                                     .collation = {}});
    }
  } while (accept_symbol(','));
  return true;
}

bool SetParser::isolation_level(SetScope scope) {
  std::string_view level;
  if (accept_word("serializable")) {
    level = "SERIALIZABLE";
  } else if (accept_word("repeatable")) {
    if (!accept_word("read")) return false;
    level = "REPEATABLE-READ";
  } else {
    if (!accept_word("read")) return false;
    level = at_word("committed") ? "READ-COMMITTED" : "READ-UNCOMMITTED";
    if (!accept_word("committed") && !accept_word("uncommitted")) return false;
  }
  result_.assignments.push_back({.target = SetTarget::isolation,
                                 .scope = scope,
                                 .kind = ValueKind::keyword,
                                 .name = "TRANSACTION",
                                 .value = level,
                                 .collation = {}});
  return true;
}

// ROLE ..., DEFAULT ROLE ... TO ..., PASSWORD [FOR user] = ...: to the end of the statement.
bool SetParser::role_or_account(SetTarget target) {
  Assignment set{
      .target = target, .kind = ValueKind::expression, .name = current_.text, .value = {}, .collation = {}};
  const bool is_default = at_word("default");
  const bool is_role = target == SetTarget::role;
  advance();
  if (is_default && !at_word("role")) return false;
  if (is_role && at_equals()) return false;
  read_value(set);
  const char* const begin = set.value.data();
  // A list of roles has commas; after a password something else may follow, which we would have to know.
  while ((is_role || is_default) && !set.value.empty() && accept_symbol(',')) {
    read_value(set);
    set.kind = ValueKind::expression;
    if (!set.value.empty()) set.value = {begin, set.value.data() + set.value.size()};
  }
  result_.assignments.push_back(set);
  return at_value_end() && !set.value.empty();
}

bool SetParser::variable(SetScope scope) {
  if (current_.kind != TokenKind::word && current_.kind != TokenKind::quoted_name) return false;
  const std::string_view name = without_quotes(current_.text);
  advance();
  return equals_value(
      {.target = SetTarget::variable, .scope = scope, .name = name, .value = {}, .collation = {}});
}

// @@name, @@session.name; a quoted word is never a scope, and a structured variable never a session's.
bool SetParser::system_variable() {
  std::string_view name = current_.text.substr(2);
  SetScope scope = SetScope::unscoped;
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
    const std::string_view word = name.substr(0, dot);
    if (equals_caseless(word, "session") || equals_caseless(word, "local")) {
      scope = SetScope::session;
    } else if (equals_caseless(word, "global") || equals_caseless(word, "persist") ||
               equals_caseless(word, "persist_only")) {
      scope = SetScope::global;
    } else {
      return false;
    }
    name = name.substr(dot + 1);
  }
  // Servers do not agree what GLOBAL a = 1, @@b = 2 means.
  if (scope == SetScope::unscoped && carried_ == SetScope::global) return false;
  if (name.empty()) {  // @@session.`name`: two tokens
    advance();
    if (scope == SetScope::unscoped || current_.kind != TokenKind::quoted_name) return false;
    name = current_.text;
  }
  name = without_quotes(name);
  if (name.empty() || name.find_first_of(".`'\"") != std::string_view::npos) return false;
  advance();
  return equals_value(
      {.target = SetTarget::variable, .scope = scope, .name = name, .value = {}, .collation = {}});
}

bool SetParser::user_variable() {
  const std::string_view name = current_.text;
  advance();
  return equals_value({.target = SetTarget::user_variable, .name = name, .value = {}, .collation = {}});
}

bool SetParser::equals_value(Assignment assignment) {
  if (!at_equals()) return false;
  advance();
  read_value(assignment);
  if (assignment.value.empty() || !at_value_end()) return false;
  result_.assignments.push_back(assignment);
  return true;
}

// Everything up to the next comma outside of parentheses, or the end.
void SetParser::read_value(Assignment& assignment) {
  const Token first = current_;
  Token second;
  Token last;
  int count = 0;
  int depth = 0;
  while (!at_end() && (depth > 0 || !at_value_end())) {
    if (current_.kind == TokenKind::symbol && current_.is('(')) ++depth;
    if (current_.kind == TokenKind::symbol && current_.is(')')) --depth;
    if (depth < 0) return;
    if (++count == 2) second = current_;
    last = current_;
    advance();
  }
  if (count == 0 || depth != 0) {
    assignment.value = {};
    return;
  }
  assignment.value = sql_.substr(first.position, last.position + last.text.size() - first.position);
  assignment.kind = kind_of(first, second, count);
}

ValueKind SetParser::kind_of(const Token& first, const Token& second, int count) const {
  const auto decimal = [](std::string_view text) {
    return text.find_first_of("xXbB'") == std::string_view::npos;  // not 0x1F, x'1F', b'1': these are strings
  };
  const bool sign = first.kind == TokenKind::symbol && (first.is('-') || first.is('+'));
  if (count == 2 && sign && second.kind == TokenKind::number && decimal(second.text))
    return ValueKind::number;
  if (count != 1) return ValueKind::expression;
  if (first.kind == TokenKind::number) return decimal(first.text) ? ValueKind::number : ValueKind::expression;
  if (first.kind == TokenKind::string) {
    const bool introduced = first.text.front() != '\'' && first.text.front() != '"';
    return introduced ? ValueKind::expression : ValueKind::string;
  }
  if (first.kind == TokenKind::quoted_name) return ValueKind::keyword;
  const bool name = first.kind == TokenKind::word && (first.text.front() < '0' || first.text.front() > '9');
  if (!name || is_function_word(first.text)) return ValueKind::expression;
  if (equals_caseless(first.text, "default")) return ValueKind::default_;
  return equals_caseless(first.text, "null") ? ValueKind::null : ValueKind::keyword;
}

bool changes_session(const Token& verb) {
  if (verb.kind != TokenKind::word) return false;
  for (std::string_view word : {"set", "use", "call", "execute", "prepare", "handler", "lock"}) {
    if (equals_caseless(verb.text, word)) return true;
  }
  return false;
}

}  // namespace

SetStatement parse_set(std::string_view sql, LexMode mode) {
  return SetParser(sql, mode).run();
}

bool plain_text(std::string_view string_or_word, std::string& text) {
  text.clear();
  if (string_or_word.empty()) return false;
  const char quote = string_or_word.front();
  const bool quoted = quote == '\'' || quote == '"' || quote == '`';
  if (quoted) {
    if (string_or_word.size() < 2 || string_or_word.back() != quote) return false;
    string_or_word = string_or_word.substr(1, string_or_word.size() - 2);
  }
  for (std::size_t i = 0; i < string_or_word.size(); ++i) {
    const char c = string_or_word[i];
    if (c < 0x20 || c > 0x7e || c == '\\') return false;
    if (quoted && c == quote && (++i == string_or_word.size() || string_or_word[i] != quote)) return false;
    text.push_back(c);
  }
  return true;
}

bool begins_statement_after(const Token& token) {
  if (token.kind == TokenKind::symbol) return token.is(';') || token.is(':');
  if (token.kind != TokenKind::word) return false;
  for (std::string_view word : {"begin", "then", "else", "do", "loop", "repeat", "atomic", "for"}) {
    if (equals_caseless(token.text, word)) return true;
  }
  return false;
}

// Outside routines, MariaDB. Begins with `token`, behind a semicolon; or with BEGIN and goes on with it.
bool is_compound(const Token& before, const Token& token) {
  if (token.kind != TokenKind::word) return false;
  if (before.is(Word::begin)) return token.is(Word::not_);
  if (!before.is(';')) return false;
  for (std::string_view word : {"if", "case", "while", "loop", "repeat", "for", "declare"}) {
    if (equals_caseless(token.text, word)) return true;
  }
  return false;
}

bool hides_set(std::string_view sql, LexMode mode) {
  Lexer lexer(sql, mode);
  Token before = lexer.next();
  if (before.kind == TokenKind::end) return false;
  bool creates = false;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (begins_statement_after(before)) {
      creates = equals_caseless(token.text, "create");
      if (changes_session(token)) return true;
    }
    if (is_compound(before, token) || token.is(':')) return true;
    if (creates && token.is(Word::temporary)) return true;
    creates = creates && token.is_any({Word::create, Word::or_, Word::replace});
    before = token;
  }
  return lexer.malformed();
}

}  // namespace weir
