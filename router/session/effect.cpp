#include "router/session/effect.hpp"

#include <algorithm>

#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

void pin(Effect& effect, Pin reason, std::string_view cause) {
  effect.pins.add(reason);
  if (!effect.cause.empty()) effect.cause += ", ";
  effect.cause += cause;
}

void change(Effect& effect, VariableIndex variable, Change::Form form, std::string value = {}) {
  effect.changes.push_back({variable, form, std::move(value)});
}

// "TRUE" and "off" are the numbers that the server takes them for.
std::string_view canonical(VariableKind variable, ValueKind kind, std::string_view text) {
  const bool word = kind == ValueKind::keyword;
  if (word && equals_caseless(text, "true")) return "1";
  if (word && equals_caseless(text, "false")) return "0";
  if (variable != VariableKind::boolean) return {};
  if (equals_caseless(text, "on") || (kind == ValueKind::number && text == "1")) return "1";
  if (equals_caseless(text, "off") || (kind == ValueKind::number && text == "0")) return "0";
  return {};
}

// The text that replays the value; empty if there is none that reads the same everywhere.
std::string literal(VariableKind variable, const Assignment& set) {
  if (set.value.size() > kMaxReplayText) return {};
  if (set.kind == ValueKind::null) return "NULL";
  if (set.kind == ValueKind::number) {
    const std::string_view known = canonical(variable, set.kind, set.value);
    return std::string(known.empty() ? set.value : known);
  }
  std::string text;
  if (!plain_text(set.value, text)) return {};
  const std::string_view known = canonical(variable, set.kind, text);
  return known.empty() ? quoted(text) : std::string(known);
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// CONCAT of plain strings and the variable itself, as drivers add to sql_mode: an expression that can be
// replayed.
class Appending {
 public:
  Appending(std::string_view sql, VariableIndex variable) : lexer_(sql, LexMode{}), variable_(variable) {}

  // The text to replay, kSelf in place of the variable; empty if it is something else.
  std::string parse() {
    advance();
    const bool whole = concat(0) && current_.kind == TokenKind::end && !lexer_.malformed();
    return whole && text_.size() <= kMaxReplayText ? text_ : std::string{};
  }

 private:
  static constexpr int kMaxDepth = 8;

  void advance() { current_ = lexer_.next(); }
  bool accept(char symbol) {
    if (current_.kind != TokenKind::symbol || !current_.is(symbol)) return false;
    text_ += symbol;
    advance();
    return true;
  }

  bool concat(int depth) {
    if (depth > kMaxDepth || current_.kind != TokenKind::word || !equals_caseless(current_.text, "concat"))
      return false;
    text_ += "CONCAT";
    advance();
    if (!accept('(')) return false;
    do {
      if (!argument(depth)) return false;
    } while (accept(','));
    return accept(')');
  }

  bool argument(int depth) {
    if (current_.kind == TokenKind::word) return concat(depth + 1);
    if (current_.kind == TokenKind::system_variable) {
      std::string_view name = current_.text.substr(2);
      for (std::string_view scope : {"session.", "local."}) {
        if (equals_caseless(name.substr(0, scope.size()), scope)) name.remove_prefix(scope.size());
      }
      if (find_tracked_variable(name) != variable_) return false;
      text_ += kSelf;
    } else {
      std::string plain;
      if (current_.kind != TokenKind::string || !plain_text(current_.text, plain)) return false;
      text_ += quoted(plain);
    }
    advance();
    return true;
  }

  Lexer lexer_;
  Token current_;
  VariableIndex variable_;
  std::string text_;
};

void assign_expression(Effect& effect, VariableIndex index, std::string_view expression) {
  // Servers work out all values before they set the first: an earlier assignment would not be in @@sql_mode
  // yet. And a backslash or another character set might hide where a string ends.
  const bool plain =
      tracked_variable(index).kind == VariableKind::text && !effect.changes_variable(index) &&
      std::all_of(expression.begin(), expression.end(), [](char c) { return c > 0 && c != '\\'; });
  std::string text = plain ? Appending(expression, index).parse() : std::string{};
  if (text.empty()) return change(effect, index, Change::Form::learnt);
  change(effect, index, Change::Form::appended, std::move(text));
}

// What a SET of max_join_size makes of sql_big_selects.
void change_other_row(Effect& effect, const TrackedVariable& variable) {
  constexpr std::string_view kGreatest = "18446744073709551615";
  const Change::Form form = effect.changes.back().form;
  const bool on = effect.changes.back().value == kGreatest;
  change(effect, *find_tracked_variable(variable.also_sets), form,
         form == Change::Form::value ? (on ? "1" : "0") : "");
}

void assign_row(Effect& effect, VariableIndex index, const Assignment& set) {
  const TrackedVariable& variable = tracked_variable(index);
  if (set.kind == ValueKind::expression) return assign_expression(effect, index, set.value);
  if (set.kind == ValueKind::default_) {
    if (variable.default_text.empty()) return change(effect, index, Change::Form::default_);
    return change(effect, index, Change::Form::value, "DEFAULT");  // whatever that is there
  }
  std::string text = literal(variable.kind, set);
  if (text.empty()) return pin(effect, Pin::unknown_set, set.name);
  const bool charset = variable.name.starts_with("character_set_") || variable.name.starts_with("collation_");
  change(effect, index, Change::Form::value,
         charset && text != "NULL" ? lower(std::move(text)) : std::move(text));
}

void assign(Effect& effect, VariableIndex index, const Assignment& set) {
  const std::size_t before = effect.changes.size();
  assign_row(effect, index, set);
  const TrackedVariable& variable = tracked_variable(index);
  if (!variable.also_sets.empty() && effect.changes.size() > before) change_other_row(effect, variable);
}

// utf8mb4 for NAMES utf8mb4 COLLATE uca1400_ai_ci: MariaDB lets the character set be understood.
std::string full_collation(const std::string& charset, const std::string& collation) {
  if (collation.starts_with("uca1400_")) return charset + "_" + collation;
  return collation;
}

void set_names(Effect& effect, const Assignment& set) {
  const KnownVariables& known = known_variables();
  if (set.kind == ValueKind::default_) {
    change(effect, known.character_set_client, Change::Form::default_);
    change(effect, known.character_set_results, Change::Form::default_);
    change(effect, known.collation_connection, Change::Form::default_);
    return;
  }
  std::string charset;
  std::string collation;
  const bool plain =
      plain_text(set.value, charset) && (set.collation.empty() || plain_text(set.collation, collation));
  if (!plain || charset.size() > 64 || collation.size() > 64) return pin(effect, Pin::unknown_set, set.name);
  charset = lower(std::move(charset));
  change(effect, known.character_set_client, Change::Form::value, quoted(charset));
  if (collation.empty()) {
    change(effect, known.character_set_results, Change::Form::value, quoted(charset));
    change(effect, known.character_set_connection, Change::Form::value, quoted(charset));
    return;
  }
  const std::string full = full_collation(charset, lower(std::move(collation)));
  change(effect, known.character_set_results, Change::Form::value, collated(charset, full));
  change(effect, known.collation_connection, Change::Form::value, quoted(full));
}

// Client and results are named; the connection's collation becomes that of the current schema, which has to
// be read back.
void set_character_set(Effect& effect, const Assignment& set) {
  const KnownVariables& known = known_variables();
  assign(effect, known.character_set_client, set);
  assign(effect, known.character_set_results, set);
  change(effect, known.collation_connection, Change::Form::learnt);
}

// By the name or the number of its place. Nothing: only the server knows.
NextTransaction::Isolation named_isolation(std::string_view text) {
  using Isolation = NextTransaction::Isolation;
  constexpr std::string_view kNames[] = {"read-uncommitted", "read-committed", "repeatable-read",
                                         "serializable"};
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    const bool number = text.size() == 1 && text[0] == static_cast<char>('0' + i);
    if (number || equals_caseless(text, kNames[i])) return static_cast<Isolation>(i + 1);
  }
  return Isolation::of_session;
}

