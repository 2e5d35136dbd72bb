// Statements about transactions, locks and objects.
#include "router/query/statement_parser.hpp"

namespace weir {
namespace {

using Verb = StatementParser::Verb;
using Kind = StatementKind;

constexpr Verb transaction(Kind kind) {
  return {kind, Reason::transaction_control};
}

}  // namespace

Verb StatementParser::parse_begin() {
  scan_.advance();
  scan_.take(Word::work);
  // MariaDB: BEGIN NOT ATOMIC, and in its Oracle mode any block.
  if (!scan_.at_end() && !scan_.current().is(';')) return {Kind::other, Reason::not_a_read};
  scan_.add(Trait::starts_transaction);
  return transaction(Kind::begin);
}

// START TRANSACTION [READ ONLY | READ WRITE | WITH CONSISTENT SNAPSHOT] [, ...]; START REPLICA.
Verb StatementParser::parse_start() {
  scan_.advance();
  if (!scan_.take(Word::transaction)) return {Kind::admin, Reason::not_a_read};
  scan_.add(Trait::starts_transaction);
  while (!scan_.at_end() && !scan_.current().is(';')) {
    const bool read_only = scan_.current().is(Word::read) && scan_.next().is(Word::only);
    if (read_only && !scan_.in_doubt()) scan_.add(Trait::transaction_read_only);
    if (scan_.current().is(Word::snapshot)) scan_.add(Trait::consistent_snapshot);
    scan_.advance();
  }
  return transaction(Kind::start_transaction);
}

Verb StatementParser::parse_commit() {
  return parse_transaction_end(Kind::commit);
}

Verb StatementParser::parse_rollback() {
  return parse_transaction_end(Kind::rollback);
}

// COMMIT [WORK] [AND [NO] CHAIN] [[NO] RELEASE]; ROLLBACK the same, or ROLLBACK [WORK] TO [SAVEPOINT] name.
Verb StatementParser::parse_transaction_end(StatementKind kind) {
  scan_.advance();
  scan_.take(Word::work);
  if (kind == Kind::rollback && scan_.current().is(Word::to)) return transaction(Kind::savepoint);
  bool negated = false;
  while (!scan_.at_end() && !scan_.current().is(';')) {
    if (scan_.current().is(Word::chain) && !negated) scan_.add(Trait::transaction_chain);
    const bool releases = scan_.current().is(Word::release) && !negated;
    if (releases && !scan_.in_doubt()) scan_.add(Trait::transaction_release);
    negated = scan_.current().is(Word::no);
    scan_.advance();
  }
  scan_.add(Trait::ends_transaction);
  return transaction(kind);
}

Verb StatementParser::parse_savepoint() {
  return transaction(Kind::savepoint);
}

Verb StatementParser::parse_release() {
  return scan_.next().is(Word::savepoint) ? transaction(Kind::savepoint) : Verb{};
}

Verb StatementParser::parse_xa() {
  scan_.advance();
  if (scan_.current().is(Word::start) || scan_.current().is(Word::begin))
    scan_.add(Trait::starts_transaction);
  if (scan_.current().is(Word::commit) || scan_.current().is(Word::rollback))
    scan_.add(Trait::ends_transaction);
  return transaction(Kind::xa);
}

Verb StatementParser::parse_lock() {
  scan_.add(Trait::tables_locked);
  scan_.add(Trait::implicit_commit);
  return {Kind::lock_tables, Reason::session_statement};
}

Verb StatementParser::parse_unlock() {
  scan_.add(Trait::tables_unlocked);
  return {Kind::unlock_tables, Reason::session_statement};
}

// FLUSH TABLES [t] {WITH READ LOCK | FOR EXPORT} holds locks until UNLOCK TABLES; other kinds do not.
Verb StatementParser::parse_flush() {
  scan_.add(Trait::implicit_commit);
  while (!scan_.at_end() && !scan_.current().is(';')) {
    const bool read_lock = scan_.current().is(Word::with) && scan_.next().is(Word::read);
    const bool exports = scan_.current().is(Word::for_) && scan_.next().is(Word::export_);
    if (read_lock || exports) scan_.add(Trait::tables_locked);
    scan_.advance();
  }
  return {Kind::flush, Reason::not_a_read};
}

// MariaDB: BACKUP LOCK table, BACKUP STAGE START hold locks until BACKUP UNLOCK, BACKUP STAGE END.
Verb StatementParser::parse_backup() {
  scan_.advance();
  const bool stage = equals_caseless(scan_.current().text, "stage");
  const Token& what = stage ? scan_.next() : scan_.current();
  const bool ends = stage ? equals_caseless(what.text, "end") : what.is(Word::unlock);
  scan_.add(ends ? Trait::tables_unlocked : Trait::tables_locked);
  return {Kind::admin, Reason::not_a_read};
}

// [DEFINER = account] EVENT, up to its last word. Its schedule is worked out at once: what stands before a
// parenthesis there is called. False, and little or nothing taken, of anything else.
bool StatementParser::take_definer_of_event() {
  constexpr int kLongestDefiner = 5;  // DEFINER = CURRENT_USER ( ), DEFINER = user @host
  if (equals_caseless(scan_.current().text, "definer")) {
    scan_.context.names_columns = true;
    for (int i = 0; i < kLongestDefiner && !scan_.current().is(Word::event); ++i) scan_.advance();
    scan_.context.names_columns = false;
  }
  return scan_.current().is(Word::event);
}

// CREATE, ALTER or DROP of the object that the current token names: accounts and servers are administration.
Verb StatementParser::parse_definition(StatementKind kind) {
  scan_.context.has_accounts = true;
  const Token& object = scan_.current();
  const bool admin = object.is(Word::user) || object.is(Word::role) || object.is(Word::server) ||
                     object.is(Word::instance) || object.is(Word::plugin);
  if (!take_definer_of_event()) skip_column_names();
  return {admin ? Kind::admin : kind, Reason::not_a_read};
}

Verb StatementParser::parse_create() {
  scan_.context.has_accounts = true;  // DEFINER = user@host
  scan_.advance();
  if (scan_.take(Word::or_)) scan_.take(Word::replace);
  if (!scan_.take(Word::temporary)) return parse_definition(Kind::ddl);
  scan_.add(Trait::temporary_table_created);
  skip_column_names();
  return {Kind::create_temporary_table, Reason::not_a_read};
}

Verb StatementParser::parse_alter() {
  scan_.advance();
  return parse_definition(Kind::ddl);
}

Verb StatementParser::parse_drop() {
  scan_.advance();
  if (scan_.take(Word::prepare)) {
    scan_.add(Trait::text_deallocated);
    return {Kind::deallocate, Reason::session_statement};
  }
  if (!scan_.take(Word::temporary)) return parse_definition(Kind::ddl);
  scan_.add(Trait::temporary_table_dropped);
  return {Kind::drop_temporary_table, Reason::not_a_read};
}

Verb StatementParser::parse_rename() {
  scan_.advance();
  return parse_definition(Kind::ddl);
}

Verb StatementParser::parse_grant() {
  scan_.context.has_accounts = true;
  scan_.context.keywords_are_names = true;
  return {Kind::admin, Reason::not_a_read};
}

}  // namespace weir
