#include "router/query/repeatable.hpp"

#include <array>

#include "router/query/name_table.hpp"

namespace weir {
namespace {

// Called by their name alone, too.
constexpr std::string_view kAlone[] = {
    "current_date", "current_role",   "current_time", "current_timestamp", "current_user",
    "localtime",    "localtimestamp", "utc_date",     "utc_time",          "utc_timestamp",
};
// Only before a parenthesis; elsewhere these are names that tables and columns have.
constexpr std::string_view kCalled[] = {
    "benchmark",
    "connection_id",
    "curdate",
    "curtime",
    "found_rows",
    "get_lock",
    "is_free_lock",
    "is_used_lock",
    "last_insert_id",
    "lastval",
    "load_file",
    "nextval",
    "now",
    "rand",
    "random_bytes",
    "release_all_locks",
    "release_lock",
    "row_count",
    "session_user",
    "setval",
    "sleep",
    "sys_guid",
    "sysdate",
    "system_user",
    "unix_timestamp",
    "user",
    "uuid",
    "uuid_short",
    "uuid_v4",
    "uuid_v7",
};

constexpr std::size_t kNames = std::size(kAlone) + std::size(kCalled);

constexpr std::array<std::string_view, kNames> all_names() {
  std::array<std::string_view, kNames> names;
  std::copy(std::begin(kCalled), std::end(kCalled),
            std::copy(std::begin(kAlone), std::end(kAlone), names.begin()));
  return names;
}

constexpr NameTable<kNames, 256> kTable(all_names());

}  // namespace

bool is_repeatable(std::string_view sql, LexMode mode) {
  Lexer lexer(sql, mode);
  int previous = -1;
  for (;;) {
    const Token token = lexer.next();
    const bool called = previous >= 0 && token.is('(');
    if (called) return false;
    switch (token.kind) {
      case TokenKind::end:
        return !lexer.malformed();
      case TokenKind::user_variable:
      case TokenKind::system_variable:
        return false;
      case TokenKind::word:
        previous = kTable.find(token.text);
        if (previous >= 0 && static_cast<std::size_t>(previous) < std::size(kAlone)) return false;
        break;
      case TokenKind::quoted_name:
      case TokenKind::string:
      case TokenKind::number:
      case TokenKind::parameter:
      case TokenKind::symbol:
        previous = -1;
        break;
    }
  }
}

}  // namespace weir
