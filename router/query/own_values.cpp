#include "router/query/own_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "router/query/select_item.hpp"

namespace weir {
namespace {

// Of parentheses and CASEs. A text that is deeper is left as it is: names of columns are made level by level.
constexpr std::size_t kMaxDepth = 256;

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return equals_caseless(text, word); });
}

// Where servers tell their own numbers of connections: what is compared with them must be one.
bool tells_server_numbers(const Token& token, const Token& next) {
  if (token.kind == TokenKind::system_variable)
    return token.text.size() >= 16 &&
           equals_caseless(without_quotes(token.text.substr(token.text.size() - 16)), "pseudo_thread_id");
  if (token.kind != TokenKind::word && token.kind != TokenKind::quoted_name) return false;
  const std::string_view name = without_quotes(token.text);
  if (next.is('.') && is_any_of(name, {"performance_schema", "sys"})) return true;
  return is_any_of(name, {"processlist", "pseudo_thread_id", "is_used_lock", "ps_thread_id", "innodb_trx",
                          "innodb_locks", "innodb_lock_waits", "rds_kill", "rds_kill_query",
                          "metadata_lock_info", "general_log", "slow_log"});
}

// What a statement is to us, by its first words.
enum class Use {
  replace,           // its calls
  from_select,       // CREATE TABLE: what comes before the query is kept with the table
  prepares,          // PREPARE, EXECUTE: the text in quotes as well
  leave,             // the statement as it is
  leave_everything,  // that, and what follows: what ends it is not known here
};

Use use_of(const Token& first, Lexer rest) {
  if (first.is('(')) return Use::replace;
  if (first.kind != TokenKind::word || first.conditional) return Use::leave_everything;
  if (is_any_of(first.text,
                {"select", "with", "values", "table", "insert", "update", "delete", "replace", "load", "call",
                 "do", "set", "handler", "explain", "describe", "desc", "analyze"}))
    return Use::replace;
  if (is_any_of(first.text, {"prepare", "execute"})) return Use::prepares;
  if (is_any_of(first.text, {"show", "use", "start", "commit", "rollback", "savepoint", "release",
                             "deallocate", "drop", "truncate", "lock", "unlock"}))
    return Use::leave;
  Token token = rest.next();
  if (first.is(Word::begin)) return token.is(Word::not_) ? Use::leave_everything : Use::leave;
  if (!first.is(Word::create)) return Use::leave_everything;
  while (token.is_any({Word::or_, Word::replace, Word::temporary})) token = rest.next();
  return token.is(Word::table) ? Use::from_select : Use::leave_everything;
}

bool is_select_option(const Token& token) {
  return token.kind == TokenKind::word &&
         is_any_of(token.text, {"all", "distinct", "distinctrow", "high_priority", "straight_join",
                                "sql_small_result", "sql_big_result", "sql_buffer_result", "sql_cache",
                                "sql_no_cache", "sql_calc_found_rows"});
}

// What follows a SELECT's list. The latter are names, too, on some servers.
bool ends_list(const Token& token, const Token& next, const SelectItem& item) {
  if (token.kind != TokenKind::word) return false;
  if (is_any_of(token.text, {"select", "from", "into", "where", "group", "having", "order", "limit", "union",
                             "for", "lock", "procedure", "on"}))
    return true;
  if (!is_any_of(token.text,
                 {"except", "intersect", "minus", "offset", "fetch", "window", "qualify", "returning"}))
    return false;
  const bool stands_alone = next.kind == TokenKind::end || next.is(Word::from) || next.is(Word::as) ||
                            (next.kind == TokenKind::symbol && !next.is('('));
  return item.ends_operand() && !stands_alone;
}

class Rewriting {
 public:
  Rewriting(std::string_view sql, LexMode mode, OwnValues own)
      : sql_(sql), mode_(mode), own_(own), lexer_(sql, mode) {}

  std::string result() {
    lexer_.read(next_);
    while (next_.kind != TokenKind::end && !failed_) statement();
    if (failed_ || lexer_.malformed() || edits_.empty()) return {};
    std::string text;
    std::size_t from = 0;
    for (const Edit& edit : edits_) {
      text += sql_.substr(from, edit.at - from);
      text += edit.text;
      from = edit.at + edit.bytes;
    }
    return text += sql_.substr(from);
  }

