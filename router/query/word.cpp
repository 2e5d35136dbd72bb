#include "router/query/word.hpp"

#include <array>

#include "router/query/name_table.hpp"

namespace weir {
namespace {

// In the order of Word, without Word::none.
// clang-format off
constexpr std::array<std::string_view, 161> kWords = {
  "admin", "all", "alter", "analyze", "and", "as", "atomic", "backup", "begin", "binlog", "cache", "call",
  "chain", "change", "character", "charset", "check", "checksum", "clone", "close", "collation", "columns",
  "commit", "connection", "consistent", "count", "create", "database", "databases", "data", "deallocate",
  "delete", "desc", "describe", "diagnostics", "distinct", "do", "drop", "errors", "event", "events",
  "except", "execute", "exists", "explain", "export", "extended", "fields", "flush", "for", "format",
  "from", "full", "function", "get", "global", "grant", "group", "handler", "help", "identified", "import",
  "in", "index", "indexes", "insert", "install", "instance", "intersect", "into", "isolation", "keys",
  "kill", "level", "load", "local", "lock", "locks", "merge", "mode", "next", "no", "not", "of", "on",
  "only", "open", "optimize", "or", "over", "package", "partitions", "password", "persist", "persist_only",
  "plugin", "plugins", "prepare", "previous", "procedure", "purge", "query", "read", "recursive",
  "release", "rename", "repair", "replace", "replica", "reset", "resignal", "restart", "returning", "revoke", "role",
  "rollback", "savepoint", "schema", "schemas", "select", "sequence", "server", "session", "set", "share",
  "show", "shutdown", "signal", "slave", "snapshot", "sql_calc_found_rows", "start", "statement", "status",
  "stop", "table", "tables", "tablespace", "temporary", "to", "transaction", "trigger", "triggers",
  "truncate", "union", "uninstall", "unlock", "update", "use", "user", "using", "value", "values", "view",
  "warnings", "where", "with", "work", "write", "xa", "xml",
};
// clang-format on
static_assert(kWords.size() == static_cast<std::size_t>(Word::xml), "a word lacks its text");

constexpr NameTable<kWords.size(), 512> kTable(kWords);

}  // namespace

Word find_word(std::string_view text) {
  return static_cast<Word>(kTable.find(text) + 1);
}

}  // namespace weir
