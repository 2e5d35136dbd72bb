#include "router/query/command_class.hpp"

#include <iterator>

namespace weir {
namespace {

constexpr std::string_view kNames[] = {
    "ALTER_TABLE",
    "ALTER_VIEW",
    "ANALYZE_TABLE",
    "BEGIN",
    "CALL",
    "CHANGE_MASTER",
    "COMMIT",
    "CREATE_DATABASE",
    "CREATE_INDEX",
    "CREATE_TABLE",
    "CREATE_TEMPORARY",
    "CREATE_TRIGGER",
    "CREATE_USER",
    "CREATE_VIEW",
    "DEALLOCATE",
    "DELETE",
    "DESCRIBE",
    "DROP_DATABASE",
    "DROP_INDEX",
    "DROP_TABLE",
    "DROP_TRIGGER",
    "DROP_USER",
    "DROP_VIEW",
    "EXECUTE",
    "EXPLAIN",
    "FLUSH",
    "GRANT",
    "INSERT",
    "KILL",
    "LOAD",
    "LOCK_TABLE",
    "OPTIMIZE",
    "PREPARE",
    "PURGE",
    "RELEASE_SAVEPOINT",
    "RENAME_TABLE",
    "RESET_MASTER",
    "RESET_SLAVE",
    "REPLACE",
    "REVOKE",
    "ROLLBACK",
    "ROLLBACK_SAVEPOINT",
    "SAVEPOINT",
    "SELECT",
    "SELECT_FOR_UPDATE",
    "SET",
    "SHOW_TABLE_STATUS",
    "SHOW",
    "START_TRANSACTION",
    "TRUNCATE_TABLE",
    "UNLOCK_TABLES",
    "UPDATE",
    "USE",
    "UNKNOWN",
};
static_assert(std::size(kNames) == kCommandClasses);

// What a statement's kind says; `by_words`: the text must say it.
struct KindRow {
  StatementKind kind;
  CommandClass command;
  bool by_words = false;
};
constexpr KindRow kKinds[] = {
    {StatementKind::empty, CommandClass::unknown},
    {StatementKind::select, CommandClass::select},
    {StatementKind::values, CommandClass::select},
    {StatementKind::table, CommandClass::select},
    {StatementKind::with, CommandClass::unknown},
    {StatementKind::insert, CommandClass::insert},
    {StatementKind::update, CommandClass::update},
    {StatementKind::delete_, CommandClass::delete_},
    {StatementKind::replace, CommandClass::replace},
    {StatementKind::load_data, CommandClass::load},
    {StatementKind::call, CommandClass::call},
    {StatementKind::do_, CommandClass::unknown},
    {StatementKind::handler, CommandClass::unknown},
    {StatementKind::set, CommandClass::set},
    {StatementKind::use, CommandClass::use},
    {StatementKind::begin, CommandClass::begin},
    {StatementKind::start_transaction, CommandClass::start_transaction},
    {StatementKind::commit, CommandClass::commit},
    {StatementKind::rollback, CommandClass::rollback},
    {StatementKind::savepoint, CommandClass::unknown, true},
    {StatementKind::xa, CommandClass::unknown},
    {StatementKind::lock_tables, CommandClass::lock_table},
    {StatementKind::unlock_tables, CommandClass::unlock_tables},
    {StatementKind::flush, CommandClass::flush},
    {StatementKind::show, CommandClass::show, true},
    {StatementKind::explain, CommandClass::explain},
    {StatementKind::describe, CommandClass::describe},
    {StatementKind::prepare, CommandClass::prepare},
    {StatementKind::execute, CommandClass::execute},
    {StatementKind::deallocate, CommandClass::deallocate},
    {StatementKind::create_temporary_table, CommandClass::create_temporary},
    {StatementKind::drop_temporary_table, CommandClass::drop_table},
    {StatementKind::ddl, CommandClass::unknown, true},
    {StatementKind::admin, CommandClass::unknown, true},
    {StatementKind::maintenance, CommandClass::unknown, true},
    {StatementKind::kill, CommandClass::kill},
    {StatementKind::other, CommandClass::unknown},
};
static_assert(std::size(kKinds) == kStatementKinds);
static_assert([] {
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    if (kKinds[i].kind != static_cast<StatementKind>(i)) return false;
  }
  return true;
}());

// The first words of a statement: its verb, and what it is about (empty: anything).
struct Phrase {
  std::string_view verb;
  std::string_view object;
  CommandClass command;
};
constexpr Phrase kPhrases[] = {
    {"alter", "table", CommandClass::alter_table},
    {"alter", "view", CommandClass::alter_view},
    {"analyze", "table", CommandClass::analyze_table},
    {"change", "master", CommandClass::change_master},
    {"change", "replication", CommandClass::change_master},
    {"create", "temporary", CommandClass::create_temporary},
    {"create", "database", CommandClass::create_database},
    {"create", "schema", CommandClass::create_database},
    {"create", "index", CommandClass::create_index},
    {"create", "table", CommandClass::create_table},
    {"create", "trigger", CommandClass::create_trigger},
    {"create", "user", CommandClass::create_user},
    {"create", "view", CommandClass::create_view},
    {"drop", "database", CommandClass::drop_database},
    {"drop", "schema", CommandClass::drop_database},
    {"drop", "index", CommandClass::drop_index},
    {"drop", "table", CommandClass::drop_table},
    {"drop", "trigger", CommandClass::drop_trigger},
    {"drop", "user", CommandClass::drop_user},
    {"drop", "view", CommandClass::drop_view},
    {"grant", "", CommandClass::grant},
    {"optimize", "", CommandClass::optimize},
    {"purge", "", CommandClass::purge},
    {"release", "savepoint", CommandClass::release_savepoint},
    {"rename", "table", CommandClass::rename_table},
    {"rename", "tables", CommandClass::rename_table},
    {"reset", "master", CommandClass::reset_master},
    {"reset", "binary", CommandClass::reset_master},
    {"reset", "slave", CommandClass::reset_slave},
    {"reset", "replica", CommandClass::reset_slave},
    {"revoke", "", CommandClass::revoke},
    {"rollback", "", CommandClass::rollback_savepoint},
    {"savepoint", "", CommandClass::savepoint},
    {"show", "", CommandClass::show},
    {"truncate", "", CommandClass::truncate_table},
};

// CREATE OR REPLACE ALGORITHM = MERGE DEFINER = `a`@`b` SQL SECURITY DEFINER VIEW: what it is about stands
// within the first tokens.
constexpr int kTokensLookedAt = 20;

// Objects without a class of their own; what follows them is a name.
bool is_other_object(const Token& token) {
  return token.is_any({Word::event, Word::function, Word::instance, Word::package, Word::plugin,
                       Word::procedure, Word::role, Word::sequence, Word::server, Word::tablespace,
                       Word::user});
}

CommandClass class_by_words(std::string_view sql, LexMode mode) {
  Lexer lexer(sql, mode);
  const std::string_view verb = lexer.next().text;
  CommandClass of_verb = CommandClass::unknown;
  for (const Phrase& phrase : kPhrases) {
    if (phrase.object.empty() && equals_caseless(verb, phrase.verb)) of_verb = phrase.command;
  }
  for (int i = 0; of_verb == CommandClass::unknown && i < kTokensLookedAt; ++i) {
    const Token token = lexer.next();
    if (token.kind == TokenKind::end) break;
    if (token.kind != TokenKind::word) continue;
    for (const Phrase& phrase : kPhrases) {
      if (equals_caseless(token.text, phrase.object) && equals_caseless(verb, phrase.verb))
        return phrase.command;
    }
    if (is_other_object(token)) break;
  }
  return of_verb;
}

bool is_table_status(std::string_view sql, LexMode mode) {
  Lexer lexer(sql, mode);
  return lexer.next().is(Word::show) && lexer.next().is(Word::table) && lexer.next().is(Word::status);
}

}  // namespace

CommandClass command_class(const Statement& statement, std::string_view sql, LexMode mode) {
  const KindRow& row = kKinds[static_cast<std::size_t>(statement.kind)];
  if (row.by_words) {
    return is_table_status(sql, mode) ? CommandClass::show_table_status : class_by_words(sql, mode);
  }
  if (row.command == CommandClass::select && statement.has(Trait::locking))
    return CommandClass::select_for_update;
  return row.command;
}

std::string_view to_text(CommandClass command) {
  return kNames[static_cast<std::size_t>(command)];
}

}  // namespace weir
