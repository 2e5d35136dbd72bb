#include "router/session/user_variables.hpp"

#include <algorithm>

#include "protocol/base/number_text.hpp"

namespace weir {
namespace {

// Strings up to this long are carried.
constexpr std::size_t kMaxBytes = 1024;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         c == '.';
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_plain);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::string> integer_text(std::string_view value, bool is_unsigned) {
  if (!all_digits(value.substr(value.starts_with('-') ? 1 : 0))) return std::nullopt;
  return "CAST(" + std::string(value) + (is_unsigned ? " AS UNSIGNED)" : " AS SIGNED)");
}

// As which servers show a variable that holds a string.
constexpr ColumnType kTextTypes[] = {ColumnType::var_string, ColumnType::string, ColumnType::varchar,
                                     ColumnType::tiny_blob,  ColumnType::blob,   ColumnType::medium_blob,
                                     ColumnType::long_blob};

std::optional<std::string> string_text(std::string_view hex, std::string_view collation) {
  if (hex.size() > 2 * kMaxBytes || !is_word(collation)) return std::nullopt;
  if (hex.find_first_not_of("0123456789ABCDEF") != std::string_view::npos) return std::nullopt;
  const std::string bytes = " X'" + std::string(hex) + "'";
  if (collation == "binary") return "_binary" + bytes;
  const std::string charset(collation.substr(0, collation.find('_')));
  return "_" + charset + bytes + " COLLATE " + std::string(collation);
}

}  // namespace

std::vector<UserVariable>::iterator UserVariables::place_of(std::string_view name) {
  return std::ranges::lower_bound(variables_, name, {}, &UserVariable::name);
}

bool UserVariables::set(std::string_view name, std::string_view text) {
  if (!is_word(name)) return false;
  const std::string key = lower(name);
  const auto place = place_of(key);
  if (place != variables_.end() && place->name == key) {
    place->text = text;
  } else if (variables_.size() >= kMost) {
    return false;
  } else {
    variables_.insert(place, {key, std::string(text)});
  }
  changed();
  return true;
}

void UserVariables::forget(std::string_view name) {
  const std::string key = lower(name);
  std::erase_if(variables_, [&](const UserVariable& variable) { return variable.name == key; });
  changed();
}

const std::string* UserVariables::find(std::string_view name) const {
  const auto place = std::ranges::lower_bound(variables_, name, {}, &UserVariable::name);
  return place != variables_.end() && place->name == name ? &place->text : nullptr;
}

void UserVariables::clear() {
  variables_.clear();
  changed();
}

void UserVariables::forget_unknown() {
  std::erase_if(variables_, [](const UserVariable& variable) { return variable.text.empty(); });
  changed();
}

void UserVariables::changed() {
  constexpr std::uint64_t kPrime = 1099511628211u;
  settled_ = true;
  hash_ = 0;
  for (const UserVariable& variable : variables_) {
    for (const std::string_view part : {std::string_view(variable.name), std::string_view(variable.text)}) {
      for (const char c : part) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * kPrime;
      hash_ = (hash_ ^ 0x100) * kPrime;
    }
    settled_ &= !variable.text.empty();
  }
}

bool note_user_variables(std::string_view sql, LexMode mode, UserVariables& variables) {
  bool all = true;
  Lexer lexer(sql, mode);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (token.kind != TokenKind::user_variable) continue;
    all = variables.set(without_quotes(token.text.substr(1)), {}) && all;
  }
  return all;
}

std::size_t count_user_variables(std::string_view sql, LexMode mode) {
  std::size_t count = 0;
  Lexer lexer(sql, mode);
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next())
    count += token.kind == TokenKind::user_variable;
  return count;
}

std::optional<std::string> user_variable_text(std::string_view literal) {
  if (!all_digits(literal) || literal.size() > 18) return std::nullopt;
  return std::string(literal);
}

std::optional<std::string> user_variable_text(SimpleQuery::Kind kind, std::string_view value,
                                              std::string_view hex, std::string_view collation) {
  if (kind.type == ColumnType::longlong) return integer_text(value, (kind.flags & kColumnUnsigned) != 0);
  if (kind.type == ColumnType::new_decimal) {
    if (value.find_first_not_of("-0123456789.") != std::string_view::npos || !to_double(value))
      return std::nullopt;
    return std::string(value);
  }
  if (kind.type == ColumnType::double_real) {
    if (value.find_first_not_of("-+0123456789.eE") != std::string_view::npos || !to_double(value))
      return std::nullopt;
    const bool has_exponent = value.find_first_of("eE") != std::string_view::npos;
    return std::string(value) + (has_exponent ? "" : "e0");
  }
  const bool is_text = std::ranges::find(kTextTypes, kind.type) != std::end(kTextTypes);
  return is_text ? string_text(hex, collation) : std::nullopt;
}

std::string written_user_variable(std::string_view name) {
  return "@`" + std::string(name) + "`";
}

}  // namespace weir
