#include "router/query/statement.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "router/query/statement_parser.hpp"

namespace weir {
namespace {

using Verb = StatementParser::Verb;
using Kind = StatementKind;

// A verb: what it makes of the statement, or who looks further.
struct VerbRow {
  Word word;
  Verb verb;
  Verb (StatementParser::*parse)() = nullptr;
};

constexpr Verb read(Kind kind) {
  return {kind, Reason::none};
}
constexpr Verb write(Kind kind) {
  return {kind, Reason::not_a_read};
}
constexpr Verb session(Kind kind) {
  return {kind, Reason::session_statement};
}

constexpr VerbRow kVerbs[] = {
    {Word::select, read(Kind::select)},
    {Word::values, read(Kind::values)},
    {Word::table, read(Kind::table)},
    {Word::with, {}, &StatementParser::parse_with},
    {Word::insert, {}, &StatementParser::parse_insert},
    {Word::update, write(Kind::update)},
    {Word::delete_, write(Kind::delete_)},
    {Word::replace, {}, &StatementParser::parse_replace},
    {Word::do_, write(Kind::do_)},
    {Word::call, {}, &StatementParser::parse_call},
    {Word::load, {}, &StatementParser::parse_load},
    {Word::handler, {}, &StatementParser::parse_handler},
    {Word::set, {}, &StatementParser::parse_set},
    {Word::use, {}, &StatementParser::parse_use},
    {Word::show, {}, &StatementParser::parse_show},
    {Word::explain, {}, &StatementParser::parse_explain},
    {Word::describe, {}, &StatementParser::parse_explain},
    {Word::desc, {}, &StatementParser::parse_explain},
    {Word::analyze, {}, &StatementParser::parse_analyze},
    {Word::begin, {}, &StatementParser::parse_begin},
    {Word::start, {}, &StatementParser::parse_start},
    {Word::commit, {}, &StatementParser::parse_commit},
    {Word::rollback, {}, &StatementParser::parse_rollback},
    {Word::savepoint, {}, &StatementParser::parse_savepoint},
    {Word::release, {}, &StatementParser::parse_release},
    {Word::xa, {}, &StatementParser::parse_xa},
    {Word::lock, {}, &StatementParser::parse_lock},
    {Word::unlock, {}, &StatementParser::parse_unlock},
    {Word::flush, {}, &StatementParser::parse_flush},
    {Word::prepare, {}, &StatementParser::parse_prepare},
    {Word::execute, session(Kind::execute)},
    {Word::deallocate, {}, &StatementParser::parse_deallocate},
    {Word::create, {}, &StatementParser::parse_create},
    {Word::alter, {}, &StatementParser::parse_alter},
    {Word::drop, {}, &StatementParser::parse_drop},
    {Word::rename, {}, &StatementParser::parse_rename},
    {Word::truncate, write(Kind::ddl)},
    {Word::grant, {}, &StatementParser::parse_grant},
    {Word::revoke, {}, &StatementParser::parse_grant},
    {Word::get, {}, &StatementParser::parse_get},
    {Word::optimize, write(Kind::maintenance)},
    {Word::repair, write(Kind::maintenance)},
    {Word::check, write(Kind::maintenance)},
    {Word::checksum, write(Kind::maintenance)},
    {Word::cache, write(Kind::maintenance)},
    {Word::kill, session(Kind::kill)},
    {Word::backup, {}, &StatementParser::parse_backup},
    {Word::binlog, write(Kind::admin)},
    {Word::change, write(Kind::admin)},
    {Word::clone, write(Kind::admin)},
    {Word::import, write(Kind::admin)},
    {Word::install, write(Kind::admin)},
    {Word::purge, write(Kind::admin)},
    {Word::reset, write(Kind::admin)},
    {Word::restart, write(Kind::admin)},
    {Word::shutdown, write(Kind::admin)},
    {Word::stop, write(Kind::admin)},
    {Word::uninstall, write(Kind::admin)},
    {Word::signal, session(Kind::other)},
    {Word::resignal, session(Kind::other)},
};

constexpr std::size_t kWords = static_cast<std::size_t>(Word::xml) + 1;

// For each word its row in kVerbs, counted from 1; 0 if it is no verb.
constexpr std::array<std::uint8_t, kWords> kVerbOfWord = [] {
  std::array<std::uint8_t, kWords> rows{};
  std::uint8_t number = 0;
  for (const VerbRow& row : kVerbs) rows[static_cast<std::size_t>(row.word)] = ++number;
  return rows;
}();

constexpr Access kAccess[] = {
    Access::read,     // none
    Access::write,    // not_a_read
    Access::write,    // transaction_control
    Access::write,    // session_statement
    Access::write,    // locking_read
    Access::write,    // into
    Access::write,    // assigns_user_variable
    Access::unknown,  // reads_user_variable
    Access::unknown,  // reads_system_variable
    Access::unknown,  // last_insert_id
    Access::unknown,  // found_rows
    Access::unknown,  // row_count
    Access::write,    // get_lock
    Access::unknown,  // connection_id
    Access::write,    // sequence
    Access::unknown,  // unknown_function
    Access::unknown,  // stored_function
    Access::unknown,  // acts_on_server
    Access::write,    // writes_in_cte
    Access::unknown,  // explain_analyze
    Access::unknown,  // show_of_server
    Access::unknown,  // procedure
    Access::unknown,  // conditional_comment
    Access::unknown,  // multi_statement
    Access::unknown,  // unparsable
};
static_assert(std::size(kAccess) == kReasons);

}  // namespace

Statement classify(std::string_view sql, LexMode mode, const RoutineScope* routines) {
  return StatementParser(sql, mode, routines).parse();
}

bool looks_like_read(const Statement& statement) {
  constexpr Kind kReads[] = {Kind::select, Kind::values,  Kind::table,   Kind::with,
                             Kind::show,   Kind::explain, Kind::describe};
  return std::ranges::find(kReads, statement.kind) != std::end(kReads);
}

std::string_view find_unknown_function(std::string_view sql, LexMode mode, const RoutineScope* routines) {
  StatementParser parser(sql, mode, routines);
  parser.parse();
  return parser.unknown_function();
}

Statement StatementParser::parse() {
  const Verb verb = parse_one();
  Reason reason = reason_of(verb);
  if (executes_explained_ && reason != Reason::none) reason = Reason::explain_analyze;
  if (scan_.current().is(';')) scan_.advance();
  if (!scan_.at_end()) {
    scan_.add(Trait::multi_statement);
    if (reason == Reason::none) reason = Reason::multi_statement;
    while (!scan_.at_end()) {  // for the traits
      parse_one();
      if (scan_.current().is(';')) scan_.advance();
    }
  }
  if (scan_.malformed() && reason == Reason::none) reason = Reason::unparsable;

  Statement statement;
  statement.kind = verb.kind;
  statement.reason = reason;
  statement.access = kAccess[static_cast<std::size_t>(reason)];
  statement.traits = scan_.traits();
  statement.first_comment = scan_.first_comment();
  statement.in_doubt = scan_.in_doubt();
  const bool hidden = verb.kind == Kind::set || statement.has(Trait::multi_statement);
  statement.hides_insert_id = analyzes_insert_ || (hidden && (loads_data_ || scan_.names_returning()));
  if (verb.kind == Kind::use) statement.schema = schema_;
  return statement;
}

// One statement, up to its `;` or the end.
Verb StatementParser::parse_one() {
  scan_.context = {};
  while (scan_.current().symbol == '(') scan_.advance();
  const Verb verb = parse_verb();
  if (verb.kind == Kind::ddl || verb.kind == Kind::admin || verb.kind == Kind::maintenance) {
    scan_.add(Trait::implicit_commit);
  }
  skip_to_end_of_statement();
  return verb;
}

Verb StatementParser::parse_verb() {
  if (scan_.at_end() || scan_.current().is(';')) return {Kind::empty, Reason::unparsable};
  if (scan_.current().conditional) conditional_verb_ = true;
  const std::size_t number = kVerbOfWord[static_cast<std::size_t>(scan_.current().word)];
  if (number == 0) return {Kind::other, Reason::unparsable};
  const VerbRow& row = kVerbs[number - 1];
  return row.parse == nullptr ? row.verb : (this->*row.parse)();
}

bool StatementParser::is_verb(Word word) {
  return kVerbOfWord[static_cast<std::size_t>(word)] != 0;
}

void StatementParser::skip_to_end_of_statement() {
  while (!scan_.at_end() && !scan_.current().is(';')) {
    scan_.advance();
    scan_.skip_values();
  }
}

Reason StatementParser::reason_of(const Verb& verb) const {
  if (verb.kind == Kind::do_ && scan_.evidence() != Reason::none) return scan_.evidence();
  if (verb.reason != Reason::none) return verb.reason;
  return conditional_verb_ ? Reason::conditional_comment : scan_.evidence();
}

}  // namespace weir