// Of the next transaction only.
void set_next_transaction(Effect& effect, VariableIndex index, const Assignment& set) {
  using Access = NextTransaction::Access;
  NextTransaction& next = effect.next_transaction;
  std::string text(set.value);
  const bool literal =
      set.kind == ValueKind::number ||
      ((set.kind == ValueKind::string || set.kind == ValueKind::keyword) && plain_text(set.value, text));
  if (literal && index == known_variables().isolation) {
    next.isolation = named_isolation(text);
    if (next.isolation != NextTransaction::Isolation::of_session) return;
  } else if (literal) {
    const std::string_view known = canonical(VariableKind::boolean, set.kind, text);
    if (!known.empty()) next.access = known == "1" ? Access::read_only : Access::read_write;
    if (!known.empty()) return;
  }
  pin(effect, Pin::one_shot_transaction, set.name);
}

// The session's characteristic, or that of the next transaction only.
void set_transaction(Effect& effect, VariableIndex index, const Assignment& set) {
  if (set.scope == SetScope::unscoped) return set_next_transaction(effect, index, set);
  assign(effect, index, set);
}

void set_autocommit(Effect& effect, const Assignment& set) {
  std::string text;
  if (set.kind == ValueKind::number) {
    text = set.value;
  } else if (set.kind != ValueKind::string && set.kind != ValueKind::keyword) {
    return;  // the status flags of the reply tell
  } else if (!plain_text(set.value, text)) {
    return;
  }
  const std::string_view known = canonical(VariableKind::boolean, set.kind, text);
  if (!known.empty()) effect.autocommit = known == "1";
}

