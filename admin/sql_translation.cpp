#include "admin/sql_translation.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "admin/quoting.hpp"
#include "protocol/base/number_text.hpp"
#include "router/query/lexer.hpp"

namespace weir {
namespace {

// SQLite's way to say what a function of MySQL without arguments gives. `fixed` or `of_session`.
struct FunctionRow {
  std::string_view name;
  std::string_view fixed;
  std::string TranslationNames::* of_session = nullptr;
};
constexpr std::array kFunctions = {
    FunctionRow{"connection_id", "", &TranslationNames::connection_id},
    FunctionRow{"curdate", "date('now', 'localtime')"},
    FunctionRow{"current_timestamp", "datetime('now', 'localtime')"},
    FunctionRow{"current_user", "", &TranslationNames::user},
    FunctionRow{"curtime", "time('now', 'localtime')"},
    FunctionRow{"database", "", &TranslationNames::database},
    FunctionRow{"last_insert_id", "0"},
    FunctionRow{"now", "datetime('now', 'localtime')"},
    FunctionRow{"schema", "", &TranslationNames::database},
    FunctionRow{"session_user", "", &TranslationNames::user},
    FunctionRow{"sysdate", "datetime('now', 'localtime')"},
    FunctionRow{"system_user", "", &TranslationNames::user},
    FunctionRow{"unix_timestamp", "CAST(strftime('%s', 'now') AS INTEGER)"},
    FunctionRow{"user", "", &TranslationNames::user},
    FunctionRow{"utc_timestamp", "datetime('now')"},
    FunctionRow{"version", "", &TranslationNames::version},
};

// Words between SELECT and its list that SQLite does not know.
constexpr std::array<std::string_view, 4> kHints = {"sql_no_cache", "sql_cache", "sql_calc_found_rows",
                                                    "high_priority"};
// What ends the list of a SELECT.
constexpr std::array<std::string_view, 10> kListEnds = {"from",  "where", "group",     "having", "order",
                                                        "limit", "union", "intersect", "except", "into"};

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [text](std::string_view word) { return equals_caseless(text, word); });
}

// Numbers stay numbers: SQLite does not take '0' for 0.
std::string literal(const std::string& value) {
  const auto number = to_integer<std::int64_t>(value);
  return number && value == std::to_string(*number) ? value : quoted_text(value);
}

bool touch(const Token& left, const Token& right) {
  return left.position + left.text.size() == right.position;
}

class Translation {
 public:
  Translation(std::string_view sql, const TranslationNames& names)
      : sql_(sql), names_(names), lexer_(sql, {.no_backslash_escapes = true}) {}

  Result<std::optional<std::string>, std::string> run() {
    for (Token token = lexer_.next();; token = lexer_.next()) {
      if (token.kind == TokenKind::end) break;
      const bool replaced = replace(token);
      if (!unknown_.empty()) return std::unexpected(unknown_);
      follow(token, replaced);
    }
    end_item(sql_.size());
    if (copied_ == 0 && out_.empty()) return std::nullopt;
    out_ += sql_.substr(copied_);
    return std::move(out_);
  }

 private:
  // Replaces what begins with `token`, if it is to be replaced, and makes `token` end where that ends.
  bool replace(Token& token) {
    if (token.kind == TokenKind::system_variable) return replace_variable(token);
    if (token.kind != TokenKind::word) return false;
    Lexer ahead = lexer_;
    const Token next = ahead.next();
    if (token.is(Word::from) && equals_caseless(next.text, "dual")) {
      end_item(token.position);
      return put(token, end_of(next), "", ahead);
    }
    if (in_list_ && is_one_of(token.text, kHints)) return put(token, end_of(token), "", lexer_);
    if (equals_caseless(token.text, "current_user") && !next.is('(') && !next.is('.'))
      return mark(put(token, end_of(token), literal(names_.user), lexer_));
    if (!next.is('(')) return false;
    if (equals_caseless(token.text, "if")) return mark(put(token, end_of(token), "iif", lexer_));
    const auto row = std::ranges::find_if(kFunctions, [&token](const FunctionRow& function) {
      return equals_caseless(token.text, function.name);
    });
    const Token close = ahead.next();
    if (row == kFunctions.end() || !close.is(')')) return false;
    const std::string text =
        row->of_session == nullptr ? std::string(row->fixed) : literal(names_.*row->of_session);
    return mark(put(token, end_of(close), text, ahead));
  }

