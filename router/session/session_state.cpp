#include "router/session/session_state.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "protocol/base/number_text.hpp"
#include "protocol/wire/charsets.hpp"
#include "protocol/wire/status.hpp"

namespace weir {
namespace {

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.front() == '\'') return text.substr(1, text.size() - 2);
  return text;
}

// Calls `each` with the parts of a list, blanks trimmed.
template <class Each>
void for_each_word(std::string_view list, Each each) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view word = list.substr(0, comma);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    each(word);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

// Modes that include ANSI_QUOTES, as words and as bits of the number that sql_mode also is.
constexpr std::array<std::string_view, 7> kAnsiModes = {"ansi_quotes", "ansi",   "db2",       "maxdb",
                                                        "mssql",       "oracle", "postgresql"};
constexpr std::uint64_t kAnsiBits = 4 | 256 | 512 | 1024 | 2048 | 4096 | 262144;
constexpr std::uint64_t kNoBackslashEscapesBit = 1048576;

void read_sql_mode(std::string_view text, LexMode& mode) {
  mode.ansi_quotes = mode.no_backslash_escapes = false;
  if (const auto number = to_integer<std::uint64_t>(text)) {
    mode.ansi_quotes = (*number & kAnsiBits) != 0;
    mode.no_backslash_escapes = (*number & kNoBackslashEscapesBit) != 0;
    return;
  }
  for_each_word(text, [&](std::string_view word) {
    // Of an expression that appends, too: CONCAT(@@global.sql_mode,',ANSI').
    while (!word.empty() && (word.back() == ')' || word.back() == '\'')) word.remove_suffix(1);
    while (!word.empty() && word.front() == '\'') word.remove_prefix(1);
    for (std::string_view ansi : kAnsiModes) mode.ansi_quotes |= equals_caseless(word, ansi);
    mode.no_backslash_escapes |= equals_caseless(word, "no_backslash_escapes");
  });
}

std::string_view flag_name(std::string_view flag) {
  return flag.substr(0, flag.find('='));
}

// The flags of `before` overlaid with those of `change`; both and the result in quotes. `change` may begin
// anew with the word default. An empty text, here as everywhere, is a value that is not known.
std::string merge_flags(std::string_view before, std::string_view change) {
  if (!change.starts_with('\'') || (!before.empty() && !before.starts_with('\''))) return {};
  std::vector<std::string_view> flags;
  const auto overlay = [&](std::string_view flag) {
    if (flag.empty()) return;
    if (equals_caseless(flag, "default")) return flags.clear();
    for (std::string_view& known : flags) {
      if (flag_name(known) == flag_name(flag)) {
        known = flag;
        return;
      }
    }
    flags.push_back(flag);
  };
  for_each_word(unquoted(before), overlay);
  for_each_word(unquoted(change), overlay);
  std::string merged = "'";
  for (std::string_view flag : flags) {
    if (merged.size() > 1) merged += ',';
    merged += flag;
  }
  merged += '\'';
  return merged.size() > kMaxReplayText ? std::string{} : merged;
}

// Of a character set's or a collation's name, or of collated()'s text without its first quote.
std::string_view charset_part(std::string_view name) {
  const std::string_view charset = name.substr(0, name.find_first_of("_'"));
  return charset == "utf8" ? "utf8mb3" : charset;
}

}  // namespace

void SessionState::start(std::string_view user, std::string_view schema, std::uint16_t collation) {
  user_ = user;
  role_.clear();
  schema_ = schema;
  login_collation_ = collation;
  reset(AfterReset::charset_of_login);
}

void SessionState::reset(AfterReset charset) {
  variables_.clear();
  others_.clear();
  user_variables_.clear();
  emptied_user_variables_ = 0;
  next_ = {};
  autocommit_ = (login_status_ & kStatusAutocommit) != 0;
  last_insert_id_ = 0;
  lex_mode_ = {};
  const KnownVariables& known = known_variables();
  if (charset == AfterReset::charset_of_login) {
    set_charset_of_login();
  } else if (charset == AfterReset::charset_unknown) {
    for (VariableIndex row :
         {known.character_set_client, known.character_set_results, known.collation_connection}) {
      assign(row, {});
    }
  }
  changed();
}

void SessionState::set_charset_of_login() {
  variables_.reserve(3);  // most sessions never set another
  const KnownVariables& known = known_variables();
  const Collation* collation = find_collation(login_collation_);
  const std::string charset = collation == nullptr ? std::string{} : quoted(collation->charset->name);
  assign(known.character_set_client, charset);
  // What MySQL 8 and later take for utf8mb4 without more words: MariaDB does not know it by name, and has its
  // own.
  if (login_collation_ == kCollationUtf8mb4Mysql8) {
    assign(known.character_set_results, charset);
    assign(known.character_set_connection, charset);
  } else if (collation == nullptr) {
    assign(known.character_set_results, {});
    assign(known.collation_connection, {});
  } else {
    assign(known.character_set_results, collated(collation->charset->name, collation->name));
    assign(known.collation_connection, quoted(collation->name));
  }
}

