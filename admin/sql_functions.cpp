#include "admin/sql_functions.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "protocol/auth/stored_secret.hpp"

namespace weir {
namespace {

using Arguments = std::span<const Cell>;
using Value = Result<Cell, std::string>;

// ---- passwords

Value hash_native(Arguments arguments) {
  return Cell(native_hash_text(*arguments[0]));
}

Value hash_sha2_with(std::string_view password, std::string_view salt) {
  auto text = sha2_hash_text(password, salt);
  if (text) return Cell(std::move(*text));
  return std::unexpected("caching_sha2_password takes at most 256 bytes of password and 20 bytes of salt");
}

Value hash_sha2(Arguments arguments) {
  return hash_sha2_with(*arguments[0], random_salt());
}

Value hash_sha2_salted(Arguments arguments) {
  return hash_sha2_with(*arguments[0], *arguments[1]);
}

// ---- texts

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

// The C library's search takes time in proportion to the sum of both sizes, whatever they hold.
std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from) {
  const void* found = ::memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

Value instr(Arguments arguments) {
  const std::string_view text = *arguments[0];
  const auto position = find_text(text, *arguments[1], 0);
  if (position == std::string_view::npos) return Cell("0");
  return Cell(std::to_string(std::ranges::count_if(text.substr(0, position), begins_character) + 1));
}

Value replace(Arguments arguments) {
  const std::string_view text = *arguments[0], old = *arguments[1], fresh = *arguments[2];
  if (old.empty()) return arguments[0];
  std::string result;
  std::size_t done = 0;
  for (auto at = find_text(text, old, 0); at != std::string_view::npos; at = find_text(text, old, done)) {
    result.append(text.substr(done, at - done)).append(fresh);
    done = at + old.size();
    if (result.size() > Store::kMaxTextBytes) return std::unexpected("string or blob too big");
  }
  return Cell(result.append(text.substr(done)));
}

enum Side { left = 1, right = 2, both = 3 };

// Characters are looked for one by one: what is to be trimmed may not be long.
template <Side side>
Value trim(Arguments arguments) {
  constexpr std::size_t kMostBytes = 200;
  std::string_view text = *arguments[0], set = *arguments[1];
  if (set.size() > kMostBytes) return std::unexpected("more than 200 bytes to trim");
  std::vector<std::string_view> characters;
  while (!set.empty()) {
    std::size_t size = 1;
    while (size < set.size() && !begins_character(set[size])) ++size;
    characters.push_back(set.substr(0, size));
    set.remove_prefix(size);
  }
  const auto strip = [&](auto at_end, auto remove) {
    for (auto found = characters.begin(); found != characters.end();) {
      found = std::ranges::find_if(characters, at_end);
      if (found != characters.end()) remove(found->size());
    }
  };
  if ((side & left) != 0) {
    strip([&](std::string_view c) { return text.starts_with(c); }, [&](auto n) { text.remove_prefix(n); });
  }
  if ((side & right) != 0) {
    strip([&](std::string_view c) { return text.ends_with(c); }, [&](auto n) { text.remove_suffix(n); });
  }
  return Cell(text);
}

// ---- patterns

// What one match may take, as the product of both lengths: some hundredths of a second. The clock is looked
// at between matches.
std::string refusal_of_match(const std::string& pattern, const std::string& text) {
  constexpr std::size_t kMostSteps = std::size_t{1} << 26;
  if (pattern.size() > Store::kMaxPatternBytes) return "LIKE or GLOB pattern too complex";
  if (pattern.size() * text.size() > kMostSteps) return "the text is too long for so long a pattern";
  return {};
}

// The number of a text's only character.
std::optional<unsigned> only_character(std::string_view text) {
  if (text.empty() || !begins_character(text[0]) || std::ranges::count_if(text, begins_character) != 1)
    return std::nullopt;
  const unsigned first = static_cast<unsigned char>(text[0]);
  unsigned number = first < 0xc0   ? first
                    : first < 0xe0 ? first & 0x1f
                    : first < 0xf0 ? first & 0x0f
                                   : first & 0x07;
  for (const char c : text.substr(1)) number = number << 6 | (static_cast<unsigned char>(c) & 0x3f);
  return number;
}

// A wildcard that is the escape character is none. SQLite's comparison, called by itself, takes it for one:
// the pattern gets another escape character.
constexpr char kOwnEscape = '\x01';
std::string with_own_escape(std::string_view pattern, char escape) {
  std::string result;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool escapes = pattern[i] == escape;
    if (escapes || pattern[i] == kOwnEscape) result += kOwnEscape;
    if (escapes && ++i == pattern.size()) break;
    result += pattern[i];
  }
  return result;
}

// like(pattern, text[, escape]), which is "text LIKE pattern ESCAPE escape".
Value like(Arguments arguments) {
  std::string pattern = *arguments[0];
  const std::string& text = *arguments[1];
  if (std::string why = refusal_of_match(pattern, text); !why.empty()) return std::unexpected(std::move(why));
  unsigned escape = 0;
  if (arguments.size() == 3) {
    const std::optional<unsigned> only = only_character(*arguments[2]);
    if (!only) return std::unexpected("ESCAPE expression must be a single character");
    escape = *only;
    if (escape == '%' || escape == '_') {
      pattern = with_own_escape(pattern, static_cast<char>(escape));
      escape = kOwnEscape;
    }
  }
  return Cell(Store::matches_like(pattern, text, escape) ? "1" : "0");
}

Value glob(Arguments arguments) {
  const std::string &pattern = *arguments[0], &text = *arguments[1];
  if (std::string why = refusal_of_match(pattern, text); !why.empty()) return std::unexpected(std::move(why));
  return Cell(Store::matches_glob(pattern, text) ? "1" : "0");
}

// ---- MySQL's

Value concat(Arguments arguments) {
  std::string text;
  for (const Cell& part : arguments) {
    text += *part;
    if (text.size() > Store::kMaxTextBytes) return std::unexpected("string or blob too big");
  }
  return Cell(std::move(text));
}

Value char_length(Arguments arguments) {
  return Cell(std::to_string(std::ranges::count_if(*arguments[0], begins_character)));
}

template <char first, char last, int shift>
Value cased(Arguments arguments) {
  std::string text = *arguments[0];
  for (char& c : text) {
    if (c >= first && c <= last) c = static_cast<char>(c + shift);
  }
  return Cell(std::move(text));
}

// In the local time zone, as the server's own.
Value from_unixtime(Arguments arguments) {
  std::int64_t seconds = 0;
  const std::string& text = *arguments[0];
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const auto time = static_cast<std::time_t>(seconds);
  std::tm local{};
  if (error != std::errc{} || ::localtime_r(&time, &local) == nullptr) return Cell();
  std::array<char, 64> shown{};
  return Cell(
      std::string(shown.data(), std::strftime(shown.data(), shown.size(), "%Y-%m-%d %H:%M:%S", &local)));
}

constexpr int kAnyNumber = -1;

constexpr std::array kFunctions{
    AdminFunction{"MYSQL_NATIVE_PASSWORD", 1, hash_native,
                  "The hash of a password as mysql_native_password stores it: '*' and 40 hex digits."},
    AdminFunction{"CACHING_SHA2_PASSWORD", 1, hash_sha2,
                  "The hash of a password as caching_sha2_password stores it, with a random salt."},
    AdminFunction{"CACHING_SHA2_PASSWORD", 2, hash_sha2_salted, "The same with a salt of 20 bytes."},
    AdminFunction{"CONCAT", kAnyNumber, concat, "Its arguments, one after the other; NULL if one is."},
    AdminFunction{"CHAR_LENGTH", 1, char_length, "The number of characters.", SqlValue::integer},
    AdminFunction{"CHARACTER_LENGTH", 1, char_length, "The same.", SqlValue::integer},
    AdminFunction{"LCASE", 1, cased<'A', 'Z', 'a' - 'A'>, "As LOWER()."},
    AdminFunction{"UCASE", 1, cased<'a', 'z', 'A' - 'a'>, "As UPPER()."},
    AdminFunction{"FROM_UNIXTIME", 1, from_unixtime, "first_seen and its like as local time."},
    AdminFunction{"instr", 2, instr, "", SqlValue::integer},
    AdminFunction{"replace", 3, replace, ""},
    AdminFunction{"trim", 2, trim<both>, ""},
    AdminFunction{"ltrim", 2, trim<left>, ""},
    AdminFunction{"rtrim", 2, trim<right>, ""},
    AdminFunction{"like", 2, like, "", SqlValue::integer},
    AdminFunction{"like", 3, like, "", SqlValue::integer},
    AdminFunction{"glob", 2, glob, "", SqlValue::integer},
};

}  // namespace

std::span<const AdminFunction> admin_functions() {
  return kFunctions;
}

void add_admin_functions(Store& store) {
  for (const AdminFunction& function : kFunctions) {
    store.add_function(std::string(function.name), function.parameters, function.call, function.value);
  }
}

}  // namespace weir