  // @@name, @@global.name, and names with a dash: @@mysql-threads is three tokens.
  bool replace_variable(Token& token) {
    std::string_view name = token.text.substr(2);
    Lexer ahead = lexer_;
    const std::string_view last = name.substr(name.rfind('.') + 1);
    if (equals_caseless(last, "mysql") || equals_caseless(last, "admin")) {
      const Token dash = ahead.next();
      const Token word = ahead.next();
      if (dash.is('-') && touch(token, dash) && touch(dash, word))
        name = sql_.substr(token.position + 2, end_of(word) - token.position - 2);
      else
        ahead = lexer_;
    }
    const Cell value = names_.variable(name);
    if (!value) {
      unknown_ = name;
      return false;
    }
    return mark(put(token, token.position + 2 + name.size(), literal(*value), ahead));
  }

  static std::size_t end_of(const Token& token) { return token.position + token.text.size(); }

  // Writes `text` in place of what stands from `token` to `end`; reading goes on with `next`.
  bool put(Token& token, std::size_t end, std::string_view text, const Lexer& next) {
    out_ += sql_.substr(copied_, token.position - copied_);
    out_ += text;
    copied_ = end;
    token.text = sql_.substr(token.position, end - token.position);
    lexer_ = next;
    return true;
  }

  bool mark(bool replaced) {
    item_changed_ = item_changed_ || replaced;
    return replaced;
  }

  // Keeps track of the outermost SELECT's list: titles of its columns are to stay as they were.
  void follow(const Token& token, bool replaced) {
    if (!replaced) {
      if (token.is('(')) ++depth_;
      if (token.is(')')) --depth_;
    }
    if (depth_ == 0 && !replaced) {
      if (in_list_ && token.is(',')) return begin_item(token);
      if (in_list_ && (token.is(';') || is_one_of(token.text, kListEnds))) {
        end_item(token.position);
        in_list_ = false;
      }
      if (!list_seen_ && token.is(Word::select)) {
        in_list_ = list_seen_ = true;
        item_begin_ = end_of(token);
        item_changed_ = false;
        item_tokens_ = 0;
        return;
      }
    }
    note_title(token, replaced);
  }

  // An item that ends with AS x, or with an operand and a name, has a title of its own.
  void note_title(const Token& token, bool replaced) {
    const bool name = !replaced && depth_ == 0 &&
                      (token.kind == TokenKind::word || token.kind == TokenKind::quoted_name ||
                       token.kind == TokenKind::string);
    titled_ = name && item_tokens_ > 0 && operand_before_;
    operand_before_ = replaced || token.kind != TokenKind::symbol || token.is(')');
    ++item_tokens_;
    item_end_ = end_of(token);
  }

  void begin_item(const Token& comma) {
    end_item(comma.position);
    item_begin_ = end_of(comma);
    item_changed_ = false;
    item_tokens_ = 0;
    titled_ = false;
  }

  void end_item(std::size_t at) {
    if (!in_list_ || !item_changed_ || titled_) return;
    out_ += sql_.substr(copied_, std::max(item_end_, copied_) - copied_);
    copied_ = std::max(item_end_, copied_);
    const std::string_view item = sql_.substr(item_begin_, std::min(item_end_, at) - item_begin_);
    const auto first = item.find_first_not_of(" \t\r\n\f\v");
    out_ += " AS " + quoted_name(item.substr(std::min(first, item.size())));
    item_changed_ = false;
  }

  std::string_view sql_;
  const TranslationNames& names_;
  Lexer lexer_;
  std::string out_;
  std::size_t copied_ = 0;  // of sql_, to out_ or left out
  std::string unknown_;

  int depth_ = 0;
  bool list_seen_ = false, in_list_ = false;
  std::size_t item_begin_ = 0, item_end_ = 0, item_tokens_ = 0;
  bool item_changed_ = false, titled_ = false, operand_before_ = false;
};

}  // namespace

Result<std::optional<std::string>, std::string> translate_for_sqlite(std::string_view sql,
                                                                     const TranslationNames& names) {
  return Translation(sql, names).run();
}

}  // namespace weir