void set_last_insert_id(Effect& effect, const Assignment& set) {
  const auto id = set.kind == ValueKind::number ? to_integer<std::uint64_t>(set.value) : std::nullopt;
  if (!id) return pin(effect, Pin::unknown_set, set.name);
  effect.last_insert_id = *id;
}

// A variable of which nothing is known but that the server has it, if it answers OK.
void set_other(Effect& effect, const Assignment& set) {
  std::string text;
  if (set.kind != ValueKind::default_ && set.kind != ValueKind::expression)
    text = literal(VariableKind::text, set);
  const bool carried =
      OtherVariables::carries(set.name) && (set.kind == ValueKind::default_ || !text.empty());
  if (!carried) return pin(effect, Pin::unknown_set, set.name);
  effect.others.push_back({lower(std::string(set.name)), std::move(text)});
}

void set_variable(Effect& effect, const Assignment& set, bool alone) {
  const KnownVariables& known = known_variables();
  const std::optional<VariableIndex> index = find_tracked_variable(set.name);
  if (!index) return set_other(effect, set);
  if (*index == known.autocommit) return set_autocommit(effect, set);
  if (*index == known.last_insert_id) return set_last_insert_id(effect, set);
  if (*index == known.isolation || *index == known.access_mode) {
    // In a list, an earlier SESSION may count for @@name, or not: servers differ.
    if (set.scope == SetScope::unscoped && !alone) return pin(effect, Pin::unknown_set, set.name);
    return set_transaction(effect, *index, set);
  }
  if (tracked_variable(*index).following != Following::replayed)
    return pin(effect, Pin::unknown_set, set.name);
  assign(effect, *index, set);
}

// Names and words that read the same everywhere, in and out of quotes.
bool plain_role(std::string_view text) {
  constexpr std::size_t kLongest = 1024;
  return !text.empty() && text.size() <= kLongest && text.find("--") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view("_$%@,.-'` ").find(c) != std::string_view::npos;
         });
}

void set_role(Effect& effect, const Assignment& set) {
  if (!plain_role(set.value)) return pin(effect, Pin::role, set.name);
  effect.role = set.value;
}

// Of several, all must be literals: another's expression may read what stands before it.
void set_user_variable(Effect& effect, const Assignment& set) {
  std::optional<std::string> text = user_variable_text(set.value);
  const bool carried = text && !effect.pins.has(Pin::user_variables) &&
                       UserVariables{}.set(without_quotes(set.name.substr(1)), *text);
  if (carried) {
    effect.user_variables.push_back({std::string(without_quotes(set.name.substr(1))), std::move(*text)});
    return;
  }
  effect.user_variables.clear();
  pin(effect, Pin::user_variables, set.name);
}

void add(Effect& effect, const Assignment& set, bool alone) {
  if (set.scope == SetScope::global) return;
  switch (set.target) {
    case SetTarget::variable:
      return set_variable(effect, set, alone);
    case SetTarget::user_variable:
      return set_user_variable(effect, set);
    case SetTarget::names:
      return set_names(effect, set);
    case SetTarget::character_set:
      return set_character_set(effect, set);
    case SetTarget::isolation:
      return set_transaction(effect, known_variables().isolation, set);
    case SetTarget::access_mode:
      return set_transaction(effect, known_variables().access_mode, set);
    case SetTarget::role:
      return set_role(effect, set);
    case SetTarget::account:
      return;
  }
}

// What FOR is followed by is a statement of its own kind. Of what it leaves in the session, only the id of an
// INSERT is reported; and how quotes and backslashes are read is not known here.
bool leaves_nothing(std::string_view body) {
  if (body.find_first_of("\\\"") != std::string_view::npos) return false;
  const Statement statement = classify(body, LexMode{});
  const bool changes_rows = statement.kind == StatementKind::insert ||
                            statement.kind == StatementKind::update ||
                            statement.kind == StatementKind::delete_;
  return statement.access == Access::read ||
         (changes_rows && !statement.has(Trait::sets_user_variable) &&
          !statement.has(Trait::named_lock_taken) && !statement.has(Trait::multi_statement));
}

}  // namespace

bool Effect::changes_variable(VariableIndex variable) const {
  for (const Change& change : changes) {
    if (change.variable == variable) return true;
  }
  return false;
}

bool Effect::changes_other(std::string_view name) const {
  return std::ranges::find(others, name, &OtherVariable::name) != others.end();
}

Effect effect_of(const SetStatement& set) {
  Effect effect;
  if (!set.understood()) pin(effect, Pin::unknown_set, set.not_understood.substr(0, 64));
  if (!set.body.empty()) {
    effect.runs_statement = true;
    if (!leaves_nothing(set.body)) pin(effect, Pin::hidden_state, "SET STATEMENT ... FOR");
    return effect;
  }
  for (const Assignment& assignment : set.assignments) add(effect, assignment, set.assignments.size() == 1);
  return effect;
}

}  // namespace weir