void SessionState::apply(const Effect& effect) {
  for (const Change& change : effect.changes) {
    switch (change.form) {
      case Change::Form::value:
        set_value(change);
        break;
      case Change::Form::appended:
        append(change);
        break;
      case Change::Form::default_:
        erase(change.variable);
        break;
      case Change::Form::learnt:
        assign(change.variable, {});
        break;
    }
  }
  for (const OtherVariable& variable : effect.others) others_.set(variable);
  apply_to_next_transaction(effect);
  if (effect.autocommit) autocommit_ = *effect.autocommit;
  if (!effect.role.empty()) role_ = effect.role;
  if (effect.last_insert_id) last_insert_id_ = *effect.last_insert_id;
  for (const UserVariable& variable : effect.user_variables)
    user_variables_.set(variable.name, variable.text);
  changed();
}

// A characteristic that is set for the session holds for the next transaction, too.
void SessionState::apply_to_next_transaction(const Effect& effect) {
  const KnownVariables& known = known_variables();
  if (effect.changes_variable(known.isolation)) next_.isolation = NextTransaction::Isolation::of_session;
  if (effect.changes_variable(known.access_mode)) next_.access = NextTransaction::Access::of_session;
  next_.overlay(effect.next_transaction);
  if (effect.runs_statement) end_next_transaction(Ended::perhaps);
  if (next_.nothing_said()) next_ = {};
}

void SessionState::end_next_transaction(Ended ended) {
  if (ended == Ended::no || next_.none()) return;
  NextTransaction next = next_;
  next.doubtful = true;
  set_next_transaction(ended == Ended::yes ? NextTransaction{} : next);
}

void SessionState::set_next_transaction(const NextTransaction& next) {
  twins_ = 0;
  next_ = next;
}

void SessionState::set_value(const Change& change) {
  const bool flags = tracked_variable(change.variable).kind == VariableKind::flags;
  if (!flags || !change.value.starts_with('\'')) return assign(change.variable, change.value);
  const std::string* before = find(change.variable);
  const bool unknown = before != nullptr && before->empty();
  const std::string merged = merge_flags(before == nullptr ? "" : *before, change.value);
  if (merged == "''" && !unknown) return erase(change.variable);
  assign(change.variable, unknown ? std::string{} : merged);
}

// CONCAT(@@sql_mode, ',ANSI'): the value so far takes the place of the variable, so that the text means the
// same on a connection that has another.
void SessionState::append(const Change& change) {
  const std::string* before = find(change.variable);
  const std::string_view name = tracked_variable(change.variable).name;
  const std::string so_far = before != nullptr ? *before : "@@global." + std::string(name);
  std::string text;
  for (char c : change.value) {
    if (c == kSelf) {
      text += so_far;
    } else {
      text += c;
    }
  }
  assign(change.variable, so_far.empty() || text.size() > kMaxReplayText ? std::string{} : text);
}

bool SessionState::apply_tracked(std::string_view name, std::string_view value, const Effect* of_statement) {
  const std::optional<VariableIndex> row = find_tracked_variable(name);
  if (!row) return of_statement != nullptr && of_statement->changes_other(name);
  const KnownVariables& known = known_variables();
  const TrackedVariable& variable = tracked_variable(*row);
  if (variable.following == Following::by_server || *row == known.last_insert_id) return true;
  if (variable.following == Following::pins) return of_statement != nullptr;
  if (*row == known.autocommit) {
    set_autocommit(value == "ON" || value == "1");
    return true;
  }
  const std::string* current = find(*row);
  const bool set_by_statement = of_statement != nullptr && of_statement->changes_variable(*row);
  if (set_by_statement && (current == nullptr || !current->empty())) return true;
  if (*row == known.character_set_connection) return learn_connection_charset(value);
  std::string text;
  if (*row == known.character_set_results && value.empty()) {
    text = "NULL";
  } else if (!replay_text(variable, value, text)) {
    return false;
  }
  if (current != nullptr && charset_part(unquoted(*current)) == charset_part(value) &&
      (*row == known.character_set_client || *row == known.character_set_results)) {
    return true;  // utf8 by either name
  }
  assign(*row, text);
  changed();
  return true;
}

// The tracker names the character set and not the collation: only another character set says something new,
// and then its default collation is the best that can be known.
bool SessionState::learn_connection_charset(std::string_view charset) {
  const KnownVariables& known = known_variables();
  for (VariableIndex row : {known.character_set_connection, known.collation_connection}) {
    const std::string* current = find(row);
    if (current == nullptr) continue;
    if (current->empty()) return true;  // remains unknown: the collation is what is missing
    if (charset_part(unquoted(*current)) == charset_part(charset)) return true;
  }
  std::string text;
  if (!replay_text(tracked_variable(known.character_set_connection), charset, text)) return false;
  assign(known.character_set_connection, text);
  changed();
  return true;
}

void SessionState::learn(const VariableValue& value) {
  assign(value.variable, value.text);
  changed();
}

void SessionState::learn(const UserVariable& variable) {
  twins_ = 0;
  if (variable.text.empty()) return user_variables_.forget(variable.name);
  user_variables_.set(variable.name, variable.text);
}

