#include "router/query/token_scan.hpp"

#include <algorithm>
#include <array>

#include "router/query/function.hpp"

namespace weir {
namespace {

// "@@session.x" -> "x"
std::string_view variable_name(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  return without_quotes(text.substr(dot == std::string_view::npos ? 2 : dot + 1));
}

// The words that look_at_keyword() knows.
constexpr std::array<bool, static_cast<std::size_t>(Word::xml) + 1> kRevealing = [] {
  std::array<bool, static_cast<std::size_t>(Word::xml) + 1> revealing{};
  for (const Word word : {Word::from, Word::table, Word::into, Word::for_, Word::lock,
                          Word::sql_calc_found_rows, Word::procedure, Word::next, Word::previous,
                          Word::update, Word::delete_, Word::insert, Word::replace, Word::returning}) {
    revealing[static_cast<std::size_t>(word)] = true;
  }
  return revealing;
}();

// Words that precede a parenthesis in the body of a stored function only: control flow, and types of
// variables.
constexpr std::string_view kRoutineWords[] = {
    "bigint",   "bit",  "blob",    "datetime",  "dec",       "elseif", "enum",
    "fixed",    "int",  "integer", "mediumint", "real",      "return", "set",
    "smallint", "text", "tinyint", "until",     "varbinary", "while",
};

bool is_word_of_routines(std::string_view text) {
  return std::ranges::any_of(kRoutineWords,
                             [&](std::string_view word) { return equals_caseless(text, word); });
}

bool is_lock_function(FunctionKind kind) {
  return kind == FunctionKind::takes_lock || kind == FunctionKind::releases_lock ||
         kind == FunctionKind::tests_lock;
}

}  // namespace

void TokenScan::advance() {
  Token* const oldest = previous_;
  previous_ = current_;
  current_ = next_;
  next_ = oldest;
  lexer_.read(*next_);
  look();
}

void TokenScan::look() {
  if (current_->kind == TokenKind::word) return look_at_word();
  switch (current_->kind) {
    case TokenKind::quoted_name:
      if (next_->symbol == '(') look_at_call();
      return;
    case TokenKind::user_variable:
      return look_at_user_variable();
    case TokenKind::system_variable:
      return look_at_system_variable();
    case TokenKind::symbol:
      if (current_->symbol != ',') after_into_ = false;
      if (current_->symbol == '.') look_at_dot();
      return;
    case TokenKind::end:
    case TokenKind::word:
    case TokenKind::string:
    case TokenKind::number:
    case TokenKind::parameter:
      return;
  }
}

void TokenScan::look_at_word() {
  if (next_->symbol == '(') look_at_call();
  if (current_->word != Word::none) return look_at_keyword();
  if (previous_->symbol == '.' &&
      (equals_caseless(current_->text, "nextval") || equals_caseless(current_->text, "currval"))) {
    note_sequence();  // sql_mode=ORACLE of MariaDB
  }
}

void TokenScan::look_at_keyword() {
  after_into_ = false;
  if (!kRevealing[static_cast<std::size_t>(current_->word)]) return;
  if (previous_->symbol == '.' || context.keywords_are_names) return;
  const Word word = current_->word;
  if (word == Word::from || word == Word::table) {
    traits_.add(Trait::uses_tables);
  } else if (word == Word::into) {
    look_at_into();
  } else if ((word == Word::for_ && (next_->is(Word::update) || next_->is(Word::share))) ||
             (word == Word::lock && next_->is(Word::in))) {
    traits_.add(Trait::locking);
    note(Reason::locking_read);
  } else if (word == Word::sql_calc_found_rows) {
    traits_.add(Trait::sql_calc_found_rows);
    note(Reason::found_rows);
  } else if (word == Word::procedure) {
    note(Reason::procedure);
  } else if (word == Word::returning) {
    names_returning_ = true;
  } else if ((word == Word::next || word == Word::previous) && next_->is(Word::value)) {
    note_sequence();
  } else {
    note_write(word);
  }
}

// It is read like a table, and written.
void TokenScan::note_sequence() {
  traits_.add(Trait::uses_tables);
  note(Reason::sequence);
}

void TokenScan::look_at_into() {
  after_into_ = true;
  const bool file = equals_caseless(next_->text, "outfile") || equals_caseless(next_->text, "dumpfile");
  if (!context.in_routine || file) note(Reason::into);
}

void TokenScan::look_at_dot() {
  const bool name = previous_->kind == TokenKind::word || previous_->kind == TokenKind::quoted_name;
  const bool qualified = previous_->text.data() == after_dot_;
  qualifier_ = name && !qualified ? without_quotes(previous_->text) : std::string_view();
  after_dot_ = next_->text.data();
}

// Verbs that write, where a read has none: in common table expressions (of other databases, and of the
// future).
void TokenScan::note_write(Word word) {
  const bool function = next_->symbol == '(';
  const bool writes = word == Word::update || word == Word::delete_ ||
                      ((word == Word::insert || word == Word::replace) && !function);
  if (writes) note(context.in_with ? Reason::writes_in_cte : Reason::unparsable);
}

// Words that are no functions where they stand, though they may be elsewhere: MATCH (a) AGAINST (, '$'
// COLUMNS (, MEMBER OF (, AS OF (.
bool TokenScan::continues_operand() const {
  if (previous_->is(')')) return equals_caseless(current_->text, "against");
  if (previous_->kind == TokenKind::string) return equals_caseless(current_->text, "columns");
  return current_->is(Word::of) && (equals_caseless(previous_->text, "member") || previous_->is(Word::as));
}

void TokenScan::look_at_call() {
  if (context.names_columns || previous_->is(Word::as)) return;  // x AS t (a, b), CAST(x AS CHAR (5))
  if (continues_operand()) return;
  const bool plain = current_->kind == TokenKind::word && previous_->symbol != '.';
  FunctionKind kind = plain ? find_function(current_->text, family_) : FunctionKind::unknown;
  if (current_->conditional != next_->conditional) note(Reason::conditional_comment);
  if (kind == FunctionKind::pure_if_adjacent) {
    const bool adjacent = current_->text.data() + current_->text.size() == next_->text.data();
    kind = adjacent ? FunctionKind::pure : FunctionKind::unknown;
  }
  if (is_lock_function(kind)) note(Reason::get_lock);
  switch (kind) {
    case FunctionKind::pure:
    case FunctionKind::pure_if_adjacent:
    case FunctionKind::syntax:
    case FunctionKind::tests_lock:
      return;
    case FunctionKind::unknown:
      if (current_->kind == TokenKind::quoted_name) look_at_quoted_call();
      return look_at_stored_call();
    case FunctionKind::last_insert_id:
      traits_.add(Trait::calls_last_insert_id);
      return note(Reason::last_insert_id);
    case FunctionKind::found_rows:
      traits_.add(Trait::calls_found_rows);
      return note(Reason::found_rows);
    case FunctionKind::row_count:
      traits_.add(Trait::calls_row_count);
      return note(Reason::row_count);
    case FunctionKind::takes_lock:
      return traits_.add(Trait::named_lock_taken);
    case FunctionKind::releases_lock:
      return traits_.add(Trait::named_lock_released);
    case FunctionKind::connection_id:
      traits_.add(Trait::connection_id);
      return note(Reason::connection_id);
    case FunctionKind::sequence:
      return note_sequence();
    case FunctionKind::acts_on_server:
      return note(Reason::acts_on_server);
  }
}

// In quotes it is the built-in function all the same, and does to the connection what that does. For anything
// else the name is one that is not known.
void TokenScan::look_at_quoted_call() {
  if (previous_->symbol == '.') return;
  switch (find_function(without_quotes(current_->text), family_)) {
    case FunctionKind::last_insert_id:
      return traits_.add(Trait::calls_last_insert_id);
    case FunctionKind::found_rows:
      return traits_.add(Trait::calls_found_rows);
    case FunctionKind::row_count:
      return traits_.add(Trait::calls_row_count);
    case FunctionKind::takes_lock:
      return traits_.add(Trait::named_lock_taken);
    case FunctionKind::releases_lock:
      return traits_.add(Trait::named_lock_released);
    case FunctionKind::unknown:
    case FunctionKind::pure:
    case FunctionKind::pure_if_adjacent:
    case FunctionKind::syntax:
    case FunctionKind::tests_lock:
    case FunctionKind::connection_id:
    case FunctionKind::sequence:
    case FunctionKind::acts_on_server:
      return;
  }
}

void TokenScan::look_at_stored_call() {
  if (context.in_routine && is_word_of_routines(current_->text)) return;
  const StoredCall call = routines_ == nullptr ? StoredCall::unknown : find_stored();
  if (call == StoredCall::reads) {
    traits_.add(Trait::uses_tables);
    return traits_.add(Trait::calls_stored_function);
  }
  traits_.add(Trait::calls_unknown_function);
  if (unknown_function_.empty()) unknown_function_ = current_->text;
  note(call == StoredCall::may_write ? Reason::stored_function : Reason::unknown_function);
}

// The current token is a name before a parenthesis, and as it stands no built-in function's.
StoredCall TokenScan::find_stored() const {
  const RoutineCatalog* catalog = routines_->catalog();
  if (catalog == nullptr) return StoredCall::unknown;
  const std::string_view name = without_quotes(current_->text);
  if (previous_->symbol == '.') return catalog->find_qualified(qualifier_, name);
  // In quotes it still is the built-in function, if there is one.
  const bool built_in =
      current_->kind == TokenKind::quoted_name && find_function(name, family_) != FunctionKind::unknown;
  return built_in ? StoredCall::unknown : catalog->find_unqualified(routines_->schema, name);
}

void TokenScan::look_at_user_variable() {
  if (context.has_accounts && is_account()) return;
  const bool assigned = next_->symbol == ':' || (context.assigns_with_equals && next_->is('='));
  if (assigned || after_into_ || context.sets_arguments) {
    traits_.add(Trait::sets_user_variable);
    note(Reason::assigns_user_variable);
  }
  if (!assigned && !after_into_) {
    traits_.add(Trait::reads_user_variable);
    note(Reason::reads_user_variable);
  }
}

// Is the token the @host of user@host? A word that may precede an expression (ORDER BY@a) is no user.
bool TokenScan::is_account() const {
  const bool adjacent = previous_->text.data() + previous_->text.size() == current_->text.data();
  if (!adjacent) return false;
  if (previous_->kind == TokenKind::string || previous_->kind == TokenKind::quoted_name) return true;
  return previous_->kind == TokenKind::word && !previous_->is(Word::into) && !previous_->is(Word::set) &&
         find_function(previous_->text, family_) != FunctionKind::syntax;
}

void TokenScan::look_at_system_variable() {
  if (context.assigns_with_equals && (next_->is('=') || next_->symbol == ':')) return;
  traits_.add(Trait::reads_system_variable);
  const std::string_view name = variable_name(current_->text);
  if (equals_caseless(name, "identity") || equals_caseless(name, "last_insert_id")) {
    traits_.add(Trait::calls_last_insert_id);
    return note(Reason::last_insert_id);
  }
  if (equals_caseless(name, "warning_count") || equals_caseless(name, "error_count")) {
    traits_.add(Trait::shows_diagnostics);
  }
  note(Reason::reads_system_variable);
}

}  // namespace weir
