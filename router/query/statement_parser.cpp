#include "router/query/statement_parser.hpp"

namespace weir {
namespace {

using Verb = StatementParser::Verb;
using Kind = StatementKind;

bool begins_query(const Token& token) {
  return token.symbol == '(' || token.is_any({Word::select, Word::with, Word::values, Word::table,
                                              Word::insert, Word::update, Word::delete_, Word::replace});
}

bool is_name(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::quoted_name;
}

}  // namespace

void StatementParser::skip_parentheses() {
  int depth = 0;
  do {
    if (scan_.current().symbol == '(') ++depth;
    if (scan_.current().symbol == ')') --depth;
    scan_.advance();
  } while (depth > 0 && !scan_.at_end());
}

// WITH [RECURSIVE] name [(columns)] AS (query) [, ...] body.
Verb StatementParser::parse_with() {
  scan_.context.in_with = true;
  scan_.context.names_columns = true;
  scan_.advance();
  scan_.take(Word::recursive);
  while (is_name(scan_.current()) && !begins_query(scan_.current())) {
    scan_.advance();
    if (scan_.current().symbol == '(') skip_parentheses();
    if (!scan_.current().is(Word::as) || scan_.next().symbol != '(') return {Kind::with, Reason::unparsable};
    scan_.context.names_columns = false;
    scan_.advance();
    skip_parentheses();
    if (!scan_.current().is(',')) break;
    scan_.context.names_columns = true;
    scan_.advance();
  }
  scan_.context.names_columns = false;
  while (scan_.current().symbol == '(') scan_.advance();
  // A second WITH here is no SQL, and would let a text choose the depth of our stack.
  if (!begins_query(scan_.current()) || scan_.current().is(Word::with))
    return {Kind::with, Reason::unparsable};
  Verb body = parse_verb();
  if (body.reason == Reason::not_a_read) body.reason = Reason::writes_in_cte;
  return body;
}

// Up to where a list of values or a query begins: until then, name ( is a table and its columns.
void StatementParser::skip_column_names() {
  scan_.context.names_columns = true;
  while (!scan_.at_end() && !scan_.current().is(';') &&
         !scan_.current().is_any({Word::values, Word::value, Word::select, Word::set, Word::with})) {
    scan_.advance();
  }
  scan_.context.names_columns = false;
}

Verb StatementParser::parse_insert() {
  skip_column_names();
  return {Kind::insert, Reason::not_a_read};
}

Verb StatementParser::parse_replace() {
  skip_column_names();
  return {Kind::replace, Reason::not_a_read};
}

Verb StatementParser::parse_set() {
  scan_.context.assigns_with_equals = true;
  scan_.context.has_accounts = true;  // SET PASSWORD FOR user@host
  return {Kind::set, Reason::session_statement};
}

Verb StatementParser::parse_use() {
  scan_.advance();
  const Token name = scan_.current();
  const bool whole = scan_.next().kind == TokenKind::end || scan_.next().is(';');
  if (is_name(name) && whole && !scan_.in_doubt()) schema_ = name.text;
  return {Kind::use, Reason::session_statement};
}

// Those that describe replicated objects are reads; all others speak of one server or one connection.
Verb StatementParser::parse_show() {
  scan_.context.keywords_are_names = true;
  scan_.context.has_accounts = true;
  scan_.advance();
  while (scan_.take(Word::full) || scan_.take(Word::extended)) {
  }
  const Verb read{Kind::show, Reason::none};
  const Verb of_server{Kind::show, Reason::show_of_server};
  const Token& object = scan_.current();
  if (object.is_any({Word::tables, Word::columns, Word::fields, Word::index, Word::indexes, Word::keys,
                     Word::databases, Word::schemas, Word::triggers, Word::collation, Word::charset,
                     Word::character})) {
    return read;
  }
  if (object.is_any({Word::table, Word::procedure, Word::function})) {
    return scan_.next().is(Word::status) ? read : of_server;
  }
  if (object.is(Word::create)) {
    return scan_.next().is_any({Word::user, Word::event, Word::server}) ? of_server : read;
  }
  if (object.is_any({Word::warnings, Word::errors, Word::count})) scan_.add(Trait::shows_diagnostics);
  const Token& variables = object.is_any({Word::session, Word::local}) ? scan_.next() : object;
  if (equals_caseless(variables.text, "variables")) scan_.add(Trait::calls_last_insert_id);  // one of them
  return of_server;
}

// FORMAT = JSON, which calls nothing if a parenthesis follows.
void StatementParser::skip_format() {
  scan_.context.names_columns = true;
  for (int words = 0; words < 3; ++words) scan_.advance();
  scan_.context.names_columns = false;
}

// EXPLAIN [ANALYZE | EXTENDED | PARTITIONS] [FORMAT = x] [INTO @v] [FOR SCHEMA s] statement, or DESCRIBE
// table.
Verb StatementParser::parse_explain() {
  const bool describe = !scan_.current().is(Word::explain);
  bool executed = false;
  scan_.advance();
  while (!begins_query(scan_.current())) {
    if (scan_.current().is(Word::analyze)) {
      executed = true;
      scan_.advance();
    } else if (scan_.current().is(Word::extended) || scan_.current().is(Word::partitions)) {
      if (scan_.next().kind == TokenKind::end) break;  // a table of that name
      scan_.advance();
    } else if (scan_.current().is(Word::format) && scan_.next().is('=')) {
      skip_format();
    } else if (scan_.current().is(Word::into) ||
               (scan_.current().is(Word::for_) && !scan_.next().is(Word::connection))) {
      scan_.advance();
      if (scan_.current().is(Word::schema) || scan_.current().is(Word::database)) scan_.advance();
      scan_.advance();
    } else {
      break;
    }
  }
  if (begins_query(scan_.current())) return parse_explained(executed);
  if (scan_.current().is(Word::for_)) return {Kind::explain, Reason::show_of_server};
  scan_.context.keywords_are_names = true;
  if (executed || !is_name(scan_.current()) || is_verb(scan_.current().word)) {
    return {Kind::explain, Reason::unparsable};
  }
  scan_.advance();
  while (scan_.current().is('.')) {
    scan_.advance();
    scan_.advance();
  }
  if (!scan_.at_end() && !scan_.current().is(';')) scan_.advance();  // a column, or a pattern of columns
  const bool whole = scan_.at_end() || scan_.current().is(';');
  return {describe ? Kind::describe : Kind::explain, whole ? Reason::none : Reason::unparsable};
}

// MariaDB: ANALYZE [FORMAT = JSON] statement runs it. ANALYZE TABLE is maintenance.
Verb StatementParser::parse_analyze() {
  const bool table = scan_.next().is(Word::table);
  scan_.advance();
  if (scan_.current().is(Word::format) && scan_.next().is('=')) skip_format();
  if (!table && begins_query(scan_.current())) return parse_explained(true);
  return {Kind::maintenance, Reason::not_a_read};
}

// The current token begins the statement to explain: its access is the explanation's.
Verb StatementParser::parse_explained(bool executed) {
  executes_explained_ = executed;
  while (scan_.current().symbol == '(') scan_.advance();
  if (!begins_query(scan_.current())) return {Kind::explain, Reason::unparsable};
  const Verb explained = parse_verb();
  if (executed && (explained.kind == Kind::insert || explained.kind == Kind::replace))
    analyzes_insert_ = true;
  return {Kind::explain, explained.reason};
}

Verb StatementParser::parse_call() {
  scan_.context.sets_arguments = true;
  return {Kind::call, Reason::not_a_read};
}

// LOAD DATA, LOAD XML, LOAD INDEX INTO CACHE.
Verb StatementParser::parse_load() {
  scan_.context.sets_arguments = true;
  scan_.advance();
  if (scan_.current().is(Word::index)) return {Kind::maintenance, Reason::not_a_read};
  if (!scan_.take(Word::data) && !scan_.take(Word::xml)) return {Kind::other, Reason::unparsable};
  loads_data_ = true;
  while (scan_.current().kind == TokenKind::word) {  // LOW_PRIORITY, CONCURRENT, LOCAL, INFILE
    if (scan_.current().is(Word::local)) scan_.add(Trait::local_infile);
    scan_.advance();
  }
  return {Kind::load_data, Reason::not_a_read};
}

Verb StatementParser::parse_handler() {
  while (!scan_.at_end() && !scan_.current().is(';')) {
    if (scan_.current().is(Word::open)) scan_.add(Trait::handler_opened);
    if (scan_.current().is(Word::close)) scan_.add(Trait::handler_closed);
    scan_.advance();
  }
  return {Kind::handler, Reason::session_statement};
}

Verb StatementParser::parse_prepare() {
  scan_.add(Trait::text_prepared);
  return {Kind::prepare, Reason::session_statement};
}

Verb StatementParser::parse_deallocate() {
  scan_.add(Trait::text_deallocated);
  return {Kind::deallocate, Reason::session_statement};
}

Verb StatementParser::parse_get() {  // GET DIAGNOSTICS @a = NUMBER
  scan_.context.assigns_with_equals = true;
  scan_.add(Trait::shows_diagnostics);
  return {Kind::other, Reason::session_statement};
}

}  // namespace weir