 private:
  struct Edit {
    std::size_t at, bytes;
    std::string text;
  };
  // A pair of parentheses, CASE ... END, or the statement outside of any.
  struct Level {
    enum class Kind : unsigned char { statement, parentheses, case_end };
    Kind kind = Kind::statement;
    bool in_list = false;  // of a SELECT
    bool returning = false;
    bool calls = false;  // since the item's beginning
    bool conditional = false;
    bool called = false;  // before it
    bool was_conditional = false;
    std::size_t edits = 0;        // before the item
    std::size_t comma_ended = 0;  // the one before the item; 0: it is the first
    SelectItem item{};
  };

  void advance() {
    before_ = token_;
    token_ = next_;
    lexer_.read(next_);
  }

  // Up to its end, or a semicolon.
  void statement() {
    advance();
    first_ = token_;
    before_ = {};
    if (token_.is(';')) return;
    const std::size_t edits = edits_.size();
    use_ = use_of(token_, rest());
    if (use_ == Use::leave_everything) {
      next_ = {};
      return;
    }
    has_query_ = told_ = false;
    levels_.assign(1, {});
    for (; token_.kind != TokenKind::end && !(token_.is(';') && levels_.size() == 1) && !failed_; advance()) {
      told_ = told_ || tells_server_numbers(token_, next_);
      if (use_ != Use::leave) take();
    }
    failed_ = failed_ || levels_.size() != 1;
    own_.row_count.reset();  // what follows asks about this statement
    end_item();
    if (told_) edits_.resize(edits);
  }

  // As it stands before the token behind this one.
  Lexer rest() const { return Lexer(sql_.substr(token_.position + token_.text.size()), mode_); }

  void take() {
    Level& level = levels_.back();
    if (token_.conditional) level.conditional = true;
    if (token_.is('(')) return open(Level::Kind::parentheses);
    if (token_.is(')')) return close(Level::Kind::parentheses);
    const bool word = token_.kind == TokenKind::word && !before_.is('.') && !next_.is('.');
    if (word && equals_caseless(token_.text, "case")) return open(Level::Kind::case_end);
    if (word && equals_caseless(token_.text, "end") && level.kind == Level::Kind::case_end)
      return close(Level::Kind::case_end);
    if (level.in_list && token_.is(',')) {
      begin_item();
      level.comma_ended = token_.position + 1;
      return;
    }
    if (level.in_list && word && ends_list(token_, next_, level.item)) end_list();
    if (word && begins_list()) {
      begin_item();
      levels_.back().in_list = has_query_ = true;
      levels_.back().returning = !token_.is(Word::select);
      return;
    }
    if (const std::string own = word ? own_value() : ""; !own.empty()) return replace_call(own);
    if (token_.kind == TokenKind::string && use_ == Use::prepares) replace_prepared();
    if (level.in_list && level.item.empty() && is_select_option(token_)) return;
    level.item.take(token_);
  }

  // SELECT, and MariaDB's INSERT ... RETURNING.
  bool begins_list() const {
    if (token_.is(Word::select)) return true;
    if (levels_.size() > 1 || levels_.back().in_list || !equals_caseless(token_.text, "returning"))
      return false;
    const bool operand =
        is_any_of(before_.text, {"where", "and", "or", "not", "xor", "by", "set", "having", "on"}) ||
        (next_.kind == TokenKind::symbol && !next_.is('(') && !next_.is('*'));
    return first_.is_any({Word::insert, Word::replace, Word::delete_}) && !operand;
  }

  void open(Level::Kind kind) {
    failed_ = failed_ || levels_.size() >= kMaxDepth;
    levels_.back().item.take(token_);
    const bool conditional = levels_.back().conditional;
    levels_.push_back({.kind = kind, .conditional = conditional, .edits = edits_.size()});
  }

  void close(Level::Kind kind) {
    if (levels_.back().kind != kind) {
      failed_ = true;
      return;
    }
    end_item();
    const Level inner = levels_.back();
    levels_.pop_back();
    Level& level = levels_.back();
    level.calls |= inner.calls || inner.called;
    level.conditional |= inner.conditional || inner.was_conditional;
    level.item.take_last(token_);
  }

  void begin_item() {
    end_item();
    Level& level = levels_.back();
    level.item = {};
    level.called |= std::exchange(level.calls, false);
    level.was_conditional |= std::exchange(level.conditional, false);
    level.edits = edits_.size();
    level.comma_ended = 0;
  }