bool SessionState::note_user_variables(std::string_view sql, LexMode mode) {
  twins_ = 0;
  return weir::note_user_variables(sql, mode, user_variables_);
}

void SessionState::forget_unknown_user_variables() {
  twins_ = 0;
  user_variables_.forget_unknown();
}

void SessionState::set_schema(std::string_view schema) {
  twins_ = 0;
  schema_ = schema;
}

void SessionState::set_autocommit(bool on) {
  if (autocommit_ == on) return;
  twins_ = 0;
  autocommit_ = on;
}

void SessionState::learn_status(std::uint16_t status) {
  set_autocommit((status & kStatusAutocommit) != 0);
  const bool literal = (status & kStatusNoBackslashEscapes) != 0;
  if (literal == lex_mode_.no_backslash_escapes) return;
  lex_mode_.no_backslash_escapes = literal;
  if (find(known_variables().sql_mode) == nullptr) login_status_ ^= kStatusNoBackslashEscapes;
}

void SessionState::set_login_status(std::uint16_t status) {
  login_status_ = status & (kStatusAutocommit | kStatusNoBackslashEscapes | kStatusAnsiQuotes);
  if (find(known_variables().sql_mode) == nullptr) read_login_status();
}

void SessionState::read_login_status() {
  lex_mode_.ansi_quotes = (login_status_ & kStatusAnsiQuotes) != 0;
  lex_mode_.no_backslash_escapes = (login_status_ & kStatusNoBackslashEscapes) != 0;
}

void SessionState::doubt_role() {
  role_ = '\0';
  changed();
}

void SessionState::take_role(const SessionState& other) {
  role_ = other.role_;
  changed();
}

void SessionState::take_variables(const SessionState& other) {
  for (const UserVariable& variable : user_variables_.all()) {
    if (other.user_variables_.find(variable.name) == nullptr) ++emptied_user_variables_;
  }
  variables_ = other.variables_;
  others_ = other.others_;
  user_variables_ = other.user_variables_;
  autocommit_ = other.autocommit_;
  changed();
}

void SessionState::forget_flags() {
  std::erase_if(variables_, [](const VariableValue& value) {
    return tracked_variable(value.variable).kind == VariableKind::flags;
  });
  changed();
}

const std::string* SessionState::find(VariableIndex variable) const {
  for (const VariableValue& value : variables_) {
    if (value.variable == variable) return &value.text;
  }
  return nullptr;
}

bool SessionState::same_variables(const SessionState& other) const {
  return hash_ == other.hash_ && autocommit_ == other.autocommit_ && settled_ && other.settled_ &&
         variables_ == other.variables_ && others_ == other.others_ && role_ == other.role_ &&
         user_variables_.settled() && other.user_variables_.settled() &&
         user_variables_.same_as(other.user_variables_);
}

bool SessionState::compares_equal(const SessionState& other) const {
  static std::atomic<std::uint64_t> last_number{0};  // states are copied from thread to thread
  if (!same_variables(other) || next_ != other.next_ || user_ != other.user_ || schema_ != other.schema_)
    return false;
  // The lower one, so that all that are equal to each other come to the same.
  std::uint64_t number = std::min(twins_, other.twins_);
  if (number == 0) number = std::max(twins_, other.twins_);
  if (number == 0) number = last_number.fetch_add(1, std::memory_order_relaxed) + 1;
  twins_ = other.twins_ = number;
  return true;
}

void SessionState::assign(VariableIndex variable, std::string_view text) {
  erase(variable);
  const auto at = std::lower_bound(variables_.begin(), variables_.end(), variable,
                                   [](const VariableValue& a, VariableIndex b) { return a.variable < b; });
  variables_.insert(at, {variable, std::string(text)});
}

// With the others of its group, which it overwrites.
void SessionState::erase(VariableIndex variable) {
  const std::uint8_t group = tracked_variable(variable).group;
  std::erase_if(variables_, [&](const VariableValue& value) {
    return value.variable == variable || (group != 0 && tracked_variable(value.variable).group == group);
  });
}

// Brings up to date what is derived from variables_, and ends what is known of other states.
void SessionState::changed() {
  twins_ = 0;
  constexpr std::uint64_t kPrime = 1099511628211u;
  std::uint64_t hash = 14695981039346656037u;
  const auto add = [&](std::string_view text) {
    for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  };
  settled_ = true;
  for (const VariableValue& value : variables_) {
    hash = (hash ^ value.variable) * kPrime;
    add(value.text);
    settled_ &= !value.text.empty();
  }
  for (const OtherVariable& variable : others_.all()) {
    add(variable.name);
    add(variable.text);
  }
  add(role_);
  hash_ = hash;
  const KnownVariables& known = known_variables();
  const std::string* sql_mode = find(known.sql_mode);
  if (sql_mode == nullptr) {
    read_login_status();
  } else if (!sql_mode->empty()) {
    read_sql_mode(unquoted(*sql_mode), lex_mode_);
  }
  const std::string* charset = find(known.character_set_client);
  lex_mode_.multibyte = charset == nullptr ? Multibyte::none : multibyte_of(unquoted(*charset));
}

}  // namespace weir