  void end_list() {
    begin_item();
    levels_.back().in_list = false;
  }

  // Gives it its name. Of an item with conditional code nobody knows how it is called: it stays as it is.
  void end_item() {
    Level& level = levels_.back();
    if (!level.in_list || !level.calls || level.item.empty()) return;
    if (level.conditional || level.item.may_have_no_name()) {
      edits_.resize(level.edits);
      level.calls = false;
      return;
    }
    if (level.item.has_name()) return;
    const std::size_t begin = name_begin(level);
    const std::size_t end = level.item.end();
    const std::string_view text = sql_.substr(begin, end - begin);
    const auto is_ascii = [](char c) { return (static_cast<unsigned char>(c) & 0x80u) == 0; };
    if (mode_.multibyte != Multibyte::none && !std::ranges::all_of(text, is_ascii)) {
      failed_ = true;  // a backquote may be a part of a character
      return;
    }
    edits_.push_back({end, 0, " AS " + column_name_of(text)});
  }

  // MariaDB reads on after a comma of a SELECT: comments there are a part of the name.
  std::size_t name_begin(const Level& level) const {
    if (own_.family != ServerFamily::mariadb || level.returning || level.comma_ended == 0)
      return level.item.begin();
    return sql_.find_first_not_of(" \t\r\n\f\v", level.comma_ended);
  }

  // Of the call that begins here; empty if none does.
  std::string own_value() const {
    if (!next_.is('(') || before_.is(Word::into)) return {};
    const bool id = equals_caseless(token_.text, "connection_id");
    if (!id && !(own_.row_count && equals_caseless(token_.text, "row_count"))) return {};
    if (token_.conditional || (use_ == Use::from_select && !has_query_)) return {};
    Lexer lexer = rest();
    lexer.next();
    const Token close = lexer.next();
    if (!close.is(')') || next_.conditional || close.conditional) return {};
    return id ? own_id_expression(own_.id) : row_count_expression(*own_.row_count);
  }

  // With its parentheses.
  void replace_call(const std::string& value) {
    const std::size_t at = token_.position;
    levels_.back().item.take(token_);
    advance();
    advance();
    levels_.back().item.take_last(token_);
    levels_.back().calls = true;
    edits_.push_back({at, token_.position + 1 - at, value});
  }

  // PREPARE name FROM 'text', EXECUTE IMMEDIATE 'text' [USING ...].
  void replace_prepared() {
    const bool given = before_.is(Word::from) || equals_caseless(before_.text, "immediate");
    const bool whole = next_.kind == TokenKind::end || next_.is(';') || next_.is(Word::using_);
    const std::string_view text = token_.text;
    const char quote = text.front();
    if (!given || !whole || token_.conditional || text.size() < 2 || (quote != '\'' && quote != '"')) return;
    const std::string_view inner = text.substr(1, text.size() - 2);
    if (inner.find('\\') != std::string_view::npos || inner.find(quote) != std::string_view::npos) return;
    std::string replaced = with_own_values(
        inner, mode_, {own_.id, own_.schema, own_.family});  // ROW_COUNT(): of when it is executed
    if (!replaced.empty()) edits_.push_back({token_.position + 1, inner.size(), std::move(replaced)});
  }

  std::string_view sql_;
  LexMode mode_;
  OwnValues own_;
  Lexer lexer_;
  Token first_, before_, token_, next_;  // of the statement; around where the pass is
  std::vector<Edit> edits_;
  std::vector<Level> levels_;
  Use use_ = Use::leave;
  bool has_query_ = false;  // a SELECT has been met
  bool told_ = false;       // servers' numbers are
  bool failed_ = false;
};

}  // namespace

std::string own_id_expression(std::uint32_t id) {
  return fmt::format("CAST({:010} AS UNSIGNED)", id);
}

// As many digits as give it the length that the call has on MariaDB.
std::string row_count_expression(std::int64_t count) {
  return fmt::format("CAST({:021} AS SIGNED)", count);
}

std::string with_own_values(std::string_view sql, LexMode mode, OwnValues own) {
  if (is_any_of(own.schema, {"performance_schema", "sys"})) return {};
  return Rewriting(sql, mode, own).result();
}

}  // namespace weir
